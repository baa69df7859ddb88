// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {IKeys} from "./IKeys.sol";

/// @notice How a participant that lost its administer keys gets new ones from the quorum.
///
/// HOW: the quorum proposes keys, which stops the participant's debits at once; after the delay it completes, with the same
/// keys. Until then any administer key that the participant still has vetoes: who can veto is not lost.
interface IRecoveries is IKeys {
    /// @param keys Digest of the proposed keys, in their order.
    /// @param readyAt First second (UTC) at which it may be completed.
    /// @param lapsesAt Last second (UTC) at which it may be completed.
    struct Recovery {
        bytes32 keys;
        uint40 readyAt;
        uint40 lapsesAt;
    }

    /// @param keys Addresses of the proposed keys; from when until when each may act is said by `KeyAdded` at completion.
    event RecoveryProposed(
        ParticipantId indexed participant, address[] keys, uint40 readyAt, uint40 lapsesAt
    );
    event RecoveryVetoed(ParticipantId indexed participant, address key);
    event RecoveryCompleted(ParticipantId indexed participant);
    event RecoveryCancelled(ParticipantId indexed participant);

    /// @notice A recovery has two keys, which is what lifts a stop, or a few more.
    error RecoveryKeyCount(uint256 count, uint256 least, uint256 most);
    /// @notice The list has the key twice.
    error RecoveryKeyRepeated(address key);
    /// @notice A recovery of the participant waits until `lapsesAt`.
    error RecoveryPending(ParticipantId participant, uint40 lapsesAt);
    /// @notice No recovery of the participant waits: none was proposed, or it is completed, vetoed, cancelled or lapsed.
    error RecoveryUnknown(ParticipantId participant);
    error RecoveryNotReady(ParticipantId participant, uint40 readyAt);
    /// @notice These are not exactly the keys that were proposed.
    error RecoveryKeysDiffer(ParticipantId participant);

    /// @notice Stops a participant's debits at once and proposes administer keys for it. Quorum.
    function proposeRecovery(ParticipantId participant, KeyTerms[] calldata keys) external;

    /// @notice Ends the recovery of the sender's participant; the debits stay stopped (see `resumeOutgoing`). One administer
    /// key, at once.
    function vetoRecovery() external;

    /// @notice Adds the proposed keys; the debits stay stopped until two administer keys and the delay lift that. Quorum, after
    /// the delay.
    function completeRecovery(ParticipantId participant, KeyTerms[] calldata keys) external;

    /// @notice Ends a recovery; the debits stay stopped. Quorum.
    function cancelRecovery(ParticipantId participant) external;

    /// @notice The recovery that waits; all 0 when none does.
    function recoveryOf(ParticipantId participant) external view returns (Recovery memory);
}
