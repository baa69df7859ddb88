// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {IRules} from "../../src/interfaces/IRules.sol";
import {ISupply} from "../../src/interfaces/ISupply.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, KeyNumber} from "../../src/types/Identifiers.sol";
import {
    Approval,
    CONFIRM_REDEMPTION,
    PAY,
    REQUEST_REDEMPTION,
    Refusal
} from "../../src/types/Instruction.sol";
import {AssetKind, DayRule, KeyRole, Standing} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract RequestRedemptionTest is Stage {
    /// @notice Only a pay key asks.
    function testPayKeyOnly() external {
        Terms instruction = terms(USD, alice, centralBank, 1);

        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        ledger.requestRedemption(instruction, DOCUMENT, none());
    }

    /// @notice Nobody asks in another's name, the issuer neither.
    function testOtherPayer() external {
        Terms instruction = terms(USD, alice, centralBank, 1);

        vm.expectRevert(abi.encodeWithSelector(IRules.NotPayer.selector, centralBank.id, instruction));
        vm.prank(centralBank.pay);
        ledger.requestRedemption(instruction, DOCUMENT, none());
    }

    /// @notice Only the issuer redeems.
    function testPayeeIsIssuer() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, bob.id));
        vm.prank(alice.pay);
        ledger.requestRedemption(terms(USD, alice, bob, 1), DOCUMENT, none());
    }

    /// @notice What is no instruction, or not a new one, asks for nothing.
    function testInstruction() external {
        Terms good = terms(USD, alice, centralBank, 1);

        expectRefused(Terms.wrap(Terms.unwrap(good) | 1), Refusal.MalformedTerms);
        expectRefused(terms(USD, alice, centralBank, 0), Refusal.AmountOutOfRange);
        vm.prank(alice.pay);
        ledger.requestRedemption(good, DOCUMENT, none());
        expectRefused(good, Refusal.SequenceUsed);
    }

    /// @notice What forbids a payment forbids a request: it is a debit.
    function testDebit() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, 1000, 1500);
        expectRefused(terms(USD, alice, centralBank, 1001), Refusal.InstructionLimit);
        request(terms(USD, alice, centralBank, 1000));
        expectRefused(terms(USD, alice, centralBank, 501), Refusal.DayLimit);
        vm.prank(alice.pay);
        ledger.setReserve(USD, FUNDS - 1000);
        expectRefused(terms(USD, alice, centralBank, 1), Refusal.ReserveTouched);
        request(urgentTerms(USD, alice, centralBank, 1));

        vm.prank(operator);
        ledger.freeze(USD, alice.id);
        expectRefused(terms(USD, alice, centralBank, 1), Refusal.AccountFrozen);
        vm.prank(alice.first);
        participants.stopOutgoing();
        expectRefused(terms(USD, alice, centralBank, 1), Refusal.OutgoingStopped);
        vm.prank(operator);
        participants.suspend(alice.id);
        expectRefused(terms(USD, alice, centralBank, 1), Refusal.PayerSuspended);
    }

    /// @notice A holder asks for no more than it has.
    function testInsufficientFunds() external {
        Terms instruction = terms(USD, alice, centralBank, FUNDS + 1);
        Approval[] memory approvals = approvalOf(alice, REQUEST_REDEMPTION, instruction);

        vm.expectRevert(refusedBy(instruction, Refusal.InsufficientFunds));
        vm.prank(alice.pay);
        ledger.requestRedemption(instruction, DOCUMENT, approvals);
    }

    /// @notice Above the threshold a request takes the approve key, for this action; requests and payments share the total.
    function testApproval() external {
        Terms instruction = terms(USD, alice, centralBank, THRESHOLD);
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 1)), none());
        expectRefused(instruction, Refusal.ApprovalMissing);

        Approval[] memory approvals = approvalOf(alice, PAY, instruction);
        vm.expectRevert(refusedBy(instruction, Refusal.ApprovalInvalid));
        vm.prank(alice.pay);
        ledger.requestRedemption(instruction, DOCUMENT, approvals);

        approvals = approvalOf(alice, REQUEST_REDEMPTION, instruction);
        vm.prank(alice.pay);
        ledger.requestRedemption(instruction, DOCUMENT, approvals);
        vm.assertEq(uint256(1), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice A request locks: the supply stays, the balance falls, the lock rises.
    function testLocks(uint64 amount, uint64 sequence) external {
        amount = uint64(bound(amount, 1, THRESHOLD));
        Terms instruction = packed(false, sequence, USD, alice.id, centralBank.id, amount);

        vm.expectEmit(address(ledger));
        emit ISupply.RedemptionRequested(instruction, DOCUMENT);
        request(instruction);

        vm.assertEq(int256(uint256(FUNDS - amount)), balanceOf(USD, alice));
        vm.assertEq(uint256(amount), ledger.lockedOf(USD, alice.id));
        vm.assertEq(3 * uint256(FUNDS), ledger.assetOf(USD).supply);
        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).outflow);
        vm.assertEq(true, ledger.redemptionPending(instruction, DOCUMENT));
        vm.assertEq(true, isUsed(instruction));
    }

    function request(Terms instruction) private {
        vm.prank(alice.pay);
        ledger.requestRedemption(instruction, DOCUMENT, none());
    }

    function expectRefused(Terms instruction, Refusal reason) private {
        vm.expectRevert(refusedBy(instruction, reason));
        vm.prank(alice.pay);
        ledger.requestRedemption(instruction, DOCUMENT, none());
    }
}

