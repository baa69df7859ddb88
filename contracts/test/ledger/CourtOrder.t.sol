// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {ICourtOrders} from "../../src/interfaces/ICourtOrders.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

// moveByCourtOrder
// ├── the sender has no administer key ............. KeyUnknown, KeyHasOtherRole
// ├── the asset is unknown ......................... AssetUnknown
// ├── of another than the issuer ................... NotIssuer
// ├── the issuer is suspended or stopped ........... IssuerNotActive
// ├── no order, no amount, to itself ............... CourtOrderInvalid
// ├── above the largest amount ..................... AmountTooLarge
// ├── an account is not open ....................... AccountIsNotOpen
// ├── one key, or before the delay ................. nothing moves
// ├── less is available ............................ BalanceTooSmall
// └── two keys and the delay ....................... MovedByCourtOrder
contract CourtOrderTest is Stage {
    bytes32 private constant ORDER = keccak256("an order");

    /// @notice Only an administer key of the asset's issuer orders; not the operator, not the holder.
    function testOthers() external {
        bytes memory call = callOf(alice, bob, 1);

        vm.expectRevert(keyUnknown(operator));
        send(operator, address(ledger), call);
        vm.expectRevert(needsOtherRole(centralBank.pay, KeyRole.Pay, KeyRole.Administer));
        send(centralBank.pay, address(ledger), call);
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        send(alice.first, address(ledger), call);
    }

    /// @notice What is not there has no issuer.
    function testUnknownAsset() external {
        AssetId unknown = AssetId.wrap(1);

        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(centralBank.first);
        ledger.moveByCourtOrder(unknown, alice.id, bob.id, 1, ORDER);
    }

    /// @notice An issuer that is suspended or stopped orders nothing.
    function testIssuerNotActive(bool suspended) external {
        vm.prank(suspended ? operator : centralBank.first);
        if (suspended) participants.suspend(centralBank.id);
        else participants.stopOutgoing();

        Standing standing = suspended ? Standing.Suspended : Standing.OutgoingStopped;
        vm.expectRevert(abi.encodeWithSelector(IAssets.IssuerNotActive.selector, centralBank.id, standing));
        send(centralBank.first, address(ledger), callOf(alice, bob, 1));
    }

    /// @notice An order, an amount and two participants it takes.
    function testInvalid() external {
        expectInvalid(alice.id, bob.id, 1, 0);
        expectInvalid(alice.id, bob.id, 0, ORDER);
        expectInvalid(alice.id, alice.id, 1, ORDER);

        uint64 tooMuch = MAX_AMOUNT + 1;
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, tooMuch));
        vm.prank(centralBank.first);
        ledger.moveByCourtOrder(USD, alice.id, bob.id, tooMuch, ORDER);
    }

    /// @notice Both accounts are open.
    function testAccounts() external {
        bytes memory reason = abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id);
        vm.expectRevert(reason);
        send(centralBank.first, address(ledger), callOf(corporate, bob, 1));
        vm.expectRevert(reason);
        send(centralBank.first, address(ledger), callOf(alice, corporate, 1));
    }

    /// @notice It takes two keys and the delay; its proposal names the order.
    function testTwoKeysAndDelay(uint256 early) external {
        bytes memory call = callOf(alice, bob, 7);
        bytes32 id = keccak256(abi.encode(centralBank.id, call));
        vm.expectEmit(address(ledger));
        emit ITwoKeyChanges.ChangeProposed(centralBank.id, id, centralBank.first, call);
        send(centralBank.first, address(ledger), call);
        vm.expectRevert(
            abi.encodeWithSelector(ITwoKeyChanges.SecondKeyNeeded.selector, id, centralBank.first)
        );
        send(centralBank.first, address(ledger), call);
        send(centralBank.second, address(ledger), call);
        uint40 readyAt = uint40(START + DELAY);
        vm.warp(readyAt - bound(early, 1, DELAY));
        vm.expectRevert(abi.encodeWithSelector(ITwoKeyChanges.ChangeNotReady.selector, id, readyAt));
        send(centralBank.first, address(ledger), call);
        vm.assertEq(int256(uint256(FUNDS)), balanceOf(USD, alice));

        vm.warp(readyAt);
        vm.expectEmit(address(ledger));
        emit ICourtOrders.MovedByCourtOrder(USD, alice.id, bob.id, 7, ORDER);
        send(centralBank.second, address(ledger), call);
        vm.assertEq(int256(uint256(FUNDS)) - 7, balanceOf(USD, alice));
        vm.assertEq(int256(uint256(FUNDS)) + 7, balanceOf(USD, bob));
    }

    /// @notice Carried out, it is spent: once more is a new proposal.
    function testOnce() external {
        bytes memory call = callOf(alice, bob, 7);
        change(centralBank, address(ledger), call);
        send(centralBank.first, address(ledger), call);

        vm.assertEq(int256(uint256(FUNDS)) - 7, balanceOf(USD, alice));
    }

    /// @notice It takes what is available, to the last unit, out of a frozen, suspended, limited account too; two balances change by
    /// the same, the supply by nothing.
    function testBarredAccount(uint64 amount) external {
        amount = uint64(bound(amount, 1, FUNDS));
        vm.startPrank(operator);
        ledger.freeze(USD, alice.id);
        participants.suspend(alice.id);
        vm.stopPrank();
        vm.prank(alice.first);
        ledger.setLimits(USD, 0, 0);
        vm.prank(alice.pay);
        ledger.setReserve(USD, MAX_AMOUNT);
        uint64 supply = ledger.assetOf(USD).supply;

        change(centralBank, address(ledger), callOf(alice, bob, amount));
        vm.assertEq(int256(uint256(FUNDS - amount)), balanceOf(USD, alice));
        vm.assertEq(int256(uint256(FUNDS + amount)), balanceOf(USD, bob));
        vm.assertEq(uint256(supply), ledger.assetOf(USD).supply);
        vm.assertEq(uint256(0), ledger.accountOf(USD, alice.id).outflow);
    }

    /// @notice It takes no credit and nothing that is locked.
    function testBalanceTooSmall() external {
        bytes memory credit = abi.encodeCall(ledger.setCredit, (USD, alice.id, FUNDS));
        change(centralBank, address(ledger), credit);
        Terms requested = terms(USD, alice, centralBank, 5);
        vm.prank(alice.pay);
        ledger.requestRedemption(requested, DOCUMENT, none());
        int64 left = int64(FUNDS - 5);

        propose(centralBank, address(ledger), callOf(alice, bob, FUNDS - 4));
        wait(DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(ICourtOrders.BalanceTooSmall.selector, USD, alice.id, left, FUNDS - 4)
        );
        send(centralBank.first, address(ledger), callOf(alice, bob, FUNDS - 4));
        change(centralBank, address(ledger), callOf(alice, bob, FUNDS - 5));
        vm.assertEq(int256(0), balanceOf(USD, alice));
        vm.assertEq(uint256(5), ledger.lockedOf(USD, alice.id));
    }

    function expectInvalid(ParticipantId from, ParticipantId to, uint64 amount, bytes32 order) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICourtOrders.CourtOrderInvalid.selector, from, to, amount, order)
        );
        vm.prank(centralBank.first);
        ledger.moveByCourtOrder(USD, from, to, amount, order);
    }

    function callOf(Actor memory from, Actor memory to, uint64 amount) private view returns (bytes memory) {
        return abi.encodeCall(ledger.moveByCourtOrder, (USD, from.id, to.id, amount, ORDER));
    }
}
