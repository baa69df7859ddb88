// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Approval} from "../../src/types/Instruction.sol";
import {Instruction, Leg} from "../../src/types/Legs.sol";
import {Terms} from "../../src/types/Terms.sol";
import {SettlementProofStage} from "./SettlementProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract SubmitProofs is SettlementProofStage {
    /// @notice An instruction keeps the sum, the floor and the limits, settles or waits or neither, and takes the payer's consent.
    /// Bounds: one instruction of one leg from Alice to Bob without an approval, whoever sends it; what reverts changes nothing.
    function check_submit(bool wasUsed, bool urgent, uint64 amount, bytes32 commitment, address sender)
        external
    {
        wasUsed = decided(wasUsed);
        Leg[] memory legs = new Leg[](1);
        legs[0] = leg(USD, ALICE, BOB, amount);
        Instruction[] memory batch = new Instruction[](1);
        batch[0] = instructionOf(wasUsed ? USED : UNUSED, commitment, legs);

        bytes memory data = abi.encodeCall(settlement.submit, (batch, urgent ? 1 : 0, new Approval[](0)));
        if (!send(sender, address(settlement), data)) return;

        Terms terms = packed(urgent, wasUsed ? USED : UNUSED, USD, ALICE, BOB, amount);
        End memory end = endOf(terms);
        bool waits = decided(settlement.waitingOf(settlement.digestOf(batch[0])).acceptedAt != 0);
        checkConservation(end, terms);
        checkFloor(end, terms);
        assert(end.used == (wasUsed || waits || end.moved));
        if (!end.moved && !waits) return;

        assert(!wasUsed);
        assert(!end.moved || !waits);
        assert(sender == address(0x200));
        assert(amount <= start.threshold);
    }
}
