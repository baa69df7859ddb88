// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISequences} from "../../src/interfaces/ISequences.sol";
import {Sequence} from "../../src/types/Identifiers.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Stage} from "../Stage.sol";
import {Vm, bound, vm} from "../Vm.sol";

contract VoidTest is Stage {
    /// @notice Only a pay key voids.
    function testPayKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        ledger.void(new Sequence[](1));
    }

    /// @notice At most 500 at once.
    function testTooMany() external {
        vm.expectRevert(abi.encodeWithSelector(ISequences.TooManySequences.selector, 501, 500));
        vm.prank(alice.pay);
        ledger.void(new Sequence[](501));

        vm.prank(alice.pay);
        ledger.void(new Sequence[](500));
    }

    /// @notice Voiding burns what is unused, skips what is used, and says what it burnt; twice is as once.
    function testVoids(uint64 first, uint8 distance) external {
        first = uint64(bound(first, 10_000, type(uint64).max - 300));
        Terms paid = packed(false, first, USD, alice.id, bob.id, 1);
        vm.prank(alice.pay);
        payments.pay(batchOf(paid), none());
        Sequence[] memory sequences = new Sequence[](3);
        sequences[0] = paid.sequence();
        sequences[1] = sequences[2] = Sequence.wrap(first + 1 + distance);

        vm.recordLogs();
        vm.prank(alice.pay);
        ledger.void(sequences);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(uint256(1), logs.length);
        vm.assertEq(ISequences.Voided.selector, logs[0].topics[0]);
        vm.assertEq(abi.encode(sequences[1]), logs[0].data);
        vm.assertEq(true, ledger.sequenceUsed(alice.id, sequences[1]));
        vm.assertEq(false, ledger.sequenceUsed(bob.id, sequences[1]));
        vm.assertEq(false, ledger.sequenceUsed(alice.id, Sequence.wrap(first + 2 + distance)));
        vm.assertEq(distance == 0, ledger.sequenceUsed(alice.id, Sequence.wrap(first + 1)));
    }

    /// @notice A suspended and stopped participant can still void: what is unknown can always be resolved.
    function testAlways() external {
        vm.prank(operator);
        participants.suspend(alice.id);
        vm.prank(alice.first);
        participants.stopOutgoing();
        Sequence[] memory sequences = new Sequence[](1);
        sequences[0] = Sequence.wrap(5);

        vm.expectEmit(address(ledger));
        emit ISequences.Voided(alice.id, sequences[0]);
        vm.prank(alice.pay);
        ledger.void(sequences);
    }
}
