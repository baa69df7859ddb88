// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "./Identifiers.sol";
import {Terms} from "./Terms.sol";

/// @notice What a payer locks for a payee, and on which condition it is paid: `needed` of the inspectors confirm a stage, or, where
/// there is a `secretHash`, its secret is shown. A notary is one inspector of one.
/// @param terms Payer, payee, asset, amount, and the payer's own sequence of it (see `Terms`).
/// @param commitment Salted SHA-256 of the document that says what has to be shown.
/// @param deadline The last second (UTC) at which it may be paid; it never moves.
/// @param secretHash SHA-256 of a secret of exactly 32 bytes; 0 when inspectors decide.
/// @param needed How many inspectors have to confirm a stage; 0 with a secret.
/// @param inspectors Participants, ascending, at most 16; none with a secret.
/// @param stages What is paid step by step, minor units; they sum to the amount. One only with a secret.
struct Agreement {
    Terms terms;
    bytes32 commitment;
    uint40 deadline;
    bytes32 secretHash;
    uint8 needed;
    ParticipantId[] inspectors;
    uint64[] stages;
}

/// @notice What became of an escrow. What ended never opens again.
enum EscrowStatus {
    None,
    Locked,
    Paid,
    Returned
}
