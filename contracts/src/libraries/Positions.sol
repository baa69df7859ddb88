// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccountId} from "../types/Identifiers.sol";
import {Leg} from "../types/Legs.sol";

/// @notice What a set of legs takes from one account and brings to it.
/// @param instruction Number of the last instruction that debits it, `ofInstruction` what that one takes so far.
/// @param largest The most that one instruction takes.
/// @param urgentInstruction Number of the last urgent instruction that debits it, `urgentCount` how many do.
struct Position {
    AccountId account;
    uint256 inflow;
    uint256 outflow;
    uint256 urgentOutflow;
    uint256 instruction;
    uint256 ofInstruction;
    uint256 largest;
    uint256 urgentInstruction;
    uint256 urgentCount;
}

/// @notice The accounts of a set, each once, in memory.
/// @param places Hash table, account → its place in `list` plus one; a power of two, at least half empty.
/// @param instructions How many were added so far.
struct Positions {
    uint256[] places;
    Position[] list;
    uint256 count;
    uint256 instructions;
}

using PositionsLibrary for Positions global;

library PositionsLibrary {
    /// @dev More accounts would cost too much where bilateral limits are: they are looked at for each pair.
    uint256 internal constant ACCOUNT_LIMIT = 128;

    uint256 private constant SPREAD = 0x9e3779b97f4a7c15;

    /// @notice None yet, with room for a number of legs.
    function empty(uint256 legCount) internal pure returns (Positions memory positions) {
        uint256 room = 2 * legCount < ACCOUNT_LIMIT ? 2 * legCount : ACCOUNT_LIMIT;
        uint256 size = 4;
        while (size < 2 * room) size *= 2;

        positions.places = new uint256[](size);
        positions.list = new Position[](room);
    }

    /// @notice Whether another leg fits, whatever its accounts.
    function hasRoom(Positions memory positions) internal pure returns (bool) {
        return positions.count + 2 <= positions.list.length || positions.list.length < ACCOUNT_LIMIT;
    }

    /// @notice Adds a marked leg. The legs of one instruction follow one another.
    function add(Positions memory positions, Leg leg) internal pure {
        // No sum overflows: an amount has 64 bits, and calldata holds far fewer than 2^190 legs.
        unchecked {
            if (leg.isFirst()) ++positions.instructions;
            (uint256 amount, uint256 instruction) = (leg.amount(), positions.instructions);

            positions.list[placeOf(positions, leg.credited())].inflow += amount;

            Position memory payer = positions.list[placeOf(positions, leg.debited())];
            payer.outflow += amount;
            if (payer.instruction != instruction) {
                (payer.instruction, payer.ofInstruction) = (instruction, 0);
            }
            payer.ofInstruction += amount;
            if (payer.ofInstruction > payer.largest) payer.largest = payer.ofInstruction;

            if (!leg.isUrgent()) return;
            payer.urgentOutflow += amount;
            if (payer.urgentInstruction != instruction) {
                payer.urgentInstruction = instruction;
                ++payer.urgentCount;
            }
        }
    }

    /// @notice Where the account is in the list; it is added when it is not there.
    function placeOf(Positions memory positions, AccountId account) internal pure returns (uint256) {
        unchecked {
            uint256[] memory places = positions.places;
            uint256 mask = places.length - 1;
            uint256 bucket = (uint256(AccountId.unwrap(account)) * SPREAD >> 32) & mask;
            while (places[bucket] != 0) {
                uint256 place = places[bucket] - 1;
                if (positions.list[place].account == account) return place;
                bucket = (bucket + 1) & mask;
            }
            uint256 added = positions.count++;
            positions.list[added].account = account;
            places[bucket] = added + 1;
            return added;
        }
    }
}
