// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {AccountId, AssetId, ParticipantId, Sequence, accountId} from "../../src/types/Identifiers.sol";
import {Head, Leg} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract LegsTest is Instructing {
    /// @notice What is packed into a leg by the written layout is read back field by field.
    function testLeg(
        uint32 asset,
        uint32 payer,
        uint32 payee,
        uint64 amount,
        uint32 payerFor,
        uint32 payeeFor
    ) external pure {
        AssetId what = AssetId.wrap(asset);
        (ParticipantId from, ParticipantId to) = (ParticipantId.wrap(payer), ParticipantId.wrap(payee));
        Leg word = legFor(what, from, to, amount, ParticipantId.wrap(payerFor), ParticipantId.wrap(payeeFor));

        vm.assertEq(true, word.asset() == what && word.payer() == from && word.payee() == to);
        vm.assertEq(uint256(amount), word.amount());
        vm.assertEq(uint256(payerFor), ParticipantId.unwrap(word.payerFor()));
        vm.assertEq(uint256(payeeFor), ParticipantId.unwrap(word.payeeFor()));
        vm.assertEq(AccountId.unwrap(accountId(what, from)), AccountId.unwrap(word.debited()));
        vm.assertEq(AccountId.unwrap(accountId(what, to)), AccountId.unwrap(word.credited()));
        vm.assertEq(payer == payee, word.isToPayer());
        vm.assertEq(amount > 0 && amount <= MAX_AMOUNT, word.hasAmountInRange());
    }

    /// @notice Marks say no more than themselves, and no leg of an instruction has one.
    function testMarks(uint256 fields, bool urgent, bool first) external pure {
        Leg bare = Leg.wrap(fields << 32);
        Leg word = bare.marked(urgent, first);

        vm.assertEq(urgent, word.isUrgent());
        vm.assertEq(first, word.isFirst());
        vm.assertEq(true, bare.isWellFormed());
        vm.assertEq(!urgent && !first, word.isWellFormed());
        vm.assertEq(true, Leg.unwrap(word) >> 32 == Leg.unwrap(bare) >> 32);
    }

    /// @notice What is packed into a head by the written layout is read back field by field.
    function testHead(
        uint64 sequence,
        uint32 initiator,
        uint40 validFrom,
        uint40 validUntil,
        bool lapsesWithDay
    ) external pure {
        Head word = packedHead(sequence, ParticipantId.wrap(initiator), validFrom, validUntil, lapsesWithDay);

        vm.assertEq(uint256(sequence), Sequence.unwrap(word.sequence()));
        vm.assertEq(uint256(initiator), ParticipantId.unwrap(word.initiator()));
        vm.assertEq(uint256(validFrom), word.validFrom());
        vm.assertEq(uint256(validUntil), word.validUntil());
        vm.assertEq(lapsesWithDay, word.lapsesWithDay());
        vm.assertEq(validUntil == 0 || validFrom <= validUntil, word.isWellFormed());
    }
}
