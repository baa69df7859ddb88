// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {Instruction} from "../../src/types/Legs.sol";
import {vm} from "../Vm.sol";
import {Instructing} from "./Instructing.sol";

// sweep
// ├── nothing on the page .......................... BatchEmpty
// ├── more than 256 ................................ BatchTooLong
// └── each instruction
//     ├── it never was, or has ended ............... passed over
//     ├── its time is over ......................... Expired
//     ├── the day of its acceptance is over
//     │   ├── it says so, or an asset did .......... Expired
//     │   └── else ................................. stays
//     ├── the module is not trusted ................ Cancelled "CLSG"
//     ├── a debtor is suspended
//     │   ├── queued ............................... Cancelled "SUSP"
//     │   └── proposed ............................. stays
//     └── else ..................................... stays
contract SweepTest is Instructing {
    /// @notice A page holds something, and at most 256.
    function testPage() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchEmpty.selector));
        settlement.sweep(new Instruction[](0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchTooLong.selector, 257, 256));
        settlement.sweep(new Instruction[](257));
        settlement.sweep(new Instruction[](256));
    }

    /// @notice Anyone ends what is over, proposed or queued; what is not over stays.
    function testExpired() external {
        Instruction[] memory page = new Instruction[](3);
        page[0] = timed(exchange(alice, bob, 1, 1), alice, 0, START + 1);
        submit(alice, page[0]);
        page[1] = timed(payment(USD, alice, bob, 1), alice, 0, START + 1);
        makeQueued(alice, page[1], true);
        page[2] = queuedPayment(alice, bob, 1, false);

        vm.warp(START + 1);
        sweep(page);
        vm.assertEq(true, isProposed(page[0]));
        vm.warp(START + 2);
        vm.expectEmit(address(settlement));
        emit ISettlement.Expired(page[0].head, settlement.digestOf(page[0]));
        vm.expectEmit(address(settlement));
        emit ISettlement.Expired(page[1].head, settlement.digestOf(page[1]));
        sweep(page);

        vm.assertEq(true, hasEnded(page[0]));
        vm.assertEq(true, hasEnded(page[1]));
        vm.assertEq(true, isQueued(page[2]));
        vm.assertEq(uint256(0), urgentOf(alice));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, bob.id));
        sweep(page);
    }

    /// @notice Under a UTC day what lapses ends at midnight; under a business day when it is closed, however long it lasts.
    function testDayEnds() external {
        setWaitingRules(EUR, true, false);
        setWaitingRules(USD, true, false);
        uint256 midnight = (vm.getBlockTimestamp() / 1 days + 1) * 1 days;
        Instruction memory euros = exchange(alice, bob, 1, 1);
        submit(alice, euros);
        Instruction memory dollars = queuedPayment(alice, bob, 1, false);

        vm.warp(midnight - 1);
        sweep(euros);
        vm.assertEq(true, isProposed(euros));
        vm.warp(midnight + 1 days);
        sweep(euros);
        sweep(dollars);
        vm.assertEq(true, hasEnded(euros));
        vm.assertEq(true, isQueued(dollars));

        vm.prank(operator);
        ledger.close(USD);
        Instruction memory next = queuedPayment(alice, bob, 1, false);
        sweep(dollars);
        sweep(next);
        vm.assertEq(true, hasEnded(dollars));
        vm.assertEq(true, isQueued(next));
    }

    /// @notice What says itself that it lapses does so with the day of any of its assets; the rest rolls over, any number of days.
    function testFlag() external {
        Instruction memory ends = lapsing(exchange(alice, bob, 1, 1), alice);
        submit(alice, ends);
        Instruction memory rolls = exchange(alice, bob, 1, 1);
        submit(alice, rolls);
        vm.assertEq(uint256(3), waiting(ends).lapsing);
        vm.assertEq(uint256(0), waiting(rolls).lapsing);

        wait(30 days);
        vm.prank(operator);
        ledger.close(USD);
        vm.expectEmit(address(settlement));
        emit ISettlement.Expired(ends.head, settlement.digestOf(ends));
        sweep(ends);
        sweep(rolls);
        vm.assertEq(true, isProposed(rolls));
    }

    /// @notice It lapses with the day of the assets that say so, and with no other's.
    function testLapsingLegs() external {
        setWaitingRules(USD, true, false);
        Instruction memory made = pair(alice, leg(EUR, alice, bob, 1), leg(USD, bob, alice, 1));
        submit(alice, made);
        vm.assertEq(uint256(2), waiting(made).lapsing);

        wait(2 days);
        sweep(made);
        vm.assertEq(true, isProposed(made));
        vm.prank(operator);
        ledger.close(USD);
        sweep(made);
        vm.assertEq(true, hasEnded(made));
    }

    /// @notice Whether it lapses is fixed when it is submitted: a rule that changes later changes nothing for it.
    function testFixedAtSubmission() external {
        Instruction memory before = queuedPayment(alice, bob, 1, false);
        setWaitingRules(USD, true, false);
        Instruction memory after_ = queuedPayment(alice, bob, 1, false);
        setWaitingRules(USD, false, false);
        vm.prank(operator);
        ledger.close(USD);

        sweep(before);
        sweep(after_);
        vm.assertEq(true, isQueued(before));
        vm.assertEq(true, hasEnded(after_));
    }

    /// @notice Once the module is not trusted, anybody ends all that waits in it, so it can be dropped.
    function testClosing() external {
        Instruction[] memory page = new Instruction[](3);
        page[0] = exchange(alice, bob, 1, 1);
        submit(alice, page[0]);
        page[1] = queuedPayment(alice, bob, 1, true);
        page[2] = queuedPayment(alice, bob, 1, true);
        hold(alice, page[2]);
        vm.startPrank(address(quorum));
        ledger.closeModule(address(settlement));
        vm.stopPrank();

        for (uint256 i; i < 3; ++i) {
            expectCancelled(page[i], NOBODY, "CLSG");
        }
        sweep(page);
        vm.assertEq(uint256(0), urgentOf(alice));
        vm.assertEq(uint256(0), settlement.proposalsFor(alice.id, bob.id));
        vm.assertEq(uint256(0), ledger.moduleOf(address(settlement)).held);
        vm.prank(address(quorum));
        ledger.dropModule(address(settlement));
    }

    /// @notice What was left in a dropped module ends too.
    function testDropped() external {
        Instruction memory left = queuedPayment(alice, bob, 1, false);
        vm.startPrank(address(quorum));
        ledger.closeModule(address(settlement));
        ledger.dropModule(address(settlement));
        vm.stopPrank();

        expectCancelled(left, NOBODY, "CLSG");
        sweep(left);
        vm.assertEq(true, hasEnded(left));
    }

    /// @notice While the module is paused nothing ends by rule that would not otherwise; what is over ends.
    function testPaused() external {
        Instruction memory stays = queuedPayment(alice, bob, 1, true);
        Instruction memory over = timed(payment(USD, alice, bob, 1), alice, 0, START + 1);
        makeQueued(alice, over, true);
        address[] memory modules = new address[](1);
        modules[0] = address(settlement);
        vm.prank(guardian);
        ledger.pause(modules);
        vm.warp(START + 2);

        sweep(stays);
        sweep(over);
        vm.assertEq(true, isQueued(stays));
        vm.assertEq(true, hasEnded(over));
        vm.assertEq(uint256(1), urgentOf(alice));
    }

    /// @notice Queued debits of a suspended participant are cancelled by rule; its credits and its proposals are not.
    function testSuspended() external {
        Instruction memory debit = queuedExchange(alice, bob);
        Instruction memory credit = queuedPayment(alice, bob, 1, false);
        Instruction memory proposal = exchange(alice, bob, 1, 1);
        submit(alice, proposal);
        suspend(bob);

        expectCancelled(debit, NOBODY, "SUSP");
        sweep(debit);
        sweep(credit);
        sweep(proposal);
        vm.assertEq(true, hasEnded(debit));
        vm.assertEq(true, isQueued(credit));
        vm.assertEq(true, isProposed(proposal));
    }
}
