// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {NOBODY} from "../../src/types/Identifiers.sol";
import {Refusal} from "../../src/types/Instruction.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract DebtorsConsentTest is Instructing {
    /// @notice Nothing is queued that debits nobody: no debtor could consent to it, or cancel it.
    function testNobodyPays() external {
        Instruction memory instruction = payment(USD, alice, bob, 1);
        instruction.legs[0] = legFor(USD, NOBODY, alice.id, 1, NOBODY, NOBODY);
        instruction = timed(instruction, alice, START + 1 days, 0);

        expectRefused(alice, instruction, Refusal.MalformedTerms);
    }

    /// @notice Nor beside legs that somebody pays.
    function testNobodyPaysToo() external {
        Instruction memory instruction = exchange(alice, bob, 1, 1);
        instruction.legs[1] = legFor(EUR, NOBODY, alice.id, 1, NOBODY, NOBODY);
        instruction = timed(instruction, alice, START + 1 days, 0);

        expectRefused(alice, instruction, Refusal.MalformedTerms);
    }
}
