// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccountId, AssetId} from "../types/Identifiers.sol";
import {Refusal} from "../types/Instruction.sol";
import {Leg} from "../types/Legs.sol";

/// @notice What a module for queued instructions needs of the ledger.
interface ISets {
    /// @notice Makes the moves of queued instructions, all or none. Freeze, standing, limits of an instruction and of a day are asked
    /// for each debit; floors and bilateral limits on the net; each account is written once. Trusted modules only, which
    /// have taken all consents before.
    /// @param legs With marks; those of one instruction follow one another.
    /// @param sender Who asks for it: its own urgent instructions it may leave behind.
    /// @param isOperator Whether it may leave anybody's behind.
    function settleSet(Leg[] calldata legs, address sender, bool isOperator)
        external
        returns (Refusal refusal);

    /// @notice Counts one more urgent instruction that waits in each account (trusted modules), or one less (also closing and paused
    /// ones).
    function countUrgent(AccountId[] calldata accounts, bool isMore) external;

    /// @notice What `settleSet` would answer now.
    function setRefusal(Leg[] calldata legs, address sender, bool isOperator) external view returns (Refusal);

    /// @notice Of which legs' assets what waits lapses with the day, and of which who is to receive them has to consent: bit i is leg i.
    function waitingRulesOf(Leg[] calldata legs) external view returns (uint32 lapsing, uint32 asking);

    /// @notice When the asset's present day began, UTC seconds.
    function dayBeganAt(AssetId asset) external view returns (uint40);
}
