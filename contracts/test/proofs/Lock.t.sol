// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Payments} from "../../src/Payments.sol";
import {Approval, NET} from "../../src/types/Instruction.sol";
import {ProofStage} from "./ProofStage.sol";

/// @custom:halmos --solver-timeout-branching 100ms
contract LockProofs is ProofStage {
    address private other;

    function setUp() public override {
        super.setUp();
        other = address(new Payments(participants, ledger));
        trust(other);
    }

    /// @notice A lock keeps balance and locks together, the floor and the limits, is the asking module's, and takes the holder's
    /// approve key.
    /// Bounds: one lock of Alice's dollars, two trusted modules, whoever sends it; what reverts changes nothing.
    function check_lock(
        uint64 amount,
        bytes32 digest,
        uint40 deadline,
        Signature calldata signature,
        address sender
    ) external {
        if (!send(sender, address(ledger), lockOf(amount, digest, deadline, signature))) return;

        uint64 locked = ledger.lockedOf(USD, ALICE);
        int256 left = ledger.accountOf(USD, ALICE).balance;
        assert(sender == address(payments) || sender == other);
        assert(left + int256(uint256(locked)) == int256(uint256(start.funds)));
        assert(locked == ledger.lockedBy(sender, USD, ALICE));
        if (locked == 0) return;

        assert(locked == amount);
        assert(left + int256(uint256(start.credit)) >= int256(uint256(start.reserve)));
        assert(locked <= start.perInstruction && locked <= start.perDay);
        bytes32 signed = ledger.approvalDigest(NET, digest, deadline);
        assert(ecrecover(signed, signature.v, signature.r, signature.s) == address(0x201));
        assert(deadline >= TIME && deadline <= TIME + 7 days);
    }

    /// @notice An unlock keeps balance and locks together, and lets go of the asking module's own locks only.
    /// Bounds: one unlock of Alice's dollars, of which one of two trusted modules locks some, whoever sends it.
    function check_unlock(
        uint64 amount,
        uint64 freed,
        uint40 deadline,
        Signature calldata signature,
        address sender
    ) external {
        if (!send(address(payments), address(ledger), lockOf(amount, 0, deadline, signature))) return;
        uint64 before = ledger.lockedBy(address(payments), USD, ALICE);
        if (before == 0) return;
        if (!send(sender, address(ledger), abi.encodeCall(ledger.unlock, (USD, ALICE, freed)))) return;

        uint64 locked = ledger.lockedOf(USD, ALICE);
        assert(ledger.accountOf(USD, ALICE).balance + int256(uint256(locked)) == int256(uint256(start.funds)));
        assert(sender == address(payments) || freed == 0);
        assert(freed <= before && locked == before - freed);
        assert(ledger.moduleOf(address(payments)).held == locked);
    }

    function lockOf(uint64 amount, bytes32 digest, uint40 deadline, Signature calldata signature)
        private
        view
        returns (bytes memory)
    {
        Approval memory approval = approvalOf(deadline, signature);
        return abi.encodeCall(ledger.lock, (USD, ALICE, amount, NET, digest, approval));
    }
}
