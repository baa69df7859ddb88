// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// hold
// ├── the sender has no pay key .................... KeyUnknown
// ├── it is proposed, or waits no more ............. WaitsOtherwise
// ├── by who is no debtor .......................... NotConsenting
// ├── by who holds it .............................. NothingChanges
// └── by a debtor .................................. Held
//     └── the first hold takes it from what counts as urgent
//
// release
// ├── it is proposed, or waits no more ............. WaitsOtherwise
// ├── by the operator .............................. Released for each who held it
// │   └── nobody holds it .......................... NothingChanges
// └── by another
//     ├── without a pay key ........................ KeyUnknown
//     ├── that is no debtor ........................ NotConsenting
//     ├── that does not hold it .................... NothingChanges
//     └── that does ................................ Released
//         └── the last one counts it as urgent again
contract HoldTest is Instructing {
    Instruction private instruction;

    function setUp() public override {
        super.setUp();
        instruction = queuedExchange(alice, bob);
    }

    /// @notice Only what is queued is held, and only by its debtors, each once.
    function testRefused() external {
        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        settlement.hold(instruction);
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        vm.expectRevert(waitsOtherwise(proposed));
        hold(alice, proposed);
        vm.expectRevert(notConsenting(carol, instruction));
        hold(carol, instruction);
        hold(alice, instruction);
        vm.expectRevert(nothingChanges(instruction));
        hold(alice, instruction);
    }

    /// @notice A held one does not settle; released, it does.
    function testHolds() external {
        hold(bob, instruction);
        expectSetRefused(setOf(instruction), Refusal.Held);
        release(bob.pay, instruction);

        expectSetSettled(setOf(instruction));
    }

    /// @notice Only what is queued is released.
    function testReleaseRefused() external {
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        vm.expectRevert(waitsOtherwise(proposed));
        release(operator, proposed);
        vm.expectRevert(nothingChanges(instruction));
        release(operator, instruction);
        vm.expectRevert(keyUnknown(stranger));
        release(stranger, instruction);
        vm.expectRevert(notConsenting(carol, instruction));
        release(carol.pay, instruction);
    }

    /// @notice Each debtor lifts its own hold, not the other's.
    function testRelease() external {
        vm.expectEmit(address(settlement));
        emit ISettlement.Held(instruction.head, settlement.digestOf(instruction), alice.id);
        hold(alice, instruction);
        vm.expectRevert(nothingChanges(instruction));
        release(bob.pay, instruction);
        hold(bob, instruction);
        vm.assertEq(uint256(3), waiting(instruction).holds);

        vm.expectEmit(address(settlement));
        emit ISettlement.Released(instruction.head, settlement.digestOf(instruction), bob.id);
        release(bob.pay, instruction);
        vm.assertEq(uint256(1), waiting(instruction).holds);
    }

    /// @notice The operator lifts all holds; the guardian none.
    function testOperatorReleases() external {
        hold(alice, instruction);
        hold(bob, instruction);
        vm.expectRevert(keyUnknown(guardian));
        release(guardian, instruction);

        vm.expectEmit(address(settlement));
        emit ISettlement.Released(instruction.head, settlement.digestOf(instruction), alice.id);
        vm.expectEmit(address(settlement));
        emit ISettlement.Released(instruction.head, settlement.digestOf(instruction), bob.id);
        release(operator, instruction);
        vm.assertEq(uint256(0), waiting(instruction).holds);
    }

    /// @notice A held instruction is no urgent one of anybody, whoever of its debtors holds it; the last hold counts.
    function testHeldIsNotUrgent() external {
        setUrgency(alice, instruction, true);
        vm.assertEq(uint256(1), urgentOf(alice));

        hold(bob, instruction);
        vm.assertEq(uint256(0), urgentOf(alice));
        hold(alice, instruction);
        release(bob.pay, instruction);
        vm.assertEq(uint256(0), urgentOf(alice));
        release(alice.pay, instruction);
        vm.assertEq(uint256(1), urgentOf(alice));
    }
}
