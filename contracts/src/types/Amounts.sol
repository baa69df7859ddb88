// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @dev The largest amount, in minor units. An asset's supply plus all its credit lines stays within it, so that a
/// balance is always a signed 64-bit integer. It is also the highest limit. No single instruction can exceed it; a day's gross
/// outflow and a day's single-key total can, and end at it.
uint64 constant MAX_AMOUNT = uint64(type(int64).max);
