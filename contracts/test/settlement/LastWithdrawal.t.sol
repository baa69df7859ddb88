// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract LastWithdrawalTest is Instructing {
    /// @notice A party takes its consent back however often another one did: the withdrawal after the 255th ends the proposal.
    function testAfterAnothersWithdrawals() external {
        Instruction memory instruction =
            pair(alice, leg(USD, carol, alice, FUNDS / 2), leg(EUR, bob, alice, 20));
        submit(alice, instruction);
        for (uint256 i; i < 255; ++i) {
            affirm(bob, instruction);
            withdraw(bob, instruction);
        }
        affirm(carol, instruction);

        expectCancelled(instruction, carol.id, "WDRN");
        withdraw(carol, instruction);
        vm.assertEq(true, hasEnded(instruction));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, carol.id));
    }
}
