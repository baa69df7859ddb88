// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {Administered} from "./Administered.sol";
import {AccountId, AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";

/// @title What stands in the books of assets and accounts
abstract contract Reports is IAssets, IAccounts, Administered {
    /// @inheritdoc IAssets
    function assetOf(AssetId asset) external view returns (Asset memory) {
        return _assets[asset];
    }

    /// @inheritdoc IAssets
    function dayOf(AssetId asset) external view returns (uint32) {
        return _dayOf(_assets[asset]);
    }

    /// @inheritdoc IAccounts
    function accountOf(AssetId asset, ParticipantId holder) external view returns (Account memory) {
        return _accountToday(asset, holder);
    }

    /// @inheritdoc IAccounts
    function lockedOf(AssetId asset, ParticipantId holder) external view returns (uint64 locked) {
        AccountId account = accountId(asset, holder);
        locked = _lockedBy[address(this)][account];
        for (uint256 i; i < _acceptedModules.length; ++i) {
            locked += _lockedBy[_acceptedModules[i]][account];
        }
    }

    /// @inheritdoc IAccounts
    function lockedBy(address module, AssetId asset, ParticipantId holder) external view returns (uint64) {
        return _lockedBy[module][accountId(asset, holder)];
    }

    /// @inheritdoc IAccounts
    function bilateralLimitOf(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        external
        view
        returns (BilateralLimit memory)
    {
        return _bilateralToday(asset, holder, counterparty);
    }
}
