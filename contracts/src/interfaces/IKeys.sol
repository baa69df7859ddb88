// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {KeyNumber, ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Which key may act for whom in which role, and how a participant changes its keys.
interface IKeys is ITwoKeyChanges {
    /// @param key Address of the key; becomes a key once, for one participant, in one role, for ever.
    /// @param validFrom First second (UTC) at which it may act.
    /// @param validUntil Last second (UTC) at which it may act.
    struct KeyTerms {
        address key;
        KeyRole role;
        uint40 validFrom;
        uint40 validUntil;
    }

    struct Key {
        ParticipantId participant;
        KeyNumber number;
        KeyRole role;
        bool revoked;
        uint40 validFrom;
        uint40 validUntil;
    }

    event KeyAdded(
        ParticipantId indexed participant,
        KeyNumber number,
        address key,
        KeyRole role,
        uint40 validFrom,
        uint40 validUntil
    );
    event KeyExpirySet(ParticipantId indexed participant, KeyNumber number, uint40 validUntil);
    event KeyRevoked(ParticipantId indexed participant, KeyNumber number);

    /// @notice The address is, or once was, a key.
    error KeyTaken(address key, ParticipantId holder);
    /// @notice No address, no role, or no second in which the key would be valid.
    error KeyTermsInvalid(address key, KeyRole role, uint40 validFrom, uint40 validUntil);
    error KeyUnknown(address key);
    error KeyNumberUnknown(ParticipantId participant, KeyNumber number);
    error KeyHasOtherRole(address key, KeyRole role, KeyRole needed);
    error KeyIsRevoked(address key);
    error KeyNotYetValid(address key, uint40 validFrom);
    error KeyExpired(address key, uint40 validUntil);
    /// @notice A key's validity can only be shortened; a longer one takes a new key.
    error ExpiryNotShortened(KeyNumber number, uint40 validUntil, uint40 wanted);

    /// @notice Adds a key. Two administer keys and the delay.
    function addKey(KeyTerms calldata terms) external;

    /// @notice Adds a key in the role of an old one, which stays valid for `overlap` more seconds. Two administer keys and
    /// the delay; both count from the moment the change is carried out.
    function rotateKey(KeyNumber old, KeyTerms calldata successor, uint32 overlap) external;

    /// @notice Shortens a key's validity. One administer key, at once.
    function setKeyExpiry(KeyNumber number, uint40 validUntil) external;

    /// @notice Ends a key for ever; consents to payments it gave before stay. One administer key, at once.
    function revokeKey(KeyNumber number) external;

    /// @notice The participant for which the key may act in the role now; reverts with the reason when there is none.
    function authorise(address key, KeyRole role) external view returns (ParticipantId);

    /// @notice Whether the key may act for the participant in the role now.
    function mayAct(address key, ParticipantId participant, KeyRole role) external view returns (bool);

    function keyOf(address key) external view returns (Key memory);

    function keyAt(ParticipantId participant, KeyNumber number) external view returns (address);
}
