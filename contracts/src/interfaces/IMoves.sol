// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Payment, Refusal} from "../types/Instruction.sol";

/// @notice What a module for payments needs of the ledger.
interface IMoves {
    /// @notice Moves value for each payment that no rule forbids. Trusted modules only, which have established that a pay
    /// key of the payer consents.
    /// @return refusals Empty when all settled; else for each payment why it did not, `None` where it did.
    function move(ParticipantId payer, Payment[] calldata payments, Approval[] calldata approvals)
        external
        returns (Refusal[] memory refusals);
}
