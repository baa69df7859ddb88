// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {AssetKind, DayRule} from "../../src/types/Kinds.sol";
import {Instruction, Set} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// settle, by anyone
// ├── the module is not trusted, or paused ......... ModuleNotTrusted, ModuleIsPaused
// └── each set by itself
//     ├── SetRefused; the first of
//     │   ├── not by ascending digest .............. SetUnordered
//     │   ├── never was, or has ended .............. NotWaiting
//     │   ├── proposed ............................. ConsentMissing
//     │   ├── a debtor holds it .................... Held
//     │   ├── before its first second .............. NotYetValid
//     │   ├── its time or its day is over .......... Lapsed
//     │   ├── too many accounts .................... SetTooLarge
//     │   ├── each account: the gravest of
//     │   │   ├── before netting ................... PayerSuspended … InstructionLimit, DayLimit
//     │   │   └── after netting .................... InsufficientFunds, ReserveTouched
//     │   ├── it leaves an urgent one behind ....... UrgentWaiting
//     │   └── after netting, each pair ............. BilateralLimit
//     └── Settled, each instruction
contract SettleTest is Instructing {
    // A set, refused, in the order of the rules

    /// @notice While the ledger does not trust the module, or it is paused, nothing settles.
    function testModule() external {
        Set[] memory sets = setOf(queuedPayment(alice, bob, 1, false));
        address[] memory modules = new address[](1);
        modules[0] = address(settlement);
        vm.prank(guardian);
        ledger.pause(modules);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, settlement));
        settle(stranger, sets);

        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, settlement));
        settle(stranger, sets);
    }

    /// @notice A set names its instructions by ascending digest, so each once.
    function testUnordered() external {
        Instruction memory instruction = queuedPayment(alice, bob, 1, false);
        Set[] memory sets = setOf(instruction, queuedPayment(alice, bob, 1, false));
        (sets[0].instructions[0], sets[0].instructions[1]) =
        (sets[0].instructions[1], sets[0].instructions[0]);
        expectSetRefused(sets, Refusal.SetUnordered);

        sets[0].instructions[1] = sets[0].instructions[0];
        expectSetRefused(sets, Refusal.SetUnordered);
    }

    /// @notice What never waited, or has ended, does not settle: not twice either.
    function testNotWaiting() external {
        expectSetRefused(setOf(payment(USD, alice, bob, 1)), Refusal.NotWaiting);

        Instruction memory instruction = queuedPayment(alice, bob, 1, false);
        expectSetSettled(setOf(instruction));
        expectSetRefused(setOf(instruction), Refusal.NotWaiting);
        vm.assertEq(int256(-1), gain(USD, alice));
    }

    /// @notice What somebody has not consented to does not settle.
    function testProposed() external {
        Instruction memory instruction = exchange(alice, bob, 1, 1);
        submit(alice, instruction);

        expectSetRefused(setOf(instruction), Refusal.ConsentMissing);
    }

    /// @notice What a debtor holds does not settle.
    function testHeld() external {
        Instruction memory instruction = queuedPayment(alice, bob, 1, false);
        hold(alice, instruction);

        expectSetRefused(setOf(instruction, queuedPayment(alice, bob, 2, false)), Refusal.Held);
    }

    /// @notice Before its first second and after its last it does not settle.
    function testTime() external {
        Instruction memory instruction = timed(payment(USD, alice, bob, 1), alice, START + 3, START + 5);
        makeQueued(alice, instruction, false);

        expectSetRefused(setOf(instruction), Refusal.NotYetValid);
        vm.warp(START + 6);
        expectSetRefused(setOf(instruction), Refusal.Lapsed);
        vm.warp(START + 5);
        expectSetSettled(setOf(instruction));
    }

    /// @notice With the day ends what says so itself, or whose asset said so; the rest rolls over, also past a cut-off.
    function testDay() external {
        Instruction memory rolls = queuedPayment(alice, bob, 1, false);
        Instruction memory ends = lapsing(payment(USD, alice, bob, 1), alice);
        makeQueued(alice, ends, false);
        setWaitingRules(USD, true, false);
        Instruction memory other = queuedPayment(alice, bob, 2, false);
        expectRefusalOfSet(setOf(ends), Refusal.None);
        expectRefusalOfSet(setOf(other), Refusal.None);
        wait(12 hours);
        vm.startPrank(operator);
        ledger.cutOff(USD);
        expectRefusalOfSet(setOf(ends), Refusal.None);
        ledger.close(USD);
        vm.stopPrank();

        expectSetRefused(setOf(ends), Refusal.Lapsed);
        expectSetRefused(setOf(other), Refusal.Lapsed);
        expectSetSettled(setOf(rolls));
    }

    /// @notice A set has few enough accounts: 128 are settled, with two more it is refused.
    function testTooLarge() external {
        Instruction[] memory list = new Instruction[](65);
        for (uint256 i; i < 65; ++i) {
            list[i] = queuedIn(newAsset());
        }
        expectSetRefused(setOf(list), Refusal.SetTooLarge);

        assembly ("memory-safe") {
            mstore(list, 64)
        }
        expectSetSettled(setOf(list));
    }

    /// @notice Freeze, standing and the limits of an instruction and of a day are asked before netting.
    function testBeforeNetting() external {
        Set[] memory sets = setOf(queuedPayment(alice, bob, 10, false), queuedPayment(bob, alice, 10, false));
        vm.prank(alice.first);
        ledger.setLimits(USD, 9, MAX_AMOUNT);
        expectSetRefused(sets, Refusal.InstructionLimit);
        vm.prank(alice.first);
        ledger.setLimits(USD, 9, 9);
        change(alice, address(ledger), abi.encodeCall(ledger.setLimits, (USD, 10, 9)));
        expectSetRefused(sets, Refusal.DayLimit);
        change(alice, address(ledger), abi.encodeCall(ledger.setLimits, (USD, 10, 10)));

        freeze(USD, bob);
        expectSetRefused(sets, Refusal.AccountFrozen);
        vm.prank(bob.first);
        participants.stopOutgoing();
        expectSetRefused(sets, Refusal.OutgoingStopped);
        suspend(bob);
        expectSetRefused(sets, Refusal.PayerSuspended);
    }

    /// @notice A payee that is frozen, stopped or suspended is credited.
    function testBarredPayee() external {
        Set[] memory sets = setOf(queuedPayment(alice, bob, 1, false));
        freeze(USD, bob);
        suspend(bob);

        expectSetSettled(sets);
    }

    /// @notice An instruction's own limit is for all that it takes from the account, not for a set of several.
    function testInstructionLimit() external {
        Instruction memory two = pair(alice, leg(USD, alice, bob, 5), leg(USD, alice, carol, 5));
        makeQueued(alice, two, false);
        Set[] memory sets = setOf(two, queuedPayment(alice, bob, 9, false));
        vm.prank(alice.first);
        ledger.setLimits(USD, 9, MAX_AMOUNT);
        expectSetRefused(sets, Refusal.InstructionLimit);

        change(alice, address(ledger), abi.encodeCall(ledger.setLimits, (USD, 10, MAX_AMOUNT)));
        expectSetSettled(sets);
    }

    /// @notice The floor: `final ≥ −credit`, and with outflow that is not urgent `final + urgent outflow ≥ reserve − credit`.
    function testFloor(uint64 urgentAmount, uint64 otherAmount, uint64 reserve, uint64 credit, uint64 spare)
        external
    {
        urgentAmount = uint64(bound(urgentAmount, 1, THRESHOLD / 2));
        otherAmount = uint64(bound(otherAmount, 1, THRESHOLD / 2));
        Set[] memory sets = setOf(
            queuedPayment(alice, bob, urgentAmount, true), queuedPayment(alice, bob, otherAmount, false)
        );
        credit = uint64(bound(credit, 0, FUNDS));
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, credit)));
        uint64 left = uint64(bound(spare, 0, FUNDS * 3 / 4));
        Instruction memory large = payment(USD, alice, carol, FUNDS + credit - left);
        submitWith(alice, large, true, consentOf(alice, large));
        reserve = uint64(bound(reserve, 0, FUNDS));
        setReserve(alice, reserve);

        int256 last = balanceOf(USD, alice) - int256(uint256(urgentAmount + otherAmount));
        int256 floor = -int256(uint256(credit));
        if (last < floor) {
            expectSetRefused(sets, Refusal.InsufficientFunds);
        } else if (last + int256(uint256(urgentAmount)) < floor + int256(uint256(reserve))) {
            expectSetRefused(sets, Refusal.ReserveTouched);
        } else {
            expectSetSettled(sets);
            vm.assertEq(last, balanceOf(USD, alice));
        }
    }

    /// @notice A set that is not urgent leaves behind no urgent one of the same account, unless the account's holder or the
    /// operator sends it. Held or ended urgent ones are not in the way, nor is one in the same set.
    function testUrgentWaiting() external {
        Instruction memory urgent = queuedPayment(alice, bob, 1, true);
        Set[] memory others = setOf(queuedPayment(alice, bob, 2, false));
        expectSetRefused(others, Refusal.UrgentWaiting);
        expectSetRefusedTo(bob.pay, others, Refusal.UrgentWaiting);
        expectSetRefusedTo(alice.first, others, Refusal.UrgentWaiting);
        expectSetRefusedTo(guardian, others, Refusal.UrgentWaiting);
        expectSetSettled(setOf(queuedPayment(bob, alice, 2, false)));

        expectSetSettledBy(alice.pay, others);
        expectSetSettledBy(operator, setOf(queuedPayment(alice, bob, 3, false)));
        hold(alice, urgent);
        expectSetSettled(setOf(queuedPayment(alice, bob, 4, false)));
        release(alice.pay, urgent);
        expectSetSettled(setOf(urgent, queuedPayment(alice, bob, 5, false)));
        vm.assertEq(uint256(0), urgentOf(alice));
        expectSetSettled(setOf(queuedPayment(alice, bob, 6, false)));
    }

    /// @notice An urgent one may be settled before another urgent one; of two, a set that is not urgent takes both.
    function testUrgentAmongUrgent() external {
        Instruction memory first = queuedPayment(alice, bob, 1, true);
        Instruction memory second = queuedPayment(alice, bob, 2, true);
        Instruction memory last = queuedPayment(alice, bob, 3, false);
        expectSetRefused(setOf(first, last), Refusal.UrgentWaiting);

        Instruction[] memory all = new Instruction[](3);
        (all[0], all[1], all[2]) = (first, second, last);
        uint256 snapshot = vm.snapshotState();
        expectSetSettled(setOf(all));
        vm.revertToState(snapshot);
        expectSetSettled(setOf(first));
        expectSetSettled(setOf(second, last));
    }

    /// @notice Urgency binds the debtor's accounts only: what another's urgent exchange brings to an account is not in the way.
    function testUrgentOfAnother() external {
        Instruction memory made = queuedExchange(alice, bob);
        setUrgency(bob, made, true);

        expectSetSettled(setOf(queuedPayment(alice, bob, 1, false)));
        expectSetSettled(setOf(queuedPayment(bob, alice, 1, false)));
    }

    /// @notice What lapsed and nobody swept still is in the way of the others, until somebody sweeps.
    function testLapsedUrgent() external {
        Instruction memory over = timed(payment(USD, alice, bob, 1), alice, 0, START + 1);
        makeQueued(alice, over, true);
        Set[] memory others = setOf(queuedPayment(alice, bob, 2, false));
        vm.warp(START + 2);
        expectSetRefused(others, Refusal.UrgentWaiting);

        sweep(over);
        expectSetSettled(others);
    }

    /// @notice A bilateral limit is asked about the net of the set and the day.
    function testBilateralLimit() external {
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 5);
        Instruction memory out = queuedPayment(alice, bob, 10, false);
        expectSetRefused(setOf(out), Refusal.BilateralLimit);

        expectSetSettled(setOf(out, queuedPayment(bob, alice, 5, false)));
        vm.assertEq(int256(5), ledger.bilateralLimitOf(USD, alice.id, bob.id).net);
        expectSetRefused(setOf(queuedPayment(alice, bob, 1, false)), Refusal.BilateralLimit);
        expectSetSettled(setOf(queuedPayment(alice, carol, 9, false)));
    }

    // Settled

    /// @notice A set of nothing settles nothing.
    function testEmpty() external {
        vm.recordLogs();
        settlement.settle(new Set[](2));
        vm.assertEq(uint256(0), vm.getRecordedLogs().length);
    }

    /// @notice What nobody could pay alone settles on the net: each balance is in less out.
    function testGridlock(uint64 amount) external {
        amount = uint64(bound(amount, 1, THRESHOLD));
        Instruction memory there = queuedPayment(alice, bob, amount, false);
        Instruction memory back = queuedPayment(bob, alice, amount, false);
        drain(alice);
        drain(bob);
        expectSetRefused(setOf(there), Refusal.InsufficientFunds);
        expectSetRefused(setOf(back), Refusal.InsufficientFunds);

        expectSetSettled(setOf(there, back));
        vm.assertEq(int256(0), balanceOf(USD, alice));
        vm.assertEq(int256(0), balanceOf(USD, bob));
        vm.assertEq(uint256(FUNDS) + amount, ledger.accountOf(USD, alice.id).outflow);
    }

    /// @notice Each set is all or nothing by itself: a refused one holds up no other.
    function testSetsAlone() external {
        Instruction memory good = queuedPayment(alice, bob, 1, false);
        Instruction memory bad = queuedPayment(alice, bob, 2, false);
        hold(alice, bad);
        Instruction memory last = queuedPayment(alice, bob, 3, false);
        Set[] memory sets = new Set[](4);
        (sets[0], sets[1], sets[2]) = (setOf(good)[0], setOf(bad, last)[0], setOf(last)[0]);
        sets[3] = sets[0];

        expectSettled(good);
        vm.expectEmit(address(settlement));
        emit ISettlement.SetRefused(1, Refusal.Held);
        expectSettled(last);
        vm.expectEmit(address(settlement));
        emit ISettlement.SetRefused(3, Refusal.NotWaiting);
        settle(stranger, sets);
        vm.assertEq(int256(-4), gain(USD, alice));
    }

    /// @notice Instructions of many legs net with others, over two assets.
    function testManyLegs() external {
        Instruction memory made = queuedExchange(alice, bob);
        expectSetSettled(setOf(made, queuedPayment(bob, alice, 10, false)));

        vm.assertEq(int256(0), gain(USD, alice));
        vm.assertEq(int256(20), gain(EUR, alice));
        vm.assertEq(int256(-20), gain(EUR, bob));
    }

    /// @notice With enough money a set comes to the same as its instructions one by one: balances, outflows, limits between two,
    /// what is urgent.
    function testSameAsOneByOne(uint256 seed) external {
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, MAX_AMOUNT / 2);
        vm.prank(bob.first);
        ledger.setBilateralLimit(USD, carol.id, MAX_AMOUNT / 2);
        Instruction[] memory list = new Instruction[](1 + seed % 6);
        for (uint256 i; i < list.length; ++i) {
            list[i] = queuedAny(uint256(keccak256(abi.encode(seed, i))));
        }
        Set[] memory together = setOf(list);

        uint256 snapshot = vm.snapshotState();
        settle(operator, together);
        bytes32 expected = keccak256(books());
        vm.revertToState(snapshot);
        for (uint256 i; i < list.length; ++i) {
            settle(operator, setOf(list[i]));
            vm.assertEq(true, hasEnded(list[i]));
        }
        vm.assertEq(expected, keccak256(books()));
    }

    /// @dev An exchange or a payment of one or two legs that waits for no more than somebody to settle it.
    function queuedAny(uint256 seed) private returns (Instruction memory made) {
        Actor[3] memory banks = [alice, bob, carol];
        (Actor memory first, Actor memory second) = (banks[seed % 3], banks[(seed + 1 + (seed >> 8) % 2) % 3]);
        uint64 amount = uint64(bound(seed >> 16, 1, THRESHOLD / 16));
        if ((seed >> 128) % 3 == 0) {
            made = queuedExchange(first, second);
        } else {
            made = payment(USD, first, second, amount);
            if ((seed >> 128) % 3 == 1) {
                made =
                    pair(first, made.legs[0], leg(USD, first, banks[seed % 3 == 0 ? 1 : 0], amount / 2 + 1));
            }
            makeQueued(first, made, false);
        }
        if ((seed >> 136) % 2 == 0) setUrgency(first, made, true);
    }

    function books() private view returns (bytes memory all) {
        Actor[3] memory banks = [alice, bob, carol];
        for (uint256 i; i < 3; ++i) {
            all = abi.encode(all, ledger.accountOf(USD, banks[i].id), ledger.accountOf(EUR, banks[i].id));
            for (uint256 k; k < 3; ++k) {
                all = abi.encode(all, ledger.bilateralLimitOf(USD, banks[i].id, banks[k].id));
            }
        }
        all = abi.encode(all, ledger.moduleOf(address(settlement)));
    }

    function newAsset() private returns (AssetId asset) {
        vm.startPrank(operator);
        asset =
            ledger.registerAsset(DOLLAR, AssetKind.CommercialBankMoney, centralBank.id, DayRule.BusinessDay);
        ledger.openAccount(asset, alice.id);
        ledger.openAccount(asset, bob.id);
        vm.stopPrank();
    }

    function queuedIn(AssetId asset) private returns (Instruction memory made) {
        made = payment(asset, alice, bob, 1);
        submit(alice, made);
        vm.assertEq(true, isQueued(made));
        issue(asset, alice, 1);
    }

    function drain(Actor memory bank) private {
        Instruction memory all = payment(USD, bank, carol, FUNDS);
        submitWith(bank, all, true, consentOf(bank, all));
        vm.assertEq(int256(0), balanceOf(USD, bank));
    }

    function expectRefusalOfSet(Set[] memory sets, Refusal reason) private view {
        vm.assertEq(uint256(reason), uint256(settlement.setRefusalOf(sets[0], stranger)));
    }
}
