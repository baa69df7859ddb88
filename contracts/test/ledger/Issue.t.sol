// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../../src/interfaces/IAssets.sol";
import {IConsents} from "../../src/interfaces/IConsents.sol";
import {IRules} from "../../src/interfaces/IRules.sol";
import {ISupply} from "../../src/interfaces/ISupply.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Approval, ISSUE, PAY, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract IssueTest is Stage {
    /// @notice Only a pay key issues.
    function testPayKeyOnly() external {
        Terms instruction = terms(USD, centralBank, alice, 1);

        vm.expectRevert(needsOtherRole(centralBank.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(centralBank.first);
        ledger.issue(instruction, DOCUMENT, none());
    }

    /// @notice Nobody issues in another's name.
    function testOtherPayer() external {
        Terms instruction = terms(USD, centralBank, alice, 1);

        vm.expectRevert(abi.encodeWithSelector(IRules.NotPayer.selector, alice.id, instruction));
        vm.prank(alice.pay);
        ledger.issue(instruction, DOCUMENT, none());
    }

    /// @notice Only the asset's issuer issues.
    function testIssuerOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        vm.prank(alice.pay);
        ledger.issue(terms(USD, alice, bob, 1), DOCUMENT, none());

        AssetId unknown = AssetId.wrap(1);
        vm.expectRevert(abi.encodeWithSelector(IAssets.AssetUnknown.selector, unknown));
        vm.prank(alice.pay);
        ledger.issue(terms(unknown, alice, bob, 1), DOCUMENT, none());
    }

    /// @notice What is no instruction, or not a new one, issues nothing.
    function testInstruction() external {
        Terms good = terms(USD, centralBank, alice, 1);

        expectRefused(Terms.wrap(Terms.unwrap(good) | 1), Refusal.MalformedTerms);
        expectRefused(terms(USD, centralBank, alice, 0), Refusal.AmountOutOfRange);
        expectRefused(terms(USD, centralBank, alice, MAX_AMOUNT + 1), Refusal.AmountOutOfRange);
        expectRefused(terms(USD, centralBank, centralBank, 1), Refusal.SelfPayment);

        vm.prank(centralBank.pay);
        ledger.issue(good, DOCUMENT, none());
        expectRefused(good, Refusal.SequenceUsed);
    }

    /// @notice A suspended or stopped issuer issues nothing.
    function testStanding() external {
        vm.prank(centralBank.first);
        participants.stopOutgoing();
        expectRefused(terms(USD, centralBank, alice, 1), Refusal.OutgoingStopped);

        vm.prank(operator);
        participants.suspend(centralBank.id);
        expectRefused(terms(USD, centralBank, alice, 1), Refusal.PayerSuspended);
    }

    /// @notice Units go to open accounts only.
    function testHolder() external {
        Actor memory nobody;
        nobody.id = ParticipantId.wrap(99);

        expectRefused(terms(USD, centralBank, nobody, 1), Refusal.PayeeUnknown);
        expectRefused(terms(USD, centralBank, corporate, 1), Refusal.PayeeAccountNotOpen);
    }

    /// @notice Supply and credit lines stay within the largest amount, to the unit.
    function testSupplyTooLarge(uint64 credit) external {
        credit = uint64(bound(credit, 1, 1e15));
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, bob.id, credit)));
        uint64 most = MAX_AMOUNT - 3 * FUNDS - credit;
        Terms tooMuch = terms(USD, centralBank, alice, most + 1);
        Terms all = terms(USD, centralBank, alice, most);

        vm.expectRevert(abi.encodeWithSelector(IAssets.SupplyTooLarge.selector, USD, uint256(MAX_AMOUNT) + 1));
        vm.prank(centralBank.pay);
        ledger.issue(tooMuch, DOCUMENT, none());

        Approval[] memory approvals = approvalOf(centralBank, ISSUE, all);
        vm.prank(centralBank.pay);
        ledger.issue(all, DOCUMENT, approvals);
        vm.assertEq(uint256(MAX_AMOUNT) - credit, ledger.assetOf(USD).supply);
    }

    /// @notice Above its threshold the issuer needs its approve key, for this action.
    function testApproval() external {
        vm.prank(centralBank.first);
        ledger.setThreshold(DOLLAR, 10);
        Terms instruction = terms(USD, centralBank, alice, 11);

        expectRefused(instruction, Refusal.ApprovalMissing);
        expectRefusedWith(instruction, approvalOf(centralBank, PAY, instruction), Refusal.ApprovalInvalid);
        expectRefusedWith(instruction, approvalOf(alice, ISSUE, instruction), Refusal.ApprovalInvalid);

        Approval[] memory late = new Approval[](1);
        late[0] = signed(centralBank.approverKey, ISSUE, instruction, 0, uint40(START - 1));
        expectRefusedWith(instruction, late, Refusal.ApprovalExpired);

        Approval[] memory approvals = approvalOf(centralBank, ISSUE, instruction);
        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, approvals);
    }

    /// @notice What the pay key issues alone counts towards the day's total.
    function testSingleKeyTotal() external {
        wait(1 days);
        vm.prank(centralBank.first);
        ledger.setThreshold(DOLLAR, 10);
        issue(USD, alice, 10);

        expectRefused(terms(USD, centralBank, alice, 1), Refusal.ApprovalMissing);
    }

    /// @notice One instruction has at most one approval, and it is its.
    function testApprovalMisplaced() external {
        Terms instruction = terms(USD, centralBank, alice, 1);
        Approval[] memory approvals = approvalOf(centralBank, ISSUE, instruction);
        approvals[0].index = 1;
        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0));
        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, approvals);

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 1));
        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, new Approval[](2));
    }

    /// @notice Issuing credits the holder, raises the supply, uses the sequence and says so; a frozen holder is credited too.
    function testIssues(uint64 amount, uint64 sequence, bool frozen) external {
        amount = uint64(bound(amount, 1, 1e15));
        Terms instruction = packed(false, sequence % 900, USD, centralBank.id, alice.id, amount);
        if (frozen) {
            vm.prank(operator);
            ledger.freeze(USD, alice.id);
        }

        vm.expectEmit(address(ledger));
        emit ISupply.Issued(instruction, DOCUMENT);
        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, none());

        vm.assertEq(int256(uint256(FUNDS) + amount), balanceOf(USD, alice));
        vm.assertEq(3 * uint256(FUNDS) + amount, ledger.assetOf(USD).supply);
        vm.assertEq(true, isUsed(instruction));
        vm.assertEq(uint256(0), ledger.accountOf(USD, alice.id).outflow);
    }

    function expectRefused(Terms instruction, Refusal reason) private {
        expectRefusedWith(instruction, none(), reason);
    }

    function expectRefusedWith(Terms instruction, Approval[] memory approvals, Refusal reason) private {
        vm.expectRevert(refusedBy(instruction, reason));
        vm.prank(centralBank.pay);
        ledger.issue(instruction, DOCUMENT, approvals);
    }
}
