// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Why an instruction may not settle.
interface IRules {
    /// @notice A rule forbids the instruction.
    error InstructionRefused(Terms terms, Refusal reason);
    /// @notice The terms name another payer than the participant that acts.
    error NotPayer(ParticipantId participant, Terms terms);

    /// @notice Why a payment would be refused now; `None` when it would settle. The same rules as `ILedger.move`.
    /// @param approvals None, or the one that would come with it.
    function refusalOf(Terms terms, bytes32 commitment, Approval[] calldata approvals)
        external
        view
        returns (Refusal);
}
