// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Approval, Refusal} from "../../src/types/Instruction.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// withdraw
// ├── the sender has no pay key .................... KeyUnknown
// ├── it never was, is queued, has ended ........... WaitsOtherwise
// ├── by the initiator ............................. Cancelled "WDRN"
// └── by another party
//     ├── that is none, or has not consented ....... NotConsenting
//     ├── for the 256th time ....................... Cancelled "WDRN"
//     └── that has ................................. Withdrawn, still proposed
//         ├── it may consent again
//         └── approvals of the rounds before are worth nothing
contract WithdrawTest is Instructing {
    Instruction private instruction;

    function setUp() public override {
        super.setUp();
        instruction = threeParties();
        submit(alice, instruction);
    }

    /// @notice Only a pay key withdraws.
    function testOtherKeys() external {
        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        settlement.withdraw(instruction);
    }

    /// @notice What never was, is queued or has ended is not withdrawn.
    function testNotProposed() external {
        Instruction memory ended = payment(USD, alice, bob, 1);
        expectWaitsOtherwise(ended);
        submit(alice, ended);

        expectWaitsOtherwise(ended);
        expectWaitsOtherwise(queuedPayment(alice, bob, 1, false));
    }

    /// @notice Who has not consented has nothing to take back.
    function testNotConsenting() external {
        vm.expectRevert(notConsenting(bob, instruction));
        withdraw(bob, instruction);
        vm.expectRevert(notConsenting(centralBank, instruction));
        withdraw(centralBank, instruction);
        affirm(bob, instruction);
        withdraw(bob, instruction);

        vm.expectRevert(notConsenting(bob, instruction));
        withdraw(bob, instruction);
    }

    /// @notice The initiator's withdrawal ends the proposal, also while it is suspended; its sequence stays used.
    function testInitiator() external {
        affirm(bob, instruction);
        suspend(alice);

        expectCancelled(instruction, alice.id, "WDRN");
        withdraw(alice, instruction);

        vm.assertEq(true, hasEnded(instruction));
        expectProposals(0);
        expectRefused(alice, instruction, Refusal.SequenceUsed);
    }

    /// @notice Another party's withdrawal takes back its consent alone, also while it is suspended; it can consent again.
    function testOther() external {
        vm.prank(bob.pay);
        settlement.affirm(instruction, true, none());
        suspend(bob);

        vm.expectEmit(address(settlement));
        emit ISettlement.Withdrawn(instruction.head, settlement.digestOf(instruction), bob.id);
        withdraw(bob, instruction);
        ISettlement.WaitingReport memory entry = waiting(instruction);
        vm.assertEq(true, isProposed(instruction));
        vm.assertEq(uint256(0), entry.consents);
        vm.assertEq(uint256(0), entry.urgent);
        vm.assertEq(uint256(1), entry.round);
        expectProposals(1);

        vm.prank(operator);
        participants.resume(bob.id);
        affirm(bob, instruction);
        expectSettled(instruction);
        affirm(carol, instruction);
        expectProposals(0);
    }

    /// @notice A payee that was asked takes its consent back, and can give it again.
    function testAskedPayee() external {
        setWaitingRules(EUR, false, true);
        Instruction memory asking = triangle();
        submit(alice, asking);
        affirm(carol, asking);
        vm.assertEq(uint256(2), waiting(asking).accepted);

        withdraw(carol, asking);
        vm.assertEq(uint256(0), waiting(asking).accepted);
        vm.assertEq(uint256(1), waiting(asking).round);
        affirm(bob, asking);
        vm.assertEq(true, isProposed(asking));
        expectSettled(asking);
        affirm(carol, asking);
        vm.assertEq(int256(20), gain(EUR, carol));
    }

    /// @notice An approval that came with a consent is worth nothing once that was taken back; a new one is for the new round.
    function testSpentApproval() external {
        Instruction memory large = threeParties();
        large.legs[1] = leg(EUR, bob, alice, THRESHOLD + 1);
        submit(alice, large);
        Approval[] memory approvals = consentOf(bob, large);
        affirmWith(bob, large, false, approvals);
        withdraw(bob, large);

        expectNotAffirmedWith(bob, large, approvals, Refusal.ApprovalInvalid);
        approvals = consentOf(bob, large);
        affirmWith(bob, large, false, approvals);
        withdraw(bob, large);
        expectNotAffirmedWith(bob, large, approvals, Refusal.ApprovalInvalid);
        affirmWith(bob, large, false, consentOf(bob, large));
        expectSettled(large);
        affirm(carol, large);
    }

    /// @notice What approvals are for is the digest at first, and after each withdrawal another word.
    function testApprovalSubject() external {
        bytes32 digest = settlement.digestOf(instruction);
        vm.assertEq(digest, settlement.approvalSubject(digest));
        affirm(bob, instruction);
        withdraw(bob, instruction);

        vm.assertEq(keccak256(abi.encode(digest, 1)), settlement.approvalSubject(digest));
    }

    /// @notice After 255 withdrawals there is no round left: whoever takes its consent back ends the proposal.
    function testTooMany() external {
        for (uint256 i; i < 255; ++i) {
            affirm(bob, instruction);
            withdraw(bob, instruction);
        }
        affirm(bob, instruction);
        vm.assertEq(uint256(255), waiting(instruction).round);
        vm.expectRevert(notConsenting(carol, instruction));
        withdraw(carol, instruction);

        expectCancelled(instruction, bob.id, "WDRN");
        withdraw(bob, instruction);
        vm.assertEq(true, hasEnded(instruction));
        expectProposals(0);
    }

    /// @notice A consent is also taken back while the module is closing or paused.
    function testClosingModule() external {
        affirm(bob, instruction);
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));

        withdraw(bob, instruction);
        withdraw(alice, instruction);
        vm.assertEq(true, hasEnded(instruction));
    }

    /// @dev Alice proposes; carol and bob are debited.
    function threeParties() private returns (Instruction memory) {
        return pair(alice, leg(USD, carol, alice, 5), leg(EUR, bob, alice, 20));
    }

    function expectProposals(uint256 count) private view {
        vm.assertEq(count, settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(count, settlement.proposalsFor(alice.id, carol.id));
    }

    function expectWaitsOtherwise(Instruction memory other) private {
        vm.expectRevert(waitsOtherwise(other));
        withdraw(alice, other);
    }
}
