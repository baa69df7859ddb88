// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {Administered} from "./Administered.sol";
import {AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Freezer} from "../types/Kinds.sol";

/// @title Accounts that may not be debited
///
/// ROLES: the issuer and the operator freeze, each by its own freeze, and each lifts its own.
abstract contract Freezes is IAccounts, Administered {
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
    function freezesOf(AssetId asset, ParticipantId holder)
        external
        view
        returns (bool byIssuer, bool byOperator)
    {
        mapping(Freezer freezer => bool) storage freezes = _freezes[accountId(asset, holder)];
        return (freezes[Freezer.Issuer], freezes[Freezer.Operator]);
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
}
