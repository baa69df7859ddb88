// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILedger} from "./interfaces/ILedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Actors} from "./parts/Actors.sol";
import {Modules} from "./parts/Modules.sol";
import {Supply} from "./parts/Supply.sol";
import {ParticipantId} from "./types/Identifiers.sol";
import {Approval, PAY, Payment, Refusal} from "./types/Instruction.sol";
import {Terms} from "./types/Terms.sol";

/// @title Who holds what, and the only place where that changes
///
/// ROLES: trusted modules move units between holders; issuers bring them into being and take them back. Nobody else changes
/// a balance. Who does what to assets, accounts, thresholds, sequences and modules is said in the parts.
///
/// STATES: a unit is available or locked.
///
/// ASSUMPTIONS: per asset, supply = sum of balances + sum of locks, after every call. A trusted module has established that
/// the payer's pay key consents; everything else is checked here, whatever the module.
///
/// LIVENESS: a refusal changes nothing and uses no sequence. No loop runs over anything but its own calldata.
contract Ledger is Modules, Supply, ILedger {
    constructor(
        IParticipants participantsContract,
        address authority,
        uint32 delaySeconds,
        address[] memory firstModules
    ) Actors(participantsContract, authority, delaySeconds) Modules(firstModules) {}

    /// @inheritdoc ILedger
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

            Account storage payee = _account(terms.asset(), terms.payee());
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
        require(next == approvals.length, ApprovalMisplaced(next));

        _store(debtor);
    }

    /// @dev Whether what was read of the debtor is what the payment needs.
    function _isAbout(Debtor memory debtor, Terms terms) private pure returns (bool) {
        return debtor.asset == terms.asset() && _isOn(debtor.page, terms.payer(), terms.sequence());
    }

    /// @dev Everything that a payment changes, once no rule forbids it; the debtor's side in memory.
    function _settle(Terms terms, Debtor memory debtor, Account storage payee, bool isApproved) private {
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
    function _store(Debtor memory debtor) private {
        if (debtor.paid == 0) return;

        _storePage(debtor.page);
        _debit(debtor.asset, debtor.participant, uint64(debtor.paid));
        if (debtor.paidBySingleKey > 0) {
            _countSingleKey(
                debtor.participant, _assets[debtor.asset].currency, uint64(debtor.paidBySingleKey)
            );
        }
    }
}
