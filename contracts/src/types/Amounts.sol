// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @dev The largest amount, in minor units. An asset's supply plus all its credit lines stays within it, so that a
/// balance is always a signed 64-bit integer. It is the highest limit, which no single instruction can exceed; the outflow of a
/// day, the total of a day and a net, which add up many, end at it too.
uint64 constant MAX_AMOUNT = uint64(type(int64).max);
