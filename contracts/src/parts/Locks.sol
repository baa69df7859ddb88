// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {ILocks} from "../interfaces/ILocks.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {CyclePosition} from "../types/Cycle.sol";
import {AccountId, AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";

/// @title What modules hold for a while
///
/// STATES: locked by one module for one holder; then given back, or used by a cycle of that module.
///
/// ASSUMPTIONS: a module lets go of its own locks only. What it holds is counted, so that it cannot be dropped while it does.
///
/// LIVENESS: what is locked can be given back while the module is closing or paused, and whatever the holder's standing.
abstract contract Locks is ILocks, Trusted, Rules {
    /// @inheritdoc ILocks
    function lock(
        AssetId asset,
        ParticipantId holder,
        uint64 amount,
        bytes32 action,
        bytes32 digest,
        Approval[] calldata approvals
    ) external onlyTrusted returns (Refusal refusal) {
        refusal = _memberRefusal(asset, holder);
        if (refusal == Refusal.None) refusal = _lockRefusal(_account(asset, holder), asset, amount);
        if (refusal != Refusal.None) return refusal;
        if (approvals.length == 0) return Refusal.ApprovalMissing;
        refusal = _approvalRefusal(holder, action, digest, approvals[0]);
        if (refusal != Refusal.None || amount == 0) return refusal;

        AccountId account = accountId(asset, holder);
        _debit(_account(asset, holder), _assets[asset], amount);
        _locked[account] += amount;
        _lockedBy[msg.sender][account] += amount;
        _modules[msg.sender].held += amount;
    }

    /// @inheritdoc ILocks
    function unlock(AssetId asset, ParticipantId holder, uint64 amount) external onlyHolding {
        _letGo(asset, holder, amount);
        _account(asset, holder).balance += int64(amount);
    }

    /// @inheritdoc ILocks
    function settleCycle(AssetId asset, CyclePosition[] calldata positions)
        external
        onlyTrusted
        returns (Refusal refusal, ParticipantId member)
    {
        for (uint256 i; i < positions.length; ++i) {
            member = positions[i].participant();
            refusal = _memberRefusal(asset, member);
            if (refusal != Refusal.None) return (refusal, member);
        }

        int256 sum;
        for (uint256 i; i < positions.length; ++i) {
            CyclePosition position = positions[i];
            member = position.participant();
            int64 net = position.net();
            sum += net;
            _useCounters(position);
            if (net < 0) _letGo(asset, member, position.debit());
            else _account(asset, member).balance += net;
        }
        require(sum == 0, CycleUnbalanced(asset, sum));
    }

    /// @inheritdoc ILocks
    function countersUsed(ParticipantId payer) external view returns (uint64) {
        return _countersUsed[payer];
    }

    /// @dev May the participant be part of a cycle? A member that is suspended, stopped or frozen may not, whatever its side.
    function _memberRefusal(AssetId asset, ParticipantId member) private view returns (Refusal refusal) {
        refusal = _standingRefusal(member);
        if (refusal == Refusal.None) refusal = _accountRefusal(_account(asset, member));
    }

    function _lockRefusal(IAccounts.Account storage stored, AssetId asset, uint64 amount)
        private
        view
        returns (Refusal)
    {
        if (amount == 0) return Refusal.None;

        if (amount > stored.perInstruction) return Refusal.InstructionLimit;
        if (amount > _dayLeft(stored, asset)) return Refusal.DayLimit;
        int256 last = int256(stored.balance) - int256(uint256(amount));
        int256 credit = int256(uint256(stored.credit));
        if (last < -credit) return Refusal.InsufficientFunds;
        if (last < int256(uint256(stored.reserve)) - credit) return Refusal.ReserveTouched;
        return Refusal.None;
    }

    function _useCounters(CyclePosition position) private {
        ParticipantId payer = position.participant();
        uint64 next = _countersUsed[payer] + 1;
        require(position.first() == next, CounterNotNext(payer, position.first(), next));

        if (position.last() >= next) _countersUsed[payer] = position.last();
    }

    function _letGo(AssetId asset, ParticipantId holder, uint64 amount) private {
        AccountId account = accountId(asset, holder);
        _lockedBy[msg.sender][account] -= amount;
        _locked[account] -= amount;
        _modules[msg.sender].held -= amount;
    }
}
