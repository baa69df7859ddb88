// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ModuleStatus} from "../types/Kinds.sol";

/// @notice Which contracts the ledger trusts to move value.
interface IModules {
    event ModuleProposed(address indexed module, uint40 readyAt);
    event ModuleAccepted(address indexed module);
    event ModuleClosing(address indexed module);
    event ModuleDropped(address indexed module);

    /// @notice The verb needs another status than the module has.
    error ModuleHasOtherStatus(address module, ModuleStatus status);
    /// @notice The delay of a proposed module runs until `readyAt`.
    error ModuleNotReady(address module, uint40 readyAt);
    /// @notice There is no code at the address.
    error ModuleWithoutCode(address module);
    /// @notice The code is not the one that was proposed.
    error ModuleCodeChanged(address module, bytes32 proposed, bytes32 found);
    /// @notice The sender may not move value.
    error ModuleNotTrusted(address module);

    /// @notice Starts the delay, and notes the module's code. Quorum. A dropped module never comes back.
    function proposeModule(address module) external;

    /// @notice Trusts a proposed module whose delay has passed. Quorum.
    function acceptModule(address module) external;

    /// @notice From now on the module moves no value; it may only let go of what it holds. Quorum, so after the quorum's delay.
    function closeModule(address module) external;

    /// @notice Ends a proposed or a closing module for ever. Quorum.
    function dropModule(address module) external;

    function moduleStatus(address module) external view returns (ModuleStatus status, uint40 readyAt);
}
