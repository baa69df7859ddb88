// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {IConsents} from "./interfaces/IConsents.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Instructions} from "./parts/Instructions.sol";
import {Consenting} from "./parts/Consenting.sol";
import {NOBODY, ParticipantId} from "./types/Identifiers.sol";
import {Approval, Refusal, passes} from "./types/Instruction.sol";
import {KeyRole, ModuleStatus} from "./types/Kinds.sol";
import {Instruction, Leg, Set} from "./types/Legs.sol";
import {NOTHING, Waiting} from "./types/Waiting.sol";

/// @title Instructions that several participants consent to, and the queue
///
/// ROLES: a pay key submits, affirms, withdraws, holds, cancels for its own participant, never for another. Anyone settles sets
/// and sweeps; the queue's rules bind whoever sends. The operator lifts holds and cancels what is queued.
///
/// STATES: proposed → queued → settled | cancelled | expired. Settled is for ever. What ended has no entry, and its sequence
/// stays used.
///
/// ASSUMPTIONS: the ledger decides about money; it has the only balances. This contract establishes who consents, keeps what
/// waits, and never searches for what could settle.
///
/// LIVENESS: an initiator ends its proposal, a single debtor its queued instruction, several debtors theirs together, at any time,
/// also when the module is closing. What is over can be swept by anybody. A refused set holds up no other.
contract Settlement is Consenting {
    uint256 private constant BATCH_LIMIT = 256;
    bytes4 private constant WITHDRAWN = "WDRN";

    constructor(IParticipants participantsContract, ILedger ledgerContract, address authority)
        Instructions(participantsContract, ledgerContract)
        AccessManaged(authority)
    {}

    // Consents

    /// @inheritdoc ISettlement
    function submit(Instruction[] calldata instructions, uint256 urgentBits, Approval[] calldata approvals)
        external
    {
        ParticipantId sender = _paying();
        _requireBatch(instructions.length);

        uint256 next;
        for (uint256 i; i < instructions.length; ++i) {
            Instruction calldata instruction = instructions[i];
            require(instruction.head.initiator() == sender, NotInitiator(sender, instruction.head));

            bool isApproved = next < approvals.length && approvals[next].index == i;
            Approval[] memory own = new Approval[](isApproved ? 1 : 0);
            if (isApproved) own[0] = approvals[next++];

            Refusal refusal = _submit(instruction, (urgentBits >> i) & 1 != 0, own);
            if (refusal != Refusal.None) emit Refused(instruction.head, refusal);
        }
        require(next == approvals.length, IConsents.ApprovalMisplaced(next));
    }

    /// @inheritdoc ISettlement
    function affirm(Instruction calldata instruction, bool urgent, Approval[] calldata approvals) external {
        ParticipantId sender = _paying();
        require(sender != instruction.head.initiator(), NotConsenting(sender, instruction.head));
        require(approvals.length <= 1, IConsents.ApprovalMisplaced(1));
        require(approvals.length == 0 || approvals[0].index == 0, IConsents.ApprovalMisplaced(0));

        _affirm(instruction, sender, urgent, approvals);
    }

    /// @inheritdoc ISettlement
    function withdraw(Instruction calldata instruction) external {
        ParticipantId sender = _paying();
        bytes32 digest = _digestOf(instruction);
        Waiting waiting = _waiting[digest];
        require(waiting.exists() && !waiting.isQueued(), WaitsOtherwise(instruction.head));
        ParticipantId[] memory debtors = _debtorsOf(instruction.legs);
        bool isInitiator = sender == instruction.head.initiator();
        uint8 bit = _bitOf(debtors, sender) & waiting.consents();
        uint32 accepted = _legsTo(instruction.legs, waiting.accepted(), sender);
        require(isInitiator || bit != 0 || accepted != 0, NotConsenting(sender, instruction.head));

        // No round is left in which the consent could be given anew, so who takes it back ends the proposal too.
        if (isInitiator || waiting.round() == type(uint8).max) {
            _cancel(instruction, digest, debtors, waiting, sender, WITHDRAWN);
            return;
        }
        waiting = waiting.withConsents(waiting.consents() & ~bit).withUrgent(waiting.urgent() & ~bit);
        _waiting[digest] = waiting.withAccepted(waiting.accepted() & ~accepted).withRound(waiting.round() + 1);

        emit Withdrawn(instruction.head, digest, sender);
    }

    // The queue

    /// @inheritdoc ISettlement
    function settle(Set[] calldata sets) external {
        bool isOperator = _isOperator();
        for (uint256 i; i < sets.length; ++i) {
            (Refusal refusal, Draft memory draft) = _draft(sets[i].instructions);
            if (refusal == Refusal.None) refusal = ledger.settleSet(draft.legs, msg.sender, isOperator);

            if (refusal == Refusal.None) _endSet(sets[i].instructions, draft.digests);
            else emit SetRefused(i, refusal);
        }
    }

    /// @inheritdoc ISettlement
    function setUrgency(Instruction calldata instruction, bool urgent) external {
        ParticipantId sender = _paying();
        (bytes32 digest, ParticipantId[] memory debtors, Waiting waiting) = _queued(instruction);
        uint8 bit = _bitOfDebtor(instruction, debtors, sender);
        require((waiting.urgent() & bit != 0) != urgent, NothingChanges(instruction.head));

        _waiting[digest] = waiting.withUrgent(waiting.urgent() ^ bit);
        if (waiting.holds() == 0) _countUrgent(instruction, debtors, bit, urgent);

        emit UrgencySet(instruction.head, digest, sender, urgent);
    }

    /// @inheritdoc ISettlement
    function hold(Instruction calldata instruction) external {
        ParticipantId sender = _paying();
        (bytes32 digest, ParticipantId[] memory debtors, Waiting waiting) = _queued(instruction);
        uint8 bit = _bitOfDebtor(instruction, debtors, sender);
        require(waiting.holds() & bit == 0, NothingChanges(instruction.head));

        _waiting[digest] = waiting.withHolds(waiting.holds() | bit);
        if (waiting.holds() == 0) _countUrgent(instruction, debtors, waiting.urgent(), false);

        emit Held(instruction.head, digest, sender);
    }

    /// @inheritdoc ISettlement
    function release(Instruction calldata instruction) external {
        (bytes32 digest, ParticipantId[] memory debtors, Waiting waiting) = _queued(instruction);
        uint8 lifted = waiting.holds();
        if (!_isOperator()) lifted &= _bitOfDebtor(instruction, debtors, _paying());
        require(lifted != 0, NothingChanges(instruction.head));

        _waiting[digest] = waiting.withHolds(waiting.holds() & ~lifted);
        if (waiting.holds() == lifted) _countUrgent(instruction, debtors, waiting.urgent(), true);

        for (uint256 i; i < debtors.length; ++i) {
            if ((lifted >> i) & 1 != 0) emit Released(instruction.head, digest, debtors[i]);
        }
    }

    /// @inheritdoc ISettlement
    function cancel(Instruction calldata instruction, bytes4 reason) external {
        (bytes32 digest, ParticipantId[] memory debtors, Waiting waiting) = _queued(instruction);
        require(_isReason(reason), ReasonMissing(instruction.head));
        if (_isOperator()) {
            _cancel(instruction, digest, debtors, waiting, NOBODY, reason);
            return;
        }
        ParticipantId sender = _paying();
        uint8 cancels = waiting.cancels() | _bitOfDebtor(instruction, debtors, sender);

        if (cancels == (1 << debtors.length) - 1 || _hasSuspendedParty(instruction.legs)) {
            _cancel(instruction, digest, debtors, waiting, sender, reason);
        } else {
            require(cancels != waiting.cancels(), NothingChanges(instruction.head));
            _waiting[digest] = waiting.withCancels(cancels);

            emit CancelRequested(instruction.head, digest, sender, reason);
        }
    }

    /// @inheritdoc ISettlement
    function sweep(Instruction[] calldata instructions) external {
        _requireBatch(instructions.length);
        (ModuleStatus status,) = ledger.moduleStatus(address(this));

        Day memory day;
        for (uint256 i; i < instructions.length; ++i) {
            Instruction calldata instruction = instructions[i];
            bytes32 digest = _digestOf(instruction);
            Waiting waiting = _waiting[digest];
            if (!waiting.exists()) continue;

            ParticipantId[] memory debtors = _debtorsOf(instruction.legs);
            if (_hasLapsed(instruction, waiting, day)) {
                _end(instruction, digest, debtors, waiting);

                emit Expired(instruction.head, digest);
            } else if (status != ModuleStatus.Trusted) {
                _cancel(instruction, digest, debtors, waiting, NOBODY, CLOSING);
            } else if (waiting.isQueued() && _hasSuspended(debtors)) {
                _cancel(instruction, digest, debtors, waiting, NOBODY, SUSPENDED);
            }
        }
    }

    // Views

    /// @inheritdoc ISettlement
    function refusalOf(
        Instruction calldata instruction,
        ParticipantId participant,
        Approval[] calldata approvals
    ) external view returns (Refusal refusal) {
        Leg[] calldata legs = instruction.legs;
        Consent memory consent;
        consent.participant = participant;
        refusal = participant == instruction.head.initiator()
            ? _submissionRefusal(instruction, legs, false, consent)
            : _affirmationRefusal(instruction, legs, false, consent);
        if (refusal == Refusal.None) refusal = _ledgerRefusal(instruction.head, legs, consent, approvals);
        if (passes(refusal)) return Refusal.None;
    }

    /// @inheritdoc ISettlement
    function setRefusalOf(Set calldata set, address sender) external view returns (Refusal refusal) {
        Draft memory draft;
        (refusal, draft) = _draft(set.instructions);
        if (refusal != Refusal.None) return refusal;

        return ledger.setRefusal(draft.legs, sender, _isOperatorOf(sender, this.settle.selector));
    }

    /// @inheritdoc ISettlement
    function approvalSubject(bytes32 digest) external view returns (bytes32) {
        return _subjectOf(digest, _waiting[digest].round());
    }

    /// @inheritdoc ISettlement
    function waitingOf(bytes32 digest) external view returns (WaitingReport memory report) {
        Waiting waiting = _waiting[digest];

        (report.acceptedAt, report.queued) = (waiting.acceptedAt(), waiting.isQueued());
        (report.consents, report.urgent) = (waiting.consents(), waiting.urgent());
        (report.holds, report.cancels) = (waiting.holds(), waiting.cancels());
        (report.asked, report.accepted) = (waiting.asked(), waiting.accepted());
        (report.lapsing, report.round) = (waiting.lapsing(), waiting.round());
    }

    // What the verbs have in common

    function _paying() private view returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Pay);
    }

    function _requireBatch(uint256 length) private pure {
        require(length > 0, BatchEmpty());
        require(length <= BATCH_LIMIT, BatchTooLong(length, BATCH_LIMIT));
    }

    /// @dev An instruction that is queued.
    function _queued(Instruction calldata instruction)
        private
        view
        returns (bytes32 digest, ParticipantId[] memory debtors, Waiting waiting)
    {
        digest = _digestOf(instruction);
        waiting = _waiting[digest];
        require(waiting.isQueued(), WaitsOtherwise(instruction.head));
        debtors = _debtorsOf(instruction.legs);
    }

    function _bitOfDebtor(
        Instruction calldata instruction,
        ParticipantId[] memory debtors,
        ParticipantId participant
    ) private pure returns (uint8 bit) {
        bit = _bitOf(debtors, participant);
        require(bit != 0, NotConsenting(participant, instruction.head));
    }

    /// @dev Takes a settled set from the queue; the ledger has counted its urgent ones.
    function _endSet(Instruction[] calldata instructions, bytes32[] memory digests) private {
        for (uint256 i; i < instructions.length; ++i) {
            _waiting[digests[i]] = NOTHING;

            emit Settled(instructions[i].head, digests[i], instructions[i].legs);
        }
    }

    /// @dev Ends it unsettled.
    function _cancel(
        Instruction calldata instruction,
        bytes32 digest,
        ParticipantId[] memory debtors,
        Waiting waiting,
        ParticipantId by,
        bytes4 reason
    ) private {
        _end(instruction, digest, debtors, waiting);

        emit Cancelled(instruction.head, digest, by, reason);
    }
}
