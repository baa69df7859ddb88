// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Refusal} from "../../src/types/Instruction.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract LapsesFromValidityTest is Instructing {
    /// @notice What lapses with the day does so with the first day on which it may settle, not with one before.
    function testScheduled() external {
        setWaitingRules(EUR, true, false);
        uint256 midnight = (vm.getBlockTimestamp() / 1 days + 1) * 1 days;
        Instruction memory early = payment(EUR, alice, bob, 1);
        early = timed(early, alice, midnight + 1, 0);
        Instruction memory late = payment(EUR, alice, bob, 1);
        late = timed(late, alice, midnight + 1, 0);
        submit(alice, early);
        submit(alice, late);

        vm.warp(midnight);
        sweep(early);
        expectSetRefused(setOf(early), Refusal.NotYetValid);
        vm.warp(midnight + 1);
        expectSetSettled(setOf(early));
        vm.warp(midnight + 1 days);
        expectSetRefused(setOf(late), Refusal.Lapsed);
        sweep(late);
        vm.assertEq(true, hasEnded(late));
    }

    /// @notice What ends before it begins is no instruction: it could never settle.
    function testNeverValid() external {
        Instruction memory never = timed(payment(EUR, alice, bob, 1), alice, START + 2, START + 1);
        expectRefused(alice, never, Refusal.MalformedTerms);

        Instruction memory once = timed(payment(EUR, alice, bob, 1), alice, START + 2, START + 2);
        submit(alice, once);
        vm.warp(START + 2);
        expectSetSettled(setOf(once));
    }
}
