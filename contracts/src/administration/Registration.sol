// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {Administered} from "./Administered.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {AssetKind, DayRule, ParticipantKind} from "../types/Kinds.sol";

/// @title Which assets there are, and who may hold them
///
/// ROLES: the operator registers assets; the issuer or the operator opens accounts.
abstract contract Registration is IAssets, IAccounts, Administered {
    uint32 private constant FIRST_SEQUENTIAL = 1000;

    /// @inheritdoc IAssets
    function registerAsset(Currency currency, AssetKind kind, ParticipantId issuer, DayRule dayRule)
        external
        restricted
        returns (AssetId asset)
    {
        require(
            kind != AssetKind.None && dayRule != DayRule.None && _isNumeric(currency),
            AssetInvalid(currency, kind, dayRule)
        );
        require(_mayIssue(participants.kindOf(issuer), kind), IssuerInvalid(issuer, kind));
        _requireFirstThresholds(issuer);
        asset = AssetId.wrap(
            kind == AssetKind.CentralBankMoney ? Currency.unwrap(currency) : FIRST_SEQUENTIAL + _assetCount++
        );
        require(_assets[asset].kind == AssetKind.None, AssetExists(asset));

        Asset storage registered = _assets[asset];
        (registered.kind, registered.dayRule) = (kind, dayRule);
        (registered.currency, registered.issuer) = (currency, issuer);
        _dayBegan[asset] = uint40(block.timestamp);

        emit AssetRegistered(asset, currency, kind, issuer, dayRule);
    }

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

    function _isNumeric(Currency currency) private pure returns (bool) {
        return Currency.unwrap(currency) > 0 && Currency.unwrap(currency) < FIRST_SEQUENTIAL;
    }

    /// @dev Central-bank money is issued by a central bank, which is admitted as an operator; commercial-bank money also by
    /// banks, a receivable also by the corporate that owes it.
    function _mayIssue(ParticipantKind issuer, AssetKind kind) private pure returns (bool) {
        return issuer == ParticipantKind.Operator
            || (issuer == ParticipantKind.Bank && kind != AssetKind.CentralBankMoney)
            || (issuer == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }

    /// @dev Corporates hold receivables, never cash: their cash runs on the sponsor bank's account. Auditors hold nothing.
    function _mayHold(ParticipantKind holder, AssetKind kind) private pure returns (bool) {
        return holder == ParticipantKind.Operator || holder == ParticipantKind.Bank
            || (holder == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }
}
