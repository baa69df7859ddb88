// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AssetId, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, Refusal, SETTLE} from "../../src/types/Instruction.sol";
import {Head, Instruction, Leg, Set} from "../../src/types/Legs.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

/// @notice How instructions are written, sent and looked at in the tests of `Settlement`.
abstract contract Instructing is Stage {
    bytes4 internal constant REASON = "CUST";

    uint64 private _nextNumber = 5000;

    // Instructions

    function leg(AssetId asset, Actor memory payer, Actor memory payee, uint64 amount)
        internal
        pure
        returns (Leg)
    {
        return legFor(asset, payer.id, payee.id, amount, NOBODY, NOBODY);
    }

    function legFor(
        AssetId asset,
        ParticipantId payer,
        ParticipantId payee,
        uint64 amount,
        ParticipantId payerFor,
        ParticipantId payeeFor
    ) internal pure returns (Leg) {
        return Leg.wrap(
            (uint256(AssetId.unwrap(asset)) << 224) | (uint256(ParticipantId.unwrap(payer)) << 192)
                | (uint256(ParticipantId.unwrap(payee)) << 160) | (uint256(amount) << 96)
                | (uint256(ParticipantId.unwrap(payerFor)) << 64)
                | (uint256(ParticipantId.unwrap(payeeFor)) << 32)
        );
    }

    /// @dev Of a fresh sequence.
    function headOf(Actor memory initiator, uint40 validFrom, uint40 validUntil, bool lapsesWithDay)
        internal
        returns (Head)
    {
        return packedHead(_nextNumber++, initiator.id, validFrom, validUntil, lapsesWithDay);
    }

    function packedHead(
        uint64 sequence,
        ParticipantId initiator,
        uint40 validFrom,
        uint40 validUntil,
        bool lapsesWithDay
    ) internal pure returns (Head) {
        return Head.wrap(
            (lapsesWithDay ? uint256(1) << 248 : 0) | (uint256(sequence) << 184)
                | (uint256(ParticipantId.unwrap(initiator)) << 152) | (uint256(validFrom) << 112)
                | (uint256(validUntil) << 72)
        );
    }

    /// @dev Between two times, 0 for none.
    function timed(Instruction memory instruction, Actor memory initiator, uint256 from, uint256 until)
        internal
        returns (Instruction memory)
    {
        instruction.head = headOf(initiator, uint40(from), uint40(until), false);
        return instruction;
    }

    function lapsing(Instruction memory instruction, Actor memory initiator)
        internal
        returns (Instruction memory)
    {
        instruction.head = headOf(initiator, 0, 0, true);
        return instruction;
    }

    function payment(AssetId asset, Actor memory payer, Actor memory payee, uint64 amount)
        internal
        returns (Instruction memory instruction)
    {
        instruction = Instruction(headOf(payer, 0, 0, false), DOCUMENT, new Leg[](1));
        instruction.legs[0] = leg(asset, payer, payee, amount);
    }

    /// @dev The first gives dollars to the second for euros.
    function exchange(Actor memory first, Actor memory second, uint64 dollars, uint64 euros)
        internal
        returns (Instruction memory)
    {
        return pair(first, leg(USD, first, second, dollars), leg(EUR, second, first, euros));
    }

    function pair(Actor memory initiator, Leg one, Leg other) internal returns (Instruction memory made) {
        made = Instruction(headOf(initiator, 0, 0, false), DOCUMENT, new Leg[](2));
        (made.legs[0], made.legs[1]) = (one, other);
    }

    /// @dev Alice and bob are debtors, carol a payee of euros.
    function triangle() internal returns (Instruction memory) {
        return pair(alice, leg(USD, alice, bob, 10), leg(EUR, bob, carol, 20));
    }

    // Calls

    function listOf(Instruction memory one) internal pure returns (Instruction[] memory list) {
        list = new Instruction[](1);
        list[0] = one;
    }

    function setOf(Instruction memory one) internal pure returns (Set[] memory sets) {
        sets = new Set[](1);
        sets[0] = Set(listOf(one));
    }

    function setOf(Instruction memory one, Instruction memory other)
        internal
        view
        returns (Set[] memory sets)
    {
        Instruction[] memory list = new Instruction[](2);
        (list[0], list[1]) = (one, other);
        return setOf(list);
    }

    /// @dev By ascending digest; the list itself is sorted.
    function setOf(Instruction[] memory list) internal view returns (Set[] memory sets) {
        bytes32[] memory digests = new bytes32[](list.length);
        for (uint256 i; i < list.length; ++i) {
            (Instruction memory one, bytes32 digest) = (list[i], settlement.digestOf(list[i]));
            uint256 place = i;
            for (; place > 0 && digests[place - 1] > digest; --place) {
                (list[place], digests[place]) = (list[place - 1], digests[place - 1]);
            }
            (list[place], digests[place]) = (one, digest);
        }
        sets = new Set[](1);
        sets[0] = Set(list);
    }

    function submit(Actor memory initiator, Instruction memory instruction) internal {
        submitWith(initiator, instruction, false, none());
    }

    function submitWith(
        Actor memory initiator,
        Instruction memory instruction,
        bool urgent,
        Approval[] memory approvals
    ) internal {
        vm.prank(initiator.pay);
        settlement.submit(listOf(instruction), urgent ? 1 : 0, approvals);
    }

    function affirm(Actor memory party, Instruction memory instruction) internal {
        affirmWith(party, instruction, false, none());
    }

    function affirmWith(
        Actor memory party,
        Instruction memory instruction,
        bool urgent,
        Approval[] memory approvals
    ) internal {
        vm.prank(party.pay);
        settlement.affirm(instruction, urgent, approvals);
    }

    function withdraw(Actor memory party, Instruction memory instruction) internal {
        vm.prank(party.pay);
        settlement.withdraw(instruction);
    }

    function setUrgency(Actor memory debtor, Instruction memory instruction, bool urgent) internal {
        vm.prank(debtor.pay);
        settlement.setUrgency(instruction, urgent);
    }

    function hold(Actor memory debtor, Instruction memory instruction) internal {
        vm.prank(debtor.pay);
        settlement.hold(instruction);
    }

    function release(address sender, Instruction memory instruction) internal {
        vm.prank(sender);
        settlement.release(instruction);
    }

    function cancel(address sender, Instruction memory instruction) internal {
        vm.prank(sender);
        settlement.cancel(instruction, REASON);
    }

    function sweep(Instruction memory instruction) internal {
        sweep(listOf(instruction));
    }

    function sweep(Instruction[] memory page) internal {
        vm.prank(stranger);
        settlement.sweep(page);
    }

    function settle(address sender, Set[] memory sets) internal {
        vm.prank(sender);
        settlement.settle(sets);
    }

    /// @dev Until a deadline that an approval may have, for what the instruction's approvals are for now.
    function consentOf(Actor memory actor, Instruction memory instruction)
        internal
        view
        returns (Approval[] memory)
    {
        return consentUntil(actor, settlement.digestOf(instruction), soon());
    }

    function consentUntil(Actor memory actor, bytes32 digest, uint40 deadline)
        internal
        view
        returns (Approval[] memory approvals)
    {
        bytes32 signed = ledger.approvalDigest(SETTLE, settlement.approvalSubject(digest), deadline);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(actor.approverKey, signed);
        approvals = new Approval[](1);
        approvals[0] = Approval({index: 0, deadline: deadline, signature: abi.encodePacked(r, s, v)});
    }

    // What waits

    function setReserve(Actor memory holder, uint64 amount) internal {
        vm.prank(holder.pay);
        ledger.setReserve(USD, amount);
    }

    /// @dev A payment that waits for money: the payer reserves all it has, for a moment.
    function queuedPayment(Actor memory payer, Actor memory payee, uint64 amount, bool urgent)
        internal
        returns (Instruction memory instruction)
    {
        instruction = payment(USD, payer, payee, amount);
        makeQueued(payer, instruction, urgent);
    }

    function makeQueued(Actor memory payer, Instruction memory instruction, bool urgent) internal {
        setReserve(payer, MAX_AMOUNT);
        submit(payer, instruction);
        setReserve(payer, 0);
        vm.assertEq(true, isQueued(instruction));
        if (urgent) setUrgency(payer, instruction, true);
    }

    /// @dev An exchange that both consent to and that waits for the first one's dollars.
    function queuedExchange(Actor memory first, Actor memory second)
        internal
        returns (Instruction memory made)
    {
        made = exchange(first, second, 10, 20);
        setReserve(first, MAX_AMOUNT);
        submit(first, made);
        affirm(second, made);
        setReserve(first, 0);
        vm.assertEq(true, isQueued(made));
    }

    function setWaitingRules(AssetId asset, bool lapsesWithDay, bool asksAcceptance) internal {
        bytes memory call = abi.encodeCall(ledger.setWaitingRules, (asset, lapsesWithDay, asksAcceptance));
        change(centralBank, address(ledger), call);
    }

    function freeze(AssetId asset, Actor memory holder) internal {
        vm.prank(operator);
        ledger.freeze(asset, holder.id);
    }

    // What is seen

    function waiting(Instruction memory instruction)
        internal
        view
        returns (ISettlement.WaitingReport memory)
    {
        return settlement.waitingOf(settlement.digestOf(instruction));
    }

    function isQueued(Instruction memory instruction) internal view returns (bool) {
        return waiting(instruction).queued;
    }

    function isProposed(Instruction memory instruction) internal view returns (bool) {
        ISettlement.WaitingReport memory entry = waiting(instruction);
        return entry.acceptedAt != 0 && !entry.queued;
    }

    function hasEnded(Instruction memory instruction) internal view returns (bool) {
        return waiting(instruction).acceptedAt == 0 && isTaken(instruction);
    }

    function isTaken(Instruction memory instruction) internal view returns (bool) {
        return ledger.sequenceUsed(instruction.head.initiator(), instruction.head.sequence());
    }

    function urgentOf(Actor memory holder) internal view returns (uint256) {
        return ledger.accountOf(USD, holder.id).urgentWaiting;
    }

    /// @dev What the bank has beyond its first funds.
    function gain(AssetId asset, Actor memory bank) internal view returns (int256) {
        return balanceOf(asset, bank) - int256(uint256(FUNDS));
    }

    function refused(Instruction memory instruction, Refusal reason) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.ConsentRefused.selector, instruction.head, reason);
    }

    function waitsOtherwise(Instruction memory instruction) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.WaitsOtherwise.selector, instruction.head);
    }

    function notConsenting(Actor memory actor, Instruction memory instruction)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(ISettlement.NotConsenting.selector, actor.id, instruction.head);
    }

    function nothingChanges(Instruction memory instruction) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.NothingChanges.selector, instruction.head);
    }

    /// @dev The view and the event say the same, and nothing is used.
    function expectRefused(Actor memory initiator, Instruction memory instruction, Refusal reason) internal {
        expectRefusedWith(initiator, instruction, none(), reason);
    }

    function expectRefusedWith(
        Actor memory initiator,
        Instruction memory instruction,
        Approval[] memory approvals,
        Refusal reason
    ) internal {
        bool wasTaken = isTaken(instruction);
        expectRefusalOf(instruction, initiator, approvals, reason);
        vm.expectEmit(address(settlement));
        emit ISettlement.Refused(instruction.head, reason);
        submitWith(initiator, instruction, false, approvals);
        vm.assertEq(wasTaken, isTaken(instruction));
    }

    /// @dev The view and the revert say the same.
    function expectNotAffirmed(Actor memory party, Instruction memory instruction, Refusal reason) internal {
        expectNotAffirmedWith(party, instruction, none(), reason);
    }

    function expectNotAffirmedWith(
        Actor memory party,
        Instruction memory instruction,
        Approval[] memory approvals,
        Refusal reason
    ) internal {
        expectRefusalOf(instruction, party, approvals, reason);
        vm.expectRevert(refused(instruction, reason));
        affirmWith(party, instruction, false, approvals);
    }

    function expectRefusalOf(
        Instruction memory instruction,
        Actor memory party,
        Approval[] memory approvals,
        Refusal reason
    ) internal view {
        Refusal found = settlement.refusalOf(instruction, party.id, approvals);
        vm.assertEq(uint256(reason), uint256(found));
    }

    function expectSetRefused(Set[] memory sets, Refusal reason) internal {
        expectSetRefusedTo(stranger, sets, reason);
    }

    function expectSetRefusedTo(address sender, Set[] memory sets, Refusal reason) internal {
        vm.assertEq(uint256(reason), uint256(settlement.setRefusalOf(sets[0], sender)));
        vm.expectEmit(address(settlement));
        emit ISettlement.SetRefused(0, reason);
        settle(sender, sets);
    }

    function expectSetSettled(Set[] memory sets) internal {
        expectSetSettledBy(stranger, sets);
    }

    function expectSetSettledBy(address sender, Set[] memory sets) internal {
        vm.assertEq(uint256(Refusal.None), uint256(settlement.setRefusalOf(sets[0], sender)));
        Instruction[] memory list = sets[0].instructions;
        for (uint256 i; i < list.length; ++i) {
            expectSettled(list[i]);
        }
        settle(sender, sets);
        for (uint256 i; i < list.length; ++i) {
            vm.assertEq(true, hasEnded(list[i]));
        }
    }

    function expectSettled(Instruction memory instruction) internal {
        bytes32 digest = settlement.digestOf(instruction);
        vm.expectEmit(address(settlement));
        emit ISettlement.Settled(instruction.head, digest, instruction.legs);
    }

    function expectCancelled(Instruction memory instruction, ParticipantId by, bytes4 reason) internal {
        bytes32 digest = settlement.digestOf(instruction);
        vm.expectEmit(address(settlement));
        emit ISettlement.Cancelled(instruction.head, digest, by, reason);
    }
}
