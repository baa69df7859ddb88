// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "./IParticipants.sol";

/// @notice Who may act, as the ledger sees it.
interface IActors {
    /// @notice The contract that says which key acts for whom.
    function participants() external view returns (IParticipants);
}
