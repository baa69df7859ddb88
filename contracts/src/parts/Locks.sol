// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {ILocks} from "../interfaces/ILocks.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {CyclePosition} from "../types/Cycle.sol";
import {AccountId, AssetId, NOBODY, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {Standing} from "../types/Kinds.sol";

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
        Approval calldata approval
    ) external onlyTrusted returns (Refusal refusal) {
        if (amount > 0) refusal = _lockRefusal(asset, holder, amount);
        if (refusal == Refusal.None) refusal = _approvalRefusal(holder, action, digest, approval);
        if (refusal != Refusal.None || amount == 0) return refusal;

        AccountId account = accountId(asset, holder);
        _debit(_account(asset, holder), _assets[asset], amount);
        _lockedBy[msg.sender][account] += amount;
        _modules[msg.sender].held += amount;
    }

    /// @inheritdoc ILocks
    function unlock(AssetId asset, ParticipantId holder, uint64 amount) external onlyHolding {
        _lockedBy[msg.sender][accountId(asset, holder)] -= amount;
        _modules[msg.sender].held -= amount;
        _account(asset, holder).balance += int64(amount);
    }

    /// @inheritdoc ILocks
    function settleCycle(AssetId asset, uint256[] calldata positions)
        external
        onlyTrusted
        returns (Refusal refusal, ParticipantId member)
    {
        (refusal, member) = _cycleRefusal(asset, positions);
        if (refusal != Refusal.None) return (refusal, member);

        uint128 used;
        for (uint256 i; i < positions.length; ++i) {
            CyclePosition position = CyclePosition.wrap(positions[i]);
            ParticipantId participant = position.participant();
            uint64 debit = position.debit();
            if (position.pays()) _setCounter(participant, position.last());
            if (debit > 0) _lockedBy[msg.sender][accountId(asset, participant)] -= debit;
            else _account(asset, participant).balance += position.net();
            used += debit;
        }
        _modules[msg.sender].held -= used;
    }

    /// @inheritdoc ILocks
    function cycleRefusal(AssetId asset, uint256[] calldata positions)
        external
        view
        returns (Refusal refusal, ParticipantId member)
    {
        return _cycleRefusal(asset, positions);
    }

    /// @inheritdoc ILocks
    function countersUsed(ParticipantId payer) external view returns (uint64) {
        return _counterOf(payer);
    }

    /// @dev A member that is suspended, stopped or frozen may be no part of a cycle, whatever its side. Each is in it once, and what is
    /// taken is what is given: otherwise it is the module's mistake, not a member's.
    function _cycleRefusal(AssetId asset, uint256[] calldata positions)
        private
        view
        returns (Refusal refusal, ParticipantId member)
    {
        Standing[] memory standings = participants.standingsOf(_membersOf(asset, positions));

        for (uint256 i; i < positions.length; ++i) {
            CyclePosition position = CyclePosition.wrap(positions[i]);
            member = position.participant();
            refusal = _refusalOf(standings[i]);
            if (refusal == Refusal.None) refusal = _accountRefusal(_account(asset, member));
            if (refusal == Refusal.None) refusal = _counterRefusal(position);
            if (refusal != Refusal.None) return (refusal, member);
        }
        return (Refusal.None, NOBODY);
    }

    function _membersOf(AssetId asset, uint256[] calldata positions)
        private
        pure
        returns (ParticipantId[] memory members)
    {
        members = new ParticipantId[](positions.length);
        ParticipantId before = NOBODY;
        int256 sum;
        for (uint256 i; i < positions.length; ++i) {
            ParticipantId member = CyclePosition.wrap(positions[i]).participant();
            require(
                ParticipantId.unwrap(before) < ParticipantId.unwrap(member), CycleUnordered(asset, member)
            );
            sum += CyclePosition.wrap(positions[i]).net();
            members[i] = before = member;
        }
        require(sum == 0, CycleUnbalanced(asset, sum));
    }

    /// @dev Is a payer's first counter its next unused one?
    function _counterRefusal(CyclePosition position) private view returns (Refusal) {
        if (!position.pays()) return Refusal.None;

        uint256 next = uint256(_counterOf(position.participant())) + 1;
        return position.first() == next ? Refusal.None : Refusal.CounterNotNext;
    }

    function _lockRefusal(AssetId asset, ParticipantId holder, uint64 amount)
        private
        view
        returns (Refusal refusal)
    {
        IAccounts.Account storage stored = _account(asset, holder);
        refusal = _standingRefusal(holder);
        if (refusal == Refusal.None) refusal = _accountRefusal(stored);
        if (refusal != Refusal.None) return refusal;
        if (_assets[asset].isCutOff) return Refusal.CutOff;
        if (amount > stored.perInstruction) return Refusal.InstructionLimit;
        if (amount > _dayLeft(stored, asset)) return Refusal.DayLimit;
        int256 last = int256(stored.balance) - int256(uint256(amount));
        int256 credit = int256(uint256(stored.credit));
        if (last < -credit) return Refusal.InsufficientFunds;
        if (last < int256(uint256(stored.reserve)) - credit) return Refusal.ReserveTouched;
        return Refusal.None;
    }

    function _counterOf(ParticipantId payer) private view returns (uint64) {
        (uint256 page, uint256 place) = _counterPlace(payer);
        return uint64(_countersUsed[page] >> place);
    }

    function _setCounter(ParticipantId payer, uint64 last) private {
        (uint256 page, uint256 place) = _counterPlace(payer);
        uint256 others = _countersUsed[page] & ~(uint256(type(uint64).max) << place);
        _countersUsed[page] = others | (uint256(last) << place);
    }

    function _counterPlace(ParticipantId payer) private pure returns (uint256 page, uint256 place) {
        uint256 id = ParticipantId.unwrap(payer);
        return (id / 4, (id % 4) * 64);
    }
}
