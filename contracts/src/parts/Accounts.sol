// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {Assets} from "./Assets.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";

/// @title Who holds how much
///
/// ASSUMPTIONS: an account that was opened stays open. What counts for a day is read as of the asset's present day.
abstract contract Accounts is Assets {
    function _account(AssetId asset, ParticipantId holder) internal view returns (IAccounts.Account storage) {
        return _accounts[accountId(asset, holder)];
    }

    function _accountToday(AssetId asset, ParticipantId holder)
        internal
        view
        returns (IAccounts.Account memory account)
    {
        account = _account(asset, holder);
        uint32 today = _dayOf(_assets[asset]);
        if (account.outflowDay != today) (account.outflowDay, account.outflow) = (today, 0);
    }

    function _bilateral(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        internal
        view
        returns (IAccounts.BilateralLimit storage)
    {
        return _bilateralLimits[accountId(asset, holder)][counterparty];
    }

    function _bilateralToday(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        internal
        view
        returns (IAccounts.BilateralLimit memory bilateral)
    {
        bilateral = _bilateral(asset, holder, counterparty);
        uint32 today = _dayOf(_assets[asset]);
        if (bilateral.netDay != today) (bilateral.netDay, bilateral.net) = (today, 0);
    }

    function _opened(AssetId asset, ParticipantId holder)
        internal
        view
        returns (IAccounts.Account storage account)
    {
        account = _account(asset, holder);
        require(account.open, IAccounts.AccountIsNotOpen(asset, holder));
    }

    /// @dev Takes the amount from the balance and counts it as outflow of the day.
    function _debit(IAccounts.Account storage account, IAssets.Asset storage asset, uint64 amount) internal {
        account.balance -= int64(amount);
        _countOutflow(account, asset, amount);
    }

    function _countOutflow(IAccounts.Account storage account, IAssets.Asset storage asset, uint64 amount)
        internal
    {
        uint32 today = _dayOf(asset);
        uint64 before = account.outflowDay == today ? account.outflow : 0;

        (account.outflow, account.outflowDay) = (before + amount, today);
    }

    /// @dev Counts an outflow (or, negative, an inflow) between a holder and a counterparty that it limits.
    function _countNet(AssetId asset, ParticipantId holder, ParticipantId counterparty, int128 outflow)
        internal
    {
        IAccounts.BilateralLimit memory today = _bilateralToday(asset, holder, counterparty);
        if (!today.set) return;

        IAccounts.BilateralLimit storage stored = _bilateral(asset, holder, counterparty);
        (stored.netDay, stored.net) = (today.netDay, today.net + outflow);
    }

    /// @dev What is left of a limit; 0 where it was set below what is used.
    function _leftOf(uint256 limit, uint256 used) internal pure returns (uint256) {
        return limit > used ? limit - used : 0;
    }

    function _requireAmount(uint64 amount) internal pure {
        require(amount <= MAX_AMOUNT, IAccounts.AmountTooLarge(amount));
    }
}
