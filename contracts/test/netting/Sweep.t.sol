// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../src/types/Cycle.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {bound, vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// sweep
/// ├── the cycle is not open → CycleNotOpen
/// ├── its time is over → expired, every lock given back
/// ├── the module is closing → cancelled (CLSG)
/// ├── a member is suspended → cancelled (SUSP)
/// ├── a counter of it was used by another cycle → cancelled (USED)
/// └── else: frozen, stopped, paused, first counter still ahead → CycleGoesOn
contract SweepTest is Members {
    /// @notice What is not open has nothing to give back.
    function testNotOpen() external {
        Cycle memory made = cycle();
        expectRefusalOf(made, notOpen(made, CycleStatus.None));
        settleAll(made);
        vm.warp(UNTIL + 1);
        expectRefusalOf(made, notOpen(made, CycleStatus.Settled));
    }

    /// @notice After its last second anyone ends it, also while the module is paused; in that second nobody.
    function testExpires(uint256 late) external {
        Cycle memory made = affirmed();
        vm.warp(UNTIL);
        expectGoesOn(made);

        vm.warp(UNTIL + bound(late, 1, 365 days));
        pauseNetting();
        expectReturned(made);
        vm.expectEmit(address(netting));
        emit INetting.CycleExpired(netting.digestOf(made));
        vm.prank(stranger);
        netting.sweep(made);

        expectStatus(made, CycleStatus.Expired);
        expectUntouched();
        vm.assertEq(uint256(0), netting.openCycles(bob.id));
        expectRefusalOf(made, notOpen(made, CycleStatus.Expired));
    }

    /// @notice Once the ledger has closed the module anyone ends its cycles.
    function testClosing() external {
        Cycle memory made = affirmed();
        closeNetting();

        expectSwept(made, "CLSG");
    }

    /// @notice A suspended member, affirmed or not, releases the others.
    function testSuspended(uint256 which) external {
        Cycle memory made = affirmed();
        suspend([alice, bob, carol][which % 3]);

        expectSwept(made, "SUSP");
    }

    /// @notice A cycle whose counters another one used can never settle: anyone ends it.
    function testUsed() external {
        Cycle memory made = affirmed();
        Cycle memory other = cycle();
        other.number = CycleNumber.wrap(2);
        settleAll(other);

        expectReturned(made);
        expectCancelled(made, NOBODY, "USED");
        netting.sweep(made);
        expectHoldings(-int256(uint256(BROUGHT)), 0, 28, 47);
    }

    /// @notice Nobody ends what may still settle: a freeze, a stop and a pause are lifted, counters come.
    function testGoesOn() external {
        Cycle memory made = affirmed();
        vm.prank(operator);
        ledger.freeze(USD, bob.id);
        vm.prank(carol.first);
        participants.stopOutgoing();
        pauseNetting();
        expectGoesOn(made);

        Cycle memory next = cycle();
        next.number = CycleNumber.wrap(2);
        next.validUntil = uint40(START + 3 days);
        next.positions[1] = position(bob.id, 3, 3, 28);
        resumeNetting();
        propose(bob, next);
        expectGoesOn(next);
    }

    function affirmed() private returns (Cycle memory made) {
        made = cycle();
        propose(bob, made);
        affirm(alice, made);
    }

    function expectSwept(Cycle memory made, bytes4 reason) private {
        expectReturned(made);
        expectCancelled(made, NOBODY, reason);
        vm.prank(stranger);
        netting.sweep(made);

        expectStatus(made, CycleStatus.Cancelled);
        expectUntouched();
    }

    function expectGoesOn(Cycle memory made) private {
        expectRefusalOf(made, abi.encodeWithSelector(INetting.CycleGoesOn.selector, netting.digestOf(made)));
    }

    function expectRefusalOf(Cycle memory made, bytes memory reason) private {
        expectRefusal(stranger, abi.encodeCall(netting.sweep, (made)), reason);
    }
}
