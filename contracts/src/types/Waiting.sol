// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @notice An instruction that the chain accepted and that has not ended, in one word. From the least significant bit:
/// `acceptedAt u40 | queued u8 | consents u8 | urgent u8 | holds u8 | cancels u8 | round u8 | asked u32 | accepted u32 | lapsing u32`.
/// See `ISettlement.WaitingReport` for what they say. A word of 0 is no such instruction.
type Waiting is uint256;

/// @dev No such instruction, or none any more.
Waiting constant NOTHING = Waiting.wrap(0);

using WaitingLibrary for Waiting global;

library WaitingLibrary {
    function exists(Waiting waiting) internal pure returns (bool) {
        return Waiting.unwrap(waiting) != 0;
    }

    function acceptedAt(Waiting waiting) internal pure returns (uint40) {
        return uint40(Waiting.unwrap(waiting));
    }

    function isQueued(Waiting waiting) internal pure returns (bool) {
        return uint8(Waiting.unwrap(waiting) >> 40) != 0;
    }

    function consents(Waiting waiting) internal pure returns (uint8) {
        return uint8(Waiting.unwrap(waiting) >> 48);
    }

    function urgent(Waiting waiting) internal pure returns (uint8) {
        return uint8(Waiting.unwrap(waiting) >> 56);
    }

    function holds(Waiting waiting) internal pure returns (uint8) {
        return uint8(Waiting.unwrap(waiting) >> 64);
    }

    function cancels(Waiting waiting) internal pure returns (uint8) {
        return uint8(Waiting.unwrap(waiting) >> 72);
    }

    function round(Waiting waiting) internal pure returns (uint8) {
        return uint8(Waiting.unwrap(waiting) >> 80);
    }

    function asked(Waiting waiting) internal pure returns (uint32) {
        return uint32(Waiting.unwrap(waiting) >> 88);
    }

    function accepted(Waiting waiting) internal pure returns (uint32) {
        return uint32(Waiting.unwrap(waiting) >> 120);
    }

    function lapsing(Waiting waiting) internal pure returns (uint32) {
        return uint32(Waiting.unwrap(waiting) >> 152);
    }

    /// @notice A fresh entry, before any consent.
    function begun(uint256 acceptedSecond, uint32 askedLegs, uint32 lapsingLegs)
        internal
        pure
        returns (Waiting)
    {
        return
            Waiting.wrap(uint40(acceptedSecond) | (uint256(askedLegs) << 88) | (uint256(lapsingLegs) << 152));
    }

    function withQueued(Waiting waiting) internal pure returns (Waiting) {
        return Waiting.wrap(Waiting.unwrap(waiting) | (1 << 40));
    }

    function withConsents(Waiting waiting, uint8 value) internal pure returns (Waiting) {
        return _with(waiting, 48, type(uint8).max, value);
    }

    function withUrgent(Waiting waiting, uint8 value) internal pure returns (Waiting) {
        return _with(waiting, 56, type(uint8).max, value);
    }

    function withHolds(Waiting waiting, uint8 value) internal pure returns (Waiting) {
        return _with(waiting, 64, type(uint8).max, value);
    }

    function withCancels(Waiting waiting, uint8 value) internal pure returns (Waiting) {
        return _with(waiting, 72, type(uint8).max, value);
    }

    function withRound(Waiting waiting, uint8 value) internal pure returns (Waiting) {
        return _with(waiting, 80, type(uint8).max, value);
    }

    function withAccepted(Waiting waiting, uint32 value) internal pure returns (Waiting) {
        return _with(waiting, 120, type(uint32).max, value);
    }

    function _with(Waiting waiting, uint256 place, uint256 mask, uint256 value)
        private
        pure
        returns (Waiting)
    {
        return Waiting.wrap((Waiting.unwrap(waiting) & ~(mask << place)) | (value << place));
    }
}
