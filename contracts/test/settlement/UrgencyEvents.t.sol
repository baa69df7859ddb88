// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract UrgencyEventsTest is Instructing {
    /// @notice The event says of an initiator that pays nothing that it is not urgent: it has no urgency.
    function testSubmitted() external {
        Instruction memory asked = pair(carol, leg(USD, alice, bob, 1), leg(EUR, bob, carol, 1));

        vm.expectEmit(address(settlement));
        emit ISettlement.Submitted(asked.head, asked.commitment, false, asked.legs);
        submitWith(carol, asked, true, none());
        vm.assertEq(uint256(0), waiting(asked).urgent);
    }

    /// @notice Nor has a payee that is asked; a debtor has.
    function testAffirmed() external {
        setWaitingRules(EUR, false, true);
        Instruction memory asking = triangle();
        vm.expectEmit(address(settlement));
        emit ISettlement.Submitted(asking.head, asking.commitment, true, asking.legs);
        submitWith(alice, asking, true, none());

        bytes32 digest = settlement.digestOf(asking);
        vm.expectEmit(address(settlement));
        emit ISettlement.Affirmed(asking.head, digest, carol.id, false);
        affirmWith(carol, asking, true, none());
        vm.expectEmit(address(settlement));
        emit ISettlement.Affirmed(asking.head, digest, bob.id, true);
        affirmWith(bob, asking, true, none());
    }
}
