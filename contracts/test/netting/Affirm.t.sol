// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../../src/interfaces/IConsents.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../src/types/Cycle.sol";
import {KeyNumber} from "../../src/types/Identifiers.sol";
import {Approval, NET, PAY, Refusal, SETTLE} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// affirm
/// ├── sender is no key, or a key of another role → reverts
/// ├── the cycle is not open: never proposed, settled, cancelled, expired → CycleNotOpen
/// ├── its time is over → CycleLapsed
/// ├── sender's participant is no member → NotMember
/// ├── it has affirmed → AffirmedAlready
/// ├── the approval has another index → ApprovalMisplaced
/// ├── the module is closing or paused → reverts
/// ├── a net debtor: suspended, stopped, frozen, cut off, limits, funds, reserve → AffirmationRefused
/// ├── the approval is missing, expired, too long, by another key, for another action or cycle → AffirmationRefused
/// └── else: counted; a net debtor's amount is locked
///     ├── others are missing: nothing else
///     └── it was the last one
///         ├── no rule forbids a member's part → settled
///         └── else → waits; the affirmation stays
contract AffirmTest is Members {
    /// @notice Only a pay key affirms.
    function testKeys() external {
        Cycle memory made = proposed();
        bytes memory call = abi.encodeCall(netting.affirm, (made, consentOf(alice, made)));

        expectRefusal(stranger, call, keyUnknown(stranger));
        expectRefusal(alice.approve, call, needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Pay));
        expectRefusal(alice.first, call, needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
    }

    /// @notice What was never proposed, or has ended, is affirmed no more: an approval for it is worth nothing.
    function testNotOpen() external {
        Cycle memory made = cycle();
        expectRefusalOf(alice, made, notOpen(made, CycleStatus.None));

        propose(bob, made);
        withdraw(carol, made);
        expectRefusalOf(alice, made, notOpen(made, CycleStatus.Cancelled));

        made.number = CycleNumber.wrap(2);
        settleAll(made);
        expectRefusalOf(alice, made, notOpen(made, CycleStatus.Settled));

        made.number = CycleNumber.wrap(3);
        propose(bob, made);
        vm.warp(UNTIL + 1);
        netting.sweep(made);
        expectRefusalOf(alice, made, notOpen(made, CycleStatus.Expired));
    }

    /// @notice After its last second nobody affirms; in it the last one still settles.
    function testLapsed(uint256 late) external {
        Cycle memory made = proposed();
        vm.warp(UNTIL + bound(late, 1, 30 days));
        expectRefusalOf(alice, made, lapsed(made));

        vm.warp(UNTIL);
        affirm(alice, made);
        affirm(carol, made);
        expectStatus(made, CycleStatus.Settled);
    }

    /// @notice Who is no member has nothing to affirm.
    function testNotMember() external {
        expectRefusalOf(centralBank, proposed(), notMember(centralBank.id));
    }

    /// @notice Each affirms once, also with a fresh approval: what is brought is brought once.
    function testTwice() external {
        Cycle memory made = proposed();
        affirm(alice, made);

        bytes memory reason =
            abi.encodeWithSelector(INetting.AffirmedAlready.selector, netting.digestOf(made), alice.id);
        expectRefusalOf(alice, made, reason);
    }

    /// @notice The one approval has index 0.
    function testApprovalIndex(uint32 index) external {
        Cycle memory made = proposed();
        Approval memory approval = consentOf(alice, made);
        approval.index = uint32(bound(index, 1, type(uint32).max));

        expectRefusalWith(made, approval, abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0));
    }

    /// @notice While the module is paused or closing nothing is locked.
    function testModule() external {
        Cycle memory made = proposed();
        pauseNetting();
        expectRefusalOf(
            alice, made, abi.encodeWithSelector(IModules.ModuleIsPaused.selector, address(netting))
        );
        closeNetting();
        expectRefusalOf(
            alice, made, abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(netting))
        );
    }

    /// @notice A net debtor that may not be debited locks nothing.
    function testDebtor() external {
        Cycle memory made = proposed();
        vm.prank(alice.pay);
        ledger.setReserve(USD, FUNDS - BROUGHT + 1);
        expectRefused(made, Refusal.ReserveTouched);
        vm.prank(alice.first);
        ledger.setLimits(USD, BROUGHT, BROUGHT - 1);
        expectRefused(made, Refusal.DayLimit);
        vm.prank(alice.first);
        ledger.setLimits(USD, BROUGHT - 1, BROUGHT - 1);
        expectRefused(made, Refusal.InstructionLimit);
        vm.prank(operator);
        ledger.cutOff(USD);
        expectRefused(made, Refusal.CutOff);
        vm.prank(operator);
        ledger.freeze(USD, alice.id);
        expectRefused(made, Refusal.AccountFrozen);
        vm.prank(alice.first);
        participants.stopOutgoing();
        expectRefused(made, Refusal.OutgoingStopped);
        suspend(alice);
        expectRefused(made, Refusal.PayerSuspended);
    }

    /// @notice A net debtor brings what it has.
    function testInsufficientFunds(uint64 beyond) external {
        uint64 amount = uint64(bound(beyond, FUNDS + 1, type(uint64).max / 2));
        Cycle memory made = cycle();
        made.positions[0] = position(alice.id, 1, 3, -int64(amount));
        made.positions[1] = position(bob.id, 1, 2, int64(amount) - 47);
        propose(bob, made);

        expectRefused(made, Refusal.InsufficientFunds);
    }

    /// @notice An approval that is expired, lasts too long, or is nobody's, is worth nothing.
    function testApprovalTimes() external {
        Cycle memory made = proposed();
        bytes32 digest = netting.digestOf(made);
        uint40 today = uint40(START);

        expectApprovalRefused(
            made, signedFor(alice.approverKey, NET, digest, today - 1), Refusal.ApprovalExpired
        );
        expectApprovalRefused(
            made, signedFor(alice.approverKey, NET, digest, today + 7 days + 1), Refusal.ApprovalTooLong
        );
        Approval memory empty = Approval({index: 0, deadline: today, signature: ""});
        expectApprovalRefused(made, empty, Refusal.ApprovalInvalid);
    }

    /// @notice An approval counts for one action, one cycle, one participant, by its approve key.
    function testApprovalOfOther() external {
        Cycle memory made = proposed();
        Cycle memory other = cycle();
        other.number = CycleNumber.wrap(2);
        bytes32 digest = netting.digestOf(made);
        uint256 payKey = keyFor("alice", "pay key");
        uint256 administerKey = keyFor("alice", "first administer key");

        Approval[6] memory wrong = [
            consentOf(alice, other),
            consentOf(bob, made),
            signedFor(alice.approverKey, PAY, digest, soon()),
            signedFor(alice.approverKey, SETTLE, digest, soon()),
            signedFor(payKey, NET, digest, soon()),
            signedFor(administerKey, NET, digest, soon())
        ];
        for (uint256 i; i < wrong.length; ++i) {
            expectApprovalRefused(made, wrong[i], Refusal.ApprovalInvalid);
        }
    }

    /// @notice An approval for a cycle here is worth nothing in the module that comes after this one.
    function testApprovalOfOtherModule() external {
        INetting later = INetting(create("Netting", abi.encode(participants, ledger)));
        send(address(quorum), address(ledger), abi.encodeCall(ledger.proposeModule, (address(later))));
        wait(DELAY);
        send(address(quorum), address(ledger), abi.encodeCall(ledger.acceptModule, (address(later))));
        Cycle memory made = cycle();
        made.validUntil = uint40(START + 3 days);
        bytes memory call = abi.encodeCall(netting.propose, (made, consentOf(bob, made)));

        vm.expectRevert(
            abi.encodeWithSelector(
                INetting.AffirmationRefused.selector, later.digestOf(made), Refusal.ApprovalInvalid
            )
        );
        send(bob.pay, address(later), call);
        send(bob.pay, address(netting), call);
    }

    /// @notice A revoked approve key approves no more; what it approved before stays.
    function testRevokedApprover() external {
        Cycle memory made = proposed();
        vm.prank(bob.first);
        participants.revokeKey(KeyNumber.wrap(2));
        vm.prank(carol.first);
        participants.revokeKey(KeyNumber.wrap(2));
        affirm(alice, made);

        expectRefusalOf(carol, made, affirmationRefused(made, Refusal.ApprovalInvalid));
        (, uint64 affirmed) = netting.cycleOf(netting.digestOf(made));
        vm.assertEq(uint256(3), affirmed);
    }

    /// @notice A net debtor's amount is locked: it leaves the balance and counts as the day's outflow, not as a single key's.
    function testLocks(uint64 amount) external {
        amount = uint64(bound(amount, 48, FUNDS));
        Cycle memory made = cycle();
        made.positions[0] = position(alice.id, 1, 3, -int64(amount));
        made.positions[1] = position(bob.id, 1, 2, int64(amount) - 47);
        propose(bob, made);

        Approval memory approval = consentOf(alice, made);
        vm.expectEmit(address(netting));
        emit INetting.CycleAffirmed(netting.digestOf(made), USD, alice.id, amount);
        vm.prank(alice.pay);
        netting.affirm(made, approval);

        expectStatus(made, CycleStatus.Open);
        expectHoldings(-int256(uint256(amount)), amount, 0, 0);
        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).outflow);
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice What is locked can be spent no second time: not by another cycle, not by a payment.
    function testLockedIsSpent() external {
        Cycle memory made = cycle();
        made.positions[0] = position(alice.id, 1, 3, -int64(FUNDS));
        made.positions[1] = position(bob.id, 1, 2, int64(FUNDS) - 47);
        propose(bob, made);
        affirm(alice, made);
        made.number = CycleNumber.wrap(2);
        propose(bob, made);

        expectRefused(made, Refusal.InsufficientFunds);
    }

    /// @notice The last affirmation settles, in whatever order they come.
    function testSettles(bool carolFirst) external {
        Cycle memory made = proposed();
        affirm(carolFirst ? carol : alice, made);
        Actor memory last = carolFirst ? alice : carol;
        Approval memory approval = consentOf(last, made);

        vm.expectEmit(address(netting));
        emit INetting.CycleAffirmed(netting.digestOf(made), USD, last.id, carolFirst ? BROUGHT : 0);
        vm.expectEmit(address(netting));
        emit INetting.CycleSettled(netting.digestOf(made));
        vm.prank(last.pay);
        netting.affirm(made, approval);

        expectStatus(made, CycleStatus.Settled);
        expectHoldings(-int256(uint256(BROUGHT)), 0, 28, 47);
        vm.assertEq(uint256(3), ledger.countersUsed(alice.id));
        vm.assertEq(uint256(2), ledger.countersUsed(bob.id));
        vm.assertEq(uint256(1), ledger.countersUsed(carol.id));
        vm.assertEq(uint256(0), netting.openCycles(bob.id));
    }

    /// @notice A cycle that settles does not say that it waits.
    function testSettlesWithoutWaiting() external {
        Cycle memory made = proposed();
        affirm(alice, made);
        Approval memory approval = consentOf(carol, made);
        vm.recordLogs();
        vm.prank(carol.pay);
        netting.affirm(made, approval);

        vm.assertEq(uint256(2), vm.getRecordedLogs().length);
    }

    /// @notice After the cut-off net creditors still affirm, and the cycle settles.
    function testCutOff() external {
        Cycle memory made = proposed();
        affirm(alice, made);
        vm.prank(operator);
        ledger.cutOff(USD);

        affirm(carol, made);
        expectStatus(made, CycleStatus.Settled);
    }

    /// @notice Counters that another cycle used keep this one from settling; the last affirmation stays and the cycle waits.
    function testCountersUsed() external {
        Cycle memory made = proposed();
        affirm(alice, made);
        Cycle memory other = cycle();
        other.number = CycleNumber.wrap(2);
        settleAll(other);

        expectWaiting(made, alice, Refusal.CounterNotNext);
    }

    /// @notice A gap before the first counter keeps it from settling too.
    function testCountersAhead(uint64 first) external {
        first = uint64(bound(first, 2, type(uint64).max));
        Cycle memory made = cycle();
        made.positions[2] = position(carol.id, first, first, 47);
        propose(bob, made);
        affirm(alice, made);

        expectWaiting(made, carol, Refusal.CounterNotNext);
    }

    /// @notice A member that was barred at the last moment, debtor or creditor, keeps the cycle from settling.
    function testBarred() external {
        Actor[3] memory members = [alice, bob, carol];
        for (uint64 i; i < 3; ++i) {
            Cycle memory made = cycle();
            made.number = CycleNumber.wrap(i);
            propose(bob, made);
            affirm(alice, made);
            vm.prank(operator);
            ledger.freeze(USD, members[i].id);
            expectWaiting(made, members[i], Refusal.AccountFrozen);
            vm.prank(operator);
            ledger.unfreeze(USD, members[i].id);
        }
        vm.prank(bob.first);
        participants.stopOutgoing();
        Cycle memory last = cycle();
        last.number = CycleNumber.wrap(4);
        propose(bob, last);
        affirm(alice, last);
        expectWaiting(last, bob, Refusal.OutgoingStopped);
        suspend(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                INetting.SettlementRefused.selector, netting.digestOf(last), alice.id, Refusal.PayerSuspended
            )
        );
        netting.settle(last);
    }

    /// @dev Carol's affirmation is the last one, and stays although the member's part is forbidden.
    function expectWaiting(Cycle memory made, Actor memory member, Refusal reason) private {
        bytes32 digest = netting.digestOf(made);
        Approval memory approval = consentOf(carol, made);
        vm.expectEmit(address(netting));
        emit INetting.CycleAffirmed(digest, USD, carol.id, 0);
        vm.expectEmit(address(netting));
        emit INetting.CycleWaits(digest, member.id, reason);
        vm.prank(carol.pay);
        netting.affirm(made, approval);

        (CycleStatus status, uint64 affirmed) = netting.cycleOf(digest);
        vm.assertEq(uint256(CycleStatus.Open), uint256(status));
        vm.assertEq(uint256(7), affirmed);
    }

    function proposed() private returns (Cycle memory made) {
        made = cycle();
        propose(bob, made);
    }

    function expectRefused(Cycle memory made, Refusal reason) private {
        expectRefusalOf(alice, made, affirmationRefused(made, reason));
    }

    function expectRefusalOf(Actor memory actor, Cycle memory made, bytes memory reason) private {
        expectRefusal(actor.pay, abi.encodeCall(netting.affirm, (made, consentOf(actor, made))), reason);
    }

    function expectApprovalRefused(Cycle memory made, Approval memory approval, Refusal reason) private {
        expectRefusalWith(made, approval, affirmationRefused(made, reason));
    }

    function expectRefusalWith(Cycle memory made, Approval memory approval, bytes memory reason) private {
        expectRefusal(alice.pay, abi.encodeCall(netting.affirm, (made, approval)), reason);
    }
}
