// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {Agreement, EscrowStatus} from "../../src/types/Agreement.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Escrowing} from "./Escrowing.sol";

/// refund
/// ├── it is not locked here → EscrowNotLocked
/// ├── its time is not over → DeadlineAhead
/// └── else: what is left goes back, whoever sends it
/// renounce
/// ├── sender is no key, or a key of another role → reverts
/// ├── sender's participant is not the payee → NotPayee
/// ├── it is not locked here → EscrowNotLocked
/// └── else: what is left goes back, before and after the deadline
contract ReturnTest is Escrowing {
    /// @notice Nothing goes back that is not locked, or twice.
    function testNotLocked() external {
        Agreement memory made = hashed();
        bytes memory call = abi.encodeCall(escrow.refund, (made));
        expectRefusal(stranger, call, notLocked(made, EscrowStatus.None));
        lock(made);
        vm.warp(made.deadline + 1);
        send(stranger, address(escrow), call);

        expectRefusal(stranger, call, notLocked(made, EscrowStatus.Returned));
        bytes memory renunciation = abi.encodeCall(escrow.renounce, (made));
        expectRefusal(bob.pay, renunciation, notLocked(made, EscrowStatus.Returned));
        expectHoldings(0, 0);
    }

    /// @notice Up to the deadline nobody takes it back, whatever happens to module and parties.
    function testAhead(uint256 time, uint256 seed) external {
        Agreement memory made = hashed();
        lock(made);
        barAll(seed);
        vm.warp(bound(time, vm.getBlockTimestamp(), made.deadline));

        bytes32 digest = escrow.digestOf(made);
        bytes memory reason = abi.encodeWithSelector(IEscrow.DeadlineAhead.selector, digest, made.deadline);
        expectRefusal(alice.pay, abi.encodeCall(escrow.refund, (made)), reason);
    }

    /// @notice After the deadline anyone gives back what is left, whatever happened; an empty closing module can be dropped then.
    function testRefunds(uint8 stages, uint256 seed) external {
        Agreement memory made = inspected();
        lock(made);
        uint64 paid;
        for (uint8 stage; stage < stages % 3; ++stage) {
            confirm(centralBank, made, stage, 0);
            confirm(corporate, made, stage, 2);
            paid += made.stages[stage];
        }
        barAll(seed | 2);
        bytes memory drop = abi.encodeCall(ledger.dropModule, (address(escrow)));
        bytes memory holds =
            abi.encodeWithSelector(IModules.ModuleHolds.selector, address(escrow), AMOUNT - paid);
        expectLedgerRefusal(drop, holds);
        vm.warp(made.deadline + 1);

        vm.expectEmit(address(escrow));
        emit IEscrow.EscrowReturned(escrow.digestOf(made), NOBODY, AMOUNT - paid);
        send(stranger, address(escrow), abi.encodeCall(escrow.refund, (made)));
        expectHoldings(paid, 0);
        expectEntry(made, EscrowStatus.Returned, stages % 3, 0, 0);
        send(address(quorum), address(ledger), drop);
    }

    /// @notice Only a pay key of the payee renounces.
    function testKeys() external {
        Agreement memory made = hashed();
        lock(made);
        bytes memory call = abi.encodeCall(escrow.renounce, (made));

        expectRefusal(stranger, call, keyUnknown(stranger));
        expectRefusal(bob.approve, call, needsOtherRole(bob.approve, KeyRole.Approve, KeyRole.Pay));
        bytes memory reason = abi.encodeWithSelector(IEscrow.NotPayee.selector, alice.id, bob.id);
        expectRefusal(alice.pay, call, reason);
    }

    /// @notice The payee lets go of it at any time.
    function testRenounces(uint256 time, uint256 seed) external {
        Agreement memory made = notarised();
        lock(made);
        barAll(seed);
        vm.warp(bound(time, vm.getBlockTimestamp(), made.deadline + 1 days));

        vm.expectEmit(address(escrow));
        emit IEscrow.EscrowReturned(escrow.digestOf(made), bob.id, AMOUNT);
        send(bob.pay, address(escrow), abi.encodeCall(escrow.renounce, (made)));
        expectHoldings(0, 0);
        expectEntry(made, EscrowStatus.Returned, 0, 0, 0);
    }

    function expectLedgerRefusal(bytes memory call, bytes memory reason) private {
        vm.expectRevert(reason);
        send(address(quorum), address(ledger), call);
    }
}
