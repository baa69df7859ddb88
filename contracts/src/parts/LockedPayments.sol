// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {ILockedPayments} from "../interfaces/ILockedPayments.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {AccountId, AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Approval, ESCROW} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @title Payments that are consented to now and made later
///
/// STATES: locked by one module under the payer's account; then paid to the payee in parts, or given back by `Locks`.
///
/// ASSUMPTIONS: every rule about the debit is asked when it is locked. After that the payer disposes of it no more, so neither its
/// freeze nor its suspension keeps it from the payee.
///
/// LIVENESS: what is locked can be paid and given back while the module is closing or paused.
abstract contract LockedPayments is ILockedPayments, Trusted, Rules {
    /// @inheritdoc ILockedPayments
    function lockPayment(Terms terms, bytes32 digest, Approval[] calldata approvals) external onlyTrusted {
        (AssetId asset, ParticipantId payer, uint64 amount) = (terms.asset(), terms.payer(), terms.amount());
        Debtor memory debtor = _debtor(terms);
        _requireAllowed(terms, _paymentRefusal(terms, debtor, _account(asset, terms.payee())));

        _requireConsent(payer, ESCROW, terms, digest, approvals);
        _use(debtor.page, terms.sequence());
        _storePage(debtor.page);
        _debit(_account(asset, payer), _assets[asset], amount);
        _lockedBy[msg.sender][accountId(asset, payer)] += amount;
        _modules[msg.sender].held += amount;
        if (debtor.hasBilateralLimits) _countNet(asset, payer, terms.payee(), int64(amount));
    }

    /// @inheritdoc ILockedPayments
    function payLocked(Terms terms, uint64 amount) external onlyHolding {
        AssetId asset = terms.asset();
        AccountId payer = accountId(asset, terms.payer());
        IAccounts.Account storage payee = _account(asset, terms.payee());

        _lockedBy[msg.sender][payer] -= amount;
        _modules[msg.sender].held -= amount;
        payee.balance += int64(amount);
        if (payee.bilateral) _countNet(asset, terms.payee(), terms.payer(), -int64(amount));
    }
}
