// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../../src/interfaces/IConsents.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, NOBODY, ParticipantId, Sequence} from "../../src/types/Identifiers.sol";
import {Approval, PAY, Refusal} from "../../src/types/Instruction.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Head, Instruction, Leg} from "../../src/types/Legs.sol";
import {bound, vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// submit
// ├── the sender has no pay key .................... KeyUnknown, KeyHasOtherRole
// ├── no instruction ............................... BatchEmpty
// ├── more than 256 ................................ BatchTooLong
// ├── one of another initiator ..................... NotInitiator
// ├── an approval for none of the batch ............ ApprovalMisplaced
// ├── the module is not trusted, or paused ......... ModuleNotTrusted, ModuleIsPaused
// └── each instruction by itself
//     ├── Refused, no sequence used; the first of
//     │   ├── a bit without a meaning .............. MalformedTerms
//     │   ├── no leg, more than 32 ................. LegsOutOfRange
//     │   ├── an amount, or their sum .............. AmountOutOfRange
//     │   ├── a leg to its payer ................... SelfPayment
//     │   ├── a corporate without its sponsor ...... SponsorMismatch
//     │   ├── the initiator has no leg ............. InitiatorNotParty
//     │   ├── more than six debtors ................ TooManyDebtors
//     │   ├── its last second is past .............. Lapsed
//     │   ├── 64 proposals wait for a party ........ TooManyProposals
//     │   ├── the sequence is used ................. SequenceUsed
//     │   ├── an asset is cut off .................. CutOff
//     │   ├── the initiator may not be debited ..... PayerSuspended, OutgoingStopped
//     │   ├── the consent does not count ........... ApprovalMissing, Expired, Invalid, TooLong
//     │   └── complete: what time does not cure .... AccountNotOpen, AccountFrozen, Payee…, InstructionLimit
//     ├── not complete ............................. Submitted, proposed
//     ├── complete, and what passes is missing ..... Submitted, Queued
//     ├── complete, and early ...................... Submitted, Queued
//     └── complete ................................. Submitted, Settled
contract SubmitTest is Instructing {
    // The whole transaction

    /// @notice Only a pay key submits.
    function testOtherKeys() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);

        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        settlement.submit(listOf(instruction), 0, none());

        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Pay));
        vm.prank(alice.approve);
        settlement.submit(listOf(instruction), 0, none());
    }

    /// @notice A batch holds something, and at most 256.
    function testBatch() external {
        vm.startPrank(alice.pay);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchEmpty.selector));
        settlement.submit(new Instruction[](0), 0, none());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchTooLong.selector, 257, 256));
        settlement.submit(new Instruction[](257), 0, none());
        vm.stopPrank();
    }

    /// @notice Nobody submits in another's name.
    function testOtherInitiator() external {
        Instruction memory instruction = payment(USD, bob, alice, 1);

        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInitiator.selector, alice.id, instruction.head));
        submit(alice, instruction);
    }

    /// @notice An approval for no instruction of the batch stops the batch.
    function testApprovalMisplaced() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        Approval[] memory approvals = consentOf(alice, instruction);
        approvals[0].index = 1;

        vm.expectRevert(abi.encodeWithSelector(IConsents.ApprovalMisplaced.selector, 0));
        submitWith(alice, instruction, false, approvals);
        vm.assertEq(false, isTaken(instruction));
    }

    // One instruction, refused, in the order of the rules

    /// @notice A bit without a meaning is refused, in the head and in a leg: marks are the module's.
    function testMalformed(uint8 bit) external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        Head sound = instruction.head;
        uint256 place = bit % 79;
        instruction.head = Head.wrap(Head.unwrap(sound) | (1 << (place < 72 ? place : 177 + place)));
        expectRefused(alice, instruction, Refusal.MalformedTerms);

        instruction.head = sound;
        instruction.legs[0] = Leg.wrap(Leg.unwrap(instruction.legs[0]) | (1 << (bit % 32)));
        expectRefused(alice, instruction, Refusal.MalformedTerms);
    }

    /// @notice An instruction has one to 32 legs.
    function testLegs() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction.legs = new Leg[](0);
        expectRefused(alice, instruction, Refusal.LegsOutOfRange);

        instruction.legs = manyLegs(33);
        expectRefused(alice, instruction, Refusal.LegsOutOfRange);

        instruction.legs = manyLegs(32);
        expectSettled(instruction);
        submit(alice, instruction);
        vm.assertEq(int256(-32), gain(USD, alice));
    }

    /// @notice Each amount is within range, and so is their sum.
    function testAmounts() external {
        expectRefused(alice, payment(USD, alice, bob, 0), Refusal.AmountOutOfRange);
        expectRefused(alice, payment(USD, alice, bob, MAX_AMOUNT + 1), Refusal.AmountOutOfRange);

        Instruction memory two = pair(alice, leg(USD, alice, bob, MAX_AMOUNT), leg(USD, alice, carol, 1));
        expectRefused(alice, two, Refusal.AmountOutOfRange);
    }

    /// @notice Nobody pays itself.
    function testSelf() external {
        expectRefused(alice, payment(USD, alice, alice, 1), Refusal.SelfPayment);
    }

    /// @notice A corporate is named only beside its sponsor.
    function testSponsor() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction.legs[0] = legFor(USD, alice.id, bob.id, 1, NOBODY, corporate.id);
        expectRefused(alice, instruction, Refusal.SponsorMismatch);
        instruction.legs[0] = legFor(USD, bob.id, alice.id, 1, corporate.id, NOBODY);
        expectRefused(alice, instruction, Refusal.SponsorMismatch);

        instruction.legs[0] = legFor(USD, alice.id, bob.id, 1, corporate.id, NOBODY);
        expectSettled(instruction);
        submit(alice, instruction);
    }

    /// @notice The initiator is debtor or creditor of a leg.
    function testInitiatorIsParty() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction.legs[0] = leg(USD, bob, carol, 1);

        expectRefused(alice, instruction, Refusal.InitiatorNotParty);
    }

    /// @notice At most six participants are debited, whoever they are; more than 32 are refused as legs.
    function testDebtors() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        for (uint32 count = 7; count <= 33; count += 13) {
            instruction.legs = new Leg[](count);
            for (uint32 i; i < count; ++i) {
                ParticipantId payer = ParticipantId.wrap(10 + i);
                instruction.legs[i] = legFor(USD, payer, alice.id, 1, NOBODY, NOBODY);
            }
            expectRefused(alice, instruction, count > 32 ? Refusal.LegsOutOfRange : Refusal.TooManyDebtors);
        }
    }

    /// @notice After its last second an instruction is not accepted any more.
    function testValidUntil() external {
        Instruction memory instruction = timed(payment(USD, alice, bob, 1), alice, 0, START - 1);
        expectRefused(alice, instruction, Refusal.Lapsed);

        instruction = timed(instruction, alice, 0, START);
        expectSettled(instruction);
        submit(alice, instruction);
    }

    /// @notice At most 64 proposals of an initiator wait for a party; one that is taken back makes room.
    function testProposals() external {
        Instruction memory first = exchange(alice, bob, 1, 1);
        submit(alice, first);
        for (uint256 i = 1; i < 64; ++i) {
            submit(alice, exchange(alice, bob, 1, 1));
        }
        vm.assertEq(uint256(64), settlement.proposalsFor(alice.id, bob.id));
        Instruction memory next = exchange(alice, bob, 1, 1);
        expectRefused(alice, next, Refusal.TooManyProposals);
        submit(alice, exchange(alice, carol, 1, 1));
        submit(bob, exchange(bob, alice, 1, 1));
        submit(alice, payment(USD, alice, bob, 1));

        withdraw(alice, first);
        submit(alice, next);
        vm.assertEq(true, isProposed(next));
    }

    /// @notice A proposal that a party has consented to still counts for it, until it is complete: taking back gains no room.
    function testProposalsStillCount() external {
        Instruction memory made = pair(alice, leg(USD, carol, alice, 5), leg(EUR, bob, alice, 20));
        submit(alice, made);
        affirm(bob, made);

        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, carol.id));
        affirm(carol, made);
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, carol.id));
    }

    /// @notice A sequence is used once: by whichever module, by a voided one, by the same instruction.
    function testSequenceUsed() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        submit(alice, instruction);
        expectRefused(alice, instruction, Refusal.SequenceUsed);

        Sequence[] memory sequences = new Sequence[](1);
        instruction = exchange(alice, bob, 1, 1);
        sequences[0] = instruction.head.sequence();
        vm.prank(alice.pay);
        ledger.void(sequences);
        expectRefused(alice, instruction, Refusal.SequenceUsed);
    }

    /// @notice Nothing new after the cut-off of one of its assets.
    function testCutOff() external {
        vm.prank(operator);
        ledger.cutOff(USD);

        expectRefused(alice, payment(USD, alice, bob, 1), Refusal.CutOff);
        expectRefused(alice, exchange(alice, bob, 1, 1), Refusal.CutOff);
        expectRefused(alice, timed(payment(USD, alice, bob, 1), alice, START + 1, 0), Refusal.CutOff);
        submit(alice, payment(EUR, alice, bob, 1));
        vm.assertEq(int256(-1), gain(EUR, alice));
    }

    /// @notice Who is debited has to be in good standing; also for a proposal, and for what settles later.
    function testStanding() external {
        vm.prank(alice.first);
        participants.stopOutgoing();
        expectStandingRefused(Refusal.OutgoingStopped);

        suspend(alice);
        expectStandingRefused(Refusal.PayerSuspended);
    }

    /// @notice Above the threshold a second key consents; the threshold counts legs of one currency together.
    function testApproval() external {
        Instruction memory two = pair(alice, leg(USD, alice, bob, THRESHOLD), leg(USD, alice, carol, 1));
        expectApprovals(two);

        submitWith(alice, two, false, consentOf(alice, two));
        vm.assertEq(true, hasEnded(two));
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, DOLLAR).total);
        expectApprovals(payment(EUR, alice, bob, THRESHOLD + 1));
        expectApprovals(exchange(alice, bob, THRESHOLD + 1, 1));
        expectApprovals(timed(payment(EUR, alice, bob, THRESHOLD + 1), alice, START + 1, 0));
    }

    /// @notice What is not the initiator's debit does not count for its threshold.
    function testOthersDebits() external {
        Instruction memory made = exchange(alice, bob, 1, MAX_AMOUNT / 2);
        submit(alice, made);

        vm.assertEq(true, isProposed(made));
        vm.assertEq(uint256(1), ledger.thresholdOf(alice.id, DOLLAR).total);
        vm.assertEq(uint256(0), ledger.thresholdOf(alice.id, EURO).total);
    }

    /// @notice An approval of `pay` is worth nothing here, though terms and document are the same.
    function testApprovalOfPay() external {
        Instruction memory instruction = payment(USD, alice, bob, THRESHOLD + 1);
        Approval[] memory approvals = approvalOf(
            alice,
            PAY,
            packed(false, Sequence.unwrap(instruction.head.sequence()), USD, alice.id, bob.id, THRESHOLD + 1)
        );

        expectRefusedWith(alice, instruction, approvals, Refusal.ApprovalInvalid);
    }

    /// @notice What time does not cure is refused: accounts that are not there or frozen, an instruction's own limit.
    function testAccounts() external {
        AssetId unknown = AssetId.wrap(1);
        expectRefused(alice, payment(unknown, alice, bob, 1), Refusal.AccountNotOpen);
        expectRefused(alice, payment(USD, alice, corporate, 1), Refusal.PayeeAccountNotOpen);
        Instruction memory toNobody = payment(USD, alice, bob, 1);
        toNobody.legs[0] = legFor(USD, alice.id, ParticipantId.wrap(99), 1, NOBODY, NOBODY);
        expectRefused(alice, toNobody, Refusal.PayeeUnknown);

        vm.prank(alice.first);
        ledger.setLimits(USD, 9, MAX_AMOUNT);
        expectRefused(alice, payment(USD, alice, bob, 10), Refusal.InstructionLimit);
        Instruction memory split = payment(USD, alice, bob, 1);
        split.legs = manyLegs(10);
        expectRefused(alice, split, Refusal.InstructionLimit);

        freeze(USD, alice);
        expectRefused(alice, payment(USD, alice, bob, 1), Refusal.AccountFrozen);
    }

    /// @notice A reason that does not pass is said before one that does, in whichever account it is; a frozen payer's instruction
    /// never queues.
    function testGravest() external {
        setReserve(alice, MAX_AMOUNT);
        Instruction memory made = pair(alice, leg(USD, alice, bob, 1), leg(EUR, alice, bob, 1));
        freeze(EUR, alice);
        expectRefused(alice, made, Refusal.AccountFrozen);

        made = pair(alice, leg(USD, alice, bob, 1), leg(USD, alice, corporate, 1));
        expectRefused(alice, made, Refusal.PayeeAccountNotOpen);
        expectRefused(alice, payment(USD, alice, bob, THRESHOLD + 1), Refusal.ApprovalMissing);
    }

    // Accepted

    /// @notice One leg, liquid: it settles at once, leaves no entry, and counts in threshold and outflow.
    function testSettlesAtOnce(uint64 amount) external {
        amount = uint64(bound(amount, 1, THRESHOLD));
        Instruction memory instruction = payment(USD, alice, bob, amount);
        expectRefusalOf(instruction, alice, none(), Refusal.None);

        vm.expectEmit(address(settlement));
        emit ISettlement.Submitted(instruction.head, DOCUMENT, false, instruction.legs);
        expectSettled(instruction);
        submit(alice, instruction);

        vm.assertEq(true, hasEnded(instruction));
        vm.assertEq(-int256(uint256(amount)), gain(USD, alice));
        vm.assertEq(int256(uint256(amount)), gain(USD, bob));
        vm.assertEq(uint256(amount), ledger.accountOf(USD, alice.id).outflow);
        vm.assertEq(uint256(amount), ledger.thresholdOf(alice.id, DOLLAR).total);
    }

    /// @notice Funds, reserve, the day's limit and a bilateral limit pass by themselves: without them it queues. Nothing moves, the
    /// sequence is used, the consent counted; whether it has one leg or two.
    function testQueues(uint8 kind, bool hasTwoLegs) external {
        Instruction memory instruction = payment(USD, alice, bob, 10);
        if (hasTwoLegs) instruction = pair(alice, leg(USD, alice, bob, 4), leg(USD, alice, bob, 6));
        if (kind % 4 == 0) setReserve(alice, FUNDS);
        if (kind % 4 == 1) spend(alice);
        vm.startPrank(alice.first);
        if (kind % 4 == 2) ledger.setLimits(USD, MAX_AMOUNT, 9);
        if (kind % 4 == 3) ledger.setBilateralLimit(USD, bob.id, 9);
        vm.stopPrank();
        int256 before = balanceOf(USD, alice);
        expectRefusalOf(instruction, alice, none(), Refusal.None);

        vm.expectEmit(address(settlement));
        emit ISettlement.Submitted(instruction.head, DOCUMENT, false, instruction.legs);
        vm.expectEmit(address(settlement));
        emit ISettlement.Queued(instruction.head, settlement.digestOf(instruction));
        submit(alice, instruction);

        vm.assertEq(true, isQueued(instruction));
        vm.assertEq(true, isTaken(instruction));
        vm.assertEq(before, balanceOf(USD, alice));
        vm.assertEq(uint256(10), ledger.thresholdOf(alice.id, DOLLAR).total);
        vm.assertEq(uint256(0), urgentOf(alice));
    }

    /// @notice An urgent one may use the reserve, and counts as urgent while it waits.
    function testUrgent() external {
        setReserve(alice, FUNDS);
        Instruction memory instruction = payment(USD, alice, bob, 5);
        expectSettled(instruction);
        submitWith(alice, instruction, true, none());

        Instruction memory large = payment(USD, alice, bob, FUNDS);
        submitWith(alice, large, true, consentOf(alice, large));
        vm.assertEq(true, isQueued(large));
        vm.assertEq(uint256(1), urgentOf(alice));
        vm.assertEq(uint256(1), ledger.moduleOf(address(settlement)).held);

        Instruction memory two = pair(alice, leg(USD, alice, bob, FUNDS), leg(USD, alice, bob, 1));
        submitWith(alice, two, true, consentOf(alice, two));
        vm.assertEq(uint256(2), urgentOf(alice));
    }

    /// @notice What settles at once may pass urgent ones that wait: these bind who settles sets, not whose money it is.
    function testUrgentWaits() external {
        queuedPayment(alice, bob, 1, true);
        Instruction memory next = payment(USD, alice, bob, 1);

        expectSettled(next);
        submit(alice, next);
    }

    /// @notice Before its first second it is accepted and queued, whatever money there is; it settles from then on.
    function testValidFrom(bool hasTwoLegs) external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        if (hasTwoLegs) instruction = pair(alice, leg(USD, alice, bob, 1), leg(USD, alice, carol, 1));
        timed(instruction, alice, START + 5, 0);
        expectRefusalOf(instruction, alice, none(), Refusal.None);

        submitWith(alice, instruction, true, none());
        vm.assertEq(true, isQueued(instruction));
        vm.assertEq(uint256(1), urgentOf(alice));
        vm.warp(START + 4);
        expectSetRefused(setOf(instruction), Refusal.NotYetValid);
        vm.warp(START + 5);
        expectSetSettled(setOf(instruction));
        vm.assertEq(uint256(0), urgentOf(alice));

        timed(instruction, alice, START + 5, 0);
        expectSettled(instruction);
        submit(alice, instruction);
    }

    /// @notice With another debtor it is proposed, and waits for that one; nothing is asked of accounts yet.
    function testProposes() external {
        Instruction memory instruction = exchange(alice, bob, 10, 20);
        setReserve(alice, MAX_AMOUNT);
        submit(alice, instruction);

        ISettlement.WaitingReport memory entry = waiting(instruction);
        vm.assertEq(true, isProposed(instruction));
        vm.assertEq(START, entry.acceptedAt);
        vm.assertEq(uint256(1), entry.consents);
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, alice.id));
        vm.assertEq(uint256(0), urgentOf(alice));
    }

    /// @notice A creditor may propose; the debtor is asked.
    function testCreditorProposes() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction.legs[0] = leg(USD, bob, alice, 7);
        submit(alice, instruction);
        vm.assertEq(true, isProposed(instruction));
        vm.assertEq(uint256(0), waiting(instruction).consents);

        expectSettled(instruction);
        affirm(bob, instruction);
        vm.assertEq(int256(7), gain(USD, alice));
    }

    /// @notice Where the asset asks, the payee consents too; a payee that is a debtor does so anyway, and so does the initiator.
    function testAcceptance() external {
        setWaitingRules(USD, false, true);
        Instruction memory instruction = payment(USD, alice, bob, 7);
        submit(alice, instruction);
        vm.assertEq(uint256(1), waiting(instruction).asked);
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));

        expectSettled(instruction);
        affirm(bob, instruction);
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, bob.id));

        instruction = exchange(alice, bob, 1, 1);
        submit(alice, instruction);
        vm.assertEq(uint256(0), waiting(instruction).asked);

        instruction.head = headOf(alice, 0, 0, false);
        instruction.legs[0] = leg(USD, bob, alice, 1);
        submit(alice, instruction);
        vm.assertEq(uint256(1), waiting(instruction).accepted);
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, alice.id));
    }

    /// @notice Who is asked by several legs is counted once, on whatever leg; who is asked by none is not.
    function testAcceptanceOfSeveral() external {
        setWaitingRules(EUR, false, true);
        Instruction memory made = payment(USD, alice, centralBank, 1);
        made.legs = new Leg[](5);
        made.legs[0] = leg(USD, alice, carol, 1);
        made.legs[1] = leg(EUR, alice, carol, 1);
        made.legs[2] = leg(EUR, alice, bob, 1);
        made.legs[3] = leg(USD, alice, bob, 1);
        made.legs[4] = leg(EUR, alice, carol, 1);
        submit(alice, made);

        vm.assertEq(uint256(22), waiting(made).asked);
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(1), settlement.proposalsFor(alice.id, carol.id));
        affirm(bob, made);
        expectSettled(made);
        affirm(carol, made);
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, carol.id));
    }

    /// @notice Who is asked is fixed when it is submitted: a rule that changes later changes nothing for it.
    function testAcceptanceFixed() external {
        Instruction memory before = triangle();
        submit(alice, before);
        setWaitingRules(EUR, false, true);
        Instruction memory after_ = triangle();
        submit(alice, after_);
        setWaitingRules(EUR, false, false);

        expectNotAffirmed(carol, before, Refusal.NotParty);
        expectSettled(before);
        affirm(bob, before);
        affirm(bob, after_);
        vm.assertEq(true, isProposed(after_));
        expectSettled(after_);
        affirm(carol, after_);
    }

    /// @notice Refused ones do not hold up the others; urgency and approvals go by place.
    function testBatchGoesOn() external {
        Instruction[] memory batch = new Instruction[](4);
        batch[0] = payment(USD, alice, corporate, 1);
        batch[1] = payment(USD, alice, bob, 2);
        batch[2] = payment(USD, alice, bob, 3);
        batch[3] = payment(EUR, alice, bob, THRESHOLD + 1);
        setReserve(alice, FUNDS);
        Approval[] memory approvals = consentOf(alice, batch[3]);
        approvals[0].index = 3;

        vm.prank(alice.pay);
        settlement.submit(batch, 2, approvals);
        vm.assertEq(false, isTaken(batch[0]));
        vm.assertEq(true, hasEnded(batch[1]));
        vm.assertEq(true, isQueued(batch[2]));
        vm.assertEq(true, hasEnded(batch[3]));
    }

    /// @notice The bit of one says nothing of those before it.
    function testUrgencyByPlace() external {
        Instruction[] memory batch = new Instruction[](2);
        batch[0] = payment(USD, alice, bob, 1);
        batch[1] = payment(USD, alice, bob, 2);
        setReserve(alice, FUNDS);

        vm.prank(alice.pay);
        settlement.submit(batch, 2, none());
        vm.assertEq(true, isQueued(batch[0]));
        vm.assertEq(true, hasEnded(batch[1]));
    }

    /// @notice The digest tells every field and leg apart, the order of legs, and the chain.
    function testDigest(uint256 bit) external {
        Instruction memory instruction = exchange(alice, bob, 10, 20);
        bytes32 before = settlement.digestOf(instruction);

        (instruction.legs[0], instruction.legs[1]) = (instruction.legs[1], instruction.legs[0]);
        vm.assertEq(false, before == settlement.digestOf(instruction));
        (instruction.legs[0], instruction.legs[1]) = (instruction.legs[1], instruction.legs[0]);
        vm.assertEq(before, settlement.digestOf(instruction));
        instruction.legs[1] = Leg.wrap(Leg.unwrap(instruction.legs[1]) ^ (1 << (bit % 256)));
        vm.assertEq(false, before == settlement.digestOf(instruction));
        instruction.legs[1] = Leg.wrap(Leg.unwrap(instruction.legs[1]) ^ (1 << (bit % 256)));
        instruction.head = Head.wrap(Head.unwrap(instruction.head) ^ (1 << (bit % 256)));
        vm.assertEq(false, before == settlement.digestOf(instruction));
        instruction.head = Head.wrap(Head.unwrap(instruction.head) ^ (1 << (bit % 256)));
        vm.chainId(7);
        vm.assertEq(false, before == settlement.digestOf(instruction));
    }

    function expectStandingRefused(Refusal reason) private {
        expectRefused(alice, payment(USD, alice, bob, 1), reason);
        expectRefused(alice, exchange(alice, bob, 1, 1), reason);
        expectRefused(alice, timed(payment(USD, alice, bob, 1), alice, START + 1, 0), reason);
    }

    /// @dev Missing, another's, past, too far ahead; the right one is.
    function expectApprovals(Instruction memory made) private {
        bytes32 digest = settlement.digestOf(made);
        expectRefused(alice, made, Refusal.ApprovalMissing);
        expectRefusedWith(
            alice, made, consentUntil(alice, digest, uint40(START - 1)), Refusal.ApprovalExpired
        );
        expectRefusedWith(alice, made, consentOf(bob, made), Refusal.ApprovalInvalid);
        expectRefusedWith(alice, made, consentUntil(alice, digest, soon() + 1), Refusal.ApprovalTooLong);
        expectRefusalOf(made, alice, consentOf(alice, made), Refusal.None);
    }

    /// @dev All but nine of its dollars.
    function spend(Actor memory bank) private {
        Instruction memory all = payment(USD, bank, carol, FUNDS - 9);
        submitWith(bank, all, true, consentOf(bank, all));
    }

    function manyLegs(uint256 count) private view returns (Leg[] memory legs) {
        legs = new Leg[](count);
        for (uint256 i; i < count; ++i) {
            legs[i] = leg(USD, alice, bob, 1);
        }
    }
}
