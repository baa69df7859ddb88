// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";

/// @notice What a participant may change about itself only with two administer keys and after a delay.
///
/// HOW: the same call is made three times. By one administer key (it is proposed), by another (it is agreed, the delay
/// starts), and after the delay by any administer key (it is carried out). A deployment without delay carries it out with
/// the second call. Who agrees sees every argument in the call; nobody agrees to a bare hash.
///
/// MIND: a third call that comes too late, or when one of the two keys may no longer administer, proposes anew: its event says
/// so. Lowering a value leaves an agreed raise of it as it is: whoever lowers in an emergency also calls `cancelChange`, which
/// takes one key and is at once.
interface ITwoKeyChanges {
    /// @param change Digest of participant and call.
    /// @param call The calldata that the second key repeats.
    event ChangeProposed(ParticipantId indexed participant, bytes32 indexed change, address key, bytes call);
    event ChangeAgreed(
        ParticipantId indexed participant, bytes32 indexed change, address key, uint40 readyAt
    );
    event ChangeCancelled(ParticipantId indexed participant, bytes32 indexed change, address key);

    /// @notice The second consent came from the key that gave the first.
    error SecondKeyNeeded(bytes32 change, address key);
    /// @notice The change is agreed and its delay runs until `readyAt`.
    error ChangeNotReady(bytes32 change, uint40 readyAt);
    /// @notice There is no such change of this participant to cancel.
    error ChangeUnknown(bytes32 change);

    /// @notice Takes a pending change back. By any one administer key of the participant, at once.
    /// @param call The calldata of the change.
    function cancelChange(bytes calldata call) external;

    /// @notice Seconds between agreement and effect, of everything that gains power. 0 marks a demo deployment.
    function delay() external view returns (uint32);

    /// @notice Where a change stands. `proposer` 0: it does not. `seconder` 0: it waits for the second key.
    function pendingChange(ParticipantId participant, bytes calldata call)
        external
        view
        returns (address proposer, address seconder, uint40 readyAt, uint40 lapsesAt);
}
