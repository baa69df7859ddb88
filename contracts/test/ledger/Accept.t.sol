// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAcceptances} from "../../src/interfaces/IAcceptances.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {Approval, PAY, Refusal, SETTLE} from "../../src/types/Instruction.sol";
import {Head, Leg} from "../../src/types/Legs.sol";
import {Instructing} from "../settlement/Instructing.sol";
import {bound, vm} from "../Vm.sol";

/// @notice What the ledger asks of a module, whatever it is. The rules themselves are tested with `Settlement`.
contract AcceptTest is Instructing {
    bytes32 private constant DIGEST = keccak256("a module's name for it");

    Head private head;
    Leg[] private one;
    Leg[] private two;

    function setUp() public override {
        super.setUp();
        head = headOf(alice, 0, 0, false);
        one.push(leg(USD, alice, bob, 7));
        two.push(leg(USD, alice, bob, 3));
        two.push(leg(EUR, bob, alice, 4));
    }

    /// @notice Nobody moves value but a trusted module: no stranger, no party, no operator, not the ledger's administration.
    function testTrustedModuleOnly() external {
        address[6] memory others =
            [stranger, alice.pay, operator, address(quorum), address(participants), ledger.administration()];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, others[i]));
            vm.prank(others[i]);
            ledger.accept(head, DIGEST, alice.id, IAcceptances.Step.Settle, 0, one, none());
        }
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, settlement));
        accept(one, IAcceptances.Step.Settle, 0, none());
    }

    /// @notice A consent alone uses the initiator's sequence and counts for its threshold; nothing moves.
    function testConsent() external {
        expectAnswer(two, IAcceptances.Step.Consent, none(), Refusal.None);
        vm.assertEq(true, ledger.sequenceUsed(alice.id, head.sequence()));
        vm.assertEq(uint256(3), ledger.thresholdOf(alice.id, DOLLAR).total);
        vm.assertEq(int256(0), gain(USD, alice));

        expectAnswer(two, IAcceptances.Step.Consent, none(), Refusal.SequenceUsed);
        vm.assertEq(uint256(3), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice Another participant's consent uses no sequence, and counts for its own threshold alone.
    function testOther() external {
        vm.prank(address(settlement));
        ledger.accept(head, DIGEST, bob.id, IAcceptances.Step.Settle, 0, two, none());

        vm.assertEq(false, ledger.sequenceUsed(alice.id, head.sequence()));
        vm.assertEq(uint256(4), ledger.thresholdOf(bob.id, EURO).total);
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, DOLLAR).total);
        vm.assertEq(int256(-3), gain(USD, alice));
        vm.assertEq(int256(4), gain(EUR, alice));
    }

    /// @notice Moves change two balances by the same, with one leg as with two.
    function testMoves() external {
        expectAnswer(one, IAcceptances.Step.Settle, none(), Refusal.None);
        vm.assertEq(int256(-7), gain(USD, alice));
        vm.assertEq(int256(7), gain(USD, bob));

        head = headOf(alice, 0, 0, false);
        expectAnswer(two, IAcceptances.Step.Settle, none(), Refusal.None);
        vm.assertEq(int256(-10), gain(USD, alice));
        vm.assertEq(int256(10), gain(USD, bob));
        vm.assertEq(int256(0), gain(EUR, alice) + gain(EUR, bob));
    }

    /// @notice What passes by itself keeps only the moves back: the sequence is used, the consent counted, the urgent counted.
    function testKeepsBack() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, FUNDS, 2);
        expectKeptBack(one, 7);
        expectKeptBack(two, 10);
    }

    /// @notice An early one queues: it counts as urgent, whatever the money.
    function testQueue() external {
        accept(one, IAcceptances.Step.Queue, 1, none());

        vm.assertEq(uint256(1), urgentOf(alice));
        vm.assertEq(uint256(1), ledger.moduleOf(address(settlement)).held);
        vm.assertEq(int256(0), gain(USD, alice));
    }

    /// @notice Any other reason leaves everything as it was.
    function testRefused() external {
        freeze(USD, alice);
        expectAnswer(one, IAcceptances.Step.Settle, none(), Refusal.AccountFrozen);
        expectAnswer(two, IAcceptances.Step.Settle, none(), Refusal.AccountFrozen);

        vm.assertEq(false, ledger.sequenceUsed(alice.id, head.sequence()));
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice An approval is for the action `SETTLE` and the name that the module gives.
    function testApproval() external {
        one[0] = leg(USD, alice, bob, THRESHOLD + 1);
        expectAnswer(one, IAcceptances.Step.Settle, none(), Refusal.ApprovalMissing);
        expectAnswer(one, IAcceptances.Step.Settle, signedFor(PAY, DIGEST), Refusal.ApprovalInvalid);
        expectAnswer(one, IAcceptances.Step.Settle, signedFor(SETTLE, ~DIGEST), Refusal.ApprovalInvalid);

        expectAnswer(one, IAcceptances.Step.Settle, signedFor(SETTLE, DIGEST), Refusal.None);
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice Towards a payee counts what an instruction gives less what it brings back.
    function testBilateralLimit(uint64 there, uint64 back) external {
        (there, back) = (uint64(bound(there, 1, 1000)), uint64(bound(back, 1, 1000)));
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 500);
        (two[0], two[1]) = (leg(USD, alice, bob, there), leg(USD, bob, alice, back));

        bool exceeds = there > back + 500;
        expectAnswer(two, IAcceptances.Step.Settle, none(), exceeds ? Refusal.BilateralLimit : Refusal.None);
    }

    function expectKeptBack(Leg[] memory legs, uint256 total) private {
        head = headOf(alice, 0, 0, false);
        uint256 urgentBefore = urgentOf(alice);
        Refusal refusal = accept(legs, IAcceptances.Step.Settle, 1, none());

        vm.assertEq(uint256(Refusal.DayLimit), uint256(refusal));
        vm.assertEq(int256(0), gain(USD, alice));
        vm.assertEq(true, ledger.sequenceUsed(alice.id, head.sequence()));
        vm.assertEq(total, ledger.thresholdOf(alice.id, DOLLAR).total);
        vm.assertEq(urgentBefore + 1, urgentOf(alice));
    }

    /// @dev The view and the verb say the same.
    function expectAnswer(
        Leg[] memory legs,
        IAcceptances.Step step,
        Approval[] memory approvals,
        Refusal expected
    ) private {
        Refusal foreseen = ledger.acceptanceRefusal(head, DIGEST, alice.id, step, 0, legs, approvals);
        vm.assertEq(uint256(expected), uint256(foreseen));
        vm.assertEq(uint256(expected), uint256(accept(legs, step, 0, approvals)));
    }

    function accept(Leg[] memory legs, IAcceptances.Step step, uint32 urgentLegs, Approval[] memory approvals)
        private
        returns (Refusal)
    {
        vm.prank(address(settlement));
        return ledger.accept(head, DIGEST, alice.id, step, urgentLegs, legs, approvals);
    }

    function signedFor(bytes32 action, bytes32 digest) private view returns (Approval[] memory approvals) {
        uint40 deadline = soon();
        bytes32 word = ledger.approvalDigest(action, digest, deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.approverKey, word);
        approvals = new Approval[](1);
        approvals[0] = Approval({index: 0, deadline: deadline, signature: abi.encodePacked(r, s, v)});
    }
}
