// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../../src/interfaces/IModules.sol";
import {AccountId, accountId} from "../../src/types/Identifiers.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract CountUrgentTest is Stage {
    /// @notice Only modules that are trusted or closing count: no stranger, no party, no proposed and no dropped module.
    function testOthers() external {
        address module = address(0x300D);
        vm.etch(module, hex"00");
        vm.startPrank(address(quorum));
        ledger.proposeModule(module);
        ledger.closeModule(address(payments));
        ledger.dropModule(address(payments));
        vm.stopPrank();

        address[5] memory others = [stranger, alice.pay, operator, module, address(payments)];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModules.ModuleNotTrusted.selector, others[i]));
            vm.prank(others[i]);
            ledger.countUrgent(accounts(), true);
        }
    }

    /// @notice What is counted is held: it shows in each account and in the module, until it is counted back.
    function testCounts(uint256 more, uint256 less) external {
        more = bound(more, 1, 20);
        less = bound(less, 0, more);
        for (uint256 i; i < more; ++i) {
            count(true);
        }
        for (uint256 i; i < less; ++i) {
            count(false);
        }

        vm.assertEq(more - less, ledger.accountOf(USD, alice.id).urgentWaiting);
        vm.assertEq(more - less, ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(2 * (more - less), ledger.moduleOf(address(settlement)).held);
    }

    /// @notice A module counts back no more than it counted: another's are not its own.
    function testOwn() external {
        count(true);

        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(address(payments));
        ledger.countUrgent(accounts(), false);
        count(false);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        count(false);
    }

    /// @notice A closing module lets go of what it counts.
    function testClosing() external {
        count(true);
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));

        count(false);
        vm.assertEq(uint256(0), ledger.moduleOf(address(settlement)).held);
    }

    function count(bool isMore) private {
        vm.prank(address(settlement));
        ledger.countUrgent(accounts(), isMore);
    }

    function accounts() private view returns (AccountId[] memory list) {
        list = new AccountId[](2);
        (list[0], list[1]) = (accountId(USD, alice.id), accountId(EUR, bob.id));
    }
}
