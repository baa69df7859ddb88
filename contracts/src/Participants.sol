// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Keys} from "./parts/Keys.sol";
import {TwoKeyChanges} from "./parts/TwoKeyChanges.sol";
import {NOBODY, ParticipantId} from "./types/Identifiers.sol";
import {Characters} from "./types/Characters.sol";
import {ParticipantKind, Standing} from "./types/Kinds.sol";

/// @title Who is here, and which key may act for whom
///
/// ROLES: the operator admits, suspends and resumes. A participant's administer keys run its own keys: one of them takes
/// power away at once (revoke, expire, stop), two of them and a delay give it (add, rotate, lift a stop).
///
/// STATES: a participant is active or suspended, and apart from that stopped by itself or not. A key is valid from … until,
/// or revoked; it is never valid again, and its address never becomes another key.
///
/// ASSUMPTIONS: identity is stable, keys rotate. An address has one role, so two consents by two roles are two keys.
///
/// LIVENESS: a participant that lost all its administer keys can still pay and be paid with the keys it has, until they
/// expire. Nobody can give it new ones: so it keeps a second administer key apart from the first.
contract Participants is Keys, AccessManaged {
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
        require(_isAdmitted(participant), ParticipantUnknown(participant));

        _addMemberId(participant, memberId);
    }

    /// @inheritdoc IParticipants
    function suspend(ParticipantId participant) external restricted {
        require(_isAdmitted(participant), ParticipantUnknown(participant));
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

        _participants[participant].outgoingStopped = true;

        emit OutgoingStopped(participant);
    }

    /// @inheritdoc IParticipants
    function resumeOutgoing() external {
        ParticipantId participant = _administeringParticipant();
        require(_participants[participant].outgoingStopped, OutgoingNotStopped(participant));
        if (!_recordConsent(participant)) return;

        _participants[participant].outgoingStopped = false;

        emit OutgoingResumed(participant);
    }

    // Views

    /// @inheritdoc IParticipants
    function standingOf(ParticipantId participant) external view returns (Standing) {
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
            return !hasBic && hasLei && _isBank(admission.sponsor);
        }
        if (hasBic && !bytes32(admission.bic).isAlphanumeric(11)) return false;
        if (hasLei && !admission.lei.isAlphanumeric(20)) return false;
        if (admission.kind == ParticipantKind.Bank) return hasBic && hasLei && !hasSponsor;
        return admission.kind != ParticipantKind.None && !hasSponsor;
    }

    function _isAdmitted(ParticipantId participant) private view returns (bool) {
        return _participants[participant].kind != ParticipantKind.None;
    }

    function _isBank(ParticipantId participant) private view returns (bool) {
        return _participants[participant].kind == ParticipantKind.Bank;
    }

    // Effects

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
