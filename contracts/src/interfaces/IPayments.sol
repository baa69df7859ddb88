// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval, Payment, Refusal} from "../types/Instruction.sol";
import {Terms} from "../types/Terms.sol";
import {ILedger} from "./ILedger.sol";
import {IParticipants} from "./IParticipants.sol";

/// @notice A participant's own single-leg payments, in batches.
interface IPayments {
    /// @notice The payment settled: final with its block.
    event Paid(Terms terms, bytes32 commitment);
    /// @notice The payment did not settle and used no sequence.
    event Refused(Terms terms, Refusal reason);

    error BatchEmpty();
    error BatchTooLong(uint256 length, uint256 limit);

    /// @notice Pays. Each payment settles or is refused by itself, in the order given; the call as a whole reverts only when
    /// the sender is no pay key, a payment has another payer, the batch is empty or too long, or an approval is misplaced.
    /// @param approvals Second consents, for any of the payments, by ascending index.
    function pay(Payment[] calldata payments, Approval[] calldata approvals) external;

    function participants() external view returns (IParticipants);

    function ledger() external view returns (ILedger);
}
