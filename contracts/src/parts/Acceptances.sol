// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAcceptances} from "../interfaces/IAcceptances.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {Position} from "../libraries/Positions.sol";
import {Moves} from "./Moves.sol";
import {Netted} from "./Netted.sol";
import {Urgent} from "./Urgent.sol";
import {AccountId, AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal, SETTLE, passes} from "../types/Instruction.sol";
import {Head, Leg} from "../types/Legs.sol";
import {Terms, termsOf} from "../types/Terms.sol";

/// @title Consents to instructions of many legs, and what settles with the last of them
///
/// An instruction has few legs, so its accounts are found by looking at all its legs again: that costs less than to keep a list.
/// A new one of one leg whose payer submits it is a payment like those of `Moves`, and takes their short way.
abstract contract Acceptances is IAcceptances, Moves, Netted, Urgent {
    /// @inheritdoc IAcceptances
    function accept(
        Head head,
        bytes32 digest,
        ParticipantId participant,
        Step step,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) external onlyTrusted returns (Refusal refusal) {
        if (_isPayment(head, participant, step, legs)) {
            return _acceptPayment(head, digest, urgentLegs, legs, approvals);
        }
        refusal = _acceptanceRefusal(head, digest, participant, step, urgentLegs, legs, approvals);
        if (refusal != Refusal.None && !passes(refusal)) return refusal;

        if (participant == head.initiator()) _useSequence(head);
        if (approvals.length == 0) _countAlone(legs, participant);
        if (step == Step.Settle && refusal == Refusal.None) _makeMoves(legs);
        else if (step != Step.Consent) _countUrgentOf(legs, urgentLegs);
    }

    /// @inheritdoc IAcceptances
    function acceptanceRefusal(
        Head head,
        bytes32 digest,
        ParticipantId participant,
        Step step,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) external view returns (Refusal) {
        if (!_isPayment(head, participant, step, legs)) {
            return _acceptanceRefusal(head, digest, participant, step, urgentLegs, legs, approvals);
        }
        Terms terms = _termsOf(head, urgentLegs, legs);
        return _acceptedPaymentRefusal(terms, _debtor(terms), digest, approvals);
    }

    // One leg, one consent

    function _isPayment(Head head, ParticipantId participant, Step step, Leg[] calldata legs)
        private
        pure
        returns (bool)
    {
        return legs.length == 1 && step == Step.Settle && participant == head.initiator()
            && participant == legs[0].payer();
    }

    function _termsOf(Head head, uint32 urgentLegs, Leg[] calldata legs) private pure returns (Terms) {
        return termsOf(head.sequence(), legs[0].marked(urgentLegs != 0, true));
    }

    function _acceptPayment(
        Head head,
        bytes32 digest,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) private returns (Refusal refusal) {
        Terms terms = _termsOf(head, urgentLegs, legs);
        Debtor memory debtor = _debtor(terms);
        refusal = _acceptedPaymentRefusal(terms, debtor, digest, approvals);

        if (refusal == Refusal.None) {
            _settle(terms, debtor, _account(terms.asset(), terms.payee()), approvals.length > 0);
            _store(debtor);
        } else if (passes(refusal)) {
            _useSequence(head);
            if (approvals.length == 0) _countAlone(legs, debtor.participant);
            _countUrgentOf(legs, urgentLegs);
        }
    }

    /// @dev What passes by itself is said only when the consent counts.
    function _acceptedPaymentRefusal(
        Terms terms,
        Debtor memory debtor,
        bytes32 digest,
        Approval[] calldata approvals
    ) private view returns (Refusal refusal) {
        refusal = _paymentRefusal(terms, debtor, _account(terms.asset(), terms.payee()));
        if (refusal != Refusal.None && !passes(refusal)) return refusal;

        Refusal consent = approvals.length > 0
            ? _approvalRefusal(debtor.participant, SETTLE, digest, approvals[0])
            : _singleKeyRefusal(terms, debtor);
        return _graver(refusal, consent);
    }

    // Many

    /// @dev Does the consent count, and may the instruction settle where it is complete?
    function _acceptanceRefusal(
        Head head,
        bytes32 digest,
        ParticipantId participant,
        Step step,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) private view returns (Refusal refusal) {
        if (participant == head.initiator()) {
            if (_isUsed(_pageOf(participant, head.sequence()), head.sequence())) return Refusal.SequenceUsed;
            if (_isCutOff(legs)) return Refusal.CutOff;
        }
        if (step != Step.Settle && _isDebited(legs, participant)) refusal = _standingRefusal(participant);
        if (refusal == Refusal.None) refusal = _consentRefusal(digest, participant, legs, approvals);
        if (refusal != Refusal.None || step != Step.Settle) return refusal;

        for (uint256 i; i < legs.length; ++i) {
            refusal = _graver(refusal, _debitRefusal(legs, urgentLegs, i));
            refusal = _graver(refusal, _creditRefusal(legs[i]));
            refusal = _graver(refusal, _pairRefusal(legs, i));
        }
    }

    /// @dev Is there a second key where the amount needs it?
    function _consentRefusal(
        bytes32 digest,
        ParticipantId participant,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) private view returns (Refusal) {
        if (approvals.length > 0) {
            return _approvalRefusal(participant, SETTLE, digest, approvals[0]);
        }

        for (uint256 i; i < legs.length; ++i) {
            (Currency currency, uint256 total) = _totalAt(legs, i, participant);
            if (total > 0 && total > _singleKeyLeft(participant, currency)) return Refusal.ApprovalMissing;
        }
        return Refusal.None;
    }

    /// @dev Who is only credited may be suspended or stopped.
    function _isDebited(Leg[] calldata legs, ParticipantId participant) private pure returns (bool) {
        for (uint256 i; i < legs.length; ++i) {
            if (legs[i].payer() == participant) return true;
        }
        return false;
    }

    function _isCutOff(Leg[] calldata legs) private view returns (bool) {
        for (uint256 i; i < legs.length; ++i) {
            if (_assets[legs[i].asset()].isCutOff) return true;
        }
        return false;
    }

    /// @dev Asked once for each debited account: at the first leg that debits it.
    function _debitRefusal(Leg[] calldata legs, uint32 urgentLegs, uint256 place)
        private
        view
        returns (Refusal)
    {
        AccountId account = legs[place].debited();
        Position memory position;
        position.account = account;
        for (uint256 i; i < legs.length; ++i) {
            Leg leg = legs[i];
            if (leg.debited() == account) {
                if (i < place) return Refusal.None;
                position.outflow += leg.amount();
                if ((urgentLegs >> i) & 1 != 0) position.urgentOutflow += leg.amount();
            } else if (leg.credited() == account) {
                position.inflow += leg.amount();
            }
        }
        position.largest = position.outflow;
        return _positionRefusal(position);
    }

    function _creditRefusal(Leg leg) private view returns (Refusal) {
        return _accounts[leg.credited()].open ? Refusal.None : _payeeRefusal(leg.payee());
    }

    /// @dev Asked at each leg: what goes out to its payee, less what comes from there.
    function _pairRefusal(Leg[] calldata legs, uint256 place) private view returns (Refusal) {
        AccountId account = legs[place].debited();
        if (!_accounts[account].bilateral) return Refusal.None;

        AccountId other = legs[place].credited();
        int256 net;
        for (uint256 i; i < legs.length; ++i) {
            int256 amount = int256(uint256(legs[i].amount()));
            if (legs[i].debited() == account && legs[i].credited() == other) net += amount;
            if (legs[i].debited() == other && legs[i].credited() == account) net -= amount;
        }
        return _netRefusal(account, legs[place].payee(), net);
    }

    /// @dev What the participant is debited in the currency of a leg; 0 where it is another's, or an earlier leg told already.
    function _totalAt(Leg[] calldata legs, uint256 place, ParticipantId participant)
        private
        view
        returns (Currency currency, uint256 total)
    {
        if (legs[place].payer() != participant) return (currency, 0);

        currency = _assets[legs[place].asset()].currency;
        for (uint256 i; i < legs.length; ++i) {
            if (legs[i].payer() != participant) continue;
            if (Currency.unwrap(_assets[legs[i].asset()].currency) != Currency.unwrap(currency)) continue;
            if (i < place) return (currency, 0);
            total += legs[i].amount();
        }
    }

    // Effects

    function _useSequence(Head head) private {
        Page memory page = _pageOf(head.initiator(), head.sequence());
        _use(page, head.sequence());
        _storePage(page);
    }

    /// @dev Counts what the participant's pay key consents to alone.
    function _countAlone(Leg[] calldata legs, ParticipantId participant) private {
        for (uint256 i; i < legs.length; ++i) {
            (Currency currency, uint256 total) = _totalAt(legs, i, participant);
            if (total > 0) _countSingleKey(participant, currency, uint64(total));
        }
    }

    function _countUrgentOf(Leg[] calldata legs, uint32 urgentLegs) private {
        for (uint256 i; urgentLegs >> i != 0; ++i) {
            if ((urgentLegs >> i) & 1 != 0 && _isFirstDebit(legs, i)) {
                _countUrgent(legs[i].debited(), 1, true);
            }
        }
    }

    function _isFirstDebit(Leg[] calldata legs, uint256 place) private pure returns (bool) {
        for (uint256 i; i < place; ++i) {
            if (legs[i].debited() == legs[place].debited()) return false;
        }
        return true;
    }

    function _makeMoves(Leg[] calldata legs) private {
        for (uint256 i; i < legs.length; ++i) {
            Leg leg = legs[i];
            (AssetId asset, uint64 amount) = (leg.asset(), leg.amount());
            IAccounts.Account storage payer = _accounts[leg.debited()];
            IAccounts.Account storage payee = _accounts[leg.credited()];
            (bool payerLimits, bool payeeLimits) = (payer.bilateral, payee.bilateral);

            // What is final is above the floor and within supply and credit; what stands between two legs need not be.
            unchecked {
                payer.balance -= int64(amount);
                payee.balance += int64(amount);
            }
            _countOutflow(payer, _assets[asset], amount);

            if (payerLimits) _countNet(asset, leg.payer(), leg.payee(), int64(amount));
            if (payeeLimits) _countNet(asset, leg.payee(), leg.payer(), -int64(amount));
        }
    }
}