abstract contract Requested is Stage {
    uint64 internal constant REQUESTED = 12_345;

    Terms internal requested;

    function setUp() public override {
        super.setUp();
        requested = terms(USD, alice, centralBank, REQUESTED);
        vm.prank(alice.pay);
        ledger.requestRedemption(requested, DOCUMENT, none());
    }
}

contract ConfirmRedemptionTest is Requested {
    /// @notice Only a pay key confirms.
    function testPayKeyOnly() external {
        vm.expectRevert(needsOtherRole(centralBank.approve, KeyRole.Approve, KeyRole.Pay));
        vm.prank(centralBank.approve);
        ledger.confirmRedemption(requested, DOCUMENT, none());
    }

    /// @notice Only the issuer confirms; the holder does not.
    function testIssuerOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        vm.prank(alice.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
    }

    /// @notice Only what was asked for, with its document, is confirmed, and once.
    function testUnknown() external {
        expectUnknown(terms(USD, alice, centralBank, REQUESTED), DOCUMENT);
        expectUnknown(requested, keccak256("another document"));

        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
        expectUnknown(requested, DOCUMENT);
    }

    /// @notice While issuer or holder is suspended or stopped nothing is confirmed; the error says which of them.
    function testStanding() external {
        vm.prank(centralBank.first);
        participants.stopOutgoing();
        expectIssuerNotActive(Standing.OutgoingStopped);
        vm.prank(operator);
        participants.suspend(centralBank.id);
        expectIssuerNotActive(Standing.Suspended);
        vm.prank(operator);
        participants.resume(centralBank.id);
        change(centralBank, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));

        vm.prank(operator);
        participants.suspend(alice.id);
        expectRefused(Refusal.PayerSuspended);
    }

    /// @notice A frozen holder's locked units stay: its holding does not fall.
    function testFrozen() external {
        vm.prank(operator);
        ledger.freeze(USD, alice.id);

        expectRefused(Refusal.AccountFrozen);
        vm.assertEq(uint256(REQUESTED), ledger.lockedOf(USD, alice.id));
    }

    /// @notice Above the issuer's threshold a confirmation takes its approve key; the holder's does not help.
    function testApproval() external {
        vm.prank(centralBank.first);
        ledger.setThreshold(DOLLAR, 0);
        expectRefused(Refusal.ApprovalMissing);

        Approval[] memory approvals = approvalOf(alice, CONFIRM_REDEMPTION, requested);
        vm.expectRevert(refusedBy(requested, Refusal.ApprovalInvalid));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, approvals);

        approvals = approvalOf(centralBank, CONFIRM_REDEMPTION, requested);
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, approvals);
    }

    /// @notice No more is redeemed than was issued: what a drawn credit line brought into circulation waits until it is repaid.
    function testSupplyTooSmall() external {
        AssetId asset = ownMoney();
        bytes memory lend = abi.encodeCall(ledger.setCredit, (asset, bob.id, REQUESTED));
        change(centralBank, address(ledger), lend);
        vm.prank(bob.pay);
        payments.pay(batchOf(terms(asset, bob, alice, REQUESTED)), none());
        Terms drawn = terms(asset, alice, centralBank, REQUESTED);
        vm.prank(alice.pay);
        ledger.requestRedemption(drawn, DOCUMENT, none());

        vm.expectRevert(abi.encodeWithSelector(ISupply.SupplyTooSmall.selector, asset, 0, REQUESTED));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(drawn, DOCUMENT, none());
    }

    function ownMoney() private returns (AssetId asset) {
        vm.startPrank(operator);
        asset =
            ledger.registerAsset(DOLLAR, AssetKind.CommercialBankMoney, centralBank.id, DayRule.BusinessDay);
        ledger.openAccount(asset, alice.id);
        ledger.openAccount(asset, bob.id);
        vm.stopPrank();
    }

    /// @notice A confirmation ends the lock and the units.
    function testRedeems() external {
        vm.expectEmit(address(ledger));
        emit ISupply.Redeemed(requested, DOCUMENT);
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());

        vm.assertEq(uint256(0), ledger.lockedOf(USD, alice.id));
        vm.assertEq(int256(uint256(FUNDS - REQUESTED)), balanceOf(USD, alice));
        vm.assertEq(3 * uint256(FUNDS) - REQUESTED, ledger.assetOf(USD).supply);
        vm.assertEq(false, ledger.redemptionPending(requested, DOCUMENT));
    }

    function expectUnknown(Terms instruction, bytes32 commitment) private {
        vm.expectRevert(abi.encodeWithSelector(ISupply.RedemptionUnknown.selector, instruction, commitment));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(instruction, commitment, none());
    }

    function expectIssuerNotActive(Standing standing) private {
        vm.expectRevert(abi.encodeWithSelector(IAssets.IssuerNotActive.selector, centralBank.id, standing));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
    }

    function expectRefused(Refusal reason) private {
        vm.expectRevert(refusedBy(requested, reason));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
    }
}

