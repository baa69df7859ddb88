// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../../src/interfaces/IConsents.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Approval, ESCROW, PAY, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// lock
/// ├── sender is no key, or a key of another role → reverts
/// ├── sender's participant is not the payer → NotPayer
/// ├── the deadline is past or beyond 366 days → DeadlineOutOfRange
/// ├── neither a secret alone nor inspectors alone → ConditionInvalid, InspectorsUnordered
/// ├── the stages do not make the amount → StagesOutOfRange, StagesUnbalanced
/// ├── the module may move nothing → ModuleNotTrusted, ModuleIsPaused
/// ├── a rule of payments forbids it → InstructionRefused
/// ├── a second key is missing, or not a good one → InstructionRefused, ApprovalMisplaced
/// └── else: debited, locked, sequence used
contract LockTest is Escrowing {
    /// @notice Only a pay key of the payer locks.
    function testKeys() external {
        Agreement memory made = notarised();

        expectRefusal(stranger, callOf(made, none()), keyUnknown(stranger));
        bytes memory reason = needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Pay);
        expectRefusal(alice.approve, callOf(made, none()), reason);
        reason = abi.encodeWithSelector(IEscrow.NotPayer.selector, bob.id, alice.id);
        expectRefusal(bob.pay, callOf(made, none()), reason);
    }

    /// @notice A deadline is neither past nor more than 366 days ahead.
    function testDeadline(uint40 deadline) external {
        Agreement memory made = notarised();
        made.deadline = deadline;
        (uint256 time, uint256 latest) = (vm.getBlockTimestamp(), vm.getBlockTimestamp() + 366 days);
        if (deadline >= time && deadline <= latest) return lock(made);

        bytes memory reason = abi.encodeWithSelector(IEscrow.DeadlineOutOfRange.selector, deadline, latest);
        expectRefusal(alice.pay, callOf(made, none()), reason);
    }

    /// @notice A secret stands alone; of inspectors, one to sixteen, enough can confirm.
    function testCondition(uint8 needed, uint256 length, bool hasSecret) external {
        Agreement memory made = hasSecret ? hashed() : blank(AMOUNT);
        (made.needed, length) = (needed % 20, length % 20);
        made.inspectors = new ParticipantId[](length);
        for (uint32 i; i < length; ++i) {
            made.inspectors[i] = ParticipantId.wrap(i + 1);
        }
        bool isFine = hasSecret
            ? made.needed == 0 && length == 0
            : made.needed > 0 && made.needed <= length && length <= 16;
        if (isFine) return lock(made);

        bytes memory reason =
            abi.encodeWithSelector(IEscrow.ConditionInvalid.selector, made.secretHash, made.needed, length);
        expectRefusal(alice.pay, callOf(made, none()), reason);
    }

    /// @notice No inspector is named twice, and nobody is none.
    function testInspectorsUnordered() external {
        Agreement memory made = inspected();
        made.inspectors[1] = made.inspectors[0];
        expectRefusal(alice.pay, callOf(made, none()), unordered(1));

        made.inspectors[0] = ParticipantId.wrap(0);
        expectRefusal(alice.pay, callOf(made, none()), unordered(0));
    }

    /// @notice There are 1 to 32 stages, and with a secret one.
    function testStagesOutOfRange(uint256 length, bool hasSecret) external {
        Agreement memory made = hasSecret ? hashed() : notarised();
        made.stages = new uint64[](length % 40);
        length = made.stages.length;
        for (uint256 i; i < length; ++i) {
            made.stages[i] = i == 0 ? AMOUNT + 1 - uint64(length) : 1;
        }
        if (length > 0 && length <= (hasSecret ? 1 : 32)) return lock(made);

        bytes memory reason = abi.encodeWithSelector(IEscrow.StagesOutOfRange.selector, length);
        expectRefusal(alice.pay, callOf(made, none()), reason);
    }

    /// @notice The stages sum to the amount, and each pays something.
    function testStagesUnbalanced(uint64 last) external {
        Agreement memory made = inspected();
        vm.assume(last != made.stages[2]);
        made.stages[2] = last;
        uint256 sum = uint256(800) + last;
        expectRefusal(alice.pay, callOf(made, none()), unbalanced(sum));

        (made.stages[1], made.stages[2]) = (0, 500);
        expectRefusal(alice.pay, callOf(made, none()), unbalanced(500));
    }

    /// @notice A module that is paused or closing locks nothing.
    function testModule() external {
        Agreement memory made = notarised();
        pauseEscrow();
        bytes memory reason = abi.encodeWithSelector(IModules.ModuleIsPaused.selector, address(escrow));
        expectRefusal(alice.pay, callOf(made, none()), reason);

        closeEscrow();
        reason = abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(escrow));
        expectRefusal(alice.pay, callOf(made, none()), reason);
    }

    /// @notice Who may not be debited locks nothing, and nothing is locked for who has no account.
    function testRules() external {
        Agreement memory made = notarised();
        made.terms = terms(USD, alice, corporate, AMOUNT);
        expectRule(made, Refusal.PayeeAccountNotOpen);
        made.terms = terms(USD, alice, alice, AMOUNT);
        expectRule(made, Refusal.SelfPayment);

        made.terms = terms(USD, alice, bob, AMOUNT);
        uint256 snapshot = vm.snapshotState();
        cutOff();
        expectRule(made, Refusal.CutOff);
        vm.revertToState(snapshot);
        freeze(alice);
        expectRule(made, Refusal.AccountFrozen);
        suspend(alice);
        expectRule(made, Refusal.PayerSuspended);
    }

    /// @notice Nothing is locked that is not there.
    function testFunds() external {
        Agreement memory made = blank(FUNDS + 1);
        made.secretHash = hashed().secretHash;
        expectRule(made, Refusal.InsufficientFunds);
    }

    /// @notice Day limit and bilateral limit count what is locked, also when it came back.
    function testLimits() external {
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, AMOUNT);
        lock(notarised());
        expectRule(notarised(), Refusal.BilateralLimit);

        vm.prank(alice.first);
        ledger.setLimits(USD, FUNDS, AMOUNT);
        expectRule(notarised(), Refusal.DayLimit);
    }

    /// @notice A sequence is used once, whatever module comes second.
    function testSequence() external {
        Agreement memory made = notarised();
        lock(made);
        vm.assertEq(true, isUsed(made.terms));
        expectRule(made, Refusal.SequenceUsed);

        made = hashed();
        Sequence[] memory sequences = new Sequence[](1);
        sequences[0] = made.terms.sequence();
        vm.prank(alice.pay);
        ledger.void(sequences);
        expectRule(made, Refusal.SequenceUsed);
    }

    /// @notice Above what a single key may consent to in a day a second key has to; splitting gains nothing.
    function testThreshold(uint64 first, uint64 second) external {
        first = uint64(bound(first, 1, THRESHOLD));
        second = uint64(bound(second, 1, FUNDS - first));
        Agreement memory made = secretOf(first);
        lock(made);
        made = secretOf(second);
        if (uint256(first) + second <= THRESHOLD) return lock(made);

        expectRule(made, Refusal.ApprovalMissing);
        send(alice.pay, address(escrow), callOf(made, consentOf(alice, made)));
        expectHoldings(0, first + second);
    }

    /// @notice An approval counts for one action, one escrow and one contract, by an approve key of the payer, once.
    function testApproval() external {
        Agreement memory made = secretOf(FUNDS);
        bytes32 digest = escrow.digestOf(made);
        expectRefused(made, approved(bob.approverKey, ESCROW, digest), Refusal.ApprovalInvalid);
        expectRefused(made, approved(alice.approverKey, PAY, digest), Refusal.ApprovalInvalid);
        expectRefused(
            made,
            approved(alice.approverKey, ESCROW, escrow.digestOf(secretOf(FUNDS))),
            Refusal.ApprovalInvalid
        );

        Approval[] memory approvals = consentOf(alice, made);
        approvals[0].index = 1;
        bytes memory reason = abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0);
        expectRefusal(alice.pay, callOf(made, approvals), reason);
        expectRefusal(
            alice.pay,
            callOf(made, new Approval[](2)),
            abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 1)
        );

        IEscrow first = escrow;
        approvals = consentOf(alice, made);
        escrow = newEscrow();
        expectRefused(made, approvals, Refusal.ApprovalInvalid);
        escrow = first;
    }

    /// @notice What is locked leaves the balance and is nobody's to pay; the event says everything.
    function testLocks(uint64 amount) external {
        amount = uint64(bound(amount, 1, THRESHOLD));
        Agreement memory made = secretOf(amount);
        bytes32 digest = escrow.digestOf(made);

        vm.expectEmit(address(escrow));
        emit IEscrow.EscrowLocked(digest, made);
        lock(made);

        expectHoldings(0, amount);
        expectEntry(made, EscrowStatus.Locked, 0, 0, amount);
    }

    /// @notice The digest names chain and contract and every field.
    function testDigest(uint8 field, uint256 chain) external {
        Agreement memory made = inspected();
        bytes32 digest = escrow.digestOf(made);
        field %= 8;
        if (field == 0) made.terms = terms(USD, alice, bob, AMOUNT);
        else if (field == 1) made.commitment = keccak256("another document");
        else if (field == 2) ++made.deadline;
        else if (field == 3) made.secretHash = SECRET;
        else if (field == 4) ++made.needed;
        else if (field == 5) made.inspectors[2] = ParticipantId.wrap(9);
        else if (field == 6) (made.stages[0], made.stages[1]) = (made.stages[1], made.stages[0]);
        else vm.chainId(bound(chain, 40_000, type(uint64).max - 1));

        vm.assertEq(true, digest != escrow.digestOf(made));
    }

    function secretOf(uint64 amount) private returns (Agreement memory made) {
        made = blank(amount);
        made.secretHash = sha256(abi.encodePacked(SECRET));
    }

    function callOf(Agreement memory made, Approval[] memory approvals) private view returns (bytes memory) {
        return abi.encodeCall(escrow.lock, (made, approvals));
    }

    function expectRule(Agreement memory made, Refusal reason) private {
        expectRefused(made, none(), reason);
    }

    function expectRefused(Agreement memory made, Approval[] memory approvals, Refusal reason) private {
        expectRefusal(alice.pay, callOf(made, approvals), refusedBy(made.terms, reason));
    }

    function unordered(uint256 place) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.InspectorsUnordered.selector, place);
    }

    function unbalanced(uint256 sum) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.StagesUnbalanced.selector, sum, AMOUNT);
    }
}
