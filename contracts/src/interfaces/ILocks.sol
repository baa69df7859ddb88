// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";

/// @notice What modules that hold value for a while need of the ledger.
interface ILocks {
    /// @notice The net positions of a cycle do not sum to zero.
    error CycleUnbalanced(AssetId asset, int256 sum);
    /// @notice A cycle's positions are not by ascending participant.
    error CycleUnordered(AssetId asset, ParticipantId member);

    /// @notice Takes an amount from a holder's balance and locks it for the module that asks, or, for an amount of 0, only asks for
    /// the holder's consent. Always by two keys: the module has established the pay key's. The debit is new, so none after the asset's
    /// cut-off; it is not urgent, and counts in the day's outflow also if it comes back. Trusted modules.
    /// @param action The approval's action.
    /// @param digest What the approval is for.
    /// @return refusal `None` when it is locked; else why nothing happened.
    function lock(
        AssetId asset,
        ParticipantId holder,
        uint64 amount,
        bytes32 action,
        bytes32 digest,
        Approval calldata approval
    ) external returns (Refusal refusal);

    /// @notice Gives a holder back what the module locked. Modules that are trusted or closing; also while paused.
    function unlock(AssetId asset, ParticipantId holder, uint64 amount) external;

    /// @notice Settles a cycle: takes what net debtors locked, credits net creditors, and uses every payer's counters. Trusted
    /// modules.
    /// @param positions Each a `CyclePosition`.
    /// @return refusal `None` when it settled; else which rule forbids a member's part in it, and nothing happened.
    /// @return member Whose it is.
    function settleCycle(AssetId asset, uint256[] calldata positions)
        external
        returns (Refusal refusal, ParticipantId member);

    /// @notice Which rule forbids a member's part in the cycle now; `None` when none does. The same rules as `settleCycle`.
    function cycleRefusal(AssetId asset, uint256[] calldata positions)
        external
        view
        returns (Refusal refusal, ParticipantId member);

    /// @notice The last counter of the payer's that a settled cycle used; 0 is none.
    function countersUsed(ParticipantId payer) external view returns (uint64);
}
