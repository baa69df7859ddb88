// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {KeyNumber, ParticipantId} from "../types/Identifiers.sol";
import {KeyRole, ParticipantKind, Standing} from "../types/Kinds.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Who is here, and which key may act for whom in which role.
interface IParticipants is ITwoKeyChanges {
    /// @notice A participant's name in a clearing system, for example `USABA` `011104238`.
    struct MemberId {
        string system;
        string member;
    }

    /// @param key Address of the key; becomes a key once, for one participant, in one role, for ever.
    /// @param validFrom First second (UTC) at which it may act.
    /// @param validUntil Last second (UTC) at which it may act.
    struct KeyTerms {
        address key;
        KeyRole role;
        uint40 validFrom;
        uint40 validUntil;
    }

    /// @param bic Eleven characters of A–Z and 0–9; a bank has one, a corporate has none (0).
    /// @param lei Twenty characters of A–Z and 0–9, left aligned; of a corporate a salted digest.
    /// @param sponsor The bank on whose accounts a corporate's cash runs; corporates only, else 0.
    struct Admission {
        ParticipantKind kind;
        bytes11 bic;
        bytes32 lei;
        ParticipantId sponsor;
        MemberId[] memberIds;
        KeyTerms[] keys;
    }

    struct Participant {
        ParticipantKind kind;
        bool suspended;
        bool outgoingStopped;
        ParticipantId sponsor;
        bytes11 bic;
        bytes32 lei;
    }

    struct Key {
        ParticipantId participant;
        KeyNumber number;
        KeyRole role;
        bool revoked;
        uint40 validFrom;
        uint40 validUntil;
    }

    event ParticipantAdmitted(
        ParticipantId indexed participant,
        ParticipantKind kind,
        bytes11 bic,
        bytes32 lei,
        ParticipantId sponsor
    );
    event MemberIdAdded(ParticipantId indexed participant, string system, string member);
    event ParticipantSuspended(ParticipantId indexed participant);
    event ParticipantResumed(ParticipantId indexed participant);
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
    event OutgoingStopped(ParticipantId indexed participant);
    event OutgoingResumed(ParticipantId indexed participant);

    /// @notice A participant of this kind needs (or must not have) this BIC, LEI or sponsor.
    error AdmissionInvalid(ParticipantKind kind, bytes11 bic, bytes32 lei, ParticipantId sponsor);
    /// @notice A list of an admission is longer than the contract takes.
    error ListTooLong(uint256 length, uint256 limit);
    error BicTaken(bytes11 bic, ParticipantId holder);
    error LeiTaken(bytes32 lei, ParticipantId holder);
    error MemberIdTaken(string system, string member, ParticipantId holder);
    /// @notice System or member is not 1…35 printable ASCII characters (Max35Text of ISO 20022).
    error MemberIdInvalid(string system, string member);
    error ParticipantUnknown(ParticipantId participant);
    error AlreadySuspended(ParticipantId participant);
    error NotSuspended(ParticipantId participant);
    error OutgoingAlreadyStopped(ParticipantId participant);
    error OutgoingNotStopped(ParticipantId participant);
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

    /// @notice Admits a participant with its names and first keys. Operator.
    /// @return participant The next id.
    function admit(Admission calldata admission) external returns (ParticipantId participant);

    /// @notice Adds a clearing-system member id to a participant. Operator.
    function addMemberId(ParticipantId participant, MemberId calldata memberId) external;

    /// @notice Blocks a participant's debits; it is still credited. Operator, at once.
    function suspend(ParticipantId participant) external;

    /// @notice Ends a suspension. Operator.
    function resume(ParticipantId participant) external;

    /// @notice Blocks the sender's participant's own debits. One administer key, at once.
    function stopOutgoing() external;

    /// @notice Lifts the participant's own stop. Two administer keys and the delay (see `ITwoKeyChanges`).
    function resumeOutgoing() external;

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

    /// @notice Whether the participant may be debited.
    function standingOf(ParticipantId participant) external view returns (Standing);

    function kindOf(ParticipantId participant) external view returns (ParticipantKind);

    function participantOf(ParticipantId participant) external view returns (Participant memory);

    function keyOf(address key) external view returns (Key memory);

    function keyAt(ParticipantId participant, KeyNumber number) external view returns (address);

    /// @notice Participants admitted so far; the last one's id.
    function participantCount() external view returns (uint32);

    /// @notice 0 when nobody has it; so with the two below.
    function participantWithBic(bytes11 bic) external view returns (ParticipantId);

    function participantWithLei(bytes32 lei) external view returns (ParticipantId);

    function participantWithMemberId(MemberId calldata memberId) external view returns (ParticipantId);
}
