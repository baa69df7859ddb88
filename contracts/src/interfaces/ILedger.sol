// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Payment, Refusal} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";
import {IAccounts} from "./IAccounts.sol";
import {IActors} from "./IActors.sol";
import {IAssets} from "./IAssets.sol";
import {IConsents} from "./IConsents.sol";
import {IModules} from "./IModules.sol";
import {ISequences} from "./ISequences.sol";
import {ITwoKeyChanges} from "./ITwoKeyChanges.sol";

/// @notice Who holds what, and the only place where that changes.
interface ILedger is IModules, ISequences, IConsents, IAccounts, IAssets, IActors, ITwoKeyChanges {
    event Issued(Terms terms, bytes32 commitment);
    event RedemptionRequested(Terms terms, bytes32 commitment);
    event Redeemed(Terms terms, bytes32 commitment);
    event RedemptionRefused(Terms terms, bytes32 commitment);

    /// @notice A rule forbids the instruction.
    error InstructionRefused(Terms terms, Refusal reason);
    /// @notice The terms name another payer than the participant that acts.
    error NotPayer(ParticipantId participant, Terms terms);
    /// @notice No redemption with these terms and this commitment waits.
    error RedemptionUnknown(Terms terms, bytes32 commitment);

    /// @notice Brings new units into being. Terms: payer is the issuer, payee the holder. The issuer's pay key, with an
    /// approval above its threshold.
    function issue(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external;

    /// @notice Asks the issuer to take units back; they leave the balance and are locked. Terms: payer is the holder, payee
    /// the issuer. The holder's pay key, with an approval above its threshold.
    function requestRedemption(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external;

    /// @notice Ends a requested redemption: the locked units cease to be. The issuer's pay key, with an approval above its
    /// threshold.
    function confirmRedemption(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external;

    /// @notice Ends a requested redemption: the locked units go back to the holder. The issuer's pay key.
    function refuseRedemption(
        Terms terms,
        bytes32 commitment
    ) external;

    /// @notice Moves value for each payment that no rule forbids. Trusted modules only, which have established that a pay
    /// key of the payer consents.
    /// @return refusals For each payment why it did not settle; `None` when it did.
    function move(
        ParticipantId payer,
        Payment[] calldata payments,
        Approval[] calldata approvals
    ) external returns (Refusal[] memory refusals);

    /// @notice Why a payment would be refused now; `None` when it would settle. The same rules as `move`.
    /// @param approvals None, or the one that would come with it.
    function refusalOf(
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals
    ) external view returns (Refusal);

    /// @notice Whether a redemption waits for its issuer.
    function redemptionPending(
        Terms terms,
        bytes32 commitment
    ) external view returns (bool);
}
