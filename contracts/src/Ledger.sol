// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILedger} from "./interfaces/ILedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Actors} from "./parts/Actors.sol";
import {Modules} from "./parts/Modules.sol";
import {Rules} from "./parts/Rules.sol";
import {AssetId, ParticipantId} from "./types/Identifiers.sol";
import {
    Approval,
    CONFIRM_REDEMPTION,
    ISSUE,
    Payment,
    REQUEST_REDEMPTION,
    Refusal
} from "./types/Instruction.sol";
import {Standing} from "./types/Kinds.sol";
import {Terms} from "./types/Terms.sol";

/// @title Who holds what, and the only place where that changes
///
/// ROLES: issuers bring units into being and take them back; holders ask for that; trusted modules move units between
/// holders. Nobody else changes a balance. Who does what to assets, accounts, thresholds and modules is said in the parts.
///
/// STATES: a unit is available or locked. A requested redemption waits, locked, until the issuer confirms or refuses it.
///
/// ASSUMPTIONS: per asset, supply = sum of balances + sum of locks, after every call. A trusted module has established that
/// the payer's pay key consents; everything else is checked here, whatever the module.
///
/// LIVENESS: a refusal changes nothing and uses no sequence. No loop runs over anything but its own calldata.
contract Ledger is Modules, Rules, ILedger {
    mapping(bytes32 digest => bool) private _redemptions;

    constructor(
        IParticipants participantsContract,
        address authority,
        uint32 delaySeconds,
        address[] memory firstModules
    ) Actors(participantsContract, authority, delaySeconds) Modules(firstModules) {}

    // Moving

    /// @inheritdoc ILedger
    function move(
        ParticipantId payer,
        Payment[] calldata payments,
        Approval[] calldata approvals
    ) external onlyTrusted returns (Refusal[] memory refusals) {
        Standing standing = participants.standingOf(payer);
        refusals = new Refusal[](payments.length);
        uint256 next;

        for (uint256 i; i < payments.length; ++i) {
            Terms terms = payments[i].terms;
            require(terms.payer() == payer, NotPayer(payer, terms));

            bool isApproved = next < approvals.length && approvals[next].index == i;
            uint256 position = isApproved ? next++ : SINGLE_KEY;
            Refusal refusal = _refusal(terms, payments[i].commitment, standing, approvals, position);
            refusals[i] = refusal;
            if (refusal != Refusal.None) continue;

            if (!isApproved) _countSingleKey(payer, _assets[terms.asset()].currency, terms.amount());
            _use(payer, terms.sequence());
            _debit(terms);
            _credit(terms.asset(), terms.payee(), terms.amount());
            _countNet(terms);
        }
        require(next == approvals.length, ApprovalMisplaced(next));
    }

    // Issue and redemption

    /// @inheritdoc ILedger
    function issue(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external {
        ParticipantId issuer = _paying();
        _requirePayer(issuer, terms);
        _requireIssuer(terms.asset(), issuer);
        _requireAllowed(terms, _instructionRefusal(terms, participants.standingOf(issuer)));
        _requireAllowed(terms, _payeeRefusal(terms));
        Asset storage asset = _assets[terms.asset()];
        _requireWithinMaximum(terms.asset(), uint256(asset.supply) + asset.credit + terms.amount());

        _consent(issuer, ISSUE, terms, commitment, approvals);
        _use(issuer, terms.sequence());
        asset.supply += terms.amount();
        _credit(terms.asset(), terms.payee(), terms.amount());

        emit Issued(terms, commitment);
    }

    /// @inheritdoc ILedger
    function requestRedemption(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external {
        ParticipantId holder = _paying();
        _requirePayer(holder, terms);
        _requireIssuer(terms.asset(), terms.payee());
        _requireAllowed(terms, _instructionRefusal(terms, participants.standingOf(holder)));
        _requireAllowed(terms, _payerRefusal(terms));

        _consent(holder, REQUEST_REDEMPTION, terms, commitment, approvals);
        _use(holder, terms.sequence());
        _debit(terms);
        _account(terms.asset(), holder).locked += terms.amount();
        _redemptions[_digestOf(terms, commitment)] = true;

        emit RedemptionRequested(terms, commitment);
    }

    /// @inheritdoc ILedger
    function confirmRedemption(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external {
        ParticipantId issuer = _paying();
        _requireIssuer(terms.asset(), issuer);
        _requirePending(terms, commitment);
        _requireAllowed(terms, _standingRefusal(participants.standingOf(issuer)));
        _requireAllowed(terms, _standingRefusal(participants.standingOf(terms.payer())));
        Account storage account = _account(terms.asset(), terms.payer());
        if (account.frozen) revert InstructionRefused(terms, Refusal.AccountFrozen);

        _consent(issuer, CONFIRM_REDEMPTION, terms, commitment, approvals);
        delete _redemptions[_digestOf(terms, commitment)];
        account.locked -= terms.amount();
        _assets[terms.asset()].supply -= terms.amount();

        emit Redeemed(terms, commitment);
    }

    /// @inheritdoc ILedger
    function refuseRedemption(
        Terms terms,
        bytes32 commitment
    ) external {
        _requireIssuer(terms.asset(), _paying());
        _requirePending(terms, commitment);

        delete _redemptions[_digestOf(terms, commitment)];
        _account(terms.asset(), terms.payer()).locked -= terms.amount();
        _credit(terms.asset(), terms.payer(), terms.amount());

        emit RedemptionRefused(terms, commitment);
    }

    // Views

    /// @inheritdoc ILedger
    function refusalOf(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external view returns (Refusal) {
        Standing standing = participants.standingOf(terms.payer());
        return _refusal(terms, commitment, standing, approvals, approvals.length == 0 ? SINGLE_KEY : 0);
    }

    /// @inheritdoc ILedger
    function redemptionPending(
        Terms terms,
        bytes32 commitment
    ) external view returns (bool) {
        return _redemptions[_digestOf(terms, commitment)];
    }

    // Guards

    function _requirePayer(
        ParticipantId participant,
        Terms terms
    ) private pure {
        require(terms.payer() == participant, NotPayer(participant, terms));
    }

    function _requireAllowed(
        Terms terms,
        Refusal refusal
    ) private pure {
        require(refusal == Refusal.None, InstructionRefused(terms, refusal));
    }

    function _requirePending(
        Terms terms,
        bytes32 commitment
    ) private view {
        require(_redemptions[_digestOf(terms, commitment)], RedemptionUnknown(terms, commitment));
    }

    // Effects

    /// @dev Requires the consents to a call of one instruction, and counts the pay key's when it stands alone.
    function _consent(
        ParticipantId participant,
        bytes32 action,
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) private {
        bool isApproved = approvals.length > 0;
        require(approvals.length <= 1, ApprovalMisplaced(1));
        require(!isApproved || approvals[0].index == 0, ApprovalMisplaced(0));
        uint256 position = isApproved ? 0 : SINGLE_KEY;
        _requireAllowed(terms, _consentRefusal(participant, action, terms, commitment, approvals, position));

        if (!isApproved) _countSingleKey(participant, _assets[terms.asset()].currency, terms.amount());
    }

    /// @dev Takes the amount from the payer's balance and counts it as outflow of the day.
    function _debit(
        Terms terms
    ) private {
        Account storage account = _account(terms.asset(), terms.payer());
        uint64 amount = terms.amount();

        account.balance -= int64(amount);
        account.outflow = uint64(_outflowToday(terms.asset(), account)) + amount;
        account.outflowDay = _dayOf(_assets[terms.asset()]);
    }

    function _credit(
        AssetId asset,
        ParticipantId holder,
        uint64 amount
    ) private {
        _account(asset, holder).balance += int64(amount);
    }

    /// @dev Counts the amount as net outflow of the payer and net inflow of the payee, where either limits it.
    function _countNet(
        Terms terms
    ) private {
        int128 amount = int128(uint128(terms.amount()));

        _countNetOf(terms.asset(), terms.payer(), terms.payee(), amount);
        _countNetOf(terms.asset(), terms.payee(), terms.payer(), -amount);
    }

    function _countNetOf(
        AssetId asset,
        ParticipantId holder,
        ParticipantId counterparty,
        int128 outflow
    ) private {
        if (!_account(asset, holder).bilateral) return;
        BilateralLimit storage bilateral = _bilateral(asset, holder, counterparty);
        if (!bilateral.set) return;

        bilateral.net = _netToday(asset, bilateral) + outflow;
        bilateral.netDay = _dayOf(_assets[asset]);
    }
}
