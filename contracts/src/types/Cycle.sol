// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, ParticipantId} from "./Identifiers.sol";

/// @notice A proposer's own number of a cycle; it only tells two cycles apart.
type CycleNumber is uint64;

/// @notice What a netting cycle comes to for one participant, in one word. From the most significant bit:
/// `participant u32 | first u64 | last u64 | net i64 | zero u32`.
/// `first` and `last` are the counters of the payments that it pays in the cycle, both 0 when it pays none. `net` is what it
/// receives less what it pays, minor units.
type CyclePosition is uint256;

/// @notice Payments that were agreed off chain and settle together, on the net.
/// @param number Of the proposer's choice.
/// @param validUntil The last second (UTC) at which it may settle.
/// @param root Over every payment (see `INetting`).
/// @param positions A `CyclePosition` for each member, by ascending participant; their nets sum to zero. Plain words, which the
/// compiler copies in one go: 97 gas a word, in every affirmation.
struct Cycle {
    AssetId asset;
    ParticipantId proposer;
    CycleNumber number;
    uint40 validUntil;
    bytes32 root;
    uint256[] positions;
}

/// @notice One payment of a cycle.
/// @param counter The payer's own number of it: consecutive over all its payments in all cycles that settle, from 1.
/// @param amount In minor units of the cycle's asset.
/// @param commitment Salted SHA-256 of the payment's document.
struct GrossPayment {
    uint64 counter;
    ParticipantId payer;
    ParticipantId payee;
    uint64 amount;
    bytes32 commitment;
}

/// @notice What became of a cycle. What ended never opens again.
enum CycleStatus {
    None,
    Open,
    Settled,
    Cancelled,
    Expired
}

using CyclePositionLibrary for CyclePosition global;
using {positionAt} for Cycle global;

function positionAt(Cycle calldata cycle, uint256 place) pure returns (CyclePosition) {
    return CyclePosition.wrap(cycle.positions[place]);
}

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

    /// @notice Whether it pays anything in the cycle.
    function pays(CyclePosition position) internal pure returns (bool) {
        return position.first() > 0;
    }

    /// @notice Whether it says something that can be: who pays nothing receives, and no word is said twice.
    function isWellFormed(CyclePosition position) internal pure returns (bool) {
        if (uint32(CyclePosition.unwrap(position)) != 0 || position.net() == type(int64).min) return false;
        return
            position.pays() ? position.last() >= position.first() : position.last() == 0 && position.net() > 0;
    }
}
