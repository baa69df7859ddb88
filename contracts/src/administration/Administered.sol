// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAssets} from "../interfaces/IAssets.sol";
import {Accounts} from "../parts/Accounts.sol";
import {TwoKeyChanges} from "../parts/TwoKeyChanges.sol";
import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title Who administers: a participant for itself, an issuer its asset, the operator
abstract contract Administered is Accounts, TwoKeyChanges {
    function _administeringParticipant() internal view override returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Administer);
    }

    function _mayAdminister(address key, ParticipantId participant) internal view override returns (bool) {
        return participants.mayAct(key, participant, KeyRole.Administer);
    }

    /// @dev Whether the sender is an administer key of the asset's issuer.
    function _isIssuer(AssetId asset) internal view returns (bool) {
        return _mayAdminister(msg.sender, _assets[asset].issuer);
    }

    function _requireIssuerOrOperator(AssetId asset) internal view {
        _registered(asset);
        require(_isIssuer(asset) || _isOperator(), IAssets.NotIssuerNorOperator(asset, msg.sender));
    }

    /// @dev Four eyes come before anything to guard: the operator can set them once only, and not after this.
    function _requireFirstThresholds(ParticipantId participant) internal view {
        require(_hasThresholds[participant], IAssets.FirstThresholdsMissing(participant));
    }
}
