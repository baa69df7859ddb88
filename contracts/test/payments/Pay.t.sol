// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../../src/interfaces/IConsents.sol";
import {IKeys} from "../../src/interfaces/IKeys.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {IPayments} from "../../src/interfaces/IPayments.sol";
import {IRules} from "../../src/interfaces/IRules.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, KeyNumber, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Approval, ISSUE, PAY, Payment, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {Vm, bound, vm} from "../Vm.sol";

contract PayTest is Stage {
    // The whole transaction

    /// @notice Only a key pays.
    function testStranger() external {
        Payment[] memory batch = batchOf(terms(USD, alice, bob, 1));

        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        payments.pay(batch, none());
    }

    /// @notice Neither an approve key nor an administer key pays.
    function testKeyOfOtherRole() external {
        Payment[] memory batch = batchOf(terms(USD, alice, bob, 1));

        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Pay));
        vm.prank(alice.approve);
        payments.pay(batch, none());

        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        payments.pay(batch, none());
    }

    /// @notice A revoked key pays no more.
    function testRevokedKey() external {
        vm.prank(alice.first);
        participants.revokeKey(KeyNumber.wrap(1));

        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyIsRevoked.selector, alice.pay));
        vm.prank(alice.pay);
        payments.pay(batchOf(terms(USD, alice, bob, 1)), none());
    }

    /// @notice A batch holds something.
    function testEmpty() external {
        vm.expectRevert(abi.encodeWithSelector(IPayments.BatchEmpty.selector));
        vm.prank(alice.pay);
        payments.pay(new Payment[](0), none());
    }

    /// @notice A batch holds at most 500 payments.
    function testTooLong() external {
        vm.expectRevert(abi.encodeWithSelector(IPayments.BatchTooLong.selector, 501, 500));
        vm.prank(alice.pay);
        payments.pay(new Payment[](501), none());
    }

    /// @notice Nobody pays, or has a payment refused, in another's name.
    function testOtherPayer() external {
        Terms instruction = terms(USD, bob, carol, 1);

        vm.expectRevert(abi.encodeWithSelector(IRules.NotPayer.selector, alice.id, instruction));
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), none());
    }

    /// @notice An approval for no payment of the batch stops the batch.
    function testApprovalOutOfRange(uint32 index) external {
        Terms instruction = terms(USD, alice, bob, 1);
        Approval[] memory approvals = approvalOf(alice, PAY, instruction);
        approvals[0].index = uint32(bound(index, 1, type(uint32).max));

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0));
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), approvals);
    }

    /// @notice Two approvals for one payment stop the batch.
    function testApprovalTwice() external {
        Terms instruction = terms(USD, alice, bob, 1);
        Approval[] memory approvals = new Approval[](2);
        approvals[0] = approvals[1] = approvalOf(alice, PAY, instruction)[0];

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 1));
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), approvals);
    }

    /// @notice Approvals come in the order of their payments.
    function testApprovalsOutOfOrder() external {
        Payment[] memory batch = new Payment[](2);
        batch[0] = Payment({terms: terms(USD, alice, bob, 1), commitment: DOCUMENT});
        batch[1] = Payment({terms: terms(USD, alice, bob, 2), commitment: DOCUMENT});
        Approval[] memory approvals = new Approval[](2);
        approvals[0] = signed(alice.approverKey, PAY, batch[1].terms, 1, soon());
        approvals[1] = signed(alice.approverKey, PAY, batch[0].terms, 0, soon());

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 1));
        vm.prank(alice.pay);
        payments.pay(batch, approvals);
    }

    // One payment, refused, in the order of the rules

    /// @notice A bit without a meaning is refused.
    function testMalformedTerms(uint8 bit) external {
        uint256 place = bit % 31;
        Terms instruction = terms(USD, alice, bob, 1);

        expectRefusal(
            Terms.wrap(Terms.unwrap(instruction) | (1 << (place < 24 ? place : 225 + place))),
            Refusal.MalformedTerms
        );
    }

    /// @notice An amount is 1 … 2^63 − 1.
    function testAmountOutOfRange(uint64 amount) external {
        amount = amount == 0 ? 0 : uint64(bound(amount, uint256(MAX_AMOUNT) + 1, type(uint64).max));

        expectRefusal(terms(USD, alice, bob, amount), Refusal.AmountOutOfRange);
    }

    /// @notice Nobody pays itself.
    function testSelfPayment() external {
        expectRefusal(terms(USD, alice, alice, 1), Refusal.SelfPayment);
    }

    /// @notice A sequence settles once, whatever else the second payment says.
    function testSequenceUsed(uint64 amount, bool urgent) external {
        Terms first = terms(USD, alice, bob, 1);
        pay(alice, first);

        amount = uint64(bound(amount, 1, FUNDS));
        uint64 sequence = Sequence.unwrap(first.sequence());
        Terms second = packed(urgent, sequence, EUR, alice.id, carol.id, amount);
        expectRefusalOf(second, Refusal.SequenceUsed);
    }

    /// @notice A sequence settles once within a batch.
    function testSequenceTwiceInABatch() external {
        Terms instruction = terms(USD, alice, bob, 1);
        Payment[] memory batch = new Payment[](2);
        batch[0] = batch[1] = Payment({terms: instruction, commitment: DOCUMENT});

        vm.expectEmit(address(payments));
        emit IPayments.Paid(instruction, DOCUMENT);
        vm.expectEmit(address(payments));
        emit IPayments.Refused(instruction, Refusal.SequenceUsed);
        vm.prank(alice.pay);
        payments.pay(batch, none());

        vm.assertEq(int256(uint256(FUNDS)) - 1, balanceOf(USD, alice));
    }

    /// @notice A voided sequence never settles.
    function testVoidedSequence() external {
        Terms instruction = terms(USD, alice, bob, 1);
        Sequence[] memory sequences = new Sequence[](1);
        sequences[0] = instruction.sequence();
        vm.prank(alice.pay);
        ledger.void(sequences);

        expectRefusalOf(instruction, Refusal.SequenceUsed);
    }

    /// @notice A suspended participant pays nothing.
    function testPayerSuspended() external {
        vm.prank(operator);
        participants.suspend(alice.id);

        expectRefusal(terms(USD, alice, bob, 1), Refusal.PayerSuspended);
    }

    /// @notice A participant that stopped itself pays nothing.
    function testOutgoingStopped() external {
        vm.prank(alice.first);
        participants.stopOutgoing();

        expectRefusal(terms(USD, alice, bob, 1), Refusal.OutgoingStopped);
    }

    /// @notice A payer needs an open account.
    function testAccountNotOpen() external {
        AssetId unknown = AssetId.wrap(1_234_567);

        expectRefusal(terms(unknown, alice, bob, 1), Refusal.AccountNotOpen);
    }

    /// @notice A frozen account pays nothing, urgent or not.
    function testAccountFrozen(bool urgent) external {
        vm.prank(operator);
        ledger.freeze(USD, alice.id);

        expectRefusal(
            urgent ? urgentTerms(USD, alice, bob, 1) : terms(USD, alice, bob, 1), Refusal.AccountFrozen
        );
    }

    /// @notice A payee that was never admitted is said to be unknown.
    function testPayeeUnknown(uint32 payee) external {
        Actor memory nobody;
        nobody.id =
            ParticipantId.wrap(uint32(bound(payee, participants.participantCount() + 1, type(uint32).max)));

        expectRefusal(terms(USD, alice, nobody, 1), Refusal.PayeeUnknown);
    }

    /// @notice A payee needs an open account.
    function testPayeeAccountNotOpen() external {
        expectRefusal(terms(USD, alice, corporate, 1), Refusal.PayeeAccountNotOpen);
    }

    /// @notice The limit per instruction binds to the unit.
    function testInstructionLimit(uint64 limit) external {
        limit = uint64(bound(limit, 1, THRESHOLD - 1));
        vm.prank(alice.first);
        ledger.setLimits(USD, limit, MAX_AMOUNT);

        expectRefusal(terms(USD, alice, bob, limit + 1), Refusal.InstructionLimit);
        expectPaid(terms(USD, alice, bob, limit));
    }

    /// @notice The limit per day binds to the unit, over several payments, gross.
    function testDayLimit(uint64 limit) external {
        limit = uint64(bound(limit, 2, THRESHOLD - 1));
        vm.prank(alice.first);
        ledger.setLimits(USD, MAX_AMOUNT, limit);
        pay(alice, terms(USD, alice, bob, limit - 1));
        pay(bob, terms(USD, bob, alice, limit - 1));

        expectRefusal(terms(USD, alice, bob, 2), Refusal.DayLimit);
        expectPaid(terms(USD, alice, bob, 1));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.DayLimit);
    }

    /// @notice The day of a business-day asset ends when it is closed, not by the clock.
    function testDayLimitEndsWithBusinessDay() external {
        vm.prank(alice.first);
        ledger.setLimits(USD, MAX_AMOUNT, 10);
        pay(alice, terms(USD, alice, bob, 10));

        vm.warp(START + 3 days);
        expectRefusal(terms(USD, alice, bob, 1), Refusal.DayLimit);

        vm.prank(operator);
        ledger.close(USD);
        expectPaid(terms(USD, alice, bob, 10));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.DayLimit);
    }

    /// @notice The day of a UTC-day asset ends at midnight.
    function testDayLimitEndsAtMidnight() external {
        vm.prank(alice.first);
        ledger.setLimits(EUR, MAX_AMOUNT, 10);
        pay(alice, terms(EUR, alice, bob, 10));

        uint256 midnight = (START / 1 days + 1) * 1 days;
        vm.warp(midnight - 1);
        expectRefusal(terms(EUR, alice, bob, 1), Refusal.DayLimit);

        vm.warp(midnight);
        expectPaid(terms(EUR, alice, bob, 10));
        expectRefusal(terms(EUR, alice, bob, 1), Refusal.DayLimit);
    }

    /// @notice A payer pays no more than it has.
    function testInsufficientFunds(uint64 excess) external {
        Terms instruction = terms(USD, alice, bob, uint64(bound(excess, 1, MAX_AMOUNT - FUNDS)) + FUNDS);

        expectRefusalWith(instruction, approvalOf(alice, PAY, instruction), Refusal.InsufficientFunds);
    }

    /// @notice The payments of a batch share the payer's funds, and what is above its reserve.
    function testFundsAreShared() external {
        vm.prank(alice.pay);
        ledger.setReserve(USD, 10);
        Payment[] memory batch = new Payment[](4);
        batch[0] = Payment({terms: terms(USD, alice, bob, FUNDS - 11), commitment: DOCUMENT});
        batch[1] = Payment({terms: terms(USD, alice, bob, 2), commitment: DOCUMENT});
        batch[2] = Payment({terms: urgentTerms(USD, alice, bob, 12), commitment: DOCUMENT});
        batch[3] = Payment({terms: urgentTerms(USD, alice, bob, 11), commitment: DOCUMENT});

        vm.expectEmit(address(payments));
        emit IPayments.Paid(batch[0].terms, DOCUMENT);
        vm.expectEmit(address(payments));
        emit IPayments.Refused(batch[1].terms, Refusal.ReserveTouched);
        vm.expectEmit(address(payments));
        emit IPayments.Refused(batch[2].terms, Refusal.InsufficientFunds);
        vm.expectEmit(address(payments));
        emit IPayments.Paid(batch[3].terms, DOCUMENT);
        Approval[] memory approvals = approvalOf(alice, PAY, batch[0].terms);
        vm.prank(alice.pay);
        payments.pay(batch, approvals);

        vm.assertEq(int256(0), balanceOf(USD, alice));
    }

    /// @notice The credit line is money one may pay with, to the unit.
    function testCreditLine(uint64 credit) external {
        credit = uint64(bound(credit, 1, 1e15));
        change(centralBank, address(ledger), abi.encodeCall(ledger.setCredit, (USD, alice.id, credit)));
        Terms tooMuch = terms(USD, alice, bob, FUNDS + credit + 1);
        Terms all = terms(USD, alice, bob, FUNDS + credit);

        expectRefusalWith(tooMuch, approvalOf(alice, PAY, tooMuch), Refusal.InsufficientFunds);
        expectPaidWith(all, approvalOf(alice, PAY, all));
        vm.assertEq(-int256(uint256(credit)), balanceOf(USD, alice));
    }

    /// @notice The reserve is for urgent payments, to the unit.
    function testReserveTouched(uint64 reserve) external {
        reserve = uint64(bound(reserve, 1, FUNDS - 1));
        vm.prank(alice.pay);
        ledger.setReserve(USD, reserve);
        Terms tooMuch = terms(USD, alice, bob, FUNDS - reserve + 1);
        Terms all = terms(USD, alice, bob, FUNDS - reserve);
        Terms urgent = urgentTerms(USD, alice, bob, reserve);

        expectRefusalWith(tooMuch, approvalOf(alice, PAY, tooMuch), Refusal.ReserveTouched);
        expectPaidWith(all, approvalOf(alice, PAY, all));
        expectPaidWith(urgent, approvalOf(alice, PAY, urgent));
        vm.assertEq(int256(0), balanceOf(USD, alice));
    }

    /// @notice A bilateral limit binds the net of the day towards that one payee.
    function testBilateralLimit(uint64 limit, uint64 back) external {
        limit = uint64(bound(limit, 1, THRESHOLD / 4));
        back = uint64(bound(back, 1, THRESHOLD / 4));
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, limit);

        expectRefusal(terms(USD, alice, bob, limit + 1), Refusal.BilateralLimit);
        expectPaid(terms(USD, alice, carol, limit + 1));
        expectPaid(terms(USD, alice, bob, limit));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.BilateralLimit);

        pay(bob, terms(USD, bob, alice, back));
        expectRefusal(terms(USD, alice, bob, back + 1), Refusal.BilateralLimit);
        expectPaid(terms(USD, alice, bob, back));
    }

    /// @notice A bilateral limit counts the asset's present day only.
    function testBilateralLimitEndsWithDay() external {
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, 5);
        expectPaid(terms(USD, alice, bob, 5));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.BilateralLimit);

        wait(12 hours);
        vm.prank(operator);
        ledger.close(USD);
        expectPaid(terms(USD, alice, bob, 5));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.BilateralLimit);
    }

    /// @notice Above the threshold the pay key alone is not enough.
    function testApprovalMissing(uint64 amount) external {
        expectRefusal(
            terms(USD, alice, bob, uint64(bound(amount, THRESHOLD + 1, FUNDS))), Refusal.ApprovalMissing
        );
        expectPaid(terms(USD, alice, bob, THRESHOLD));
    }

    /// @notice Splitting an amount does not get it past the threshold: the day's single-key total counts, within a batch and
    /// over several.
    function testSplittingDoesNotHelp() external {
        Payment[] memory batch = new Payment[](2);
        batch[0] = Payment({terms: terms(USD, alice, bob, THRESHOLD - 5), commitment: DOCUMENT});
        batch[1] = Payment({terms: terms(USD, alice, bob, 6), commitment: DOCUMENT});

        vm.expectEmit(address(payments));
        emit IPayments.Refused(batch[1].terms, Refusal.ApprovalMissing);
        vm.prank(alice.pay);
        payments.pay(batch, none());

        expectRefusal(terms(USD, alice, carol, 6), Refusal.ApprovalMissing);
        expectPaid(terms(USD, alice, carol, 5));
    }

    /// @notice What two keys consented to does not count towards the single-key total; the next UTC day starts at 0.
    function testSingleKeyTotal() external {
        Terms approved = terms(USD, alice, bob, THRESHOLD);
        expectPaidWith(approved, approvalOf(alice, PAY, approved));
        expectPaid(terms(USD, alice, bob, THRESHOLD));
        vm.assertEq(uint256(THRESHOLD), ledger.thresholdOf(alice.id, DOLLAR).total);

        issue(USD, alice, FUNDS);
        expectRefusal(terms(USD, alice, bob, 1), Refusal.ApprovalMissing);
        vm.warp(START + 1 days);
        expectPaid(terms(USD, alice, bob, THRESHOLD));
        expectRefusal(terms(USD, alice, bob, 1), Refusal.ApprovalMissing);
    }

    /// @notice Each currency has its own threshold and total.
    function testThresholdIsPerCurrency() external {
        expectPaid(terms(USD, alice, bob, THRESHOLD));
        expectPaid(terms(EUR, alice, bob, THRESHOLD));
    }

    /// @notice A deadline is at most seven days ahead: an approval that was not used does not lie about for ever.
    function testApprovalTooLong(uint256 ahead) external {
        Terms instruction = terms(USD, alice, bob, THRESHOLD + 1);
        uint40 deadline = uint40(START + bound(ahead, 7 days + 1, FOREVER - START));
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = signed(alice.approverKey, PAY, instruction, 0, deadline);
        expectRefusalWith(instruction, approvals, Refusal.ApprovalTooLong);

        approvals[0] = signed(alice.approverKey, PAY, instruction, 0, uint40(START + 7 days));
        expectPaidWith(instruction, approvals);
    }

    /// @notice An approval counts up to the second of its deadline.
    function testApprovalExpired() external {
        Terms instruction = terms(USD, alice, bob, THRESHOLD + 1);
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = signed(alice.approverKey, PAY, instruction, 0, uint40(START));

        vm.warp(START + 1);
        expectRefusalWith(instruction, approvals, Refusal.ApprovalExpired);

        approvals[0] = signed(alice.approverKey, PAY, instruction, 0, uint40(START + 1));
        expectPaidWith(instruction, approvals);
    }

    /// @notice Only a valid approve key of the payer approves.
    function testApprovalByOtherKey() external {
        Terms instruction = terms(USD, alice, bob, THRESHOLD + 1);
        string[3] memory roles = ["pay key", "first administer key", "second administer key"];
        Approval[] memory approvals = new Approval[](1);
        for (uint256 i; i < roles.length; ++i) {
            approvals[0] = signed(keyFor("alice", roles[i]), PAY, instruction, 0, soon());
            expectRefusalWith(instruction, approvals, Refusal.ApprovalInvalid);
        }
        expectRefusalWith(instruction, approvalOf(bob, PAY, instruction), Refusal.ApprovalInvalid);

        approvals = approvalOf(alice, PAY, instruction);
        vm.prank(alice.first);
        participants.revokeKey(KeyNumber.wrap(2));
        expectRefusalWith(instruction, approvals, Refusal.ApprovalInvalid);
    }

    /// @notice An approval is for one action, one instruction, one chain, one ledger.
    function testApprovalOfOtherThing() external {
        Terms instruction = terms(USD, alice, bob, THRESHOLD + 1);
        Terms other = terms(USD, alice, bob, THRESHOLD + 1);

        expectRefusalWith(instruction, approvalOf(alice, ISSUE, instruction), Refusal.ApprovalInvalid);
        expectRefusalWith(instruction, approvalOf(alice, PAY, other), Refusal.ApprovalInvalid);

        Approval[] memory approvals = approvalOf(alice, PAY, instruction);
        vm.chainId(31_338);
        expectRefusalWith(instruction, approvals, Refusal.ApprovalInvalid);
        vm.chainId(31_337);
        expectPaidWith(instruction, approvals);
    }

    /// @notice A signature has 65 bytes and its s in the lower half; its mirror image does not count a second time.
    function testApprovalMalleable() external {
        Terms instruction = terms(USD, alice, bob, THRESHOLD + 1);
        Approval[] memory approvals = approvalOf(alice, PAY, instruction);
        bytes memory whole = approvals[0].signature;

        approvals[0].signature = bytes.concat(whole, hex"00");
        expectRefusalWith(instruction, approvals, Refusal.ApprovalInvalid);

        (bytes32 r, bytes32 s, uint8 v) = parts(whole);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        approvals[0].signature = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        expectRefusalWith(instruction, approvals, Refusal.ApprovalInvalid);
    }

    /// @notice An approval that is given must be good, also where none was needed.
    function testNeedlessBadApproval() external {
        Terms instruction = terms(USD, alice, bob, 1);

        expectRefusalWith(instruction, approvalOf(bob, PAY, instruction), Refusal.ApprovalInvalid);
    }

    // Settled

    /// @notice A payment moves its amount, uses its sequence and says so.
    function testPays(uint64 amount, uint64 sequence, bool urgent) external {
        amount = uint64(bound(amount, 1, THRESHOLD));
        Terms instruction = packed(urgent, sequence, USD, alice.id, bob.id, amount);

        expectPaid(instruction);

        vm.assertEq(int256(uint256(FUNDS - amount)), balanceOf(USD, alice));
        vm.assertEq(int256(uint256(FUNDS + amount)), balanceOf(USD, bob));
        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).outflow);
        vm.assertEq(uint256(amount), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice A suspended, stopped or frozen payee is credited.
    function testPayeeIsCredited() external {
        vm.startPrank(operator);
        participants.suspend(bob.id);
        ledger.freeze(USD, bob.id);
        vm.stopPrank();
        vm.prank(bob.first);
        participants.stopOutgoing();

        expectPaid(terms(USD, alice, bob, 7));
        vm.assertEq(int256(uint256(FUNDS)) + 7, balanceOf(USD, bob));
    }

    /// @notice A refused payment changes nothing and does not hold up the others; what it lacked, a later payment in the batch
    /// lacks too, or not.
    function testBatchGoesOn() external {
        Payment[] memory batch = new Payment[](4);
        batch[0] = Payment({terms: terms(USD, alice, bob, THRESHOLD / 2), commitment: DOCUMENT});
        batch[1] = Payment({terms: terms(USD, alice, corporate, 1), commitment: DOCUMENT});
        batch[2] = Payment({terms: terms(EUR, alice, carol, 3), commitment: keccak256("another document")});
        batch[3] = Payment({terms: terms(USD, alice, carol, 4), commitment: DOCUMENT});

        vm.expectEmit(address(payments));
        emit IPayments.Paid(batch[0].terms, DOCUMENT);
        vm.expectEmit(address(payments));
        emit IPayments.Refused(batch[1].terms, Refusal.PayeeAccountNotOpen);
        vm.expectEmit(address(payments));
        emit IPayments.Paid(batch[2].terms, keccak256("another document"));
        vm.expectEmit(address(payments));
        emit IPayments.Paid(batch[3].terms, DOCUMENT);
        vm.prank(alice.pay);
        payments.pay(batch, none());

        vm.assertEq(false, isUsed(batch[1].terms));
        vm.assertEq(int256(uint256(FUNDS - THRESHOLD / 2 - 4)), balanceOf(USD, alice));
        vm.assertEq(int256(uint256(FUNDS - 3)), balanceOf(EUR, alice));
        vm.assertEq(int256(uint256(FUNDS + 4)), balanceOf(USD, carol));
        vm.assertEq(int256(uint256(FUNDS + 3)), balanceOf(EUR, carol));
    }

    /// @notice A batch does what its payments do one by one: same events, same balances, same totals.
    function testBatchEqualsSingles(uint256 seed) external {
        Payment[] memory batch = mixture(seed);

        bytes32 one = outcome(batch, true);
        bytes32 other = outcome(batch, false);
        vm.assertEq(one, other);
    }

    /// @dev Digest of all that the batch leads to, whole or in single transactions; the world is as before afterwards.
    function outcome(Payment[] memory batch, bool whole) private returns (bytes32) {
        try this.outcomeThenRevert(batch, whole) {
            revert("outcomeThenRevert did not revert");
        } catch (bytes memory digest) {
            return abi.decode(digest, (bytes32));
        }
    }

    function outcomeThenRevert(Payment[] calldata batch, bool whole) external {
        bytes32 digest;
        vm.recordLogs();
        if (whole) {
            vm.prank(alice.pay);
            payments.pay(batch, none());
        }
        for (uint256 i; i < batch.length && !whole; ++i) {
            vm.prank(alice.pay);
            payments.pay(batch[i:i + 1], none());
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            digest = keccak256(abi.encode(digest, logs[i].topics, logs[i].data));
        }
        digest =
            keccak256(abi.encode(digest, stateOf(USD), stateOf(EUR), ledger.thresholdOf(alice.id, DOLLAR)));
        assembly ("memory-safe") {
            mstore(0, digest)
            revert(0, 32)
        }
    }

    function stateOf(AssetId asset) private view returns (bytes memory) {
        return abi.encode(
            ledger.accountOf(asset, alice.id),
            ledger.accountOf(asset, bob.id),
            ledger.accountOf(asset, carol.id),
            ledger.bilateralLimitOf(asset, alice.id, bob.id)
        );
    }

    /// @dev Forty payments of two assets, some good, some not, with a bilateral limit on one pair.
    function mixture(uint256 seed) private returns (Payment[] memory batch) {
        vm.prank(alice.first);
        ledger.setBilateralLimit(USD, bob.id, FUNDS / 8);
        vm.prank(alice.pay);
        ledger.setReserve(EUR, FUNDS / 2);
        batch = new Payment[](40);
        for (uint256 i; i < batch.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            Terms instruction = packed(
                seed & 1 == 0,
                uint64(250 + (seed >> 8) % 45),
                (seed >> 16) & 1 == 0 ? USD : EUR,
                alice.id,
                ParticipantId.wrap(uint32(2 + (seed >> 24) % 6)),
                uint64((seed >> 32) % (FUNDS / 6))
            );
            batch[i] = Payment({terms: instruction, commitment: bytes32(seed)});
        }
    }

    // How expectations are written

    function pay(Actor memory payer, Terms instruction) private {
        vm.prank(payer.pay);
        payments.pay(batchOf(instruction), none());
        vm.assertEq(true, isUsed(instruction));
    }

    function expectPaid(Terms instruction) private {
        expectPaidWith(instruction, none());
    }

    function expectPaidWith(Terms instruction, Approval[] memory approvals) private {
        vm.assertEq(uint256(Refusal.None), uint256(ledger.refusalOf(instruction, DOCUMENT, approvals)));

        vm.expectEmit(address(payments));
        emit IPayments.Paid(instruction, DOCUMENT);
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), approvals);

        vm.assertEq(true, isUsed(instruction));
    }

    function expectRefusal(Terms instruction, Refusal reason) private {
        expectRefusalWith(instruction, none(), reason);
        vm.assertEq(false, isUsed(instruction));
    }

    function expectRefusalOf(Terms instruction, Refusal reason) private {
        expectRefusalWith(instruction, none(), reason);
    }

    /// @dev The event, the view and the unchanged state all say the same.
    function expectRefusalWith(Terms instruction, Approval[] memory approvals, Refusal reason) private {
        bytes32 before = keccak256(bytes.concat(stateOf(USD), stateOf(EUR)));
        vm.assertEq(uint256(reason), uint256(ledger.refusalOf(instruction, DOCUMENT, approvals)));

        vm.expectEmit(address(payments));
        emit IPayments.Refused(instruction, reason);
        vm.prank(alice.pay);
        payments.pay(batchOf(instruction), approvals);

        vm.assertEq(before, keccak256(bytes.concat(stateOf(USD), stateOf(EUR))));
    }

    function parts(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }
}
