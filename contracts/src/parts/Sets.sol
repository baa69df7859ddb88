// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISets} from "../interfaces/ISets.sol";
import {IAssets} from "../interfaces/IAssets.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {Position, Positions, PositionsLibrary} from "../libraries/Positions.sol";
import {Netted} from "./Netted.sol";
import {Urgent} from "./Urgent.sol";
import {AccountId, AssetId} from "../types/Identifiers.sol";
import {Refusal} from "../types/Instruction.sol";
import {DayRule, KeyRole} from "../types/Kinds.sol";
import {Leg} from "../types/Legs.sol";

/// @title Queued instructions that settle together
///
/// ASSUMPTIONS: a leg takes from one account what it gives to another of the same asset, so every set sums to zero.
abstract contract Sets is ISets, Netted, Urgent {
    /// @dev A set as it was read.
    /// @param nets For each pair of places, what goes out from the first to the second, net; empty when nobody limits anybody.
    struct Draft {
        Positions positions;
        int256[] nets;
    }

    /// @inheritdoc ISets
    function settleSet(Leg[] calldata legs, address sender, bool isOperator)
        external
        onlyTrusted
        returns (Refusal refusal)
    {
        Draft memory draft;
        refusal = _setRefusal(draft, legs, sender, isOperator);
        if (refusal != Refusal.None) return refusal;

        _storeSet(draft);
    }

    /// @inheritdoc ISets
    function countUrgent(AccountId[] calldata accounts, bool isMore) external onlyHolding {
        if (isMore) _requireTrusted();

        for (uint256 i; i < accounts.length; ++i) {
            _countUrgent(accounts[i], 1, isMore);
        }
    }

    /// @inheritdoc ISets
    function setRefusal(Leg[] calldata legs, address sender, bool isOperator)
        external
        view
        returns (Refusal refusal)
    {
        Draft memory draft;
        return _setRefusal(draft, legs, sender, isOperator);
    }

    /// @inheritdoc ISets
    function waitingRulesOf(Leg[] calldata legs) external view returns (uint32 lapsing, uint32 asking) {
        for (uint256 i; i < legs.length; ++i) {
            IAssets.Asset storage asset = _assets[legs[i].asset()];
            if (asset.lapsesWithDay) lapsing |= uint32(1 << i);
            if (asset.asksAcceptance) asking |= uint32(1 << i);
        }
    }

    /// @inheritdoc ISets
    function dayBeganAt(AssetId asset) external view returns (uint40) {
        bool endsByClock = _assets[asset].dayRule == DayRule.UtcDay;
        return endsByClock ? uint40(_utcDay()) * 1 days : _dayBegan[asset];
    }

    /// @dev Reads a set into the draft, and says why it may not settle.
    function _setRefusal(Draft memory draft, Leg[] calldata legs, address sender, bool isOperator)
        private
        view
        returns (Refusal refusal)
    {
        Positions memory positions = PositionsLibrary.empty(legs.length);
        for (uint256 i; i < legs.length; ++i) {
            if (!positions.hasRoom()) return Refusal.SetTooLarge;
            positions.add(legs[i]);
        }
        draft.positions = positions;

        bool isLimited;
        for (uint256 i; i < positions.count; ++i) {
            Position memory position = positions.list[i];
            refusal = _graver(refusal, _positionRefusal(position));
            isLimited = isLimited || _accounts[position.account].bilateral;
        }
        if (refusal == Refusal.None && !isOperator) refusal = _priorityRefusal(positions, sender);
        if (refusal != Refusal.None || !isLimited) return refusal;

        draft.nets = _netsOf(positions, legs);
        return _netsRefusal(draft);
    }

    /// @dev Does a set leave an urgent instruction behind for one that is not?
    function _priorityRefusal(Positions memory positions, address sender) private view returns (Refusal) {
        for (uint256 i; i < positions.count; ++i) {
            Position memory position = positions.list[i];
            if (position.outflow == position.urgentOutflow) continue;
            if (_accounts[position.account].urgentWaiting <= position.urgentCount) continue;

            bool isHolder = participants.mayAct(sender, _holderOf(position.account), KeyRole.Pay);
            if (!isHolder) return Refusal.UrgentWaiting;
        }
        return Refusal.None;
    }

    function _netsOf(Positions memory positions, Leg[] calldata legs)
        private
        pure
        returns (int256[] memory nets)
    {
        uint256 count = positions.count;
        nets = new int256[](count * count);
        for (uint256 i; i < legs.length; ++i) {
            uint256 payer = positions.placeOf(legs[i].debited());
            uint256 payee = positions.placeOf(legs[i].credited());
            int256 amount = int256(uint256(legs[i].amount()));
            nets[payer * count + payee] += amount;
            nets[payee * count + payer] -= amount;
        }
    }

    function _netsRefusal(Draft memory draft) private view returns (Refusal refusal) {
        uint256 count = draft.positions.count;
        for (uint256 place; place < draft.nets.length; ++place) {
            if (draft.nets[place] <= 0) continue;

            AccountId counterparty = draft.positions.list[place % count].account;
            refusal = _netRefusal(
                draft.positions.list[place / count].account, _holderOf(counterparty), draft.nets[place]
            );
            if (refusal != Refusal.None) return refusal;
        }
    }

    function _storeSet(Draft memory draft) private {
        uint256 count = draft.positions.count;
        for (uint256 i; i < count; ++i) {
            Position memory position = draft.positions.list[i];
            IAccounts.Account storage account = _accounts[position.account];
            account.balance += int64(int256(position.inflow) - int256(position.outflow));
            if (position.outflow > 0) {
                _countOutflow(account, _assets[_assetOf(position.account)], uint64(position.outflow));
            }
            if (position.urgentCount > 0) _countUrgent(position.account, position.urgentCount, false);
        }
        for (uint256 place; place < draft.nets.length; ++place) {
            AccountId account = draft.positions.list[place / count].account;
            if (draft.nets[place] == 0 || !_accounts[account].bilateral) continue;

            AccountId counterparty = draft.positions.list[place % count].account;
            _countNet(
                _assetOf(account), _holderOf(account), _holderOf(counterparty), int128(draft.nets[place])
            );
        }
    }
}
