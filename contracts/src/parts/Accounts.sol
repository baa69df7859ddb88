// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {Assets} from "./Assets.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AccountId, AssetId, NOBODY, ParticipantId, accountId} from "../types/Identifiers.sol";
import {AssetKind, ParticipantKind} from "../types/Kinds.sol";

/// @title Who holds how much, and how far each holder lets it go out
///
/// ROLES: the issuer (or the operator) opens and freezes; the issuer grants credit; the holder sets its own limits and
/// reserve. What lowers takes one administer key at once, what raises takes two and the delay.
///
/// ASSUMPTIONS: only `Ledger` changes balances. An account that was opened stays open.
abstract contract Accounts is IAccounts, Assets {
    mapping(AccountId account => Account) internal _accounts;
    mapping(AccountId account => mapping(ParticipantId counterparty => BilateralLimit)) internal
        _bilateralLimits;

    /// @inheritdoc IAccounts
    function openAccount(
        AssetId asset,
        ParticipantId holder
    ) external {
        _requireIssuerOrOperator(asset);
        require(_mayHold(participants.kindOf(holder), _assets[asset].kind), HolderInvalid(asset, holder));
        Account storage account = _account(asset, holder);
        require(!account.open, AccountIsOpen(asset, holder));

        account.open = true;
        account.perInstruction = MAX_AMOUNT;
        account.perDay = MAX_AMOUNT;

        emit AccountOpened(asset, holder);
    }

    /// @inheritdoc IAccounts
    function freeze(
        AssetId asset,
        ParticipantId holder
    ) external {
        _requireIssuerOrOperator(asset);
        Account storage account = _opened(asset, holder);
        require(!account.frozen, AccountIsFrozen(asset, holder));

        account.frozen = true;

        emit AccountFrozen(asset, holder);
    }

    /// @inheritdoc IAccounts
    function unfreeze(
        AssetId asset,
        ParticipantId holder
    ) external {
        _requireIssuerOrOperator(asset);
        Account storage account = _opened(asset, holder);
        require(account.frozen, AccountIsNotFrozen(asset, holder));

        account.frozen = false;

        emit AccountUnfrozen(asset, holder);
    }

    /// @inheritdoc IAccounts
    function setReserve(
        AssetId asset,
        uint64 amount
    ) external {
        ParticipantId holder = _paying();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);

        account.reserve = amount;

        emit ReserveSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setCredit(
        AssetId asset,
        ParticipantId holder,
        uint64 amount
    ) external {
        ParticipantId issuer = _administered();
        _requireIssuer(asset, issuer);
        Account storage account = _opened(asset, holder);
        Asset storage lent = _assets[asset];
        uint256 credit = uint256(lent.credit) - account.credit + amount;
        _requireWithinMaximum(asset, lent.supply + credit);
        if (amount > account.credit && !_agreed(issuer)) return;

        lent.credit = uint64(credit);
        account.credit = amount;

        emit CreditSet(asset, holder, amount);
    }

    /// @inheritdoc IAccounts
    function setLimits(
        AssetId asset,
        uint64 perInstruction,
        uint64 perDay
    ) external {
        ParticipantId holder = _administered();
        Account storage account = _opened(asset, holder);
        _requireAmount(perInstruction);
        _requireAmount(perDay);
        bool raises = perInstruction > account.perInstruction || perDay > account.perDay;
        if (raises && !_agreed(holder)) return;

        account.perInstruction = perInstruction;
        account.perDay = perDay;

        emit LimitsSet(asset, holder, perInstruction, perDay);
    }

    /// @inheritdoc IAccounts
    function setBilateralLimit(
        AssetId asset,
        ParticipantId counterparty,
        uint64 amount
    ) external {
        ParticipantId holder = _administered();
        Account storage account = _opened(asset, holder);
        _requireAmount(amount);
        require(counterparty != NOBODY && counterparty != holder, CounterpartyInvalid(counterparty));
        BilateralLimit storage bilateral = _bilateralLimits[accountId(asset, holder)][counterparty];
        bool raises = bilateral.set ? amount > bilateral.limit : amount == MAX_AMOUNT;
        if (raises && !_agreed(holder)) return;

        if (!bilateral.set) (bilateral.netDay, bilateral.net) = (_dayOf(_assets[asset]), 0);
        account.bilateral = true;
        bilateral.set = amount != MAX_AMOUNT;
        bilateral.limit = amount;

        emit BilateralLimitSet(asset, holder, counterparty, amount);
    }

    /// @inheritdoc IAccounts
    function accountOf(
        AssetId asset,
        ParticipantId holder
    ) external view returns (Account memory) {
        return _account(asset, holder);
    }

    /// @inheritdoc IAccounts
    function bilateralLimitOf(
        AssetId asset,
        ParticipantId holder,
        ParticipantId counterparty
    ) external view returns (BilateralLimit memory) {
        return _bilateralLimits[accountId(asset, holder)][counterparty];
    }

    function _account(
        AssetId asset,
        ParticipantId holder
    ) internal view returns (Account storage) {
        return _accounts[accountId(asset, holder)];
    }

    function _opened(
        AssetId asset,
        ParticipantId holder
    ) private view returns (Account storage account) {
        account = _account(asset, holder);
        require(account.open, AccountIsNotOpen(asset, holder));
    }

    function _requireAmount(
        uint64 amount
    ) internal pure {
        require(amount <= MAX_AMOUNT, AmountTooLarge(amount));
    }

    /// @dev Corporates hold receivables, never cash: their cash runs on the sponsor bank's account. Auditors hold nothing.
    function _mayHold(
        ParticipantKind holder,
        AssetKind kind
    ) private pure returns (bool) {
        return holder == ParticipantKind.Operator || holder == ParticipantKind.Bank
            || (holder == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }
}
