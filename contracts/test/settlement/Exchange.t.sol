// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, Currency, NOBODY} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {AssetKind, DayRule, ParticipantKind} from "../../src/types/Kinds.sol";
import {Instruction, Leg} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

/// @notice Payments against payments of three debtors and more: rings in which each pays the next in another currency.
contract ExchangeTest is Instructing {
    AssetId private constant GBP = AssetId.wrap(826);
    Currency private constant STERLING = Currency.wrap(826);

    Actor[] private banks;

    function setUp() public override {
        super.setUp();
        vm.prank(operator);
        ledger.registerAsset(STERLING, AssetKind.CentralBankMoney, centralBank.id, DayRule.UtcDay);
        raise(centralBank, MAX_AMOUNT);
        banks.push(alice);
        banks.push(bob);
        banks.push(carol);
        string[4] memory names = ["dora", "emil", "frida", "gustav"];
        for (uint256 i; i < 4; ++i) {
            Actor memory bank = enter(names[i], ParticipantKind.Bank, NOBODY);
            provide(bank);
            banks.push(bank);
        }
        for (uint256 i; i < banks.length; ++i) {
            vm.prank(operator);
            ledger.openAccount(GBP, banks[i].id);
            issue(GBP, banks[i], FUNDS);
            raise(banks[i], THRESHOLD);
        }
    }

    /// @notice Three currencies among three: nothing moves before the last has consented, then all of it; in any order of consents.
    function testThree(uint64 amount, bool inOrder) external {
        amount = uint64(bound(amount, 1, THRESHOLD / 3));
        Instruction memory made = ring(3, amount);
        submit(alice, made);
        affirm(inOrder ? bob : carol, made);
        vm.assertEq(true, isProposed(made));
        for (uint256 i; i < 3; ++i) {
            vm.assertEq(int256(0), gain(assetAt(i), banks[i]));
        }

        expectSettled(made);
        affirm(inOrder ? carol : bob, made);
        for (uint256 i; i < 3; ++i) {
            int256 moved = int256(uint256(amount) * (i + 1));
            vm.assertEq(-moved, gain(assetAt(i), banks[i]));
            vm.assertEq(moved, gain(assetAt(i), banks[(i + 1) % 3]));
        }
    }

    /// @notice Six are debited at most: with six it settles, each having consented; a seventh is refused at once.
    function testSix() external {
        Instruction memory made = ring(6, 1);
        submit(alice, made);
        for (uint256 i = 1; i < 5; ++i) {
            affirm(banks[i], made);
            vm.assertEq(true, isProposed(made));
        }
        vm.assertEq(uint256(31), waiting(made).consents);
        expectSettled(made);
        affirm(banks[5], made);

        expectRefused(alice, ring(7, 1), Refusal.TooManyDebtors);
    }

    /// @notice One that lacks money keeps all legs back: queued, and settled when it has it.
    function testOneLacks(uint256 who) external {
        who = bound(who, 0, 5);
        Instruction memory made = ring(6, 1);
        AssetId asset = assetAt(who);
        vm.prank(banks[who].pay);
        ledger.setReserve(asset, MAX_AMOUNT);
        consent(made, 6);
        vm.assertEq(true, isQueued(made));
        vm.assertEq(uint256(63), waiting(made).consents);
        expectSetRefused(setOf(made), Refusal.ReserveTouched);

        setUrgency(banks[who], made, true);
        expectSetSettled(setOf(made));
        for (uint256 i; i < 6; ++i) {
            vm.assertEq(-int256(i + 1), gain(assetAt(i), banks[i]));
        }
    }

    /// @notice Six cancel together only.
    function testSixCancel() external {
        Instruction memory made = ring(6, 1);
        setReserve(alice, MAX_AMOUNT);
        consent(made, 6);
        for (uint256 i; i < 5; ++i) {
            cancel(banks[i].pay, made);
        }
        vm.assertEq(true, isQueued(made));

        expectCancelled(made, banks[5].id, REASON);
        cancel(banks[5].pay, made);
        vm.assertEq(true, hasEnded(made));
    }

    /// @notice A debtor that is suspended before the last consent keeps the ring from settling, and from queueing.
    function testSuspendedDebtor() external {
        Instruction memory made = ring(3, 1);
        submit(alice, made);
        affirm(bob, made);
        suspend(bob);

        expectNotAffirmed(carol, made, Refusal.PayerSuspended);
        vm.assertEq(true, isProposed(made));
        withdraw(alice, made);
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, carol.id));
    }

    function raise(Actor memory actor, uint64 amount) private {
        change(actor, address(ledger), abi.encodeCall(ledger.setThreshold, (STERLING, amount)));
    }

    function consent(Instruction memory made, uint256 count) private {
        submit(banks[0], made);
        for (uint256 i = 1; i < count; ++i) {
            affirm(banks[i], made);
        }
    }

    /// @dev The first pays the second the amount, the second the third twice of it, …
    function ring(uint256 count, uint64 amount) private returns (Instruction memory made) {
        made = Instruction(headOf(banks[0], 0, 0, false), DOCUMENT, new Leg[](count));
        for (uint256 i; i < count; ++i) {
            uint64 moved = amount * uint64(i + 1);
            made.legs[i] = leg(assetAt(i), banks[i], banks[(i + 1) % count], moved);
        }
    }

    function assetAt(uint256 place) private pure returns (AssetId) {
        return [USD, EUR, GBP][place % 3];
    }
}