contract RefuseRedemptionTest is Requested {
    /// @notice Only the issuer's pay key refuses.
    function testIssuerOnly() external {
        vm.expectRevert(keyUnknown(operator));
        vm.prank(operator);
        ledger.refuseRedemption(requested, DOCUMENT);

        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        vm.prank(alice.pay);
        ledger.refuseRedemption(requested, DOCUMENT);
    }

    /// @notice Only what was asked for is refused, and once.
    function testUnknown() external {
        vm.startPrank(centralBank.pay);
        ledger.refuseRedemption(requested, DOCUMENT);

        vm.expectRevert(abi.encodeWithSelector(ISupply.RedemptionUnknown.selector, requested, DOCUMENT));
        ledger.refuseRedemption(requested, DOCUMENT);
        vm.expectRevert(abi.encodeWithSelector(ISupply.RedemptionUnknown.selector, requested, DOCUMENT));
        ledger.confirmRedemption(requested, DOCUMENT, none());
        vm.stopPrank();
    }

    /// @notice A refusal gives back, also to a frozen or suspended holder; the sequence stays used, the outflow counted.
    function testGivesBack(bool frozen) external {
        if (frozen) {
            vm.startPrank(operator);
            ledger.freeze(USD, alice.id);
            participants.suspend(alice.id);
            vm.stopPrank();
        }

        vm.expectEmit(address(ledger));
        emit ISupply.RedemptionRefused(requested, DOCUMENT);
        vm.prank(centralBank.pay);
        ledger.refuseRedemption(requested, DOCUMENT);

        vm.assertEq(uint256(0), ledger.lockedOf(USD, alice.id));
        vm.assertEq(int256(uint256(FUNDS)), balanceOf(USD, alice));
        vm.assertEq(3 * uint256(FUNDS), ledger.assetOf(USD).supply);
        vm.assertEq(true, isUsed(requested));
        vm.assertEq(uint256(REQUESTED), ledger.accountOf(USD, alice.id).outflow);
    }
}

