// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../interfaces/IAssets.sol";
import {Actors} from "./Actors.sol";
import {Books} from "./Books.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {AssetKind, DayRule, Standing} from "../types/Kinds.sol";

/// @title What is held
///
/// ASSUMPTIONS: supply plus all credit lines of an asset stays within `MAX_AMOUNT`, and a credit line
/// never below what is drawn of it: so all positive balances and locks together are within `MAX_AMOUNT`.
abstract contract Assets is Books, Actors {
    function _dayOf(IAssets.Asset storage asset) internal view returns (uint32) {
        return asset.dayRule == DayRule.BusinessDay ? asset.businessDay : _utcDay();
    }

    function _utcDay() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    function _registered(AssetId asset) internal view returns (IAssets.Asset storage registered) {
        registered = _assets[asset];
        require(registered.kind != AssetKind.None, IAssets.AssetUnknown(asset));
    }

    function _requireIssuer(AssetId asset, ParticipantId participant) internal view {
        require(_registered(asset).issuer == participant, IAssets.NotIssuer(asset, participant));
    }

    function _requireActiveIssuer(ParticipantId issuer) internal view {
        Standing standing = participants.standingOf(issuer);
        require(standing == Standing.Active, IAssets.IssuerNotActive(issuer, standing));
    }

    function _requireWithinMaximum(AssetId asset, uint256 supplyAndCredit) internal pure {
        require(supplyAndCredit <= MAX_AMOUNT, IAssets.SupplyTooLarge(asset, supplyAndCredit));
    }
}
