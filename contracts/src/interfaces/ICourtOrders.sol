// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, ParticipantId} from "../types/Identifiers.sol";

/// @notice What an issuer does to a holding that its holder does not consent to.
interface ICourtOrders {
    /// @param order Digest of the court's order.
    event MovedByCourtOrder(
        AssetId indexed asset,
        ParticipantId indexed from,
        ParticipantId indexed to,
        uint64 amount,
        bytes32 order
    );

    /// @notice No order, no amount, or a move to the same participant.
    error CourtOrderInvalid(ParticipantId from, ParticipantId to, uint64 amount, bytes32 order);
    /// @notice Less than the amount is available; an order takes no credit and nothing that is locked.
    error BalanceTooSmall(AssetId asset, ParticipantId holder, int64 balance, uint64 amount);

    /// @notice Moves what a court orders, also out of a frozen account, whatever the limits. Two administer keys of the asset's
    /// issuer and the delay (see `ITwoKeyChanges`: the proposal's event announces it).
    function moveByCourtOrder(
        AssetId asset,
        ParticipantId from,
        ParticipantId to,
        uint64 amount,
        bytes32 order
    ) external;
}
