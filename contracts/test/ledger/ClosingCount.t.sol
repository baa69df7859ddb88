// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {AccountId, accountId} from "../../src/types/Identifiers.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract ClosingCountTest is Stage {
    AccountId[] private accounts;

    function setUp() public override {
        super.setUp();
        accounts.push(accountId(USD, alice.id));
        count(true);
    }

    /// @notice A module that is closing takes its urgent ones back, and counts no more: so it can be dropped.
    function testClosing() external {
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));

        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, address(settlement)));
        count(true);
        count(false);
        vm.prank(address(quorum));
        ledger.dropModule(address(settlement));
    }

    /// @notice So does a paused one.
    function testPaused() external {
        address[] memory modules = new address[](1);
        modules[0] = address(settlement);
        vm.prank(guardian);
        ledger.pause(modules);

        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleIsPaused.selector, address(settlement)));
        count(true);
        count(false);
        vm.assertEq(uint256(0), ledger.accountOf(USD, alice.id).urgentWaiting);
    }

    function count(bool isMore) private {
        vm.prank(address(settlement));
        ledger.countUrgent(accounts, isMore);
    }
}
