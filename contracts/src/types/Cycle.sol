// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "./Identifiers.sol";

/// @notice What a netting cycle comes to for one participant, in one word. From the most significant bit:
/// `participant u32 | first u64 | last u64 | net i64 | zero u32`.
/// `first` and `last` are the counters of the payments that it pays in the cycle; `last` is `first` less one when it pays none. `net`
/// is what it receives less what it pays, minor units.
type CyclePosition is uint256;

using CyclePositionLibrary for CyclePosition global;

library CyclePositionLibrary {
    function participant(CyclePosition position) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(CyclePosition.unwrap(position) >> 224));
    }

    function first(CyclePosition position) internal pure returns (uint64) {
        return uint64(CyclePosition.unwrap(position) >> 160);
    }

    function last(CyclePosition position) internal pure returns (uint64) {
        return uint64(CyclePosition.unwrap(position) >> 96);
    }

    function net(CyclePosition position) internal pure returns (int64) {
        return int64(uint64(CyclePosition.unwrap(position) >> 32));
    }

    /// @notice What it has to bring; 0 for who receives.
    function debit(CyclePosition position) internal pure returns (uint64) {
        int64 received = position.net();
        return received < 0 ? uint64(-received) : 0;
    }

    function isWellFormed(CyclePosition position) internal pure returns (bool) {
        return uint32(CyclePosition.unwrap(position)) == 0 && position.net() != type(int64).min
            && position.first() > 0 && position.last() >= position.first() - 1;
    }
}
