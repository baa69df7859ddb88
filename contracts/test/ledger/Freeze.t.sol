// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract FreezeTest is Stage {
    /// @notice Only the issuer's administer key or the operator freezes.
    function testIssuerOrOperatorOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuerNorOperator.selector, USD, bob.first));
        vm.prank(bob.first);
        ledger.freeze(USD, alice.id);
    }

    /// @notice What is not open is not frozen.
    function testNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        vm.prank(operator);
        ledger.freeze(USD, corporate.id);
    }

    /// @notice An account is frozen once.
    function testTwice() external {
        vm.startPrank(operator);
        ledger.freeze(USD, alice.id);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsFrozen.selector, USD, alice.id));
        ledger.freeze(USD, alice.id);
        vm.stopPrank();
    }

    /// @notice Freezing is at once, and of one account.
    function testFreezes(bool byIssuer) external {
        vm.expectEmit(address(ledger));
        emit IAccounts.AccountFrozen(USD, alice.id);
        vm.prank(byIssuer ? centralBank.first : operator);
        ledger.freeze(USD, alice.id);

        vm.assertEq(true, ledger.accountOf(USD, alice.id).frozen);
        vm.assertEq(false, ledger.accountOf(EUR, alice.id).frozen);
        vm.assertEq(false, ledger.accountOf(USD, bob.id).frozen);
    }
}

contract UnfreezeTest is Stage {
    /// @notice The holder does not unfreeze its own account.
    function testIssuerOrOperatorOnly() external {
        vm.prank(operator);
        ledger.freeze(USD, alice.id);

        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuerNorOperator.selector, USD, alice.first));
        vm.prank(alice.first);
        ledger.unfreeze(USD, alice.id);
    }

    /// @notice What is not open is not unfrozen, nor is what is not frozen.
    function testNotFrozen() external {
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        ledger.unfreeze(USD, corporate.id);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotFrozen.selector, USD, alice.id));
        ledger.unfreeze(USD, alice.id);
        vm.stopPrank();
    }

    /// @notice Unfreezing leaves the account as it was.
    function testUnfreezes() external {
        IAccounts.Account memory before = ledger.accountOf(USD, alice.id);
        vm.startPrank(operator);
        ledger.freeze(USD, alice.id);

        vm.expectEmit(address(ledger));
        emit IAccounts.AccountUnfrozen(USD, alice.id);
        ledger.unfreeze(USD, alice.id);
        vm.stopPrank();

        vm.assertEq(abi.encode(before), abi.encode(ledger.accountOf(USD, alice.id)));
    }
}
