// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILocks} from "../../src/interfaces/ILocks.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, Refusal} from "../../src/types/Instruction.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

/// lock
/// ├── not a trusted module, or paused → reverts
/// ├── an amount: standing, account, cut-off, limits, funds, reserve, in this order → refused
/// ├── the approval does not count → refused, also for no amount
/// └── else the amount is out of the balance and in the module's lock
/// unlock
/// ├── neither trusted nor closing → reverts
/// ├── more than the module locks of this holder → reverts
/// └── else back in the balance
/// settleCycle, cycleRefusal
/// ├── not a trusted module, or paused → reverts (settleCycle)
/// ├── a member twice or out of order, nets that do not sum to zero → reverts
/// ├── a member's standing, account, counter → refused, with the member
/// └── else what is locked is taken, creditors are credited, counters are used
/// @dev The two modules of the deployment that lock nothing by themselves in these tests act for any.
contract LockTest is Stage {
    bytes32 private constant ACTION = keccak256("an action");
    bytes32 private constant DIGEST = keccak256("what is consented to");

    /// @notice Only a trusted module locks and settles, and not while it is paused.
    function testTrustedOnly() external {
        bytes memory locking = lockOf(alice, 1);
        bytes memory settling = abi.encodeCall(ledger.settleCycle, (USD, new uint256[](0)));
        address[4] memory others = [stranger, operator, alice.pay, address(quorum)];
        for (uint256 i; i < others.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, others[i]);
            expectRevertOf(others[i], locking, reason);
            expectRevertOf(others[i], settling, reason);
            expectRevertOf(others[i], abi.encodeCall(ledger.unlock, (USD, alice.id, 0)), reason);
        }

        pauseModule();
        bytes memory paused = abi.encodeWithSelector(IModules.ModuleIsPaused.selector, address(netting));
        expectRevertOf(address(netting), locking, paused);
        expectRevertOf(address(netting), settling, paused);
    }

    /// @notice The rules of a debit are asked in their order, each outranking the ones after it.
    function testRefusals() external {
        vm.prank(alice.pay);
        ledger.setReserve(USD, FUNDS);
        expectRefusal(1, Refusal.ReserveTouched);
        expectRefusal(FUNDS + 1, Refusal.InsufficientFunds);
        vm.prank(alice.first);
        ledger.setLimits(USD, 10, 9);
        expectRefusal(10, Refusal.DayLimit);
        expectRefusal(11, Refusal.InstructionLimit);
        vm.prank(operator);
        ledger.cutOff(USD);
        expectRefusal(11, Refusal.CutOff);
        vm.prank(operator);
        ledger.freeze(USD, alice.id);
        expectRefusal(11, Refusal.AccountFrozen);
        vm.prank(alice.first);
        participants.stopOutgoing();
        expectRefusal(11, Refusal.OutgoingStopped);
        vm.prank(operator);
        participants.suspend(alice.id);
        expectRefusal(11, Refusal.PayerSuspended);
    }

    /// @notice Who has no account locks nothing.
    function testAccountNotOpen() external {
        Approval memory approval = approvalBy(corporate.approverKey);
        vm.prank(address(netting));
        Refusal refusal = ledger.lock(USD, corporate.id, 1, ACTION, DIGEST, approval);

        vm.assertEq(uint256(Refusal.AccountNotOpen), uint256(refusal));
    }

    /// @notice A lock always takes an approve key of the holder, also a lock of nothing.
    function testApproval(uint64 amount) external {
        amount = uint64(bound(amount, 0, FUNDS));
        Approval memory approval = approvalBy(bob.approverKey);
        vm.prank(address(netting));
        Refusal refusal = ledger.lock(USD, alice.id, amount, ACTION, DIGEST, approval);

        vm.assertEq(uint256(Refusal.ApprovalInvalid), uint256(refusal));
        expectLocked(0);
    }

    /// @notice What is locked is out of the balance, counts in the day's outflow, and down to the credit line anything may be.
    function testLocks(uint64 amount) external {
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, 1000)));
        amount = uint64(bound(amount, 0, FUNDS + 1000));

        lock(alice, amount);
        expectLocked(amount);
        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).outflow);
    }

    /// @notice The day's limit is for all that went out, locked and paid.
    function testDayLimit() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, 10, 10);
        lock(alice, 6);
        expectRefusal(5, Refusal.DayLimit);
        lock(alice, 4);
        vm.prank(address(netting));
        ledger.unlock(USD, alice.id, 10);
        expectRefusal(1, Refusal.DayLimit);
    }

    /// @notice What is given back is in the balance again, also while the module is paused or closing and the holder barred.
    function testUnlocks(uint64 amount, uint64 part) external {
        amount = uint64(bound(amount, 1, FUNDS));
        part = uint64(bound(part, 0, amount));
        lock(alice, amount);
        vm.startPrank(operator);
        participants.suspend(alice.id);
        ledger.freeze(USD, alice.id);
        vm.stopPrank();
        pauseModule();
        closeModule(address(netting));

        vm.prank(address(netting));
        ledger.unlock(USD, alice.id, part);
        expectLocked(amount - part);
    }

    /// @notice A module lets go of its own locks only, and only of this holder's in this asset.
    function testOwnOnly() external {
        lock(alice, 10);
        bytes memory underflow = abi.encodeWithSignature("Panic(uint256)", 0x11);

        expectRevertOf(address(settlement), abi.encodeCall(ledger.unlock, (USD, alice.id, 1)), underflow);
        expectRevertOf(address(netting), abi.encodeCall(ledger.unlock, (USD, alice.id, 11)), underflow);
        expectRevertOf(address(netting), abi.encodeCall(ledger.unlock, (USD, bob.id, 1)), underflow);
        expectRevertOf(address(netting), abi.encodeCall(ledger.unlock, (EUR, alice.id, 1)), underflow);
        expectLocked(10);
    }

    /// @notice A module does not settle with what another locked.
    function testOthersLock() external {
        lock(alice, 10);

        expectRevertOf(
            address(settlement),
            abi.encodeCall(ledger.settleCycle, (USD, twoPositions(-10, 10))),
            abi.encodeWithSignature("Panic(uint256)", 0x11)
        );
    }

    /// @notice A module that holds something is not dropped; one that was dropped lets go of nothing.
    function testHeld() external {
        lock(alice, 10);
        closeModule(address(netting));
        bytes memory drop = abi.encodeCall(ledger.dropModule, (address(netting)));
        expectRevertOf(
            address(quorum),
            drop,
            abi.encodeWithSelector(IModules.ModuleHolds.selector, address(netting), uint128(10))
        );

        vm.prank(address(netting));
        ledger.unlock(USD, alice.id, 10);
        send(address(quorum), address(ledger), drop);
        expectRevertOf(
            address(netting),
            abi.encodeCall(ledger.unlock, (USD, alice.id, 0)),
            abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(netting))
        );
    }

    /// @notice What is locked is the sum of what each module holds, whichever modules come and go.
    function testLockedOf() external {
        lock(alice, 10);
        lockBy(address(settlement), alice, 30);
        vm.assertEq(uint256(40), ledger.lockedOf(USD, alice.id));
        vm.assertEq(uint256(30), ledger.lockedBy(address(settlement), USD, alice.id));

        closeModule(address(payments));
        send(address(quorum), address(ledger), abi.encodeCall(ledger.dropModule, (address(payments))));
        vm.assertEq(uint256(40), ledger.lockedOf(USD, alice.id));
        closeModule(address(netting));
        vm.prank(address(netting));
        ledger.unlock(USD, alice.id, 10);
        send(address(quorum), address(ledger), abi.encodeCall(ledger.dropModule, (address(netting))));
        vm.assertEq(uint256(30), ledger.lockedOf(USD, alice.id));
    }

    /// @notice The ledger trusts 64 modules at most, so that what is locked can always be summed.
    function testModules() external {
        vm.startPrank(address(quorum));
        for (uint160 i = 3; i < 65; ++i) {
            vm.etch(address(0xC0DE00 + i), hex"00");
            ledger.proposeModule(address(0xC0DE00 + i));
        }
        vm.warp(START + DELAY);
        for (uint160 i = 3; i < 64; ++i) {
            ledger.acceptModule(address(0xC0DE00 + i));
        }
        vm.expectRevert(abi.encodeWithSelector(IModules.TooManyModules.selector, 65, 64));
        ledger.acceptModule(address(0xC0DE00 + 64));

        ledger.closeModule(address(0xC0DE00 + 3));
        ledger.dropModule(address(0xC0DE00 + 3));
        ledger.acceptModule(address(0xC0DE00 + 64));
        vm.stopPrank();
    }

    // A cycle

    /// @notice Positions that a module should never bring stop everything.
    function testNoCycle(int64 net) external {
        uint256[] memory positions = twoPositions(-10, net == 10 ? int64(11) : net);
        bytes memory unbalanced = abi.encodeWithSelector(
            ILocks.CycleUnbalanced.selector, USD, net == 10 ? int256(1) : int256(net) - 10
        );
        expectRevertOf(address(netting), abi.encodeCall(ledger.settleCycle, (USD, positions)), unbalanced);

        positions = twoPositions(-10, 10);
        (positions[0], positions[1]) = (positions[1], positions[0]);
        bytes memory unordered = abi.encodeWithSelector(ILocks.CycleUnordered.selector, USD, alice.id);
        expectRevertOf(address(netting), abi.encodeCall(ledger.settleCycle, (USD, positions)), unordered);
        positions[1] = positions[0];
        unordered = abi.encodeWithSelector(ILocks.CycleUnordered.selector, USD, bob.id);
        expectRevertOf(address(netting), abi.encodeCall(ledger.settleCycle, (USD, positions)), unordered);
    }

    /// @notice Each rule about a member refuses the cycle, with the member, and changes nothing.
    function testMemberRefused() external {
        lock(alice, 10);
        expectCycle(twoPositions(-10, 10), Refusal.None, NOBODY);
        uint256[] memory positions = twoPositions(-10, 10);
        positions[1] += 1 << 160;
        expectCycle(positions, Refusal.CounterNotNext, bob.id);
        vm.prank(operator);
        ledger.freeze(USD, bob.id);
        expectCycle(positions, Refusal.AccountFrozen, bob.id);
        vm.prank(bob.first);
        participants.stopOutgoing();
        expectCycle(positions, Refusal.OutgoingStopped, bob.id);
        vm.prank(operator);
        participants.suspend(bob.id);
        expectCycle(positions, Refusal.PayerSuspended, bob.id);
        vm.prank(address(netting));
        (Refusal refusal,) = ledger.settleCycle(USD, positions);
        vm.assertEq(uint256(Refusal.PayerSuspended), uint256(refusal));
        expectLocked(10);

        positions[1] = 0;
        positions[1] = positionOf(corporate.id, 10);
        expectCycle(positions, Refusal.AccountNotOpen, corporate.id);
    }

    /// @notice A counter, once used, is used in every asset and module; neighbours in the same word keep theirs.
    function testCounters() external {
        lock(alice, 10);
        settle(twoPositions(-10, 10));
        vm.assertEq(uint256(2), ledger.countersUsed(alice.id));
        vm.assertEq(uint256(2), ledger.countersUsed(bob.id));
        vm.assertEq(uint256(0), ledger.countersUsed(carol.id));
        vm.assertEq(uint256(0), ledger.countersUsed(centralBank.id));
        vm.assertEq(int256(uint256(FUNDS)) + 10, balanceOf(USD, bob));
        expectLockedOf(0, -10);

        expectCycle(twoPositions(-10, 10), Refusal.CounterNotNext, alice.id);
        vm.prank(address(settlement));
        (Refusal refusal,) = ledger.settleCycle(EUR, twoPositions(-10, 10));
        vm.assertEq(uint256(Refusal.CounterNotNext), uint256(refusal));
    }

    /// @notice A cycle uses up its part of what the module holds, and leaves the rest.
    function testHeldAfterCycle() external {
        lock(alice, 130);
        settle(twoPositions(-100, 100));

        vm.assertEq(uint256(30), ledger.moduleOf(address(netting)).held);
        vm.assertEq(uint256(30), ledger.lockedOf(USD, alice.id));
    }

    /// @notice The very last counter ends a payer's cycles, and breaks nobody else's.
    function testLastCounter() external {
        uint256[] memory positions = new uint256[](2);
        positions[0] = (uint256(ParticipantId.unwrap(alice.id)) << 224) | (uint256(1) << 160)
            | (uint256(type(uint64).max) << 96);
        positions[1] =
            (uint256(ParticipantId.unwrap(bob.id)) << 224) | (uint256(1) << 160) | (uint256(1) << 96);
        settle(positions);

        vm.assertEq(uint256(type(uint64).max), ledger.countersUsed(alice.id));
        vm.assertEq(uint256(1), ledger.countersUsed(bob.id));
        expectCycle(positions, Refusal.CounterNotNext, alice.id);
    }

    function twoPositions(int64 ofAlice, int64 ofBob) private view returns (uint256[] memory positions) {
        positions = new uint256[](2);
        positions[0] = positionOf(alice.id, ofAlice);
        positions[1] = positionOf(bob.id, ofBob);
    }

    /// @dev Counters 1 and 2.
    function positionOf(ParticipantId member, int64 net) private pure returns (uint256) {
        return (uint256(ParticipantId.unwrap(member)) << 224) | (uint256(1) << 160) | (uint256(2) << 96)
            | (uint256(uint64(net)) << 32);
    }

    function settle(uint256[] memory positions) private {
        vm.prank(address(netting));
        (Refusal refusal, ParticipantId member) = ledger.settleCycle(USD, positions);
        vm.assertEq(uint256(Refusal.None), uint256(refusal));
        vm.assertEq(uint256(0), ParticipantId.unwrap(member));
    }

    function expectCycle(uint256[] memory positions, Refusal reason, ParticipantId whose) private view {
        (Refusal refusal, ParticipantId member) = ledger.cycleRefusal(USD, positions);
        vm.assertEq(uint256(reason), uint256(refusal));
        vm.assertEq(uint256(ParticipantId.unwrap(whose)), ParticipantId.unwrap(member));
    }

    function lock(Actor memory actor, uint64 amount) private {
        lockBy(address(netting), actor, amount);
    }

    function lockBy(address module, Actor memory actor, uint64 amount) private {
        Approval memory approval = approvalBy(actor.approverKey);
        vm.prank(module);
        Refusal refusal = ledger.lock(USD, actor.id, amount, ACTION, DIGEST, approval);
        vm.assertEq(uint256(Refusal.None), uint256(refusal));
    }

    function lockOf(Actor memory actor, uint64 amount) private view returns (bytes memory) {
        Approval memory approval = approvalBy(actor.approverKey);
        return abi.encodeCall(ledger.lock, (USD, actor.id, amount, ACTION, DIGEST, approval));
    }

    function approvalBy(uint256 key) private view returns (Approval memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, ledger.approvalDigest(ACTION, DIGEST, soon()));
        return Approval({index: 0, deadline: soon(), signature: abi.encodePacked(r, s, v)});
    }

    function expectRefusal(uint64 amount, Refusal reason) private {
        Approval memory approval = approvalBy(alice.approverKey);
        uint64 before = ledger.lockedOf(USD, alice.id);
        vm.prank(address(netting));
        Refusal refusal = ledger.lock(USD, alice.id, amount, ACTION, DIGEST, approval);

        vm.assertEq(uint256(reason), uint256(refusal));
        vm.assertEq(uint256(before), ledger.lockedOf(USD, alice.id));
    }

    function expectRevertOf(address sender, bytes memory call, bytes memory reason) private {
        vm.expectRevert(reason);
        send(sender, address(ledger), call);
    }

    function expectLocked(uint64 amount) private view {
        expectLockedOf(amount, -int256(uint256(amount)));
    }

    function expectLockedOf(uint64 amount, int256 change_) private view {
        vm.assertEq(uint256(amount), ledger.lockedBy(address(netting), USD, alice.id));
        vm.assertEq(uint256(amount), ledger.lockedOf(USD, alice.id));
        vm.assertEq(uint256(amount), uint256(ledger.moduleOf(address(netting)).held));
        vm.assertEq(int256(uint256(FUNDS)) + change_, balanceOf(USD, alice));
    }

    function pauseModule() private {
        address[] memory modules = new address[](1);
        modules[0] = address(netting);
        vm.prank(guardian);
        ledger.pause(modules);
    }

    function closeModule(address module) private {
        send(address(quorum), address(ledger), abi.encodeCall(ledger.closeModule, (module)));
    }
}
