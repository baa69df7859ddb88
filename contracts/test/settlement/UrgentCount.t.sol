// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Instruction, Leg} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract UrgentCountTest is Instructing {
    Instruction[] private queue;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 3; ++i) {
            queue.push(queuedExchange(alice, bob));
        }
        queue.push(queuedPayment(alice, bob, 5, true));
        Instruction memory scheduled = timed(payment(USD, alice, bob, 1), alice, START + 1, 0);
        submitWith(alice, scheduled, true, none());
        queue.push(scheduled);
    }

    /// @notice Whatever is done in whatever order, an account counts its holder's urgent instructions that are queued and not held,
    /// and the module holds as many.
    function testCounts(bytes12 steps) external {
        vm.warp(START + 1);
        for (uint256 i; i < 12; ++i) {
            step(uint8(steps[i]));
            expectCounts();
        }
    }

    /// @notice Every account that an instruction debits counts it once, however many there are.
    function testAccounts() external {
        Instruction memory ring = timed(payment(USD, alice, bob, 1), alice, START + 1, 0);
        ring.legs = new Leg[](4);
        ring.legs[0] = leg(USD, alice, bob, 1);
        ring.legs[1] = leg(EUR, bob, carol, 1);
        ring.legs[2] = leg(USD, carol, alice, 1);
        ring.legs[3] = leg(USD, carol, bob, 1);
        uint256 before = ledger.moduleOf(address(settlement)).held;
        submitWith(alice, ring, true, none());
        affirmWith(bob, ring, true, none());
        affirmWith(carol, ring, true, none());

        vm.assertEq(true, isQueued(ring));
        vm.assertEq(uint256(1), ledger.accountOf(USD, carol.id).urgentWaiting);
        vm.assertEq(uint256(1), ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(before + 3, ledger.moduleOf(address(settlement)).held);

        hold(bob, ring);
        vm.assertEq(uint256(0), ledger.accountOf(USD, carol.id).urgentWaiting);
        vm.assertEq(uint256(0), ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(before, ledger.moduleOf(address(settlement)).held);
    }

    /// @dev What is not allowed changes nothing.
    function step(uint256 choice) private {
        Instruction memory one = queue[choice % 5];
        Actor memory actor = choice & 0x80 == 0 ? alice : bob;
        bytes memory call = abi.encodeCall(settlement.cancel, (one, REASON));
        uint256 verb = (choice / 5) % 16;
        if (verb < 4) call = abi.encodeCall(settlement.hold, (one));
        else if (verb < 7) call = abi.encodeCall(settlement.release, (one));
        else if (verb < 11) call = abi.encodeCall(settlement.setUrgency, (one, true));
        else if (verb < 13) call = abi.encodeCall(settlement.setUrgency, (one, false));
        else if (verb < 14) call = abi.encodeCall(settlement.settle, (setOf(one)));

        vm.prank(verb == 6 ? operator : actor.pay);
        (bool done,) = address(settlement).call(call);
        done;
    }

    function expectCounts() private view {
        (uint256 dollars, uint256 euros) = (0, 0);
        for (uint256 i; i < queue.length; ++i) {
            ISettlement.WaitingReport memory entry = waiting(queue[i]);
            if (!entry.queued || entry.holds != 0) continue;
            dollars += entry.urgent & 1;
            euros += entry.urgent >> 1;
        }

        vm.assertEq(dollars, ledger.accountOf(USD, alice.id).urgentWaiting);
        vm.assertEq(euros, ledger.accountOf(EUR, bob.id).urgentWaiting);
        vm.assertEq(dollars + euros, ledger.moduleOf(address(settlement)).held);
    }
}
