// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {AssetId} from "../../src/types/Identifiers.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract CloseTest is Stage {
    /// @notice What is not there has no day.
    function testUnknown() external {
        AssetId unknown = AssetId.wrap(1);

        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(operator);
        ledger.close(unknown);
    }

    /// @notice Only the issuer's administer key or the operator closes.
    function testIssuerOrOperatorOnly() external {
        address[3] memory others = [alice.first, centralBank.pay, stranger];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuerNorOperator.selector, USD, others[i]));
            vm.prank(others[i]);
            ledger.close(USD);
        }
    }

    /// @notice A UTC day is not closed by anyone.
    function testUtcDay() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.DayEndsByClock.selector, EUR));
        vm.prank(operator);
        ledger.close(EUR);

        vm.assertEq(START / 1 days, ledger.dayOf(EUR));
        vm.warp(START + 2 days);
        vm.assertEq(START / 1 days + 2, ledger.dayOf(EUR));
    }

    /// @notice Closing names the day that ended and starts the next, and changes nothing else.
    function testCloses() external {
        IAssets.Asset memory before = ledger.assetOf(USD);

        vm.expectEmit(address(ledger));
        emit IAssets.DayClosed(USD, 0);
        vm.prank(operator);
        ledger.close(USD);
        vm.expectEmit(address(ledger));
        emit IAssets.DayClosed(USD, 1);
        vm.prank(centralBank.second);
        ledger.close(USD);

        vm.assertEq(uint256(2), ledger.dayOf(USD));
        before.businessDay = 2;
        vm.assertEq(abi.encode(before), abi.encode(ledger.assetOf(USD)));
    }
}
