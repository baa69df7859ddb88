// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval, Payment} from "../../src/types/Instruction.sol";
import {Terms} from "../../src/types/Terms.sol";
import {ProofStage} from "./ProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract PayProofs is ProofStage {
    /// @notice A payment keeps the sum, the floor and the limits, ends once, and takes the payer's consent.
    /// Bounds: one payment of Alice to Bob without an approval, whoever sends it; what reverts changes nothing.
    function check_pay(bool wasUsed, bool urgent, uint64 amount, bytes32 commitment, address sender)
        external
    {
        Terms terms = packed(urgent, wasUsed ? USED : UNUSED, USD, ALICE, BOB, amount);
        Payment[] memory batch = new Payment[](1);
        batch[0] = Payment(terms, commitment);

        bytes memory data = abi.encodeCall(payments.pay, (batch, new Approval[](0)));
        if (!send(sender, address(payments), data)) return;

        End memory end = endOf(terms);
        checkConservation(end, terms);
        checkFloor(end, terms);
        checkEnd(end, wasUsed);
        checkConsent(end, sender);
    }
}
