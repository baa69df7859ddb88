// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IAssets} from "../../src/interfaces/IAssets.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, PAY} from "../../src/types/Instruction.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract SetReserveTest is Stage {
    /// @notice Only a pay key sets the reserve.
    function testPayKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        ledger.setReserve(USD, 1);
    }

    /// @notice A reserve is of an open account.
    function testNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        vm.prank(corporate.pay);
        ledger.setReserve(USD, 1);
    }

    /// @notice A reserve is an amount.
    function testTooLarge(uint64 amount) external {
        amount = uint64(bound(amount, uint256(MAX_AMOUNT) + 1, type(uint64).max));

        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, amount));
        vm.prank(alice.pay);
        ledger.setReserve(USD, amount);
    }

    /// @notice A reserve goes up and down at once, above what there is, too.
    function testSets(uint64 first, uint64 second) external {
        first = uint64(bound(first, 0, MAX_AMOUNT));
        second = uint64(bound(second, 0, MAX_AMOUNT));
        vm.startPrank(alice.pay);
        ledger.setReserve(USD, first);
        vm.expectEmit(address(ledger));
        emit IAccounts.ReserveSet(USD, alice.id, second);
        ledger.setReserve(USD, second);
        vm.stopPrank();

        vm.assertEq(uint256(second), ledger.accountOf(USD, alice.id).reserve);
    }
}

contract SetCreditTest is Stage {
    /// @notice Only an administer key sets credit.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(centralBank.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(centralBank.pay);
        ledger.setCredit(USD, alice.id, 1);
    }

    /// @notice Only the asset's issuer gives credit; nobody gives it to itself.
    function testIssuerOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IAssets.NotIssuer.selector, USD, alice.id));
        vm.prank(alice.first);
        ledger.setCredit(USD, alice.id, 1);
    }

    /// @notice Credit is on an open account.
    function testNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        vm.prank(centralBank.first);
        ledger.setCredit(USD, corporate.id, 1);
    }

    /// @notice Supply and all credit lines together stay within the largest amount, to the unit.
    function testSupplyTooLarge(uint64 others) external {
        others = uint64(bound(others, 1, 1e15));
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, bob.id, others)));
        uint64 most = MAX_AMOUNT - 3 * FUNDS - others;

        vm.expectRevert(abi.encodeWithSelector(IAssets.SupplyTooLarge.selector, USD, uint256(MAX_AMOUNT) + 1));
        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, most + 1);

        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, most)));
        vm.assertEq(uint256(most) + others, ledger.assetOf(USD).credit);
    }

    /// @notice One key of the issuer raises nothing; two do, after the delay.
    function testRaises(uint64 amount) external {
        amount = uint64(bound(amount, 1, 1e15));
        bytes memory call = abi.encodeCall(ledger.setCredit, (USD, alice.id, amount));
        propose(centralBank, address(ledger), call);
        vm.assertEq(uint256(0), ledger.accountOf(USD, alice.id).credit);

        vm.warp(START + DELAY);
        vm.expectEmit(address(ledger));
        emit IAccounts.CreditSet(USD, alice.id, amount);
        send(centralBank.second, address(ledger), call);

        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).credit);
    }

    /// @notice A credit line goes no lower than what is drawn of it: otherwise more could be issued than there are numbers, and a
    /// balance would wrap.
    function testDrawn(uint64 drawn, uint64 lower) external {
        drawn = uint64(bound(drawn, 1, MAX_AMOUNT / 2));
        lower = uint64(bound(lower, 0, drawn - 1));
        bytes memory credit = abi.encodeCall(ledger.setCredit, (USD, alice.id, MAX_AMOUNT / 2));
        change(centralBank, address(ledger), credit);
        Terms all = terms(USD, alice, bob, FUNDS + drawn);
        Approval[] memory approvals = approvalOf(alice, PAY, all);
        vm.prank(alice.pay);
        payments.pay(batchOf(all), approvals);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.CreditDrawn.selector, USD, alice.id, drawn));
        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, lower);

        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, drawn);
        vm.assertEq(uint256(drawn), ledger.accountOf(USD, alice.id).credit);
    }

    /// @notice An issuer that is suspended or stopped raises no credit line; it may lower one.
    function testIssuerNotActive(bool suspended) external {
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, 1000)));
        bytes memory raised = abi.encodeCall(ledger.setCredit, (USD, alice.id, 1001));
        propose(centralBank, address(ledger), raised);
        wait(DELAY);
        vm.prank(suspended ? operator : centralBank.first);
        if (suspended) participants.suspend(centralBank.id);
        else participants.stopOutgoing();

        Standing standing = suspended ? Standing.Suspended : Standing.OutgoingStopped;
        vm.expectRevert(abi.encodeWithSelector(IAssets.IssuerNotActive.selector, centralBank.id, standing));
        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, 1001);

        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, 999);
    }

    /// @notice One key lowers at once.
    function testLowers(uint64 lower) external {
        lower = uint64(bound(lower, 0, 999));
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, 1000)));

        vm.expectEmit(address(ledger));
        emit IAccounts.CreditSet(USD, alice.id, lower);
        vm.prank(centralBank.first);
        ledger.setCredit(USD, alice.id, lower);

        vm.assertEq(uint256(lower), ledger.assetOf(USD).credit);
    }
}

