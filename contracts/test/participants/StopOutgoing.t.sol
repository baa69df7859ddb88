// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {KeyNumber} from "../../src/types/Identifiers.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract StopOutgoingTest is Stage {
    /// @notice Only an administer key stops.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.stopOutgoing();

        vm.expectRevert(keyUnknown(operator));
        vm.prank(operator);
        participants.stopOutgoing();
    }

    /// @notice What is stopped cannot be stopped again.
    function testTwice() external {
        vm.startPrank(alice.first);
        participants.stopOutgoing();

        vm.expectRevert(abi.encodeWithSelector(IParticipants.OutgoingAlreadyStopped.selector, alice.id));
        participants.stopOutgoing();
        vm.stopPrank();
    }

    /// @notice One key stops at once, also while suspended.
    function testStops() external {
        vm.prank(operator);
        participants.suspend(alice.id);

        vm.expectEmit(address(participants));
        emit IParticipants.OutgoingStopped(alice.id);
        vm.prank(alice.second);
        participants.stopOutgoing();

        vm.assertEq(true, participants.participantOf(alice.id).outgoingStopped);
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(bob.id)));
    }
}

contract ResumeOutgoingTest is Stage {
    bytes private call = abi.encodeCall(IParticipants.resumeOutgoing, ());

    function setUp() public override {
        super.setUp();
        vm.prank(alice.first);
        participants.stopOutgoing();
    }

    /// @notice Only an administer key lifts the stop.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Administer));
        vm.prank(alice.approve);
        participants.resumeOutgoing();
    }

    /// @notice Only a stop can be lifted.
    function testNotStopped() external {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.OutgoingNotStopped.selector, bob.id));
        vm.prank(bob.first);
        participants.resumeOutgoing();
    }

    /// @notice One key alone lifts nothing, however often it tries.
    function testOneKey() external {
        vm.startPrank(alice.first);
        participants.resumeOutgoing();

        bytes32 changeId = keccak256(abi.encode(alice.id, call));
        vm.expectRevert(
            abi.encodeWithSelector(ITwoKeyChanges.SecondKeyNeeded.selector, changeId, alice.first)
        );
        participants.resumeOutgoing();
        vm.stopPrank();

        vm.assertEq(true, participants.participantOf(alice.id).outgoingStopped);
    }

    /// @notice Two keys lift it, after the delay and not a second before.
    function testLifts() external {
        propose(alice, address(participants), call);
        bytes32 changeId = keccak256(abi.encode(alice.id, call));

        vm.warp(START + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITwoKeyChanges.ChangeNotReady.selector, changeId, uint40(START + DELAY))
        );
        vm.prank(alice.first);
        participants.resumeOutgoing();

        vm.warp(START + DELAY);
        vm.expectEmit(address(participants));
        emit IParticipants.OutgoingResumed(alice.id);
        vm.prank(alice.first);
        participants.resumeOutgoing();

        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(alice.id)));
    }

    /// @notice Consents are used up: the next stop takes two new ones.
    function testAgain() external {
        change(alice, address(participants), call);
        vm.prank(alice.second);
        participants.stopOutgoing();

        vm.prank(alice.first);
        participants.resumeOutgoing();
        vm.assertEq(true, participants.participantOf(alice.id).outgoingStopped);
    }
}
