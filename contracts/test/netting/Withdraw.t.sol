// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Cycle, CycleStatus} from "../../src/types/Cycle.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {vm} from "../Vm.sol";
import {Members} from "./Members.sol";

/// withdraw
/// ├── sender is no key, or a key of another role → reverts
/// ├── the cycle is not open → CycleNotOpen
/// ├── sender's participant is no member → NotMember
/// └── else: cancelled for all, every lock given back; by a member that affirmed or not, whatever stands in the way of its settling
contract WithdrawTest is Members {
    /// @notice Only a pay key withdraws.
    function testKeys() external {
        Cycle memory made = cycle();
        propose(bob, made);
        bytes memory call = abi.encodeCall(netting.withdraw, (made));

        expectRefusal(stranger, call, keyUnknown(stranger));
        expectRefusal(operator, call, keyUnknown(operator));
        expectRefusal(bob.approve, call, needsOtherRole(bob.approve, KeyRole.Approve, KeyRole.Pay));
    }

    /// @notice What is settled is final, and what ended has nothing to give back.
    function testNotOpen() external {
        Cycle memory made = cycle();
        bytes memory call = abi.encodeCall(netting.withdraw, (made));
        expectRefusal(bob.pay, call, notOpen(made, CycleStatus.None));

        settleAll(made);
        expectRefusal(bob.pay, call, notOpen(made, CycleStatus.Settled));
    }

    /// @notice Nothing is given back twice.
    function testTwice() external {
        Cycle memory made = affirmed();
        withdraw(alice, made);

        expectRefusal(
            alice.pay, abi.encodeCall(netting.withdraw, (made)), notOpen(made, CycleStatus.Cancelled)
        );
        expectUntouched();
    }

    /// @notice Who is no member ends nothing.
    function testNotMember() external {
        expectRefusal(
            centralBank.pay, abi.encodeCall(netting.withdraw, (affirmed())), notMember(centralBank.id)
        );
    }

    /// @notice Any member ends the cycle, its proposer or not, affirmed or not, and every lock goes back.
    function testEnds(uint256 which) external {
        Actor memory actor = [alice, bob, carol][which % 3];
        Cycle memory made = affirmed();

        expectReturned(made);
        expectCancelled(made, actor.id, "WDRN");
        withdraw(actor, made);

        expectStatus(made, CycleStatus.Cancelled);
        expectUntouched();
        vm.assertEq(uint256(0), netting.openCycles(bob.id));
    }

    /// @notice The day's outflow keeps what was locked and came back: withdrawing makes no room under a limit.
    function testOutflowStays() external {
        withdraw(alice, affirmed());

        vm.assertEq(uint256(BROUGHT), ledger.accountOf(USD, alice.id).outflow);
    }

    /// @notice Locks go back while the module is paused, closing, or the member suspended and frozen.
    function testWhateverStands() external {
        Cycle memory made = affirmed();
        suspend(alice);
        vm.prank(operator);
        ledger.freeze(USD, alice.id);
        pauseNetting();
        closeNetting();

        withdraw(alice, made);
        expectUntouched();
    }

    /// @notice What all have affirmed and waits, any member still ends.
    function testWaiting() external {
        Cycle memory made = cycle();
        waitFor(made, address(ledger), abi.encodeCall(ledger.freeze, (USD, bob.id)));

        withdraw(carol, made);
        expectUntouched();
    }

    /// @notice A closing module is dropped once its cycles have ended, not before.
    function testDrops() external {
        Cycle memory made = affirmed();
        closeNetting();
        bytes memory drop = abi.encodeCall(ledger.dropModule, (address(netting)));
        (bool done,) = address(ledger).call(drop);
        vm.assertEq(false, done);

        withdraw(carol, made);
        send(address(quorum), address(ledger), drop);
    }

    function affirmed() private returns (Cycle memory made) {
        made = cycle();
        propose(bob, made);
        affirm(alice, made);
    }
}
