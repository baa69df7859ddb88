// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {AssetId, NOBODY} from "../../src/types/Identifiers.sol";
import {AssetKind, DayRule, ParticipantKind} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

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

    /// @notice A day lasts twelve hours at least, the first from its registration: with each day the limits begin anew, so whoever
    /// could close at will had none.
    function testTooShort(uint256 early) external {
        early = bound(early, 1, 12 hours);
        uint40 earliest = uint40(START + 12 hours);
        vm.assertEq(uint256(earliest), ledger.earliestClose(USD));

        vm.warp(earliest - early);
        expectTooShort(earliest);
        vm.warp(earliest);
        vm.prank(operator);
        ledger.close(USD);

        earliest = uint40(START + 24 hours);
        vm.warp(earliest - early);
        expectTooShort(earliest);
        vm.warp(earliest);
        vm.prank(operator);
        ledger.close(USD);
    }

    /// @notice In a deployment whose delay is shorter the shortest day is the delay: a demo closes as often as it likes.
    function testDelayShorterThanDay(uint32 delay) external {
        delay = uint32(bound(delay, 0, 12 hours));
        vm.warp(START);
        deploy(deployer, operator, guardian, quorumMembers(), 2, delay);
        centralBank = enter("central bank", ParticipantKind.Operator, NOBODY);
        setThreshold(centralBank.id, 0);
        vm.startPrank(operator);
        ledger.registerAsset(DOLLAR, AssetKind.CentralBankMoney, centralBank.id, DayRule.BusinessDay);

        for (uint256 i; i < 3; ++i) {
            wait(delay);
            ledger.close(USD);
        }
        vm.stopPrank();
        vm.assertEq(uint256(3), ledger.dayOf(USD));
    }

    function expectTooShort(uint40 earliest) private {
        vm.expectRevert(abi.encodeWithSelector(IAssets.DayTooShort.selector, USD, earliest));
        vm.prank(operator);
        ledger.close(USD);
    }

    /// @notice Closing names the day that ended and starts the next, and changes nothing else.
    function testCloses() external {
        IAssets.Asset memory before = ledger.assetOf(USD);
        wait(12 hours);

        vm.expectEmit(address(ledger));
        emit IAssets.DayClosed(USD, 0);
        vm.prank(operator);
        ledger.close(USD);
        wait(12 hours);
        vm.expectEmit(address(ledger));
        emit IAssets.DayClosed(USD, 1);
        vm.prank(centralBank.second);
        ledger.close(USD);

        vm.assertEq(uint256(2), ledger.dayOf(USD));
        before.businessDay = 2;
        vm.assertEq(abi.encode(before), abi.encode(ledger.assetOf(USD)));
    }
}