contract WithdrawRedemptionTest is Requested {
    /// @notice Only the holder's pay key withdraws: neither the issuer, nor another holder, nor another key.
    function testHolderOnly() external {
        Actor[2] memory others = [centralBank, bob];
        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRules.NotPayer.selector, others[i].id, requested));
            vm.prank(others[i].pay);
            ledger.withdrawRedemption(requested, DOCUMENT);
        }

        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        ledger.withdrawRedemption(requested, DOCUMENT);
    }

    /// @notice Only what waits is withdrawn, and once: nothing that was confirmed or refused.
    function testUnknown(uint256 end) external {
        end = bound(end, 0, 2);
        vm.prank(end == 0 ? alice.pay : centralBank.pay);
        if (end == 0) ledger.withdrawRedemption(requested, DOCUMENT);
        else if (end == 1) ledger.confirmRedemption(requested, DOCUMENT, none());
        else ledger.refuseRedemption(requested, DOCUMENT);

        vm.expectRevert(abi.encodeWithSelector(ISupply.RedemptionUnknown.selector, requested, DOCUMENT));
        vm.prank(alice.pay);
        ledger.withdrawRedemption(requested, DOCUMENT);
    }

    /// @notice What is withdrawn is not confirmed.
    function testEnds() external {
        vm.prank(alice.pay);
        ledger.withdrawRedemption(requested, DOCUMENT);

        vm.expectRevert(abi.encodeWithSelector(ISupply.RedemptionUnknown.selector, requested, DOCUMENT));
        vm.prank(centralBank.pay);
        ledger.confirmRedemption(requested, DOCUMENT, none());
    }

    /// @notice An issuer that does nothing, is suspended or has lost its keys locks nothing for ever; nor does a holder's own
    /// suspension or frozen account. The sequence stays used, the outflow counted.
    function testGivesBack(bool frozen, bool issuerGone) external {
        if (frozen) {
            vm.startPrank(operator);
            ledger.freeze(USD, alice.id);
            participants.suspend(alice.id);
            vm.stopPrank();
        }
        if (issuerGone) {
            vm.prank(operator);
            participants.suspend(centralBank.id);
            vm.prank(centralBank.first);
            participants.revokeKey(KeyNumber.wrap(1));
        }

        vm.expectEmit(address(ledger));
        emit ISupply.RedemptionWithdrawn(requested, DOCUMENT);
        vm.prank(alice.pay);
        ledger.withdrawRedemption(requested, DOCUMENT);

        vm.assertEq(uint256(0), ledger.lockedOf(USD, alice.id));
        vm.assertEq(int256(uint256(FUNDS)), balanceOf(USD, alice));
        vm.assertEq(3 * uint256(FUNDS), ledger.assetOf(USD).supply);
        vm.assertEq(false, ledger.redemptionPending(requested, DOCUMENT));
        vm.assertEq(true, isUsed(requested));
        vm.assertEq(uint256(REQUESTED), ledger.accountOf(USD, alice.id).outflow);
    }
}
