// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../../src/interfaces/IConsents.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {Approval, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// affirm
// ├── the sender has no pay key .................... KeyUnknown, KeyHasOtherRole
// ├── by the initiator ............................. NotConsenting
// ├── more than one approval, or of another index .. ApprovalMisplaced
// ├── ConsentRefused; the first of
// │   ├── never was, has ended, other legs ......... NotWaiting
// │   ├── its time or its day is over .............. Lapsed
// │   ├── no party, has consented, is queued ....... NotParty
// │   ├── not the last: may not be debited ......... PayerSuspended, OutgoingStopped
// │   ├── the consent does not count ............... Approval…
// │   └── the last: what time does not cure ........ AccountFrozen, InstructionLimit, …
// ├── not the last ................................. Affirmed
// ├── the last, and what passes is missing, early .. Affirmed, Queued
// └── the last ..................................... Affirmed, Settled
contract AffirmTest is Instructing {
    Instruction private instruction;

    function setUp() public override {
        super.setUp();
        instruction = exchange(alice, bob, 10, 20);
        submit(alice, instruction);
    }

    // Refused

    /// @notice Only a pay key affirms.
    function testOtherKeys() external {
        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        settlement.affirm(instruction, false, none());
        vm.expectRevert(needsOtherRole(bob.approve, KeyRole.Approve, KeyRole.Pay));
        vm.prank(bob.approve);
        settlement.affirm(instruction, false, none());
    }

    /// @notice The initiator consented when it submitted.
    function testInitiator() external {
        vm.expectRevert(notConsenting(alice, instruction));
        affirm(alice, instruction);
    }

    /// @notice There is one approval at most, and it is for this instruction.
    function testApprovalMisplaced() external {
        Approval[] memory approvals = consentOf(bob, instruction);
        approvals[0].index = 1;

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0));
        affirmWith(bob, instruction, false, approvals);
        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 1));
        affirmWith(bob, instruction, false, new Approval[](2));
    }

    /// @notice What was never submitted, or has ended, is not affirmed.
    function testNotWaiting() external {
        expectNotAffirmed(bob, exchange(alice, bob, 1, 1), Refusal.NotWaiting);

        affirm(bob, instruction);
        expectNotAffirmed(bob, instruction, Refusal.NotWaiting);
    }

    /// @notice A changed leg or another document is another instruction.
    function testOtherLegs() external {
        Instruction memory other = instruction;
        other.legs[1] = leg(EUR, bob, alice, 19);
        expectNotAffirmed(bob, other, Refusal.NotWaiting);

        other.legs[1] = leg(EUR, bob, alice, 20);
        other.commitment = keccak256("another document");
        expectNotAffirmed(bob, other, Refusal.NotWaiting);
    }

    /// @notice When its time is over nobody affirms; nor when the day is that ends it.
    function testLapsed() external {
        Instruction memory ending = timed(exchange(alice, bob, 1, 1), alice, 0, START + 10);
        submit(alice, ending);
        Instruction memory today = lapsing(exchange(alice, bob, 1, 1), alice);
        submit(alice, today);

        vm.warp(START + 11);
        expectNotAffirmed(bob, ending, Refusal.Lapsed);
        vm.warp(START + 1 days);
        expectNotAffirmed(bob, today, Refusal.Lapsed);
    }

    /// @notice Who is no party, or has consented, does not affirm.
    function testNotParty() external {
        expectNotAffirmed(carol, instruction, Refusal.NotParty);
        expectNotAffirmed(bob, queuedExchange(alice, bob), Refusal.NotParty);

        Instruction memory made = pair(alice, leg(USD, carol, alice, 5), leg(EUR, bob, alice, 20));
        submit(alice, made);
        affirm(bob, made);
        expectNotAffirmed(bob, made, Refusal.NotParty);
    }

    /// @notice A party that stopped its debits, or is suspended, does not consent to one, first or last; nor does anybody while
    /// another debtor is.
    function testStanding() external {
        Instruction memory made = pair(alice, leg(USD, carol, alice, 5), leg(EUR, bob, alice, 20));
        submit(alice, made);
        vm.prank(bob.first);
        participants.stopOutgoing();
        expectNotAffirmed(bob, instruction, Refusal.OutgoingStopped);
        expectNotAffirmed(bob, made, Refusal.OutgoingStopped);

        suspend(alice);
        affirm(carol, made);
        change(bob, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));
        expectNotAffirmed(bob, instruction, Refusal.PayerSuspended);
        expectSettled(made);
        affirm(bob, made);
    }

    /// @notice Each debited participant consents with two keys above its own threshold.
    function testApproval() external {
        Instruction memory large = exchange(alice, bob, 1, THRESHOLD + 1);
        submit(alice, large);
        expectNotAffirmed(bob, large, Refusal.ApprovalMissing);
        expectNotAffirmedWith(bob, large, consentOf(alice, large), Refusal.ApprovalInvalid);

        Approval[] memory approvals = consentOf(bob, large);
        expectSettled(large);
        affirmWith(bob, large, false, approvals);
        vm.assertEq(uint256(0), ledger.thresholdOf(bob.id, EURO).total);
    }

    /// @notice While an account is frozen the last consent is refused, whatever else is missing, and the proposal stays.
    function testFrozen() external {
        setReserve(alice, MAX_AMOUNT);
        freeze(EUR, bob);

        expectNotAffirmed(bob, instruction, Refusal.AccountFrozen);
        vm.assertEq(true, isProposed(instruction));
    }

    /// @notice The cut-off bars what is new: what waits gathers its consents and settles.
    function testCutOff() external {
        vm.prank(operator);
        ledger.cutOff(USD);

        expectSettled(instruction);
        affirm(bob, instruction);
    }

    // Accepted

    /// @notice The last consent settles all legs at once.
    function testSettles(uint64 dollars, uint64 euros) external {
        dollars = uint64(bound(dollars, 1, THRESHOLD - 10));
        euros = uint64(bound(euros, 1, THRESHOLD));
        Instruction memory made = exchange(alice, bob, dollars, euros);
        submit(alice, made);
        expectRefusalOf(made, bob, none(), Refusal.None);

        vm.expectEmit(address(settlement));
        emit ISettlement.Affirmed(made.head, settlement.digestOf(made), bob.id, false);
        expectSettled(made);
        affirm(bob, made);

        vm.assertEq(true, hasEnded(made));
        vm.assertEq(-int256(uint256(dollars)), gain(USD, alice));
        vm.assertEq(int256(uint256(dollars)), gain(USD, bob));
        vm.assertEq(int256(uint256(euros)), gain(EUR, alice));
        vm.assertEq(-int256(uint256(euros)), gain(EUR, bob));
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(euros), ledger.thresholdOf(bob.id, EURO).total);
    }

    /// @notice The last consent queues what lacks money; each debtor's urgency is its own and counts from then on.
    function testQueues() external {
        Instruction memory made = exchange(alice, bob, 1, 1);
        submitWith(alice, made, true, none());
        vm.assertEq(uint256(0), urgentOf(alice));
        vm.prank(bob.pay);
        ledger.setReserve(EUR, FUNDS);

        vm.expectEmit(address(settlement));
        emit ISettlement.Affirmed(made.head, settlement.digestOf(made), bob.id, false);
        vm.expectEmit(address(settlement));
        emit ISettlement.Queued(made.head, settlement.digestOf(made));
        affirm(bob, made);

        vm.assertEq(true, isQueued(made));
        vm.assertEq(uint256(1), waiting(made).urgent);
        vm.assertEq(uint256(1), urgentOf(alice));
        vm.assertEq(uint256(0), ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(int256(0), gain(EUR, bob));
    }

    /// @notice Before its first second the last consent queues it.
    function testEarly() external {
        Instruction memory made = timed(exchange(alice, bob, 1, 1), alice, START + 5, START + 9);
        submit(alice, made);
        affirm(bob, made);
        vm.assertEq(true, isQueued(made));

        expectSetRefused(setOf(made), Refusal.NotYetValid);
        vm.warp(START + 10);
        expectSetRefused(setOf(made), Refusal.Lapsed);
        vm.warp(START + 9);
        expectSetSettled(setOf(made));
    }

    /// @notice An urgent last consent uses its own reserve, not the other debtor's.
    function testUrgentReserve() external {
        vm.prank(bob.pay);
        ledger.setReserve(EUR, FUNDS);
        expectSettled(instruction);
        affirmWith(bob, instruction, true, none());

        setReserve(alice, FUNDS);
        Instruction memory other = exchange(alice, bob, 1, 1);
        submit(alice, other);
        affirmWith(bob, other, true, none());
        vm.assertEq(true, isQueued(other));
    }
}
