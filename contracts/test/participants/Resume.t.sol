// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {Standing} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract ResumeTest is Stage {
    /// @notice Only the operator ends a suspension; the suspended participant does not.
    function testOperatorOnly() external {
        vm.prank(operator);
        participants.suspend(alice.id);

        vm.expectRevert(unauthorised(alice.first));
        vm.prank(alice.first);
        participants.resume(alice.id);
    }

    /// @notice Only a suspension can be ended.
    function testNotSuspended() external {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.NotSuspended.selector, alice.id));
        vm.prank(operator);
        participants.resume(alice.id);
    }

    /// @notice The end of a suspension does not lift the participant's own stop.
    function testResumes() external {
        vm.prank(alice.first);
        participants.stopOutgoing();
        vm.startPrank(operator);
        participants.suspend(alice.id);

        vm.expectEmit(address(participants));
        emit IParticipants.ParticipantResumed(alice.id);
        participants.resume(alice.id);
        vm.stopPrank();

        vm.assertEq(uint256(Standing.OutgoingStopped), uint256(participants.standingOf(alice.id)));
    }
}
