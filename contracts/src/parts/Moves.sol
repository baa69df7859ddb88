// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {IMoves} from "../interfaces/IMoves.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, PAY, Payment, Refusal} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @title A payer's own payments, one after the other
///
/// Each settles or is refused by itself. The payer's side is read once, changed in memory and written once.
abstract contract Moves is IMoves, Trusted, Rules {
    /// @inheritdoc IMoves
    function move(ParticipantId payer, Payment[] calldata payments, Approval[] calldata approvals)
        external
        onlyTrusted
        returns (Refusal[] memory refusals)
    {
        Debtor memory debtor;
        uint256 next;

        for (uint256 i; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            Terms terms = payment.terms;
            _requirePayer(payer, terms);
            if (!_isAbout(debtor, terms)) {
                _store(debtor);
                debtor = _debtor(terms);
            }

            IAccounts.Account storage payee = _account(terms.asset(), terms.payee());
            bool isApproved = next < approvals.length && approvals[next].index == i;
            Refusal refusal = _paymentRefusal(terms, debtor, payee);
            if (refusal == Refusal.None) {
                refusal = isApproved
                    ? _approvalRefusal(payer, PAY, _digestOf(terms, payment.commitment), approvals[next])
                    : _singleKeyRefusal(terms, debtor);
            }
            if (isApproved) ++next;

            if (refusal == Refusal.None) {
                _settle(terms, debtor, payee, isApproved);
            } else {
                if (refusals.length == 0) refusals = new Refusal[](payments.length);
                refusals[i] = refusal;
            }
        }
        require(next == approvals.length, IConsents.ApprovalMisplaced(next));

        _store(debtor);
    }

    /// @dev Whether what was read of the debtor is what the payment needs.
    function _isAbout(Debtor memory debtor, Terms terms) private pure returns (bool) {
        return debtor.asset == terms.asset() && _isOn(debtor.page, terms.payer(), terms.sequence());
    }

    /// @dev Everything that a payment changes, once no rule forbids it; the debtor's side in memory.
    function _settle(Terms terms, Debtor memory debtor, IAccounts.Account storage payee, bool isApproved)
        internal
    {
        uint64 amount = terms.amount();
        bool payeeHasBilateralLimits = payee.bilateral;

        _use(debtor.page, terms.sequence());
        payee.balance += int64(amount);
        // What is paid is within the debtor's funds, so within MAX_AMOUNT.
        unchecked {
            debtor.paid += amount;
            if (!isApproved) debtor.paidBySingleKey += amount;
        }

        if (debtor.hasBilateralLimits) {
            _countNet(terms.asset(), terms.payer(), terms.payee(), int64(amount));
        }
        if (payeeHasBilateralLimits) _countNet(terms.asset(), terms.payee(), terms.payer(), -int64(amount));
    }

    /// @dev Writes what the debtor has paid since it was read.
    function _store(Debtor memory debtor) internal {
        if (debtor.paid == 0) return;

        _storePage(debtor.page);
        _debit(_account(debtor.asset, debtor.participant), _assets[debtor.asset], uint64(debtor.paid));
        if (debtor.paidBySingleKey > 0) {
            _countSingleKey(
                debtor.participant, _assets[debtor.asset].currency, uint64(debtor.paidBySingleKey)
            );
        }
    }
}
