// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {ISupply} from "../interfaces/ISupply.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {Currency, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Approval, CONFIRM_REDEMPTION, ISSUE, REQUEST_REDEMPTION, Refusal} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @title How units come into being and cease to be
///
/// ROLES: the issuer issues; a holder asks for redemption and may withdraw that; the issuer confirms or refuses it.
///
/// STATES: a redemption is requested (the units are locked), then redeemed, refused or withdrawn.
///
/// ASSUMPTIONS: what is confirmed is a debit of the holder: it waits while the holder is suspended, stopped or frozen. A
/// refusal and a withdrawal give back, so they are always possible. A bilateral limit towards the issuer bounds payments to it,
/// not redemptions. What an issuer holds of its own asset it cannot redeem: that would be an instruction to itself.
///
/// LIVENESS: an issuer that does nothing locks nothing: the holder withdraws.
abstract contract Supply is ISupply, Trusted, Rules {
    /// @inheritdoc ISupply
    function issue(Terms terms, bytes32 commitment, Approval[] calldata approvals) external whileNotPaused {
        ParticipantId issuer = _payingParticipant();
        _requirePayer(issuer, terms);
        _requireIssuer(terms.asset(), issuer);
        Page memory page = _pageOf(issuer, terms.sequence());
        _requireAllowed(terms, _instructionRefusal(terms, page));
        _requireAllowed(terms, _standingRefusal(issuer));
        IAccounts.Account storage holder = _account(terms.asset(), terms.payee());
        _requireAllowed(terms, holder.open ? Refusal.None : _payeeRefusal(terms.payee()));
        IAssets.Asset storage asset = _assets[terms.asset()];
        _requireWithinMaximum(terms.asset(), uint256(asset.supply) + asset.credit + terms.amount());

        _requireConsent(issuer, ISSUE, terms, _digestOf(terms, commitment), approvals);
        _use(page, terms.sequence());
        _storePage(page);
        asset.supply += terms.amount();
        holder.balance += int64(terms.amount());

        emit Issued(terms, commitment);
    }

    /// @inheritdoc ISupply
    function requestRedemption(Terms terms, bytes32 commitment, Approval[] calldata approvals)
        external
        whileNotPaused
    {
        ParticipantId holder = _payingParticipant();
        _requirePayer(holder, terms);
        _requireIssuer(terms.asset(), terms.payee());
        Debtor memory debtor = _debtor(terms);
        _requireAllowed(terms, _instructionRefusal(terms, debtor.page));
        // The issuer consents to a redemption when it confirms.
        _requireAllowed(terms, debtor.bar == Refusal.AcceptanceNeeded ? Refusal.None : debtor.bar);
        _requireAllowed(terms, _amountRefusal(terms, debtor));

        _requireConsent(holder, REQUEST_REDEMPTION, terms, _digestOf(terms, commitment), approvals);
        _use(debtor.page, terms.sequence());
        _storePage(debtor.page);
        _debit(_account(terms.asset(), holder), _assets[terms.asset()], terms.amount());
        _lockedBy[address(this)][accountId(terms.asset(), holder)] += terms.amount();
        _redemptions[_digestOf(terms, commitment)] = true;

        emit RedemptionRequested(terms, commitment);
    }

    /// @inheritdoc ISupply
    function confirmRedemption(Terms terms, bytes32 commitment, Approval[] calldata approvals) external {
        ParticipantId issuer = _payingParticipant();
        _requireIssuer(terms.asset(), issuer);
        _requirePending(terms, commitment);
        _requireActiveIssuer(issuer);
        _requireAllowed(terms, _standingRefusal(terms.payer()));
        _requireAllowed(terms, _accountRefusal(_account(terms.asset(), terms.payer())));
        IAssets.Asset storage asset = _assets[terms.asset()];
        require(asset.supply >= terms.amount(), SupplyTooSmall(terms.asset(), asset.supply, terms.amount()));

        _requireConsent(issuer, CONFIRM_REDEMPTION, terms, _digestOf(terms, commitment), approvals);
        _unlock(terms, commitment);
        asset.supply -= terms.amount();

        emit Redeemed(terms, commitment);
    }

    /// @inheritdoc ISupply
    function refuseRedemption(Terms terms, bytes32 commitment) external {
        _requireIssuer(terms.asset(), _payingParticipant());
        _requirePending(terms, commitment);

        _giveBack(terms, commitment);

        emit RedemptionRefused(terms, commitment);
    }

    /// @inheritdoc ISupply
    function withdrawRedemption(Terms terms, bytes32 commitment) external {
        _requirePayer(_payingParticipant(), terms);
        _requirePending(terms, commitment);

        _giveBack(terms, commitment);

        emit RedemptionWithdrawn(terms, commitment);
    }

    /// @inheritdoc ISupply
    function redemptionPending(Terms terms, bytes32 commitment) external view returns (bool) {
        return _redemptions[_digestOf(terms, commitment)];
    }

    function _requirePending(Terms terms, bytes32 commitment) private view {
        require(_redemptions[_digestOf(terms, commitment)], RedemptionUnknown(terms, commitment));
    }

    function _giveBack(Terms terms, bytes32 commitment) private {
        _unlock(terms, commitment);
        _account(terms.asset(), terms.payer()).balance += int64(terms.amount());
    }

    function _unlock(Terms terms, bytes32 commitment) private {
        delete _redemptions[_digestOf(terms, commitment)];
        _lockedBy[address(this)][accountId(terms.asset(), terms.payer())] -= terms.amount();
    }
}
