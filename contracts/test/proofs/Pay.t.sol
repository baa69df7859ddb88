// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {MAX_AMOUNT} from "../../src/types/Amounts.sol";
import {Approval, PAY, Payment} from "../../src/types/Instruction.sol";
import {Terms} from "../../src/types/Terms.sol";
import {vm} from "../Vm.sol";
import {ProofStage} from "./ProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract PayProofs is ProofStage {
    /// @notice A payment keeps the sum, the floor and the limits, ends once, and takes the payer's consent.
    /// Bounds: one payment of Alice to Bob without an approval, whoever sends it; what reverts changes nothing.
    function check_pay(bool wasUsed, bool urgent, uint64 amount, bytes32 commitment, address sender)
        external
    {
        wasUsed = decided(wasUsed);
        Terms terms = packed(urgent, wasUsed ? USED : UNUSED, USD, ALICE, BOB, amount);
        Payment[] memory batch = new Payment[](1);
        batch[0] = Payment(terms, commitment);

        bytes memory data = abi.encodeCall(payments.pay, (batch, new Approval[](0)));
        if (!send(sender, address(payments), data)) return;

        End memory end = endOf(terms);
        checkConservation(end, terms);
        checkFloor(end, terms);
        checkEnd(end, wasUsed);
        checkConsent(end, terms, sender);
    }

    /// @notice Above what the pay key may consent to alone, and within a limit towards the payee, a payment keeps the same with an
    /// approve key's signature over it.
    /// Bounds: one payment of Alice to Bob with one approval, to whom she limits her payments; whoever sends it.
    function check_payApproved(
        uint64 amount,
        uint64 limit,
        bytes32 commitment,
        uint40 deadline,
        Signature calldata signature,
        address sender
    ) external {
        vm.assume(limit < MAX_AMOUNT);
        vm.prank(address(0x202));
        ledger.setBilateralLimit(USD, BOB, limit);
        Terms terms = packed(false, UNUSED, USD, ALICE, BOB, amount);
        Payment[] memory batch = new Payment[](1);
        batch[0] = Payment(terms, commitment);
        Approval[] memory approvals = new Approval[](1);
        approvals[0] = approvalOf(deadline, signature);

        bytes memory data = abi.encodeCall(payments.pay, (batch, approvals));
        if (!send(sender, address(payments), data)) return;

        End memory end = endOf(terms);
        checkConservation(end, terms);
        checkFloor(end, terms);
        checkEnd(end, false);
        if (!end.moved) return;
        assert(amount <= limit);
        assert(sender == address(0x200));
        assert(deadline >= TIME && deadline <= TIME + 7 days);
        bytes32 signed = ledger.approvalDigest(PAY, ledger.digestOf(terms, commitment), deadline);
        assert(ecrecover(signed, signature.v, signature.r, signature.s) == address(0x201));
    }
}
