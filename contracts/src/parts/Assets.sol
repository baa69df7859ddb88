// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../interfaces/IAssets.sol";
import {Actors} from "./Actors.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {AssetKind, DayRule, KeyRole, ParticipantKind} from "../types/Kinds.sol";

/// @title What is held
///
/// ROLES: the operator registers; the issuer or the operator ends the day.
///
/// ASSUMPTIONS: supply plus all credit lines of an asset stays within `MAX_AMOUNT`, so no balance can overflow.
abstract contract Assets is IAssets, Actors {
    uint32 private constant FIRST_SEQUENTIAL = 1000;

    uint32 private _nextAsset = FIRST_SEQUENTIAL;
    mapping(AssetId asset => Asset) internal _assets;

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
        asset = AssetId.wrap(kind == AssetKind.CentralBankMoney ? Currency.unwrap(currency) : _nextAsset++);
        require(_assets[asset].kind == AssetKind.None, AssetExists(asset));

        Asset storage registered = _assets[asset];
        (registered.kind, registered.dayRule) = (kind, dayRule);
        (registered.currency, registered.issuer) = (currency, issuer);

        emit AssetRegistered(asset, currency, kind, issuer, dayRule);
    }

    /// @inheritdoc IAssets
    function close(AssetId asset) external {
        _requireIssuerOrOperator(asset);
        require(_assets[asset].dayRule == DayRule.BusinessDay, DayEndsByClock(asset));

        uint32 closed = _assets[asset].businessDay++;

        emit DayClosed(asset, closed);
    }

    /// @inheritdoc IAssets
    function assetOf(AssetId asset) external view returns (Asset memory) {
        return _assets[asset];
    }

    /// @inheritdoc IAssets
    function dayOf(AssetId asset) external view returns (uint32) {
        return _dayOf(_assets[asset]);
    }

    function _dayOf(Asset storage asset) internal view returns (uint32) {
        return asset.dayRule == DayRule.BusinessDay ? asset.businessDay : _utcDay();
    }

    function _utcDay() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    function _requireIssuerOrOperator(AssetId asset) internal view {
        ParticipantId issuer = _registered(asset).issuer;
        require(
            participants.mayAct(msg.sender, issuer, KeyRole.Administer) || _isOperator(),
            NotIssuerNorOperator(asset, msg.sender)
        );
    }

    function _requireIssuer(AssetId asset, ParticipantId participant) internal view {
        require(_registered(asset).issuer == participant, NotIssuer(asset, participant));
    }

    function _registered(AssetId asset) internal view returns (Asset storage registered) {
        registered = _assets[asset];
        require(registered.kind != AssetKind.None, AssetUnknown(asset));
    }

    function _requireWithinMaximum(AssetId asset, uint256 supplyAndCredit) internal pure {
        require(supplyAndCredit <= MAX_AMOUNT, SupplyTooLarge(asset, supplyAndCredit));
    }

    function _isNumeric(Currency currency) private pure returns (bool) {
        return Currency.unwrap(currency) > 0 && Currency.unwrap(currency) < FIRST_SEQUENTIAL;
    }

    /// @dev Money is issued by the operator and by banks, a receivable also by the corporate that owes it.
    function _mayIssue(ParticipantKind issuer, AssetKind kind) private pure returns (bool) {
        return issuer == ParticipantKind.Operator || issuer == ParticipantKind.Bank
            || (issuer == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }
}
