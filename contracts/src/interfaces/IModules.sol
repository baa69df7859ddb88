// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ModuleStatus} from "../types/Kinds.sol";

/// @notice Which contracts the ledger trusts to move value.
interface IModules {
    /// @param readyAt When a proposed module may be accepted.
    /// @param resumableAt When a paused one may be resumed; 0 until that was asked for.
    /// @param held What it locks, in minor units of whatever assets, and the urgent instructions it counts.
    struct ModuleReport {
        ModuleStatus status;
        bool paused;
        uint40 readyAt;
        uint40 resumableAt;
        uint128 held;
    }

    event ModuleProposed(address indexed module, uint40 readyAt);
    event ModuleAccepted(address indexed module);
    event ModuleClosing(address indexed module);
    event ModuleDropped(address indexed module);
    event ModulePaused(address indexed module);
    event ResumptionProposed(address indexed module, uint40 resumableAt);
    event ModuleResumed(address indexed module);

    /// @notice The verb needs another status than the module has.
    error ModuleHasOtherStatus(address module, ModuleStatus status);
    /// @notice The delay of a proposed module, or of a proposed resumption, runs until `readyAt`.
    error ModuleNotReady(address module, uint40 readyAt);
    /// @notice There is no code at the address.
    error ModuleWithoutCode(address module);
    /// @notice The code is not the one that was proposed.
    error ModuleCodeChanged(address module, bytes32 proposed, bytes32 found);
    /// @notice The sender may not move value.
    error ModuleNotTrusted(address module);
    /// @notice The guardian paused it; what it holds it still lets go.
    error ModuleIsPaused(address module);
    error ModuleIsNotPaused(address module);
    /// @notice It locks units, or counts urgent instructions: it has to let go of them first.
    error ModuleHolds(address module, uint128 held);
    error TooManyModules(uint256 length, uint256 limit);

    /// @notice Starts the delay, and notes the module's code. Quorum. A dropped module never comes back.
    function proposeModule(address module) external;

    /// @notice Trusts a proposed module whose delay has passed, and which the guardian has not paused meanwhile. Quorum.
    /// Of trusted and closing modules there are 64 at most.
    function acceptModule(address module) external;

    /// @notice From now on the module moves no value; it may only let go of what it holds. Quorum, so after the quorum's delay.
    function closeModule(address module) external;

    /// @notice Ends a proposed or a closing module that holds nothing, for ever. Quorum.
    function dropModule(address module) external;

    /// @notice Stops what the modules move, at once; what they hold they still let go. The ledger's own address stops issue and
    /// requests for redemption. Guardian. A pause that is repeated takes a proposed resumption back.
    function pause(address[] calldata modules) external;

    /// @notice Resumes a module: the first call proposes it and starts the ledger's delay, the second, after it, carries it out.
    /// Operator.
    function resume(address module) external;

    function moduleOf(address module) external view returns (ModuleReport memory);

    function moduleStatus(address module) external view returns (ModuleStatus status, uint40 readyAt);
}
