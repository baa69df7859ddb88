// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// claim
/// ├── it is not locked here → EscrowNotLocked
/// ├── its time is over → DeadlinePassed
/// ├── the secret is not the hash's, or inspectors decide → SecretWrong
/// └── else: shown and paid, whoever sends it
contract ClaimTest is Escrowing {
    /// @notice What was never locked here, or ended, is not claimed.
    function testNotLocked() external {
        Agreement memory made = hashed();
        expectRefusal(stranger, callOf(made, SECRET), notLocked(made, EscrowStatus.None));

        lock(made);
        send(stranger, address(escrow), callOf(made, SECRET));
        expectRefusal(stranger, callOf(made, SECRET), notLocked(made, EscrowStatus.Paid));
    }

    /// @notice The last second of the deadline counts, the next does not: then it can only go back.
    function testDeadline() external {
        Agreement memory made = lockedHashed();
        vm.warp(made.deadline + 1);
        expectRefusal(bob.pay, callOf(made, SECRET), passed(made));

        vm.warp(made.deadline);
        send(bob.pay, address(escrow), callOf(made, SECRET));
        expectHoldings(AMOUNT, 0);
    }

    /// @notice Nothing but the secret pays it.
    function testWrong(bytes32 secret) external {
        vm.assume(secret != SECRET);
        Agreement memory made = lockedHashed();
        expectRefusal(bob.pay, callOf(made, secret), wrong(made));
    }

    /// @notice Where inspectors decide no secret does.
    function testInspected(bytes32 secret) external {
        Agreement memory made = notarised();
        lock(made);
        expectRefusal(bob.pay, callOf(made, secret), wrong(made));
    }

    /// @notice Whoever shows the secret, the payee is paid, whatever bars new debits; the event shows the secret.
    function testPays(address sender, uint256 seed) external {
        vm.assume(sender != address(0) && sender != address(vm));
        Agreement memory made = lockedHashed();
        barAll(seed);

        vm.expectEmit(address(escrow));
        emit IEscrow.SecretShown(escrow.digestOf(made), SECRET);
        vm.expectEmit(address(escrow));
        emit IEscrow.StagePaid(escrow.digestOf(made), 0, AMOUNT, 0);
        send(sender, address(escrow), callOf(made, SECRET));

        expectHoldings(AMOUNT, 0);
        expectEntry(made, EscrowStatus.Paid, 1, 0, 0);
    }

    /// @notice What a payee is paid counts in its own limit towards the payer: it may pay as much more.
    function testBilateral() external {
        vm.prank(bob.first);
        ledger.setBilateralLimit(USD, alice.id, 0);
        Agreement memory made = lockedHashed();
        send(bob.pay, address(escrow), callOf(made, SECRET));

        vm.prank(bob.pay);
        payments.pay(batchOf(terms(USD, bob, alice, AMOUNT)), none());
        expectHoldings(0, 0);
    }

    function lockedHashed() private returns (Agreement memory made) {
        made = hashed();
        lock(made);
    }

    function callOf(Agreement memory made, bytes32 secret) private view returns (bytes memory) {
        return abi.encodeCall(escrow.claim, (made, secret));
    }

    function wrong(Agreement memory made) private view returns (bytes memory) {
        return abi.encodeWithSelector(IEscrow.SecretWrong.selector, escrow.digestOf(made));
    }
}
