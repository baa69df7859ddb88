// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IModules} from "../interfaces/IModules.sol";
import {Books} from "./Books.sol";
import {ModuleStatus} from "../types/Kinds.sol";

/// @title Whether a module may do what it asks; who decides that is said in `administration/Modules`
abstract contract Trusted is Books {
    /// @dev May it move value?
    modifier onlyTrusted() {
        _requireTrusted();
        _;
    }

    /// @dev May it let go of what it holds?
    modifier onlyHolding() {
        ModuleStatus status = _modules[msg.sender].status;
        require(
            status == ModuleStatus.Trusted || status == ModuleStatus.Closing,
            IModules.ModuleNotTrusted(msg.sender)
        );
        _;
    }

    /// @dev What the ledger does by itself can be paused too, under its own address.
    modifier whileNotPaused() {
        require(!_modules[address(this)].paused, IModules.ModuleIsPaused(address(this)));
        _;
    }

    function _requireTrusted() internal view {
        Module storage module = _modules[msg.sender];
        require(module.status == ModuleStatus.Trusted, IModules.ModuleNotTrusted(msg.sender));
        require(!module.paused, IModules.ModuleIsPaused(msg.sender));
    }
}
