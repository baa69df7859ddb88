// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// setUrgency
// ├── the sender has no pay key .................... KeyUnknown
// ├── it is proposed, or waits no more ............. WaitsOtherwise
// ├── by who is no debtor .......................... NotConsenting
// ├── to what it is ................................ NothingChanges
// └── by a debtor .................................. UrgencySet
//     ├── nobody holds it: it counts once in each account of the debtor
//     └── somebody holds it: it counts nowhere
contract SetUrgencyTest is Instructing {
    /// @notice Only what is queued changes, only by its debtors, and only to what it is not.
    function testRefused() external {
        Instruction memory proposed = exchange(alice, bob, 1, 1);
        submit(alice, proposed);
        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        settlement.setUrgency(proposed, true);
        vm.expectRevert(waitsOtherwise(proposed));
        setUrgency(alice, proposed, true);

        Instruction memory queued = queuedPayment(alice, bob, 1, false);
        vm.expectRevert(notConsenting(bob, queued));
        setUrgency(bob, queued, true);
        vm.expectRevert(nothingChanges(queued));
        setUrgency(alice, queued, false);
        setUrgency(alice, queued, true);
        vm.expectRevert(nothingChanges(queued));
        setUrgency(alice, queued, true);
    }

    /// @notice It is counted once for an account, however many legs debit it, and for each of the debtor's accounts.
    function testCounts() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction = pair(alice, leg(USD, alice, bob, 1), leg(USD, alice, carol, 2));
        makeQueued(alice, instruction, false);

        vm.expectEmit(address(settlement));
        emit ISettlement.UrgencySet(instruction.head, settlement.digestOf(instruction), alice.id, true);
        setUrgency(alice, instruction, true);
        vm.assertEq(uint256(1), urgentOf(alice));
        vm.assertEq(uint256(1), ledger.moduleOf(address(settlement)).held);
        setUrgency(alice, instruction, false);
        vm.assertEq(uint256(0), urgentOf(alice));
        vm.assertEq(uint256(0), waiting(instruction).urgent);

        instruction = pair(alice, leg(USD, alice, bob, 1), leg(EUR, alice, bob, 2));
        makeQueued(alice, instruction, true);
        vm.assertEq(uint256(1), ledger.accountOf(USD, alice.id).urgentWaiting);
        vm.assertEq(uint256(1), ledger.accountOf(EUR, alice.id).urgentWaiting);
    }

    /// @notice Each debtor's urgency is its own.
    function testOwn() external {
        Instruction memory instruction = queuedExchange(alice, bob);
        setUrgency(bob, instruction, true);

        vm.assertEq(uint256(0), urgentOf(alice));
        vm.assertEq(uint256(1), ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(uint256(2), waiting(instruction).urgent);
    }

    /// @notice While somebody holds it, it changes and counts nowhere.
    function testHeld() external {
        Instruction memory instruction = queuedExchange(alice, bob);
        hold(bob, instruction);
        setUrgency(alice, instruction, true);
        vm.assertEq(uint256(0), urgentOf(alice));

        release(bob.pay, instruction);
        vm.assertEq(uint256(1), urgentOf(alice));
        hold(alice, instruction);
        setUrgency(alice, instruction, false);
        release(alice.pay, instruction);
        vm.assertEq(uint256(0), urgentOf(alice));
    }

    /// @notice What an account counts as urgent is, whatever the debtors do, what waits there urgent and is not held; what the
    /// module holds is the sum of it.
    function testRecount(uint256 seed) external {
        Instruction[] memory all = new Instruction[](3);
        all[0] = queuedExchange(alice, bob);
        all[1] = queuedExchange(bob, alice);
        all[2] = pair(alice, leg(USD, alice, bob, 1), leg(EUR, alice, bob, 2));
        makeQueued(alice, all[2], false);
        // Once bob is suspended each debtor cancels alone, and anybody sweeps.
        for (uint256 i; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (i == 12 && seed % 2 == 0) suspend(bob);
            step(seed, all[(seed >> 8) % 3]);
            expectRecount(all);
        }
    }

    /// @dev Many are refused: who does what is chosen blindly.
    function step(uint256 seed, Instruction memory instruction) private {
        address sender = seed % 2 == 0 ? alice.pay : bob.pay;
        bytes[8] memory calls = [
            abi.encodeCall(settlement.setUrgency, (instruction, true)),
            abi.encodeCall(settlement.setUrgency, (instruction, true)),
            abi.encodeCall(settlement.setUrgency, (instruction, false)),
            abi.encodeCall(settlement.hold, (instruction)),
            abi.encodeCall(settlement.release, (instruction)),
            abi.encodeCall(settlement.cancel, (instruction, REASON)),
            abi.encodeCall(settlement.sweep, (listOf(instruction))),
            abi.encodeCall(settlement.settle, (setOf(instruction)))
        ];
        vm.prank(sender);
        (bool done,) = address(settlement).call(calls[(seed >> 16) % 8]);
        done;
    }

    function expectRecount(Instruction[] memory all) private view {
        uint256[4] memory counts;
        for (uint256 i; i < all.length; ++i) {
            ISettlement.WaitingReport memory entry = waiting(all[i]);
            if (!entry.queued || entry.holds != 0) continue;
            // First debtors are alice, bob and alice; the last of the three debits both of alice's accounts.
            bool ofFirst = entry.urgent & 1 != 0;
            bool ofSecond = entry.urgent & 2 != 0;
            if (i == 1) (ofFirst, ofSecond) = (ofSecond, ofFirst);
            if (ofFirst) ++counts[i == 1 ? 1 : 0];
            if (ofFirst && i == 2) ++counts[1];
            if (ofSecond) ++counts[i == 1 ? 2 : 3];
        }
        vm.assertEq(counts[0], ledger.accountOf(USD, alice.id).urgentWaiting);
        vm.assertEq(counts[1], ledger.accountOf(EUR, alice.id).urgentWaiting);
        vm.assertEq(counts[2], ledger.accountOf(USD, bob.id).urgentWaiting);
        vm.assertEq(counts[3], ledger.accountOf(EUR, bob.id).urgentWaiting);
        uint256 sum = counts[0] + counts[1] + counts[2] + counts[3];
        vm.assertEq(sum, ledger.moduleOf(address(settlement)).held);
    }
}
