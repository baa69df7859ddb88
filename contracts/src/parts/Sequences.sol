// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISequences} from "../interfaces/ISequences.sol";
import {Actors} from "./Actors.sol";
import {ParticipantId, Sequence} from "../types/Identifiers.sol";

/// @title Which sequences of an initiator are used
///
/// ASSUMPTIONS: a bit is set once and outlives every module; an instruction is (initiator, sequence), so whatever module
/// comes second finds it used.
///
/// LIVENESS: an initiator can always void what it has not used.
abstract contract Sequences is ISequences, Actors {
    mapping(ParticipantId initiator => mapping(uint256 word => uint256 bits)) private _used;

    /// @inheritdoc ISequences
    function void(
        Sequence[] calldata sequences
    ) external {
        ParticipantId initiator = _paying();

        for (uint256 i; i < sequences.length; ++i) {
            if (_isUsed(initiator, sequences[i])) continue;

            _use(initiator, sequences[i]);

            emit Voided(initiator, sequences[i]);
        }
    }

    /// @inheritdoc ISequences
    function sequenceUsed(
        ParticipantId initiator,
        Sequence sequence
    ) external view returns (bool) {
        return _isUsed(initiator, sequence);
    }

    function _isUsed(
        ParticipantId initiator,
        Sequence sequence
    ) internal view returns (bool) {
        (uint256 word, uint256 bit) = _place(sequence);
        return _used[initiator][word] & bit != 0;
    }

    function _use(
        ParticipantId initiator,
        Sequence sequence
    ) internal {
        (uint256 word, uint256 bit) = _place(sequence);
        _used[initiator][word] |= bit;
    }

    function _place(
        Sequence sequence
    ) private pure returns (uint256 word, uint256 bit) {
        uint256 number = Sequence.unwrap(sequence);
        return (number >> 8, 1 << (number & 0xff));
    }
}
