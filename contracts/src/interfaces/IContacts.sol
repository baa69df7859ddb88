// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Where a participant takes documents, and for which key they are encrypted.
interface IContacts is ITwoKeyChanges {
    /// @param endpoint Empty: it takes no documents.
    event EndpointSet(ParticipantId indexed participant, string endpoint);
    /// @param encryptionKey Empty: nothing can be encrypted for it.
    event EncryptionKeySet(ParticipantId indexed participant, bytes encryptionKey);

    /// @notice Not an https URL of at most 255 printable ASCII characters.
    error EndpointInvalid(string endpoint);
    error EncryptionKeyTooLong(uint256 length, uint256 limit);

    /// @notice Sets where the sender's participant takes documents: an https URL. Two administer keys and the delay, for it
    /// redirects documents; to remove it (empty) takes one, at once.
    function setEndpoint(string calldata endpoint) external;

    /// @notice Sets the public key for which documents to the sender's participant are encrypted: 1…1,024 bytes in a form that
    /// the nodes know. Two administer keys and the delay; to remove it (empty) takes one, at once.
    function setEncryptionKey(bytes calldata encryptionKey) external;

    /// @notice keccak256 of what stands; 0 when nothing does. The events have the whole.
    function contactsOf(ParticipantId participant)
        external
        view
        returns (bytes32 endpointHash, bytes32 encryptionKeyHash);
}
