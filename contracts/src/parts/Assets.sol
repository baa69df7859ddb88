// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../interfaces/IAssets.sol";
import {Actors} from "./Actors.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {AssetKind, DayRule, KeyRole, ParticipantKind, Standing} from "../types/Kinds.sol";

/// @title What is held
///
/// ROLES: the operator registers; the issuer or the operator ends the day, which lasts half a day at least.
///
/// ASSUMPTIONS: supply plus all credit lines of an asset stays within `MAX_AMOUNT`, and a credit line
/// never below what is drawn of it: so all positive balances and locks together are within `MAX_AMOUNT`.
abstract contract Assets is IAssets, Actors {
    uint32 private constant FIRST_SEQUENTIAL = 1000;
    uint32 private constant SHORTEST_DAY = 12 hours;

    uint32 private _nextAsset = FIRST_SEQUENTIAL;
    mapping(AssetId asset => Asset) internal _assets;
    mapping(AssetId asset => uint40) private _dayBegan;

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
        asset = AssetId.wrap(kind == AssetKind.CentralBankMoney ? Currency.unwrap(currency) : _nextAsset++);
        require(_assets[asset].kind == AssetKind.None, AssetExists(asset));

        Asset storage registered = _assets[asset];
        (registered.kind, registered.dayRule) = (kind, dayRule);
        (registered.currency, registered.issuer) = (currency, issuer);
        _dayBegan[asset] = uint40(block.timestamp);

        emit AssetRegistered(asset, currency, kind, issuer, dayRule);
    }

    /// @inheritdoc IAssets
    function close(AssetId asset) external {
        _requireIssuerOrOperator(asset);
        require(_assets[asset].dayRule == DayRule.BusinessDay, DayEndsByClock(asset));

        uint40 earliest = _earliestClose(asset);
        require(block.timestamp >= earliest, DayTooShort(asset, earliest));

        uint32 closed = _assets[asset].businessDay++;
        _dayBegan[asset] = uint40(block.timestamp);

        emit DayClosed(asset, closed);
    }

    /// @inheritdoc IAssets
    function assetOf(AssetId asset) external view returns (Asset memory) {
        return _assets[asset];
    }

    /// @inheritdoc IAssets
    function earliestClose(AssetId asset) external view returns (uint40) {
        return _earliestClose(asset);
    }

    /// @inheritdoc IAssets
    function dayOf(AssetId asset) external view returns (uint32) {
        return _dayOf(_assets[asset]);
    }

    function _dayOf(Asset storage asset) internal view returns (uint32) {
        return asset.dayRule == DayRule.BusinessDay ? asset.businessDay : _utcDay();
    }

    function _earliestClose(AssetId asset) private view returns (uint40) {
        return _dayBegan[asset] + (delay < SHORTEST_DAY ? delay : SHORTEST_DAY);
    }

    function _utcDay() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    function _requireIssuerOrOperator(AssetId asset) internal view {
        _registered(asset);
        require(_isIssuer(asset) || _isOperator(), NotIssuerNorOperator(asset, msg.sender));
    }

    /// @dev Whether the sender is an administer key of the asset's issuer.
    function _isIssuer(AssetId asset) internal view returns (bool) {
        return participants.mayAct(msg.sender, _assets[asset].issuer, KeyRole.Administer);
    }

    function _requireActiveIssuer(ParticipantId issuer) internal view {
        Standing standing = participants.standingOf(issuer);
        require(standing == Standing.Active, IssuerNotActive(issuer, standing));
    }

    /// @dev Four eyes come before anything to guard: the operator can set them once only, and not after this.
    function _requireFirstThresholds(ParticipantId participant) internal view virtual;

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

    /// @dev Central-bank money is issued by a central bank, which is admitted as an operator; commercial-bank money also by
    /// banks, a receivable also by the corporate that owes it.
    function _mayIssue(ParticipantKind issuer, AssetKind kind) private pure returns (bool) {
        return issuer == ParticipantKind.Operator
            || (issuer == ParticipantKind.Bank && kind != AssetKind.CentralBankMoney)
            || (issuer == ParticipantKind.Corporate && kind == AssetKind.Receivable);
    }
}
