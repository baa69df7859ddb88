// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {Position} from "../libraries/Positions.sol";
import {Rules} from "./Rules.sol";
import {Trusted} from "./Trusted.sol";
import {AccountId, AssetId, ParticipantId} from "../types/Identifiers.sol";
import {Refusal, passes} from "../types/Instruction.sol";

/// @title What is asked of moves that are made together
///
/// A debit is asked about before netting: may the account be debited, is the instruction within its limit, is the day's gross
/// outflow within its limit. Then the net: with all credits in and all debits out, no debited account is below its floor and
/// no bilateral limit is exceeded.
///
/// The floor: `final ≥ −credit`, and with outflow that is not urgent also `final + urgent outflow ≥ reserve − credit`.
abstract contract Netted is Trusted, Rules {
    /// @dev Why what goes out of an account and comes in may not.
    function _positionRefusal(Position memory position) internal view returns (Refusal refusal) {
        IAccounts.Account storage account = _accounts[position.account];
        if (position.outflow == 0) {
            return account.open ? Refusal.None : _payeeRefusal(_holderOf(position.account));
        }
        refusal = _standingRefusal(_holderOf(position.account));
        if (refusal == Refusal.None) refusal = _accountRefusal(account);
        if (refusal != Refusal.None) return refusal;

        if (position.largest > account.perInstruction) return Refusal.InstructionLimit;
        if (position.outflow > _dayLeft(account, _assetOf(position.account))) return Refusal.DayLimit;
        return _floorRefusal(position, account);
    }

    /// @dev After netting: is the account above its floor?
    function _floorRefusal(Position memory position, IAccounts.Account storage account)
        private
        view
        returns (Refusal)
    {
        int256 credit = int256(uint256(account.credit));
        int256 last = int256(account.balance) + int256(position.inflow) - int256(position.outflow);
        if (last < -credit) return Refusal.InsufficientFunds;
        if (
            position.outflow > position.urgentOutflow
                && last + int256(position.urgentOutflow) < int256(uint256(account.reserve)) - credit
        ) return Refusal.ReserveTouched;
        return Refusal.None;
    }

    /// @dev After netting: does what goes out to a counterparty stay within what the holder lets go to it?
    function _netRefusal(AccountId account, ParticipantId counterparty, int256 net)
        internal
        view
        returns (Refusal)
    {
        if (net <= 0 || !_accounts[account].bilateral) return Refusal.None;

        IAccounts.BilateralLimit memory bilateral =
            _bilateralToday(_assetOf(account), _holderOf(account), counterparty);
        bool exceeds = bilateral.net + net > int256(uint256(bilateral.limit));
        return bilateral.set && exceeds ? Refusal.BilateralLimit : Refusal.None;
    }

    /// @dev The more lasting of two reasons: one that does not pass by itself, else the earlier one.
    function _graver(Refusal earlier, Refusal later) internal pure returns (Refusal) {
        if (later == Refusal.None) return earlier;
        if (earlier == Refusal.None) return later;
        return passes(earlier) && !passes(later) ? later : earlier;
    }

    function _assetOf(AccountId account) internal pure returns (AssetId) {
        return AssetId.wrap(uint32(AccountId.unwrap(account) >> 32));
    }

    function _holderOf(AccountId account) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(AccountId.unwrap(account)));
    }
}
