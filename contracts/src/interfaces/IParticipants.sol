// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {ParticipantKind, Standing} from "../types/Kinds.sol";
import {IContacts} from "./IContacts.sol";
import {IRecoveries} from "./IRecoveries.sol";

/// @notice Who is here, and which key may act for whom in which role.
interface IParticipants is IRecoveries, IContacts {
    /// @notice A participant's name in a clearing system, for example `USABA` `011104238`.
    struct MemberId {
        string system;
        string member;
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

    event ParticipantAdmitted(
        ParticipantId indexed participant,
        ParticipantKind kind,
        bytes11 bic,
        bytes32 lei,
        ParticipantId sponsor
    );
    event MemberIdAdded(ParticipantId indexed participant, string system, string member);
    event SponsorSet(ParticipantId indexed corporate, ParticipantId bank);
    event ParticipantSuspended(ParticipantId indexed participant);
    event ParticipantResumed(ParticipantId indexed participant);
    event OutgoingStopped(ParticipantId indexed participant);
    event OutgoingResumed(ParticipantId indexed participant);
    /// @notice The participant's records had this digest when it said so.
    event Anchored(ParticipantId indexed participant, bytes32 digest);

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
    /// @notice Only a corporate has a sponsor.
    error NotCorporate(ParticipantId participant);
    /// @notice Only a bank that is admitted and not suspended may become a sponsor.
    error SponsorInvalid(ParticipantId bank);
    error AlreadySuspended(ParticipantId participant);
    error NotSuspended(ParticipantId participant);
    error OutgoingAlreadyStopped(ParticipantId participant);
    error OutgoingNotStopped(ParticipantId participant);
    /// @notice Admits a participant with its names and first keys. Operator.
    /// @return participant The next id.
    function admit(Admission calldata admission) external returns (ParticipantId participant);

    /// @notice Adds a clearing-system member id to a participant. Operator.
    function addMemberId(ParticipantId participant, MemberId calldata memberId) external;

    /// @notice Names another bank on whose accounts a corporate's cash runs. Operator, at once; the bank is not asked, for its
    /// accounts are still debited by its own pay keys only.
    function setSponsor(ParticipantId corporate, ParticipantId bank) external;

    /// @notice Blocks a participant's debits; it is still credited. Operator, at once.
    function suspend(ParticipantId participant) external;

    /// @notice Ends a suspension. Operator.
    function resume(ParticipantId participant) external;

    /// @notice Blocks the sender's participant's own debits. One administer key, at once.
    function stopOutgoing() external;

    /// @notice Lifts the participant's own stop, or what a recovery left of it; not while one is pending. Two administer keys
    /// and the delay (see `ITwoKeyChanges`).
    function resumeOutgoing() external;

    /// @notice Says a digest of the sender's participant's own records, so that it can't change them unnoticed. Pay key.
    function anchor(bytes32 digest) external;

    /// @notice Whether the participant may be debited.
    function standingOf(ParticipantId participant) external view returns (Standing);

    /// @notice The same of several, in their order.
    function standingsOf(ParticipantId[] calldata several) external view returns (Standing[] memory);

    function kindOf(ParticipantId participant) external view returns (ParticipantKind);

    function participantOf(ParticipantId participant) external view returns (Participant memory);

    /// @notice Participants admitted so far; the last one's id.
    function participantCount() external view returns (uint32);

    /// @notice 0 when nobody has it; so with the two below.
    function participantWithBic(bytes11 bic) external view returns (ParticipantId);

    function participantWithLei(bytes32 lei) external view returns (ParticipantId);

    function participantWithMemberId(MemberId calldata memberId) external view returns (ParticipantId);
}
