// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Operated} from "./Operated.sol";
import {Queue} from "./Queue.sol";
import {Refusal} from "../types/Instruction.sol";
import {Instruction, Leg} from "../types/Legs.sol";
import {Waiting} from "../types/Waiting.sol";

/// @title Which queued instructions may settle together
///
/// The ledger decides about money, and whether urgent ones are passed over: a set with outflow from an account that is not urgent
/// takes all urgent instructions that debit the account, unless the account's holder or the operator sends it. Here it is asked
/// whether each instruction is queued and nobody holds it, and whether its time and day have come and are not over.
abstract contract Settling is Queue, Operated {
    /// @dev A set as it was read.
    struct Draft {
        bytes32[] digests;
        Leg[] legs;
    }

    /// @dev Reads a set and asks everything but what the ledger asks.
    function _draft(Instruction[] calldata instructions)
        internal
        view
        returns (Refusal refusal, Draft memory draft)
    {
        uint256 legCount;
        for (uint256 i; i < instructions.length; ++i) {
            legCount += instructions[i].legs.length;
        }
        draft.digests = new bytes32[](instructions.length);
        draft.legs = new Leg[](legCount);

        Day memory day;
        bytes32 last;
        uint256 count;
        for (uint256 i; i < instructions.length; ++i) {
            bytes32 digest = _digestOf(instructions[i]);
            if (digest <= last) return (Refusal.SetUnordered, draft);
            Waiting waiting = _waiting[digest];
            refusal = _waitingRefusal(instructions[i], waiting, day);
            if (refusal != Refusal.None) return (refusal, draft);

            count = _add(draft.legs, count, instructions[i].legs, waiting.urgent());
            (draft.digests[i], last) = (digest, digest);
        }
    }

    function _waitingRefusal(Instruction calldata instruction, Waiting waiting, Day memory day)
        private
        view
        returns (Refusal)
    {
        if (!waiting.exists()) return Refusal.NotWaiting;
        if (!waiting.isQueued()) return Refusal.ConsentMissing;
        if (waiting.holds() != 0) return Refusal.Held;
        if (_isEarly(instruction.head)) return Refusal.NotYetValid;
        if (_hasLapsed(instruction, waiting, day)) return Refusal.Lapsed;
        return Refusal.None;
    }

    /// @dev Adds an instruction's legs to those of a set, with marks.
    function _add(Leg[] memory legs, uint256 count, Leg[] calldata added, uint8 urgent)
        private
        pure
        returns (uint256)
    {
        uint32 urgentLegs = urgent == 0 ? 0 : _urgentLegsOf(added, _debtorsOf(added), urgent);
        for (uint256 i; i < added.length; ++i) {
            legs[count++] = added[i].marked((urgentLegs >> i) & 1 != 0, i == 0);
        }
        return count;
    }
}
