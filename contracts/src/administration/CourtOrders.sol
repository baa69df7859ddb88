// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ICourtOrders} from "../interfaces/ICourtOrders.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {Administered} from "./Administered.sol";
import {AssetId, ParticipantId} from "../types/Identifiers.sol";

/// @title Moving a holder's units under a court's order
///
/// ROLES: the asset's issuer, by two administer keys and after the delay; every step of it is an event that names the order.
///
/// ASSUMPTIONS: it takes what is available and no credit, whether or not the account is frozen. What is locked stays where it is.
abstract contract CourtOrders is ICourtOrders, Administered {
    /// @inheritdoc ICourtOrders
    function moveByCourtOrder(
        AssetId asset,
        ParticipantId from,
        ParticipantId to,
        uint64 amount,
        bytes32 order
    ) external {
        ParticipantId issuer = _administeringParticipant();
        _requireIssuer(asset, issuer);
        _requireActiveIssuer(issuer);
        require(order != 0 && amount > 0 && from != to, CourtOrderInvalid(from, to, amount, order));
        _requireAmount(amount);
        IAccounts.Account storage debited = _opened(asset, from);
        IAccounts.Account storage credited = _opened(asset, to);
        if (!_recordConsent(issuer)) return;
        require(debited.balance >= int64(amount), BalanceTooSmall(asset, from, debited.balance, amount));

        debited.balance -= int64(amount);
        credited.balance += int64(amount);

        emit MovedByCourtOrder(asset, from, to, amount, order);
    }
}
