// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Contacts} from "./parts/Contacts.sol";
import {Recoveries} from "./parts/Recoveries.sol";
import {TwoKeyChanges} from "./parts/TwoKeyChanges.sol";
import {NOBODY, ParticipantId} from "./types/Identifiers.sol";
import {Characters} from "./types/Characters.sol";
import {KeyRole, ParticipantKind, Standing} from "./types/Kinds.sol";

/// @title Who is here, and which key may act for whom
///
/// ROLES: the operator admits, names sponsors, suspends and resumes. A participant's administer keys run its own affairs: one
/// of them takes power away at once (revoke, expire, stop, veto), two of them and a delay give it (add, rotate, lift a stop,
/// redirect documents). The quorum recovers who lost them (see `Recoveries`).
///
/// STATES: a participant is active or suspended, and apart from that stopped (by itself or by a recovery) or not. A key is
/// valid from … until, or revoked; it is never valid again, and its address never becomes another key.
///
/// ASSUMPTIONS: identity is stable, keys rotate. An address has one role, so two consents by two roles are two keys.
///
/// LIVENESS: a participant that lost its administer keys can still pay and be paid with the keys it has, until they expire or
/// the quorum recovers it. While it has one left it needs no recovery to stop, but a second one to gain anything.
contract Participants is IParticipants, Recoveries, Contacts {
    using Characters for bytes32;
    using Characters for string;

    uint256 private constant LIST_LIMIT = 32;
    uint256 private constant MEMBER_ID_LIMIT = 35;

    /// @inheritdoc IParticipants
    uint32 public participantCount;

    /// @inheritdoc IParticipants
    mapping(bytes11 bic => ParticipantId) public participantWithBic;

    /// @inheritdoc IParticipants
    mapping(bytes32 lei => ParticipantId) public participantWithLei;

    mapping(ParticipantId participant => Participant) private _participants;
    mapping(bytes32 memberId => ParticipantId) private _members;

    constructor(address authority, uint32 delaySeconds)
        AccessManaged(authority)
        TwoKeyChanges(delaySeconds)
    {}

    // The operator's

    /// @inheritdoc IParticipants
    function admit(Admission calldata admission) external restricted returns (ParticipantId participant) {
        require(
            _isAdmissible(admission),
            AdmissionInvalid(admission.kind, admission.bic, admission.lei, admission.sponsor)
        );
        require(admission.memberIds.length <= LIST_LIMIT, ListTooLong(admission.memberIds.length, LIST_LIMIT));
        require(admission.keys.length <= LIST_LIMIT, ListTooLong(admission.keys.length, LIST_LIMIT));

        participant = ParticipantId.wrap(++participantCount);

        Participant storage admitted = _participants[participant];
        admitted.kind = admission.kind;
        admitted.sponsor = admission.sponsor;
        _name(participant, admission.bic, admission.lei);

        emit ParticipantAdmitted(participant, admission.kind, admission.bic, admission.lei, admission.sponsor);

        for (uint256 i; i < admission.memberIds.length; ++i) {
            _addMemberId(participant, admission.memberIds[i]);
        }
        for (uint256 i; i < admission.keys.length; ++i) {
            _requireNewKey(admission.keys[i]);
            _addKey(participant, admission.keys[i]);
        }
    }

    /// @inheritdoc IParticipants
    function addMemberId(ParticipantId participant, MemberId calldata memberId) external restricted {
        _requireAdmitted(participant);

        _addMemberId(participant, memberId);
    }

    /// @inheritdoc IParticipants
    function setSponsor(ParticipantId corporate, ParticipantId bank) external restricted {
        require(_participants[corporate].kind == ParticipantKind.Corporate, NotCorporate(corporate));
        require(_maySponsor(bank), SponsorInvalid(bank));

        _participants[corporate].sponsor = bank;

        emit SponsorSet(corporate, bank);
    }

    /// @inheritdoc IParticipants
    function suspend(ParticipantId participant) external restricted {
        _requireAdmitted(participant);
        require(!_participants[participant].suspended, AlreadySuspended(participant));

        _participants[participant].suspended = true;

        emit ParticipantSuspended(participant);
    }

    /// @inheritdoc IParticipants
    function resume(ParticipantId participant) external restricted {
        require(_participants[participant].suspended, NotSuspended(participant));

        _participants[participant].suspended = false;

        emit ParticipantResumed(participant);
    }

    // The participant's own

    /// @inheritdoc IParticipants
    function stopOutgoing() external {
        ParticipantId participant = _administeringParticipant();
        require(!_participants[participant].outgoingStopped, OutgoingAlreadyStopped(participant));

        _stop(participant);
    }

    /// @inheritdoc IParticipants
    function resumeOutgoing() external {
        ParticipantId participant = _administeringParticipant();
        require(_participants[participant].outgoingStopped, OutgoingNotStopped(participant));
        _requireNoRecovery(participant);
        if (!_recordConsent(participant)) return;

        _participants[participant].outgoingStopped = false;

        emit OutgoingResumed(participant);
    }

    /// @inheritdoc IParticipants
    function anchor(bytes32 digest) external {
        emit Anchored(_authorise(msg.sender, KeyRole.Pay), digest);
    }

    // Views

    /// @inheritdoc IParticipants
    function standingOf(ParticipantId participant) external view returns (Standing) {
        return _standingOf(participant);
    }

    /// @inheritdoc IParticipants
    function standingsOf(ParticipantId[] calldata several)
        external
        view
        returns (Standing[] memory standings)
    {
        standings = new Standing[](several.length);
        for (uint256 i; i < several.length; ++i) {
            standings[i] = _standingOf(several[i]);
        }
    }

    function _standingOf(ParticipantId participant) private view returns (Standing) {
        Participant storage asked = _participants[participant];

        if (asked.kind == ParticipantKind.None) return Standing.Unknown;
        if (asked.suspended) return Standing.Suspended;
        if (asked.outgoingStopped) return Standing.OutgoingStopped;
        return Standing.Active;
    }

    /// @inheritdoc IParticipants
    function kindOf(ParticipantId participant) external view returns (ParticipantKind) {
        return _participants[participant].kind;
    }

    /// @inheritdoc IParticipants
    function participantOf(ParticipantId participant) external view returns (Participant memory) {
        return _participants[participant];
    }

    /// @inheritdoc IParticipants
    function participantWithMemberId(MemberId calldata memberId) external view returns (ParticipantId) {
        return _members[_memberKey(memberId)];
    }

    // Rules

    function _isAdmissible(Admission calldata admission) private view returns (bool) {
        bool hasBic = admission.bic != 0;
        bool hasLei = admission.lei != 0;
        bool hasSponsor = admission.sponsor != NOBODY;

        if (admission.kind == ParticipantKind.Corporate) {
            return !hasBic && hasLei && _maySponsor(admission.sponsor);
        }
        if (hasBic && !bytes32(admission.bic).isAlphanumeric(11)) return false;
        if (hasLei && !admission.lei.isAlphanumeric(20)) return false;
        if (admission.kind == ParticipantKind.Bank) return hasBic && hasLei && !hasSponsor;
        return admission.kind != ParticipantKind.None && !hasSponsor;
    }

    function _maySponsor(ParticipantId bank) private view returns (bool) {
        return _participants[bank].kind == ParticipantKind.Bank && !_participants[bank].suspended;
    }

    function _requireAdmitted(ParticipantId participant) internal view override {
        require(_participants[participant].kind != ParticipantKind.None, ParticipantUnknown(participant));
    }

    // Effects

    function _ensureStopped(ParticipantId participant) internal override {
        if (!_participants[participant].outgoingStopped) _stop(participant);
    }

    function _stop(ParticipantId participant) private {
        _participants[participant].outgoingStopped = true;

        emit OutgoingStopped(participant);
    }

    function _name(ParticipantId participant, bytes11 bic, bytes32 lei) private {
        require(participantWithBic[bic] == NOBODY, BicTaken(bic, participantWithBic[bic]));
        require(participantWithLei[lei] == NOBODY, LeiTaken(lei, participantWithLei[lei]));

        _participants[participant].bic = bic;
        _participants[participant].lei = lei;
        if (bic != 0) participantWithBic[bic] = participant;
        if (lei != 0) participantWithLei[lei] = participant;
    }

    function _addMemberId(ParticipantId participant, MemberId calldata memberId) private {
        require(
            memberId.system.isPrintable(MEMBER_ID_LIMIT) && memberId.member.isPrintable(MEMBER_ID_LIMIT),
            MemberIdInvalid(memberId.system, memberId.member)
        );
        bytes32 key = _memberKey(memberId);
        ParticipantId holder = _members[key];
        require(holder == NOBODY, MemberIdTaken(memberId.system, memberId.member, holder));

        _members[key] = participant;

        emit MemberIdAdded(participant, memberId.system, memberId.member);
    }

    function _memberKey(MemberId calldata memberId) private pure returns (bytes32) {
        return keccak256(abi.encode(memberId.system, memberId.member));
    }
}
