// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IContacts} from "../interfaces/IContacts.sol";
import {TwoKeyChanges} from "./TwoKeyChanges.sol";
import {Characters} from "../types/Characters.sol";
import {ParticipantId} from "../types/Identifiers.sol";

/// @title Where documents go, and for which key
///
/// ROLES: a participant's administer keys: one removes, two and the delay set.
///
/// ASSUMPTIONS: nodes read both from the events. Storage has a digest of each, by which anybody checks that what it read is what
/// stands, at two slots instead of forty.
abstract contract Contacts is IContacts, TwoKeyChanges {
    using Characters for string;

    struct Contact {
        bytes32 endpointHash;
        bytes32 encryptionKeyHash;
    }

    uint256 private constant ENDPOINT_LIMIT = 255;
    uint256 private constant ENCRYPTION_KEY_LIMIT = 1024;

    mapping(ParticipantId participant => Contact) private _contacts;

    /// @inheritdoc IContacts
    function setEndpoint(string calldata endpoint) external {
        ParticipantId participant = _administeringParticipant();
        bool removes = bytes(endpoint).length == 0;
        require(removes || endpoint.isSecureUrl(ENDPOINT_LIMIT), EndpointInvalid(endpoint));
        if (!removes && !_recordConsent(participant)) return;

        _contacts[participant].endpointHash = removes ? bytes32(0) : keccak256(bytes(endpoint));

        emit EndpointSet(participant, endpoint);
    }

    /// @inheritdoc IContacts
    function setEncryptionKey(bytes calldata encryptionKey) external {
        ParticipantId participant = _administeringParticipant();
        bool removes = encryptionKey.length == 0;
        require(
            encryptionKey.length <= ENCRYPTION_KEY_LIMIT,
            EncryptionKeyTooLong(encryptionKey.length, ENCRYPTION_KEY_LIMIT)
        );
        if (!removes && !_recordConsent(participant)) return;

        _contacts[participant].encryptionKeyHash = removes ? bytes32(0) : keccak256(encryptionKey);

        emit EncryptionKeySet(participant, encryptionKey);
    }

    /// @inheritdoc IContacts
    function contactsOf(ParticipantId participant) external view returns (bytes32, bytes32) {
        Contact storage contact = _contacts[participant];
        return (contact.endpointHash, contact.encryptionKeyHash);
    }
}
