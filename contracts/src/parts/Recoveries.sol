// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {IRecoveries} from "../interfaces/IRecoveries.sol";
import {Keys} from "./Keys.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title New administer keys for a participant that lost its own
///
/// ROLES: the quorum proposes, completes and cancels; any one administer key of the participant vetoes.
///
/// STATES: none → proposed → (delay) → completed | vetoed | cancelled | lapsed. One at a time for each participant. From the
/// proposal on the participant is stopped, and no end of a recovery lifts that: a stop is lifted by two keys and the delay,
/// whoever set it, so a thief's veto gains the thief nothing.
///
/// ASSUMPTIONS: this is for lost keys, not for stolen ones: a thief with one administer key vetoes, so against it there is
/// suspension. A quorum that proposes without reason stops a bank again and again, in the open, as operators can by suspending.
/// Who takes a proposed address first gains nothing and makes the quorum begin anew, with other keys.
///
/// LIVENESS: what is not completed within two weeks lapses, and can be proposed anew. The new keys, two at least, are enough to
/// lift the stop.
abstract contract Recoveries is IRecoveries, Keys, AccessManaged {
    uint40 private constant LAPSE = 14 days;
    uint256 private constant KEYS_LEAST = 2;
    uint256 private constant KEYS_MOST = 8;

    mapping(ParticipantId participant => Recovery) private _recoveries;

    // The quorum's

    /// @inheritdoc IRecoveries
    function proposeRecovery(ParticipantId participant, KeyTerms[] calldata keys) external restricted {
        _requireAdmitted(participant);
        _requireNoRecovery(participant);
        address[] memory addresses = _recoveryKeys(keys);

        uint40 readyAt = uint40(block.timestamp) + delay;
        uint40 lapsesAt = readyAt + LAPSE;

        _recoveries[participant] = Recovery({keys: _digestOf(keys), readyAt: readyAt, lapsesAt: lapsesAt});

        emit RecoveryProposed(participant, addresses, readyAt, lapsesAt);

        _ensureStopped(participant);
        // Else who is left with one key could veto and resume by consents that were given before.
        _dropChange(participant, abi.encodeCall(IParticipants.resumeOutgoing, ()));
    }

    /// @inheritdoc IRecoveries
    function completeRecovery(ParticipantId participant, KeyTerms[] calldata keys) external restricted {
        Recovery storage pending = _pendingRecovery(participant);
        require(block.timestamp >= pending.readyAt, RecoveryNotReady(participant, pending.readyAt));
        require(_digestOf(keys) == pending.keys, RecoveryKeysDiffer(participant));

        delete _recoveries[participant];

        for (uint256 i; i < keys.length; ++i) {
            _requireNewKey(keys[i]);
            _addKey(participant, keys[i]);
        }

        emit RecoveryCompleted(participant);
    }

    /// @inheritdoc IRecoveries
    function cancelRecovery(ParticipantId participant) external restricted {
        _pendingRecovery(participant);

        delete _recoveries[participant];

        emit RecoveryCancelled(participant);
    }

    // The participant's own

    /// @inheritdoc IRecoveries
    function vetoRecovery() external {
        ParticipantId participant = _administeringParticipant();
        _pendingRecovery(participant);

        delete _recoveries[participant];

        emit RecoveryVetoed(participant, msg.sender);
    }

    // Views

    /// @inheritdoc IRecoveries
    function recoveryOf(ParticipantId participant) external view returns (Recovery memory recovery) {
        if (_isPending(participant)) recovery = _recoveries[participant];
    }

    // Rules

    function _requireNoRecovery(ParticipantId participant) internal view {
        require(!_isPending(participant), RecoveryPending(participant, _recoveries[participant].lapsesAt));
    }

    function _pendingRecovery(ParticipantId participant) private view returns (Recovery storage) {
        require(_isPending(participant), RecoveryUnknown(participant));

        return _recoveries[participant];
    }

    /// @dev No second is at or before 0, where there is none.
    function _isPending(ParticipantId participant) private view returns (bool) {
        return block.timestamp <= _recoveries[participant].lapsesAt;
    }

    /// @dev The addresses of a list that could be added now.
    function _recoveryKeys(KeyTerms[] calldata keys) private view returns (address[] memory addresses) {
        require(
            keys.length >= KEYS_LEAST && keys.length <= KEYS_MOST,
            RecoveryKeyCount(keys.length, KEYS_LEAST, KEYS_MOST)
        );
        addresses = new address[](keys.length);

        for (uint256 i; i < keys.length; ++i) {
            address key = keys[i].key;
            require(
                keys[i].role == KeyRole.Administer, KeyHasOtherRole(key, keys[i].role, KeyRole.Administer)
            );
            _requireNewKey(keys[i]);
            for (uint256 j; j < i; ++j) {
                require(addresses[j] != key, RecoveryKeyRepeated(key));
            }
            addresses[i] = key;
        }
    }

    function _digestOf(KeyTerms[] calldata keys) private pure returns (bytes32) {
        return keccak256(abi.encode(keys));
    }

    function _requireAdmitted(ParticipantId participant) internal view virtual;

    /// @dev Stops the participant's debits unless they are stopped.
    function _ensureStopped(ParticipantId participant) internal virtual;
}
