// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {Assets} from "./Assets.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AccountId, AssetId, NOBODY, ParticipantId, accountId} from "../types/Identifiers.sol";
import {AssetKind, Freezer, ParticipantKind} from "../types/Kinds.sol";

/// @title Who holds how much, and how far each holder lets it go out
///
/// ROLES: the issuer (or the operator) opens and freezes; the issuer grants credit; the holder sets its own limits and
/// reserve. What lowers takes one administer key at once, what raises takes two and the delay.
///
/// ASSUMPTIONS: only `Ledger` and `Supply` change balances. An account that was opened stays open.
abstract contract Accounts is IAccounts, Assets {
    mapping(AccountId account => Account) internal _accounts;
    mapping(AccountId account => uint64) internal _locked;
    mapping(AccountId account => mapping(Freezer freezer => bool)) private _freezes;
    mapping(AccountId account => mapping(ParticipantId counterparty => BilateralLimit)) private
        _bilateralLimits;

    /// @inheritdoc IAccounts
    function openAccount(AssetId asset, ParticipantId holder) external {
        _requireIssuerOrOperator(asset);
        require(_mayHold(participants.kindOf(holder), _assets[asset].kind), HolderInvalid(asset, holder));
        _requireFirstThresholds(holder);
        Account storage account = _account(asset, holder);
        require(!account.open, AccountIsOpen(asset, holder));

        account.open = true;
        account.perInstruction = MAX_AMOUNT;
        account.perDay = MAX_AMOUNT;

        emit AccountOpened(asset, holder);
    }

    /// @inheritdoc IAccounts
    function freeze(AssetId asset, ParticipantId holder) external {
        _requireIssuerOrOperator(asset);
        Account storage account = _opened(asset, holder);
        Freezer freezer = _isOperator() ? Freezer.Operator : Freezer.Issuer;
        mapping(Freezer freezer => bool) storage freezes = _freezes[accountId(asset, holder)];
        require(!freezes[freezer], AccountIsFrozen(asset, holder));

        freezes[freezer] = true;

        emit FreezeSet(asset, holder, freezer);
        if (account.frozen) return;

        account.frozen = true;

        emit AccountFrozen(asset, holder);
    }

    /// @inheritdoc IAccounts
    function unfreeze(AssetId asset, ParticipantId holder) external {
        _requireIssuerOrOperator(asset);
        Account storage account = _opened(asset, holder);
        bool isLifted = _isIssuer(asset) && _liftFreeze(asset, holder, Freezer.Issuer);
        if (_isOperator() && _liftFreeze(asset, holder, Freezer.Operator)) isLifted = true;
        require(isLifted, AccountIsNotFrozen(asset, holder));
        mapping(Freezer freezer => bool) storage freezes = _freezes[accountId(asset, holder)];
        if (freezes[Freezer.Issuer] || freezes[Freezer.Operator]) return;

        account.frozen = false;

        emit AccountUnfrozen(asset, holder);
    }

    /// @inheritdoc IAccounts
    function setReserve(AssetId asset, uint64 amount) external {
        ParticipantId holder = _payingParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);

        account.reserve = amount;

        emit ReserveSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setCredit(AssetId asset, ParticipantId holder, uint64 amount) external {
        ParticipantId issuer = _administeringParticipant();
        _requireIssuer(asset, issuer);
        Account storage account = _opened(asset, holder);
        Asset storage lent = _assets[asset];
        uint256 credit = uint256(lent.credit) - account.credit + amount;
        _requireWithinMaximum(asset, lent.supply + credit);
        int256 drawn = -int256(account.balance);
        require(int256(uint256(amount)) >= drawn, CreditDrawn(asset, holder, uint64(uint256(drawn))));
        if (amount > account.credit) {
            _requireActiveIssuer(issuer);
            if (!_recordConsent(issuer)) return;
        }

        lent.credit = uint64(credit);
        account.credit = amount;

        emit CreditSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setLimits(AssetId asset, uint64 perInstruction, uint64 perDay) external {
        ParticipantId holder = _administeringParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(perInstruction);
        _requireAmount(perDay);
        bool raises = perInstruction > account.perInstruction || perDay > account.perDay;
        if (raises && !_recordConsent(holder)) return;

        account.perInstruction = perInstruction;
        account.perDay = perDay;

        emit LimitsSet(asset, holder, perInstruction, perDay);
    }

    /// @inheritdoc IAccounts
    function setBilateralLimit(AssetId asset, ParticipantId counterparty, uint64 amount) external {
        ParticipantId holder = _administeringParticipant();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);
        require(counterparty != NOBODY && counterparty != holder, CounterpartyInvalid(counterparty));
        BilateralLimit storage bilateral = _bilateral(asset, holder, counterparty);
        bool raises = bilateral.set ? amount > bilateral.limit : amount == MAX_AMOUNT;
        if (raises && !_recordConsent(holder)) return;

        if (!bilateral.set) (bilateral.netDay, bilateral.net) = (_dayOf(_assets[asset]), 0);
        account.bilateral = true;
        bilateral.set = amount != MAX_AMOUNT;
        bilateral.limit = amount;

        emit BilateralLimitSet(asset, holder, counterparty, amount);
    }

    /// @inheritdoc IAccounts
    function accountOf(AssetId asset, ParticipantId holder) external view returns (Account memory) {
        return _accountToday(asset, holder);
    }

    /// @inheritdoc IAccounts
    function freezesOf(AssetId asset, ParticipantId holder)
        external
        view
        returns (bool byIssuer, bool byOperator)
    {
        mapping(Freezer freezer => bool) storage freezes = _freezes[accountId(asset, holder)];
        return (freezes[Freezer.Issuer], freezes[Freezer.Operator]);
    }

    /// @inheritdoc IAccounts
    function lockedOf(AssetId asset, ParticipantId holder) external view returns (uint64) {
        return _locked[accountId(asset, holder)];
    }

    /// @inheritdoc IAccounts
    function bilateralLimitOf(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        external
        view
        returns (BilateralLimit memory)
    {
        return _bilateralToday(asset, holder, counterparty);
    }

    function _account(AssetId asset, ParticipantId holder) internal view returns (Account storage) {
        return _accounts[accountId(asset, holder)];
    }

    function _accountToday(AssetId asset, ParticipantId holder)
        internal
        view
        returns (Account memory account)
    {
        account = _account(asset, holder);
        uint32 today = _dayOf(_assets[asset]);
        if (account.outflowDay != today) (account.outflowDay, account.outflow) = (today, 0);
    }

    function _bilateral(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        internal
        view
        returns (BilateralLimit storage)
    {
        return _bilateralLimits[accountId(asset, holder)][counterparty];
    }

    function _bilateralToday(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        internal
        view
        returns (BilateralLimit memory bilateral)
    {
        bilateral = _bilateral(asset, holder, counterparty);
        uint32 today = _dayOf(_assets[asset]);
        if (bilateral.netDay != today) (bilateral.netDay, bilateral.net) = (today, 0);
    }

    /// @return isLifted Whether there was such a freeze.
    function _liftFreeze(AssetId asset, ParticipantId holder, Freezer freezer)
        private
        returns (bool isLifted)
    {
        isLifted = _freezes[accountId(asset, holder)][freezer];
        if (!isLifted) return false;

        delete _freezes[accountId(asset, holder)][freezer];

        emit FreezeLifted(asset, holder, freezer);
    }

    function _opened(AssetId asset, ParticipantId holder) private view returns (Account storage account) {
        account = _account(asset, holder);
        require(account.open, AccountIsNotOpen(asset, holder));
    }

    /// @dev Takes the amount from the balance and counts it as outflow of the day.
    function _debit(AssetId asset, ParticipantId holder, uint64 amount) internal {
        uint64 outflow = _accountToday(asset, holder).outflow + amount;

        Account storage account = _account(asset, holder);
        account.balance -= int64(amount);
        (account.outflow, account.outflowDay) = (outflow, _dayOf(_assets[asset]));
    }

    /// @dev Counts an outflow (or, negative, an inflow) between a holder and a counterparty that it limits.
    function _countNet(AssetId asset, ParticipantId holder, ParticipantId counterparty, int128 outflow)
        internal
    {
        BilateralLimit memory today = _bilateralToday(asset, holder, counterparty);
        if (!today.set) return;

        BilateralLimit storage stored = _bilateral(asset, holder, counterparty);
        (stored.netDay, stored.net) = (today.netDay, today.net + outflow);
    }

    /// @dev What is left of a limit; 0 where it was set below what is used.
    function _leftOf(uint256 limit, uint256 used) internal pure returns (uint256) {
        return limit > used ? limit - used : 0;
    }

    function _requireAmount(uint64 amount) internal pure {
        require(amount <= MAX_AMOUNT, AmountTooLarge(amount));
    }

    /// @dev Corporates hold receivables, never cash: their cash runs on the sponsor bank's account. Auditors hold nothing.
    function _mayHold(ParticipantKind holder, AssetKind kind) private pure returns (bool) {
        return holder == ParticipantKind.Operator || holder == ParticipantKind.Bank
            || (holder == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }
}
