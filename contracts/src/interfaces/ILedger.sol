// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Payment, Refusal} from "../types/Instruction.sol";
import {IAccounts} from "./IAccounts.sol";
import {IActors} from "./IActors.sol";
import {IAssets} from "./IAssets.sol";
import {IConsents} from "./IConsents.sol";
import {IModules} from "./IModules.sol";
import {IRules} from "./IRules.sol";
import {ISequences} from "./ISequences.sol";
import {ISupply} from "./ISupply.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Who holds what, and the only place where that changes.
interface ILedger is
    IModules,
    ISupply,
    IRules,
    ISequences,
    IConsents,
    IAccounts,
    IAssets,
    IActors,
    ITwoKeyChanges
{
    /// @notice Moves value for each payment that no rule forbids. Trusted modules only, which have established that a pay
    /// key of the payer consents.
    /// @return refusals Empty when all settled; else for each payment why it did not, `None` where it did.
    function move(ParticipantId payer, Payment[] calldata payments, Approval[] calldata approvals)
        external
        returns (Refusal[] memory refusals);
}
