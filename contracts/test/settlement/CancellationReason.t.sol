// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

contract CancellationReasonTest is Instructing {
    /// @notice A reason is a code of four letters or digits, which every node can store and show: of a debtor and of the operator.
    function testReason(bytes4 reason, uint256 place) external {
        bytes memory code = bytes.concat(REASON);
        bytes1 odd = reason[0];
        if ((odd >= "0" && odd <= "9") || (odd >= "A" && odd <= "Z")) odd = 0;
        code[place % 4] = odd;
        Instruction memory queued = queuedPayment(alice, bob, 1, false);

        address[2] memory senders = [alice.pay, operator];
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.ReasonMissing.selector, queued.head));
            vm.prank(senders[i]);
            settlement.cancel(queued, bytes4(code));
        }
        cancel(alice.pay, queued);
        vm.assertEq(true, hasEnded(queued));
    }
}
