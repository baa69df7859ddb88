// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAcceptances} from "../interfaces/IAcceptances.sol";
import {Settling} from "./Settling.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal, passes} from "../types/Instruction.sol";
import {Head, Instruction, Leg} from "../types/Legs.sol";
import {NOTHING, Waiting, WaitingLibrary} from "../types/Waiting.sol";

/// @title How consents complete an instruction
///
/// The last consent settles it, or queues it where only money, a day's limit, a bilateral limit or its time is missing. What else
/// the ledger says refuses the consent: the account is not there, is frozen, the amount is above an instruction's limit.
abstract contract Consenting is Settling {
    /// @dev A participant's consent to an instruction.
    /// @param next What would wait after it, if it did not settle.
    struct Consent {
        ParticipantId participant;
        bytes32 digest;
        ParticipantId[] debtors;
        Waiting next;
        IAcceptances.Step step;
        uint32 urgentLegs;
    }

    /// @dev Why the instruction is not accepted; `None` when it is.
    function _submit(Instruction calldata instruction, bool urgent, Approval[] memory approvals)
        internal
        returns (Refusal refusal)
    {
        (Head head, Leg[] calldata legs) = (instruction.head, instruction.legs);
        Consent memory consent;
        refusal = _submissionRefusal(instruction, legs, urgent, consent);
        if (refusal == Refusal.None) refusal = _accept(head, legs, consent, approvals);
        if (refusal != Refusal.None && !passes(refusal)) return refusal;

        emit Submitted(head, instruction.commitment, consent.next.urgent() != 0, legs);
        if (!consent.next.isQueued()) {
            _countProposal(consent.participant, legs, consent.debtors, consent.next.asked(), true);
        }
        _settleOrWait(head, legs, consent, refusal);
        return Refusal.None;
    }

    function _affirm(
        Instruction calldata instruction,
        ParticipantId participant,
        bool urgent,
        Approval[] memory approvals
    ) internal {
        (Head head, Leg[] calldata legs) = (instruction.head, instruction.legs);
        Consent memory consent;
        consent.participant = participant;
        Refusal refusal = _affirmationRefusal(instruction, legs, urgent, consent);
        if (refusal == Refusal.None) refusal = _accept(head, legs, consent, approvals);
        require(refusal == Refusal.None || passes(refusal), ConsentRefused(head, refusal));

        bool isUrgent = urgent && _bitOf(consent.debtors, participant) != 0;
        emit Affirmed(head, consent.digest, participant, isUrgent);
        if (consent.next.isQueued()) {
            _countProposal(head.initiator(), legs, consent.debtors, consent.next.asked(), false);
        }
        _settleOrWait(head, legs, consent, refusal);
    }

    /// @dev May the initiator submit it? All rules but what the ledger says, and what follows from the consent.
    function _submissionRefusal(
        Instruction calldata instruction,
        Leg[] calldata legs,
        bool urgent,
        Consent memory consent
    ) internal view returns (Refusal refusal) {
        Head head = instruction.head;
        consent.participant = head.initiator();
        consent.debtors = _debtorsOf(legs);
        refusal = _formRefusal(head, legs, consent.debtors);
        if (refusal != Refusal.None) return refusal;
        if (_isPast(head)) return Refusal.Lapsed;

        consent.digest = _digestOf(instruction);
        (uint32 asked, uint32 lapsing) = _rulesOf(head, legs, consent.debtors);
        _give(consent, head, legs, WaitingLibrary.begun(block.timestamp, asked, lapsing), urgent);
        if (consent.step != IAcceptances.Step.Consent) return Refusal.None;

        bool hasRoom = _hasRoom(consent.participant, legs, consent.debtors, asked);
        return hasRoom ? Refusal.None : Refusal.TooManyProposals;
    }

    /// @dev May another party consent to it? All rules but what the ledger says, and what follows from the consent.
    function _affirmationRefusal(
        Instruction calldata instruction,
        Leg[] calldata legs,
        bool urgent,
        Consent memory consent
    ) internal view returns (Refusal) {
        consent.digest = _digestOf(instruction);
        Waiting waiting = _waiting[consent.digest];
        if (!waiting.exists()) return Refusal.NotWaiting;
        Day memory day;
        if (_hasLapsed(instruction, waiting, day)) return Refusal.Lapsed;
        consent.debtors = _debtorsOf(legs);
        if (!_waitsFor(legs, consent.debtors, waiting, consent.participant)) return Refusal.NotParty;

        _give(consent, instruction.head, legs, waiting, urgent);
        return Refusal.None;
    }

    /// @dev What follows from a consent to what waits.
    function _give(Consent memory consent, Head head, Leg[] calldata legs, Waiting waiting, bool urgent)
        private
        view
    {
        Waiting next = _withConsent(legs, consent.debtors, waiting, consent.participant, urgent);
        consent.next = next;
        if (!next.isQueued()) return;

        consent.step = _isEarly(head) ? IAcceptances.Step.Queue : IAcceptances.Step.Settle;
        consent.urgentLegs = _urgentLegsOf(legs, consent.debtors, next.urgent());
    }

    function _accept(Head head, Leg[] calldata legs, Consent memory consent, Approval[] memory approvals)
        private
        returns (Refusal)
    {
        return ledger.accept(
            head,
            _subjectOf(consent.digest, consent.next.round()),
            consent.participant,
            consent.step,
            consent.urgentLegs,
            legs,
            approvals
        );
    }

    /// @dev What the ledger would say to a consent now.
    function _ledgerRefusal(
        Head head,
        Leg[] calldata legs,
        Consent memory consent,
        Approval[] memory approvals
    ) internal view returns (Refusal) {
        return ledger.acceptanceRefusal(
            head,
            _subjectOf(consent.digest, consent.next.round()),
            consent.participant,
            consent.step,
            consent.urgentLegs,
            legs,
            approvals
        );
    }

    function _settleOrWait(Head head, Leg[] calldata legs, Consent memory consent, Refusal refusal) private {
        if (_settles(consent, refusal)) {
            if (consent.participant != head.initiator()) _waiting[consent.digest] = NOTHING;

            emit Settled(head, consent.digest, legs);
        } else {
            _waiting[consent.digest] = consent.next;

            if (consent.next.isQueued()) emit Queued(head, consent.digest);
        }
    }

    function _settles(Consent memory consent, Refusal refusal) private pure returns (bool) {
        return consent.step == IAcceptances.Step.Settle && refusal == Refusal.None;
    }

    function _subjectOf(bytes32 digest, uint8 round) internal pure returns (bytes32) {
        return round == 0 ? digest : keccak256(abi.encode(digest, round));
    }
}
