// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice The gas bench's baseline: money as everybody writes it.
contract NaiveToken is ERC20 {
    constructor(address holder, uint256 amount) ERC20("Naive", "NAIVE") {
        _mint(holder, amount);
    }
}
