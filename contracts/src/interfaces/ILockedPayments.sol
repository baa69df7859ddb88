// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Payments that are consented to now and made later, if at all. What comes back is given back by `unlock`.
interface ILockedPayments {
    /// @notice Takes the amount from the payer's balance and locks it for the module that asks, under the rules of a payment; uses
    /// the sequence. Counts in the day's outflow, and towards the payee, also if it comes back. Trusted modules; the module has
    /// established the pay key's consent.
    /// @param digest What an approval, for action `ESCROW`, is for.
    /// @param approvals None, or one.
    function lockPayment(Terms terms, bytes32 digest, Approval[] calldata approvals) external;

    /// @notice Pays the payee a part of what the module locked for it, whatever the standing of either side: the payer was debited
    /// when it was locked. Modules that are trusted or closing; also while paused.
    function payLocked(Terms terms, uint64 amount) external;
}
