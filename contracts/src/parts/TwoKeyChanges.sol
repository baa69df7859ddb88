// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {ITwoKeyChanges} from "../interfaces/ITwoKeyChanges.sol";

/// @title Two administer keys and a delay, before a participant gains power
///
/// STATES: none → proposed → agreed → (delay) → carried out | cancelled | lapsed.
///
/// ASSUMPTIONS: a change stands only while the keys that consented may still administer the participant: revoking a key
/// takes its consents to changes with it.
///
/// LIVENESS: what is not carried out lapses a week after it could have been, and can then be proposed anew.
abstract contract TwoKeyChanges is ITwoKeyChanges {
    struct Change {
        address proposer;
        uint40 lapsesAt;
        address seconder;
        uint40 readyAt;
    }

    uint40 private constant LAPSE = 7 days;

    /// @inheritdoc ITwoKeyChanges
    uint32 public immutable delay;

    mapping(bytes32 change => Change) private _changes;

    constructor(uint32 delaySeconds) {
        delay = delaySeconds;
    }

    /// @inheritdoc ITwoKeyChanges
    function cancelChange(bytes calldata call) external {
        ParticipantId participant = _administeringParticipant();
        bytes32 change = _changeOf(participant, call);
        require(_changes[change].proposer != address(0), ChangeUnknown(change));

        delete _changes[change];

        emit ChangeCancelled(participant, change, msg.sender);
    }

    /// @inheritdoc ITwoKeyChanges
    function pendingChange(ParticipantId participant, bytes calldata call)
        external
        view
        returns (address proposer, address seconder, uint40 readyAt, uint40 lapsesAt)
    {
        Change storage pending = _changes[_changeOf(participant, call)];

        if (_stands(participant, pending)) {
            return (pending.proposer, pending.seconder, pending.readyAt, pending.lapsesAt);
        }
    }

    /// @dev Notes the sender's consent to the present call. The caller has established that the sender is an administer key of
    /// the participant.
    /// @return mayTakeEffect Whether nothing more is missing; if so the change is spent.
    function _recordConsent(ParticipantId participant) internal returns (bool mayTakeEffect) {
        bytes32 change = _changeOf(participant, msg.data);
        Change storage pending = _changes[change];

        if (!_stands(participant, pending)) {
            _propose(participant, change);
            return false;
        }
        if (pending.seconder == address(0)) {
            _second(participant, change, pending);
            if (delay > 0) return false;
        }
        uint40 readyAt = pending.readyAt;
        require(block.timestamp >= readyAt, ChangeNotReady(change, readyAt));

        delete _changes[change];
        return true;
    }

    /// @dev Takes back a change that somebody else's act overtakes, if it is pending.
    function _dropChange(ParticipantId participant, bytes memory call) internal {
        bytes32 change = _changeOf(participant, call);
        if (_changes[change].proposer == address(0)) return;

        delete _changes[change];

        emit ChangeCancelled(participant, change, msg.sender);
    }

    function _propose(ParticipantId participant, bytes32 change) private {
        uint40 lapsesAt = uint40(block.timestamp) + LAPSE;
        _changes[change] =
            Change({proposer: msg.sender, lapsesAt: lapsesAt, seconder: address(0), readyAt: 0});

        emit ChangeProposed(participant, change, msg.sender, msg.data);
    }

    function _second(ParticipantId participant, bytes32 change, Change storage pending) private {
        require(pending.proposer != msg.sender, SecondKeyNeeded(change, msg.sender));

        uint40 readyAt = uint40(block.timestamp) + delay;
        pending.seconder = msg.sender;
        pending.readyAt = readyAt;
        pending.lapsesAt = readyAt + LAPSE;

        emit ChangeAgreed(participant, change, msg.sender, readyAt);
    }

    function _stands(ParticipantId participant, Change storage pending) private view returns (bool) {
        return pending.proposer != address(0) && block.timestamp <= pending.lapsesAt
            && _mayAdminister(pending.proposer, participant)
            && (pending.seconder == address(0) || _mayAdminister(pending.seconder, participant));
    }

    function _changeOf(ParticipantId participant, bytes memory call) private pure returns (bytes32) {
        return keccak256(abi.encode(participant, call));
    }

    /// @dev The participant whose administer key sent this; reverts when it administers none.
    function _administeringParticipant() internal view virtual returns (ParticipantId);

    function _mayAdminister(address key, ParticipantId participant) internal view virtual returns (bool);
}
