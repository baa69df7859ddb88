// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {IPayments} from "../../src/interfaces/IPayments.sol";
import {Refusal} from "../../src/types/Instruction.sol";
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

    function expectRefused(Terms instruction) private {
        vm.expectEmit(address(payments));
        emit IPayments.Refused(instruction, Refusal.CutOff);
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), none());
    }
}
