// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Freezer} from "../../src/types/Kinds.sol";
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
        emit IAccounts.FreezeSet(USD, alice.id, byIssuer ? Freezer.Issuer : Freezer.Operator);
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

    /// @notice A freeze is lifted only by who set it: not by the issuer when it is the operator's, also on the issuer's own
    /// account, and not the other way round.
    function testOfAnother(bool byIssuer, bool ofIssuer) external {
        ParticipantId holder = ofIssuer ? issuerWithAccount() : alice.id;
        (address one, address other) =
            byIssuer ? (centralBank.first, operator) : (operator, centralBank.second);
        vm.prank(one);
        ledger.freeze(USD, holder);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotFrozen.selector, USD, holder));
        vm.prank(other);
        ledger.unfreeze(USD, holder);
        vm.assertEq(true, ledger.accountOf(USD, holder).frozen);
    }

    /// @notice An account that both froze is free when both have lifted, in whichever order; `AccountUnfrozen` says when.
    function testBoth(bool issuerFirst) external {
        (address first, address second) =
            issuerFirst ? (centralBank.first, operator) : (operator, centralBank.first);
        Freezer last = issuerFirst ? Freezer.Operator : Freezer.Issuer;
        vm.prank(operator);
        ledger.freeze(USD, alice.id);
        vm.recordLogs();
        vm.prank(centralBank.second);
        ledger.freeze(USD, alice.id);
        vm.assertEq(uint256(1), vm.getRecordedLogs().length);

        vm.prank(first);
        ledger.unfreeze(USD, alice.id);
        vm.assertEq(uint256(1), vm.getRecordedLogs().length);
        vm.assertEq(true, ledger.accountOf(USD, alice.id).frozen);
        (bool byIssuer, bool byOperator) = ledger.freezesOf(USD, alice.id);
        vm.assertEq(!issuerFirst, byIssuer);
        vm.assertEq(issuerFirst, byOperator);

        vm.expectEmit(address(ledger));
        emit IAccounts.FreezeLifted(USD, alice.id, last);
        vm.expectEmit(address(ledger));
        emit IAccounts.AccountUnfrozen(USD, alice.id);
        vm.prank(second);
        ledger.unfreeze(USD, alice.id);
        vm.assertEq(false, ledger.accountOf(USD, alice.id).frozen);
    }

    /// @notice Who is issuer and operator with one key freezes as the operator, and lifts both.
    function testOneKeyForBoth() external {
        vm.prank(centralBank.first);
        ledger.freeze(USD, alice.id);
        letOperate(centralBank.first);
        vm.expectEmit(address(ledger));
        emit IAccounts.FreezeSet(USD, alice.id, Freezer.Operator);
        vm.prank(centralBank.first);
        ledger.freeze(USD, alice.id);

        vm.prank(centralBank.first);
        ledger.unfreeze(USD, alice.id);
        vm.assertEq(false, ledger.accountOf(USD, alice.id).frozen);
    }

    function issuerWithAccount() private returns (ParticipantId) {
        vm.prank(operator);
        ledger.openAccount(USD, centralBank.id);
        return centralBank.id;
    }

    function letOperate(address key) private {
        vm.prank(address(quorum));
        manager.grantRole(OPERATOR, key, 0);
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
