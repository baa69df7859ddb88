// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISequences} from "../interfaces/ISequences.sol";
import {Actors} from "./Actors.sol";
import {Books} from "./Books.sol";
import {ParticipantId, Sequence} from "../types/Identifiers.sol";

/// @title Which sequences of an initiator are used
///
/// ASSUMPTIONS: a bit is set once and outlives every module; an instruction is (initiator, sequence), so whatever module
/// comes second finds it used.
///
/// LIVENESS: an initiator can always void what it has not used.
abstract contract Sequences is ISequences, Books, Actors {
    /// @dev 256 consecutive sequences of one initiator, in memory while a batch uses them.
    /// @param id Names it: `initiator u32 ‖ sequence / 256`.
    struct Page {
        uint256 id;
        uint256 usedBits;
    }

    uint256 private constant LIST_LIMIT = 500;

    /// @inheritdoc ISequences
    function void(Sequence[] calldata sequences) external {
        ParticipantId initiator = _payingParticipant();
        require(sequences.length <= LIST_LIMIT, TooManySequences(sequences.length, LIST_LIMIT));

        for (uint256 i; i < sequences.length; ++i) {
            Page memory page = _pageOf(initiator, sequences[i]);
            if (_isUsed(page, sequences[i])) continue;

            _use(page, sequences[i]);
            _storePage(page);

            emit Voided(initiator, sequences[i]);
        }
    }

    /// @inheritdoc ISequences
    function sequenceUsed(ParticipantId initiator, Sequence sequence) external view returns (bool) {
        return _isUsed(_pageOf(initiator, sequence), sequence);
    }

    function _pageOf(ParticipantId initiator, Sequence sequence) internal view returns (Page memory page) {
        page.id = _pageIdOf(initiator, sequence);
        page.usedBits = _pages[page.id];
    }

    function _isOn(Page memory page, ParticipantId initiator, Sequence sequence)
        internal
        pure
        returns (bool)
    {
        return page.id == _pageIdOf(initiator, sequence);
    }

    function _isUsed(Page memory page, Sequence sequence) internal pure returns (bool) {
        return page.usedBits & _bitOf(sequence) != 0;
    }

    function _use(Page memory page, Sequence sequence) internal pure {
        page.usedBits |= _bitOf(sequence);
    }

    function _storePage(Page memory page) internal {
        _pages[page.id] = page.usedBits;
    }

    function _pageIdOf(ParticipantId initiator, Sequence sequence) private pure returns (uint256) {
        return (uint256(ParticipantId.unwrap(initiator)) << 56) | (Sequence.unwrap(sequence) >> 8);
    }

    function _bitOf(Sequence sequence) private pure returns (uint256) {
        return 1 << (Sequence.unwrap(sequence) & 0xff);
    }
}
