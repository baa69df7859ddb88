// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../src/types/Cycle.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {ParticipantKind} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// settle
/// ├── the cycle is not open → CycleNotOpen
/// ├── its time is over → CycleLapsed
/// ├── not all have affirmed → AffirmationsMissing
/// ├── the module is closing or paused → reverts
/// ├── a rule forbids a member's part → SettlementRefused
/// └── else: settled, whoever sends
contract SettleTest is Members {
    /// @notice What is not open does not settle, least of all twice.
    function testNotOpen() external {
        Cycle memory made = cycle();
        expectRefusalOf(made, notOpen(made, CycleStatus.None));

        settleAll(made);
        expectRefusalOf(made, notOpen(made, CycleStatus.Settled));
    }

    /// @notice After its last second a cycle settles no more, though all have affirmed.
    function testLapsed() external {
        Cycle memory made = frozen();
        vm.prank(operator);
        ledger.unfreeze(USD, carol.id);
        vm.warp(UNTIL + 1);

        expectRefusalOf(made, lapsed(made));
    }

    /// @notice One affirmation too few is too few, whoever's.
    function testMissing(uint256 which) external {
        Cycle memory made = cycle();
        propose(bob, made);
        if (which % 3 == 1) affirm(alice, made);
        if (which % 3 == 2) affirm(carol, made);

        expectRefusalOf(
            made, abi.encodeWithSelector(INetting.AffirmationsMissing.selector, netting.digestOf(made))
        );
    }

    /// @notice While the module is paused or closing nothing settles.
    function testModule() external {
        Cycle memory made = frozen();
        vm.prank(operator);
        ledger.unfreeze(USD, carol.id);
        pauseNetting();
        expectRefusalOf(made, abi.encodeWithSelector(IModules.ModuleIsPaused.selector, address(netting)));
        closeNetting();
        expectRefusalOf(made, abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(netting)));
    }

    /// @notice The reason is the rule's that forbids, with whom it forbids; the view says the same.
    function testRefused() external {
        Cycle memory made = frozen();

        expectRefusedFor(made, carol.id, Refusal.AccountFrozen);
        suspend(alice);
        expectRefusedFor(made, alice.id, Refusal.PayerSuspended);
    }

    /// @notice What waited settles once nothing forbids it, sent by anyone, without another consent.
    function testSettles() external {
        Cycle memory made = frozen();
        vm.prank(operator);
        ledger.unfreeze(USD, carol.id);
        expectNone(made);

        vm.expectEmit(address(netting));
        emit INetting.CycleSettled(netting.digestOf(made));
        vm.prank(stranger);
        netting.settle(made);

        expectStatus(made, CycleStatus.Settled);
        expectHoldings(-int256(uint256(BROUGHT)), 0, 28, 47);
    }

    /// @notice A cycle whose counters follow on another's waits for that one, then settles.
    function testFollowsOn() external {
        Cycle memory next = cycle();
        next.number = CycleNumber.wrap(2);
        next.positions[0] = position(alice.id, 4, 5, -int64(BROUGHT));
        next.positions[1] = position(bob.id, 3, 3, 28);
        next.positions[2] = position(carol.id, 2, 2, 47);
        propose(bob, next);
        affirm(alice, next);
        affirm(carol, next);
        expectRefusedFor(next, alice.id, Refusal.CounterNotNext);

        settleAll(cycle());
        netting.settle(next);
        expectStatus(next, CycleStatus.Settled);
        vm.assertEq(uint256(5), ledger.countersUsed(alice.id));
        expectHoldings(-int256(uint256(2 * BROUGHT)), 0, 56, 94);
    }

    /// @notice Who pays nothing uses no counter, and needs none.
    function testOnlyReceives() external {
        settleAll(cycle());
        Cycle memory next = cycle();
        next.positions[0] = position(alice.id, 4, 4, -10);
        next.positions[1] = position(bob.id, 3, 3, 4);
        next.positions[2] = position(carol.id, 0, 0, 6);
        settleAll(next);

        vm.assertEq(uint256(1), ledger.countersUsed(carol.id));
        expectHoldings(-int256(uint256(BROUGHT)) - 10, 0, 32, 53);
    }

    /// @notice A cycle of 64 members settles and all its money arrives.
    function testMostMembers() external {
        Cycle memory made = cycle();
        made.positions = new uint256[](64);
        Actor[] memory members = new Actor[](64);
        for (uint256 i; i < 64; ++i) {
            members[i] = i == 0 ? bob : i == 1 ? carol : newcomer(i);
            int64 net = i == 0 ? int64(-630) : int64(10);
            made.positions[i] = position(members[i].id, i == 0 ? 1 : 0, i == 0 ? 63 : 0, net);
        }
        propose(bob, made);
        for (uint256 i = 1; i < 64; ++i) {
            expectStatus(made, CycleStatus.Open);
            affirm(members[i], made);
        }

        expectStatus(made, CycleStatus.Settled);
        vm.assertEq(int256(10), balanceOf(USD, members[63]));
        vm.assertEq(int256(uint256(FUNDS)) - 630, balanceOf(USD, bob));
    }

    /// @notice Whatever the nets, what is taken is what is given, and nothing stays locked.
    function testConserves(uint64 first, uint64 second) external {
        int64 ofAlice = -int64(uint64(bound(first, 0, FUNDS)));
        int64 ofBob = -int64(uint64(bound(second, 0, FUNDS)));
        Cycle memory made = cycle();
        made.positions[0] = position(alice.id, 1, 1, ofAlice);
        made.positions[1] = position(bob.id, 1, 1, ofBob);
        made.positions[2] = position(carol.id, 1, 1, -ofAlice - ofBob);
        settleAll(made);

        expectHoldings(ofAlice, 0, ofBob, -int256(ofAlice) - ofBob);
    }

    function newcomer(uint256 number) private returns (Actor memory actor) {
        actor = enter(string(abi.encodePacked("bank ", bytes32(number))), ParticipantKind.Bank, NOBODY);
        setThreshold(actor.id, THRESHOLD);
        vm.prank(operator);
        ledger.openAccount(USD, actor.id);
    }

    function frozen() private returns (Cycle memory made) {
        made = cycle();
        waitFor(made, address(ledger), abi.encodeCall(ledger.freeze, (USD, carol.id)));
    }

    function expectNone(Cycle memory made) private view {
        (Refusal refusal, ParticipantId member) = netting.refusalOf(made);
        vm.assertEq(uint256(Refusal.None), uint256(refusal));
        vm.assertEq(uint256(0), ParticipantId.unwrap(member));
    }

    function expectRefusedFor(Cycle memory made, ParticipantId member, Refusal reason) private {
        (Refusal refusal, ParticipantId whose) = netting.refusalOf(made);
        vm.assertEq(uint256(reason), uint256(refusal));
        vm.assertEq(ParticipantId.unwrap(member), uint256(ParticipantId.unwrap(whose)));
        bytes32 digest = netting.digestOf(made);
        expectRefusalOf(
            made, abi.encodeWithSelector(INetting.SettlementRefused.selector, digest, member, reason)
        );
    }

    function expectRefusalOf(Cycle memory made, bytes memory reason) private {
        expectRefusal(stranger, abi.encodeCall(netting.settle, (made)), reason);
    }
}
