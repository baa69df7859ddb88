// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../interfaces/IKeys.sol";
import {TwoKeyChanges} from "./TwoKeyChanges.sol";
import {KeyNumber, NOBODY, ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title The numbered keys of every participant
///
/// ROLES: a participant's administer keys: one ends or shortens a key at once, two and the delay add one.
///
/// STATES: a key is not yet valid, valid, expired or revoked. It never goes back.
///
/// ASSUMPTIONS: an address is one key, of one participant, in one role, for ever. Nobody proves that it holds the key it adds:
/// somebody else may take an address first, which gains it nothing and costs its owner a new key.
abstract contract Keys is IKeys, TwoKeyChanges {
    /// @inheritdoc IKeys
    mapping(ParticipantId participant => mapping(KeyNumber number => address)) public keyAt;

    mapping(address key => Key) private _keys;
    mapping(ParticipantId participant => KeyNumber) private _lastKey;

    // The participant's own

    /// @inheritdoc IKeys
    function addKey(KeyTerms calldata terms) external {
        ParticipantId participant = _administeringParticipant();
        _requireNewKey(terms);
        if (!_recordConsent(participant)) return;

        _addKey(participant, terms);
    }

    /// @inheritdoc IKeys
    function rotateKey(KeyNumber old, KeyTerms calldata successor, uint32 overlap) external {
        ParticipantId participant = _administeringParticipant();
        Key storage rotated = _ownKey(participant, old);
        require(successor.role == rotated.role, KeyHasOtherRole(successor.key, successor.role, rotated.role));
        _requireNewKey(successor);
        if (!_recordConsent(participant)) return;

        uint40 expiry = uint40(block.timestamp) + overlap;
        _addKey(participant, successor);
        if (expiry < rotated.validUntil) _setKeyExpiry(participant, rotated, expiry);
    }

    /// @inheritdoc IKeys
    function setKeyExpiry(KeyNumber number, uint40 validUntil) external {
        ParticipantId participant = _administeringParticipant();
        Key storage key = _ownKey(participant, number);
        require(validUntil < key.validUntil, ExpiryNotShortened(number, key.validUntil, validUntil));

        _setKeyExpiry(participant, key, validUntil);
    }

    /// @inheritdoc IKeys
    function revokeKey(KeyNumber number) external {
        ParticipantId participant = _administeringParticipant();
        Key storage key = _ownKey(participant, number);

        key.revoked = true;

        emit KeyRevoked(participant, number);
    }

    // Views

    /// @inheritdoc IKeys
    function authorise(address key, KeyRole role) external view returns (ParticipantId) {
        return _authorise(key, role);
    }

    /// @inheritdoc IKeys
    function mayAct(address key, ParticipantId participant, KeyRole role) external view returns (bool) {
        return _mayAct(key, participant, role);
    }

    /// @inheritdoc IKeys
    function keyOf(address key) external view returns (Key memory) {
        return _keys[key];
    }

    // Rules

    function _requireNewKey(KeyTerms calldata terms) internal view {
        require(
            terms.key != address(0) && terms.role != KeyRole.None && terms.validUntil > terms.validFrom
                && terms.validUntil > block.timestamp,
            KeyTermsInvalid(terms.key, terms.role, terms.validFrom, terms.validUntil)
        );
        ParticipantId holder = _keys[terms.key].participant;
        require(holder == NOBODY, KeyTaken(terms.key, holder));
    }

    function _authorise(address key, KeyRole role) internal view returns (ParticipantId) {
        Key storage asked = _keys[key];
        require(asked.participant != NOBODY, KeyUnknown(key));
        require(asked.role == role, KeyHasOtherRole(key, asked.role, role));
        require(!asked.revoked, KeyIsRevoked(key));
        require(block.timestamp >= asked.validFrom, KeyNotYetValid(key, asked.validFrom));
        require(block.timestamp <= asked.validUntil, KeyExpired(key, asked.validUntil));

        return asked.participant;
    }

    function _mayAct(address key, ParticipantId participant, KeyRole role) private view returns (bool) {
        Key storage asked = _keys[key];

        return asked.participant == participant && asked.role == role && !asked.revoked
            && block.timestamp >= asked.validFrom && block.timestamp <= asked.validUntil;
    }

    function _administeringParticipant() internal view override returns (ParticipantId) {
        return _authorise(msg.sender, KeyRole.Administer);
    }

    function _mayAdminister(address key, ParticipantId participant) internal view override returns (bool) {
        return _mayAct(key, participant, KeyRole.Administer);
    }

    function _ownKey(ParticipantId participant, KeyNumber number) private view returns (Key storage key) {
        address signer = keyAt[participant][number];
        key = _keys[signer];
        require(signer != address(0), KeyNumberUnknown(participant, number));
        require(!key.revoked, KeyIsRevoked(signer));
    }

    // Effects

    /// @dev The caller has required that it is a new key.
    function _addKey(ParticipantId participant, KeyTerms calldata terms) internal {
        KeyNumber number = KeyNumber.wrap(KeyNumber.unwrap(_lastKey[participant]) + 1);
        _lastKey[participant] = number;
        keyAt[participant][number] = terms.key;
        _keys[terms.key] = Key({
            participant: participant,
            number: number,
            role: terms.role,
            revoked: false,
            validFrom: terms.validFrom,
            validUntil: terms.validUntil
        });

        emit KeyAdded(participant, number, terms.key, terms.role, terms.validFrom, terms.validUntil);
    }

    function _setKeyExpiry(ParticipantId participant, Key storage key, uint40 validUntil) private {
        key.validUntil = validUntil;

        emit KeyExpirySet(participant, key.number, validUntil);
    }
}
