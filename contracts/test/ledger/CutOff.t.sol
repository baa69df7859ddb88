// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {IPayments} from "../../src/interfaces/IPayments.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {AssetId} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract CutOffTest is Stage {
    /// @notice Issuer or operator alone cut off and open.
    function testOthers() external {
        address[3] memory others = [alice.first, centralBank.pay, stranger];
        for (uint256 i; i < others.length; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(IAssets.NotIssuerNorOperator.selector, USD, others[i]);
            vm.expectRevert(reason);
            vm.prank(others[i]);
            ledger.cutOff(USD);
            vm.expectRevert(reason);
            vm.prank(others[i]);
            ledger.open(USD);
        }
    }

    /// @notice A UTC day has no cut-off.
    function testUtcDay() external {
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAssets.DayEndsByClock.selector, EUR));
        ledger.cutOff(EUR);
        vm.expectRevert(abi.encodeWithSelector(IAssets.DayEndsByClock.selector, EUR));
        ledger.open(EUR);
        vm.stopPrank();
    }

    /// @notice From the cut-off to the next opening nothing new is accepted; closing alone does not open.
    function testDay() external {
        Terms instruction = terms(USD, alice, bob, 1);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAssets.CutOffIs.selector, USD, false));
        ledger.open(USD);
        vm.expectEmit(address(ledger));
        emit IAssets.DayCutOff(USD, 0);
        ledger.cutOff(USD);
        vm.expectRevert(abi.encodeWithSelector(IAssets.CutOffIs.selector, USD, true));
        ledger.cutOff(USD);
        vm.stopPrank();
        expectRefused(instruction);

        wait(DELAY);
        vm.prank(operator);
        ledger.close(USD);
        vm.assertEq(uint256(1), ledger.dayOf(USD));
        expectRefused(instruction);

        vm.expectEmit(address(ledger));
        emit IAssets.DayOpened(USD, 1);
        vm.prank(centralBank.first);
        ledger.open(USD);
        vm.expectEmit(address(payments));
        emit IPayments.Paid(instruction, DOCUMENT);
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), none());
    }

    // What waits

    /// @notice Only the issuer says what waits for how long, and who is asked; not the operator, not a pay key.
    function testWaitingRulesOfOthers() external {
        bytes memory call = abi.encodeCall(ledger.setWaitingRules, (USD, true, true));
        vm.expectRevert(keyUnknown(operator));
        send(operator, address(ledger), call);
        vm.expectRevert(needsOtherRole(centralBank.pay, KeyRole.Pay, KeyRole.Administer));
        send(centralBank.pay, address(ledger), call);
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        send(alice.first, address(ledger), call);
        AssetId unknown = AssetId.wrap(1);
        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(centralBank.first);
        ledger.setWaitingRules(unknown, true, true);
    }

    /// @notice It takes two keys and the delay, either way.
    function testWaitingRules(bool lapses, bool asks) external {
        bytes memory call = abi.encodeCall(ledger.setWaitingRules, (USD, !lapses, !asks));
        change(centralBank, address(ledger), call);
        call = abi.encodeCall(ledger.setWaitingRules, (USD, lapses, asks));
        propose(centralBank, address(ledger), call);
        uint40 readyAt = uint40(vm.getBlockTimestamp()) + DELAY;
        vm.expectRevert(
            abi.encodeWithSelector(
                ITwoKeyChanges.ChangeNotReady.selector, keccak256(abi.encode(centralBank.id, call)), readyAt
            )
        );
        send(centralBank.first, address(ledger), call);
        expectRules(!lapses, !asks);

        vm.warp(readyAt);
        vm.expectEmit(address(ledger));
        emit IAssets.WaitingRulesSet(USD, lapses, asks);
        send(centralBank.first, address(ledger), call);
        expectRules(lapses, asks);
    }

    /// @notice A day of an asset began when it was registered or last closed, or at midnight.
    function testDayBegan() external {
        vm.assertEq(START, ledger.dayBeganAt(USD));
        vm.assertEq(START / 1 days * 1 days, ledger.dayBeganAt(EUR));
        wait(3 days);
        vm.prank(operator);
        ledger.close(USD);

        vm.assertEq(START + 3 days, ledger.dayBeganAt(USD));
        vm.assertEq((START / 1 days + 3) * 1 days, ledger.dayBeganAt(EUR));
    }

    function expectRules(bool lapses, bool asks) private view {
        IAssets.Asset memory asset = ledger.assetOf(USD);
        vm.assertEq(lapses, asset.lapsesWithDay);
        vm.assertEq(asks, asset.asksAcceptance);
    }

    function expectRefused(Terms instruction) private {
        vm.expectEmit(address(payments));
        emit IPayments.Refused(instruction, Refusal.CutOff);
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), none());
    }
}
