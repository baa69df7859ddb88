// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, ParticipantId, Sequence} from "./Identifiers.sol";
import {Leg} from "./Legs.sol";
import {MAX_AMOUNT} from "./Amounts.sol";

/// @notice Everything that a single-leg instruction says, in one word. From the most significant bit:
/// `flags u8 | sequence u64 | asset u32 | payer u32 | payee u32 | amount u64 | zero u24`.
/// Flags bit 0 is urgent; every other flag and the last 24 bits are zero. The same word is in calldata, in the event and
/// under the approval's digest, so nobody ever has to repack it.
type Terms is uint256;

using TermsLibrary for Terms global;

/// @dev A leg as if it were a payment of its own.
function termsOf(Sequence sequence, Leg leg) pure returns (Terms) {
    uint256 movement = (Leg.unwrap(leg) >> 96) << 24;
    return Terms.wrap(
        (leg.isUrgent() ? uint256(1) << 248 : 0) | (uint256(Sequence.unwrap(sequence)) << 184) | movement
    );
}

library TermsLibrary {
    uint256 private constant URGENT = 1 << 248;
    uint256 private constant UNASSIGNED = (uint256(0xfe) << 248) | 0xffffff;

    function isUrgent(Terms terms) internal pure returns (bool) {
        return Terms.unwrap(terms) & URGENT != 0;
    }

    function sequence(Terms terms) internal pure returns (Sequence) {
        return Sequence.wrap(uint64(Terms.unwrap(terms) >> 184));
    }

    function asset(Terms terms) internal pure returns (AssetId) {
        return AssetId.wrap(uint32(Terms.unwrap(terms) >> 152));
    }

    function payer(Terms terms) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Terms.unwrap(terms) >> 120));
    }

    function payee(Terms terms) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(Terms.unwrap(terms) >> 88));
    }

    function amount(Terms terms) internal pure returns (uint64) {
        return uint64(Terms.unwrap(terms) >> 24);
    }

    /// @notice Whether every bit without a meaning is zero.
    function isWellFormed(Terms terms) internal pure returns (bool) {
        return Terms.unwrap(terms) & UNASSIGNED == 0;
    }

    function hasAmountInRange(Terms terms) internal pure returns (bool) {
        uint64 minorUnits = terms.amount();
        return minorUnits > 0 && minorUnits <= MAX_AMOUNT;
    }

    function isToPayer(Terms terms) internal pure returns (bool) {
        return terms.payer() == terms.payee();
    }
}
