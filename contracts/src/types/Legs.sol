// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "./Amounts.sol";
import {AccountId, AssetId, ParticipantId, Sequence, accountId} from "./Identifiers.sol";

/// @notice What an instruction of many legs says of itself, in one word. From the most significant bit:
/// `flags u8 | sequence u64 | initiator u32 | validFrom u40 | validUntil u40 | zero u72`.
/// Flags bit 0: it lapses when the day of one of its assets ends, whatever the asset's rule says: the first day on which it was
/// accepted and valid. `validFrom` and `validUntil` are
/// the first and the last second (UTC) at which it may settle, in this order; 0 is no such second.
type Head is uint256;

/// @notice One movement, in one word. From the most significant bit:
/// `asset u32 | payer u32 | payee u32 | amount u64 | payerFor u32 | payeeFor u32 | marks u32`.
/// `payerFor` and `payeeFor` are the corporates for whom a sponsor bank's account pays or is paid; 0 is the bank itself. Marks are
/// zero in an instruction. To the ledger a module marks: bit 0, it is urgent for its payer; bit 1, it is its instruction's first leg.
type Leg is uint256;

/// @notice Legs that settle together or not at all.
/// @param commitment Salted SHA-256 of the instruction's document.
struct Instruction {
    Head head;
    bytes32 commitment;
    Leg[] legs;
}

/// @notice Queued instructions that settle together or not at all, by ascending digest.
struct Set {
    Instruction[] instructions;
}

using HeadLibrary for Head global;
using LegLibrary for Leg global;

library HeadLibrary {
    uint256 private constant LAPSES_WITH_DAY = 1 << 248;
    uint256 private constant UNASSIGNED = (uint256(0xfe) << 248) | ((1 << 72) - 1);

    function lapsesWithDay(Head head) internal pure returns (bool) {
        return Head.unwrap(head) & LAPSES_WITH_DAY != 0;
    }

    function sequence(Head head) internal pure returns (Sequence) {
        return Sequence.wrap(uint64(Head.unwrap(head) >> 184));
    }

    function initiator(Head head) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Head.unwrap(head) >> 152));
    }

    function validFrom(Head head) internal pure returns (uint40) {
        return uint40(Head.unwrap(head) >> 112);
    }

    function validUntil(Head head) internal pure returns (uint40) {
        return uint40(Head.unwrap(head) >> 72);
    }

    function isWellFormed(Head head) internal pure returns (bool) {
        bool isInOrder = head.validUntil() == 0 || head.validFrom() <= head.validUntil();
        return Head.unwrap(head) & UNASSIGNED == 0 && isInOrder;
    }
}

library LegLibrary {
    uint256 private constant URGENT = 1;
    uint256 private constant FIRST = 2;

    function asset(Leg leg) internal pure returns (AssetId) {
        return AssetId.wrap(uint32(Leg.unwrap(leg) >> 224));
    }

    function payer(Leg leg) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Leg.unwrap(leg) >> 192));
    }

    function payee(Leg leg) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Leg.unwrap(leg) >> 160));
    }

    function amount(Leg leg) internal pure returns (uint64) {
        return uint64(Leg.unwrap(leg) >> 96);
    }

    function payerFor(Leg leg) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Leg.unwrap(leg) >> 64));
    }

    function payeeFor(Leg leg) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Leg.unwrap(leg) >> 32));
    }

    /// @notice The account it debits.
    function debited(Leg leg) internal pure returns (AccountId) {
        return AccountId.wrap(uint64(Leg.unwrap(leg) >> 192));
    }

    /// @notice The account it credits.
    function credited(Leg leg) internal pure returns (AccountId) {
        return accountId(leg.asset(), leg.payee());
    }

    /// @notice Whether it has no marks.
    function isWellFormed(Leg leg) internal pure returns (bool) {
        return uint32(Leg.unwrap(leg)) == 0;
    }

    function marked(Leg leg, bool urgent, bool first) internal pure returns (Leg) {
        return Leg.wrap(Leg.unwrap(leg) | (urgent ? URGENT : 0) | (first ? FIRST : 0));
    }

    function isUrgent(Leg leg) internal pure returns (bool) {
        return Leg.unwrap(leg) & URGENT != 0;
    }

    function isFirst(Leg leg) internal pure returns (bool) {
        return Leg.unwrap(leg) & FIRST != 0;
    }

    function hasAmountInRange(Leg leg) internal pure returns (bool) {
        uint64 minorUnits = leg.amount();
        return minorUnits > 0 && minorUnits <= MAX_AMOUNT;
    }

    function isToPayer(Leg leg) internal pure returns (bool) {
        return leg.payer() == leg.payee();
    }
}
