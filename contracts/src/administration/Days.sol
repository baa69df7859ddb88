// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../interfaces/IAssets.sol";
import {Administered} from "./Administered.sol";
import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {DayRule} from "../types/Kinds.sol";

/// @title An asset's business day
///
/// ROLES: the issuer or the operator cuts off, closes and opens the day, which lasts half a day at least. The issuer says, by two
/// keys and with delay, whether what waits lapses with the day and whether receivers have to consent.
///
/// STATES: open → cut off → (closed) the next day, still cut off → open. A day may be closed without a cut-off; then the next one
/// is open at once.
abstract contract Days is IAssets, Administered {
    uint32 private constant SHORTEST_DAY = 12 hours;

    /// @inheritdoc IAssets
    function cutOff(AssetId asset) external {
        _setCutOff(asset, true);

        emit DayCutOff(asset, _assets[asset].businessDay);
    }

    /// @inheritdoc IAssets
    function close(AssetId asset) external {
        Asset storage closing = _withBusinessDay(asset);
        uint40 earliest = _earliestClose(asset);
        require(block.timestamp >= earliest, DayTooShort(asset, earliest));

        uint32 closed = closing.businessDay++;
        _dayBegan[asset] = uint40(block.timestamp);

        emit DayClosed(asset, closed);
    }

    /// @inheritdoc IAssets
    function open(AssetId asset) external {
        _setCutOff(asset, false);

        emit DayOpened(asset, _assets[asset].businessDay);
    }

    /// @inheritdoc IAssets
    function setWaitingRules(AssetId asset, bool lapsesWithDay, bool asksAcceptance) external {
        ParticipantId issuer = _administeringParticipant();
        _requireIssuer(asset, issuer);
        if (!_recordConsent(issuer)) return;

        (_assets[asset].lapsesWithDay, _assets[asset].asksAcceptance) = (lapsesWithDay, asksAcceptance);

        emit WaitingRulesSet(asset, lapsesWithDay, asksAcceptance);
    }

    /// @inheritdoc IAssets
    function earliestClose(AssetId asset) external view returns (uint40) {
        return _earliestClose(asset);
    }

    function _earliestClose(AssetId asset) private view returns (uint40) {
        return _dayBegan[asset] + (delay < SHORTEST_DAY ? delay : SHORTEST_DAY);
    }

    function _setCutOff(AssetId asset, bool isCutOff) private {
        Asset storage day = _withBusinessDay(asset);
        require(day.isCutOff != isCutOff, CutOffIs(asset, day.isCutOff));

        day.isCutOff = isCutOff;
    }

    /// @dev An asset whose day the sender may change.
    function _withBusinessDay(AssetId asset) private view returns (Asset storage found) {
        _requireIssuerOrOperator(asset);
        found = _assets[asset];
        require(found.dayRule == DayRule.BusinessDay, DayEndsByClock(asset));
    }
}