contract SetLimitsTest is Stage {
    /// @notice Only an administer key sets limits.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        ledger.setLimits(USD, 1, 1);
    }

    /// @notice Limits are on an open account.
    function testNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        vm.prank(corporate.first);
        ledger.setLimits(USD, 1, 1);
    }

    /// @notice A limit is an amount.
    function testTooLarge() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, MAX_AMOUNT + 1));
        vm.prank(alice.first);
        ledger.setLimits(USD, MAX_AMOUNT + 1, 1);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, MAX_AMOUNT + 2));
        vm.prank(alice.first);
        ledger.setLimits(USD, 1, MAX_AMOUNT + 2);
    }

    /// @notice One key lowers at once.
    function testLowers(uint64 perInstruction, uint64 perDay) external {
        perInstruction = uint64(bound(perInstruction, 0, MAX_AMOUNT));
        perDay = uint64(bound(perDay, 0, MAX_AMOUNT));

        vm.expectEmit(address(ledger));
        emit IAccounts.LimitsSet(USD, alice.id, perInstruction, perDay);
        vm.prank(alice.first);
        ledger.setLimits(USD, perInstruction, perDay);
    }

    /// @notice What raises either limit takes two keys and the delay, even when it lowers the other.
    function testRaises(bool raiseDay, uint64 by) external {
        by = uint64(bound(by, 1, 1e9));
        vm.prank(alice.first);
        ledger.setLimits(USD, 100, 100);
        (uint64 perInstruction, uint64 perDay) = raiseDay ? (uint64(0), 100 + by) : (100 + by, uint64(0));
        bytes memory call = abi.encodeCall(ledger.setLimits, (USD, perInstruction, perDay));
        propose(alice, address(ledger), call);
        vm.assertEq(uint256(100), ledger.accountOf(USD, alice.id).perInstruction);
        vm.assertEq(uint256(100), ledger.accountOf(USD, alice.id).perDay);

        vm.warp(START + DELAY);
        send(alice.first, address(ledger), call);
        vm.assertEq(uint256(perInstruction), ledger.accountOf(USD, alice.id).perInstruction);
        vm.assertEq(uint256(perDay), ledger.accountOf(USD, alice.id).perDay);
    }
}

contract SetBilateralLimitTest is Stage {
    /// @notice Only an administer key sets a bilateral limit.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        ledger.setBilateralLimit(USD, bob.id, 1);
    }

    /// @notice A bilateral limit is on an open account.
    function testNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AccountIsNotOpen.selector, USD, corporate.id));
        vm.prank(corporate.first);
        ledger.setBilateralLimit(USD, bob.id, 1);
    }

    /// @notice A bilateral limit is an amount.
    function testTooLarge() external {
        vm.expectRevert(abi.encodeWithSelector(IAccounts.AmountTooLarge.selector, MAX_AMOUNT + 1));
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, MAX_AMOUNT + 1);
    }

    /// @notice A bilateral limit is towards somebody else.
    function testCounterparty() external {
        vm.startPrank(alice.first);
        vm.expectRevert(abi.encodeWithSelector(IAccounts.CounterpartyInvalid.selector, NOBODY));
        ledger.setBilateralLimit(USD, NOBODY, 1);

        vm.expectRevert(abi.encodeWithSelector(IAccounts.CounterpartyInvalid.selector, alice.id));
        ledger.setBilateralLimit(USD, alice.id, 1);
        vm.stopPrank();
    }

    /// @notice One key sets a first limit, and lowers it, at once.
    function testSetsAndLowers(uint64 first, uint64 second) external {
        first = uint64(bound(first, 0, MAX_AMOUNT - 1));
        second = uint64(bound(second, 0, first));
        vm.startPrank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, first);
        vm.expectEmit(address(ledger));
        emit IAccounts.BilateralLimitSet(USD, alice.id, bob.id, second);
        ledger.setBilateralLimit(USD, bob.id, second);
        vm.stopPrank();

        vm.assertEq(uint256(second), ledger.bilateralLimitOf(USD, alice.id, bob.id).limit);
        vm.assertEq(false, ledger.bilateralLimitOf(USD, bob.id, alice.id).set);
        vm.assertEq(false, ledger.bilateralLimitOf(EUR, alice.id, bob.id).set);
    }

    /// @notice Raising and removing take two keys and the delay.
    function testRaises(uint64 limit, uint64 higher) external {
        limit = uint64(bound(limit, 0, MAX_AMOUNT - 1));
        higher = uint64(bound(higher, uint256(limit) + 1, MAX_AMOUNT));
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, limit);
        bytes memory call = abi.encodeCall(ledger.setBilateralLimit, (USD, bob.id, higher));
        propose(alice, address(ledger), call);
        vm.assertEq(uint256(limit), ledger.bilateralLimitOf(USD, alice.id, bob.id).limit);

        vm.warp(START + DELAY);
        send(alice.first, address(ledger), call);
        vm.assertEq(higher != MAX_AMOUNT, ledger.bilateralLimitOf(USD, alice.id, bob.id).set);
    }

    /// @notice What flowed while there was no limit does not count.
    function testEarlierFlow() external {
        vm.startPrank(alice.first);
        ledger.setBilateralLimit(USD, carol.id, 1);
        vm.stopPrank();
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 77)), none());
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 10);
        vm.assertEq(int256(0), ledger.bilateralLimitOf(USD, alice.id, bob.id).net);

        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 10)), none());
        change(alice, address(ledger), abi.encodeCall(ledger.setBilateralLimit, (USD, bob.id, MAX_AMOUNT)));
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 10);
        vm.assertEq(int256(0), ledger.bilateralLimitOf(USD, alice.id, bob.id).net);
    }
}
