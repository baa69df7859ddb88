// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// cancel
// ├── it is proposed, or waits no more ............. WaitsOtherwise
// ├── without a reason ............................. ReasonMissing
// ├── by the operator .............................. Cancelled
// └── by another
//     ├── without a pay key ........................ KeyUnknown
//     ├── that is no debtor ........................ NotConsenting
//     ├── the only debtor, or the last of them ..... Cancelled
//     ├── a party is suspended ..................... Cancelled
//     └── one of several
//         ├── that has said so ..................... NothingChanges
//         └── that has not ......................... CancelRequested
contract CancelTest is Instructing {
    /// @notice What is proposed or has ended is not cancelled.
    function testNotQueued() external {
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        vm.expectRevert(waitsOtherwise(proposed));
        cancel(operator, proposed);

        Instruction memory ended = queuedPayment(alice, bob, 1, false);
        cancel(alice.pay, ended);
        vm.expectRevert(waitsOtherwise(ended));
        cancel(alice.pay, ended);
    }

    /// @notice Nobody cancels without a reason, the operator neither.
    function testReason() external {
        Instruction memory queued = queuedPayment(alice, bob, 1, false);
        address[2] memory senders = [alice.pay, operator];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.ReasonMissing.selector, queued.head));
            vm.prank(senders[i]);
            settlement.cancel(queued, 0);
        }
    }

    /// @notice A payee and a stranger cancel nothing; nor does the guardian.
    function testOthers() external {
        Instruction memory queued = queuedPayment(alice, bob, 1, false);
        vm.expectRevert(notConsenting(bob, queued));
        cancel(bob.pay, queued);
        vm.expectRevert(keyUnknown(stranger));
        cancel(stranger, queued);
        vm.expectRevert(keyUnknown(guardian));
        cancel(guardian, queued);
    }

    /// @notice The only debtor cancels, held or not; it never settles after.
    function testSingleDebtor() external {
        Instruction memory instruction = queuedPayment(alice, bob, 1, true);
        hold(alice, instruction);

        expectCancelled(instruction, alice.id, REASON);
        cancel(alice.pay, instruction);
        vm.assertEq(true, hasEnded(instruction));
        vm.assertEq(uint256(0), urgentOf(alice));
        expectSetRefused(setOf(instruction), Refusal.NotWaiting);
        expectRefused(alice, instruction, Refusal.SequenceUsed);
    }

    /// @notice Several debtors cancel together: each says so once, the last one ends it. Until then it may settle.
    function testJointly() external {
        Instruction memory instruction = queuedExchange(alice, bob);
        setUrgency(alice, instruction, true);

        vm.expectEmit(address(settlement));
        emit ISettlement.CancelRequested(instruction.head, settlement.digestOf(instruction), alice.id, REASON);
        cancel(alice.pay, instruction);
        vm.expectRevert(nothingChanges(instruction));
        cancel(alice.pay, instruction);
        vm.assertEq(uint256(1), waiting(instruction).cancels);
        vm.assertEq(uint256(Refusal.None), uint256(settlement.setRefusalOf(setOf(instruction)[0], stranger)));

        expectCancelled(instruction, bob.id, REASON);
        cancel(bob.pay, instruction);
        vm.assertEq(true, hasEnded(instruction));
        vm.assertEq(uint256(0), urgentOf(alice));
    }

    /// @notice Once a party is suspended, a payee too, any debtor cancels alone.
    function testSuspendedParty() external {
        Instruction memory instruction = queuedExchange(alice, bob);
        cancel(alice.pay, instruction);
        suspend(bob);

        expectCancelled(instruction, alice.id, REASON);
        cancel(alice.pay, instruction);
        vm.assertEq(true, hasEnded(instruction));
    }

    /// @notice The operator cancels what is queued, with a reason.
    function testOperator() external {
        Instruction memory instruction = queuedExchange(alice, bob);

        expectCancelled(instruction, NOBODY, REASON);
        cancel(operator, instruction);
        vm.assertEq(true, hasEnded(instruction));
    }

    /// @notice A debtor cancels also when the ledger trusts the module no more, and its urgent one counts no more.
    function testClosingModule() external {
        Instruction memory instruction = queuedPayment(alice, bob, 1, true);
        vm.prank(address(quorum));
        ledger.closeModule(address(settlement));

        cancel(alice.pay, instruction);
        vm.assertEq(true, hasEnded(instruction));
        vm.assertEq(uint256(0), urgentOf(alice));
    }
}
