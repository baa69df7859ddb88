// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Sequence, ParticipantId} from "../types/Identifiers.sol";

/// @notice Which sequences of an initiator are used: one bit each, set once, by whichever module accepts it first.
interface ISequences {
    event Voided(ParticipantId indexed initiator, Sequence sequence);

    error TooManySequences(uint256 length, uint256 limit);

    /// @notice Burns up to 500 of the sender's participant's sequences, so that nothing can ever settle under them. Used ones
    /// are skipped. By a pay key; also while the participant is suspended or stopped.
    function void(Sequence[] calldata sequences) external;

    /// @notice Whether the sequence was accepted or voided.
    function sequenceUsed(ParticipantId initiator, Sequence sequence) external view returns (bool);
}
