// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Instructions} from "./Instructions.sol";
import {Characters} from "../types/Characters.sol";
import {NOBODY, ParticipantId} from "../types/Identifiers.sol";
import {Instruction, Leg} from "../types/Legs.sol";
import {NOTHING, Waiting} from "../types/Waiting.sol";

/// @title What waits
///
/// STATES: proposed → queued → ended. An instruction waits while its entry exists.
///
/// ASSUMPTIONS: the ledger counts, per account, the queued instructions that nobody holds and that are urgent for the account's
/// holder. Per initiator and party, `proposalsFor` is the number of proposals that need the party's consent.
abstract contract Queue is Instructions {
    using Characters for bytes32;

    bytes4 internal constant CLOSING = "CLSG";
    bytes4 internal constant SUSPENDED = "SUSP";
    uint256 private constant PROPOSAL_LIMIT = 64;

    mapping(bytes32 digest => Waiting) internal _waiting;
    mapping(ParticipantId initiator => mapping(ParticipantId participant => uint256)) public proposalsFor;

    /// @dev Whether a proposed instruction lacks the participant's consent.
    function _waitsFor(
        Leg[] calldata legs,
        ParticipantId[] memory debtors,
        Waiting waiting,
        ParticipantId participant
    ) internal pure returns (bool) {
        if (!waiting.exists() || waiting.isQueued()) return false;

        uint8 bit = _bitOf(debtors, participant);
        if (bit != 0) return waiting.consents() & bit == 0;
        return _legsTo(legs, waiting.asked() & ~waiting.accepted(), participant) != 0;
    }

    /// @dev The entry with a participant's consent; the last one completes it.
    function _withConsent(
        Leg[] calldata legs,
        ParticipantId[] memory debtors,
        Waiting waiting,
        ParticipantId participant,
        bool urgent
    ) internal pure returns (Waiting next) {
        uint8 bit = _bitOf(debtors, participant);
        next = waiting.withConsents(waiting.consents() | bit);
        if (urgent) next = next.withUrgent(next.urgent() | bit);
        uint32 asked = waiting.asked();
        if (asked != 0) next = next.withAccepted(next.accepted() | _legsTo(legs, asked, participant));

        bool isComplete = next.consents() == (1 << debtors.length) - 1 && next.accepted() == asked;
        if (isComplete) next = next.withQueued();
    }

    /// @dev Is there room for another proposal to everybody that it needs?
    function _hasRoom(
        ParticipantId initiator,
        Leg[] calldata legs,
        ParticipantId[] memory debtors,
        uint32 asked
    ) internal view returns (bool) {
        for (uint256 i; i < _places(legs, debtors, asked); ++i) {
            ParticipantId other = _otherAt(i, initiator, legs, debtors, asked);
            if (other != NOBODY && proposalsFor[initiator][other] >= PROPOSAL_LIMIT) return false;
        }
        return true;
    }

    function _countProposal(
        ParticipantId initiator,
        Leg[] calldata legs,
        ParticipantId[] memory debtors,
        uint32 asked,
        bool isMore
    ) internal {
        for (uint256 i; i < _places(legs, debtors, asked); ++i) {
            ParticipantId other = _otherAt(i, initiator, legs, debtors, asked);
            if (other == NOBODY) continue;
            uint256 count = proposalsFor[initiator][other];
            proposalsFor[initiator][other] = isMore ? count + 1 : count - 1;
        }
    }

    function _places(Leg[] calldata legs, ParticipantId[] memory debtors, uint32 asked)
        private
        pure
        returns (uint256)
    {
        return asked == 0 ? debtors.length : debtors.length + legs.length;
    }

    /// @dev Those whose consent it needs beside the initiator's, each once: debtors at the first places, then asked payees.
    function _otherAt(
        uint256 place,
        ParticipantId initiator,
        Leg[] calldata legs,
        ParticipantId[] memory debtors,
        uint32 asked
    ) private pure returns (ParticipantId other) {
        if (place < debtors.length) return debtors[place] == initiator ? NOBODY : debtors[place];

        uint256 leg = place - debtors.length;
        if ((asked >> leg) & 1 == 0) return NOBODY;
        other = legs[leg].payee();
        bool wasEarlier = _legsTo(legs, asked & uint32((1 << leg) - 1), other) != 0;
        return wasEarlier || other == initiator ? NOBODY : other;
    }

    /// @dev A code that no rule of this contract gives.
    function _isReason(bytes4 reason) internal pure returns (bool) {
        return bytes32(reason).isAlphanumeric(4) && reason != CLOSING && reason != SUSPENDED;
    }

    /// @dev Takes an instruction from where it waits, whether it settled or not.
    function _end(
        Instruction calldata instruction,
        bytes32 digest,
        ParticipantId[] memory debtors,
        Waiting waiting
    ) internal {
        _waiting[digest] = NOTHING;

        if (!waiting.isQueued()) {
            Leg[] calldata legs = instruction.legs;
            _countProposal(instruction.head.initiator(), legs, debtors, waiting.asked(), false);
        } else if (waiting.holds() == 0) {
            _countUrgent(instruction, debtors, waiting.urgent(), false);
        }
    }

    /// @dev Tells the ledger that the instruction counts, or no more, as urgent for some of the debtors.
    function _countUrgent(
        Instruction calldata instruction,
        ParticipantId[] memory debtors,
        uint8 urgent,
        bool isMore
    ) internal {
        if (urgent != 0) {
            ledger.countUrgent(_accountsOf(instruction.legs, debtors, urgent), isMore);
        }
    }
}
