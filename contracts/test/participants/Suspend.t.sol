// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Standing} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract SuspendTest is Stage {
    /// @notice Only the operator suspends.
    function testOperatorOnly() external {
        vm.expectRevert(unauthorised(bob.first));
        vm.prank(bob.first);
        participants.suspend(alice.id);
    }

    /// @notice Nobody cannot be suspended.
    function testUnknown() external {
        ParticipantId nobody = ParticipantId.wrap(99);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantUnknown.selector, nobody));
        vm.prank(operator);
        participants.suspend(nobody);
    }

    /// @notice A participant is suspended once.
    function testTwice() external {
        vm.startPrank(operator);
        participants.suspend(alice.id);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.AlreadySuspended.selector, alice.id));
        participants.suspend(alice.id);
        vm.stopPrank();
    }

    /// @notice Suspension is at once and outranks the participant's own stop.
    function testSuspends() external {
        vm.prank(alice.first);
        participants.stopOutgoing();

        vm.expectEmit(address(participants));
        emit IParticipants.ParticipantSuspended(alice.id);
        vm.prank(operator);
        participants.suspend(alice.id);

        vm.assertEq(uint256(Standing.Suspended), uint256(participants.standingOf(alice.id)));
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(bob.id)));
    }

    /// @notice Asked about several, everyone's standing is what it is alone, in the order of the question, also nobody's.
    function testSeveral() external {
        vm.prank(alice.first);
        participants.stopOutgoing();
        vm.prank(operator);
        participants.suspend(bob.id);
        ParticipantId[] memory several = new ParticipantId[](4);
        (several[0], several[1], several[2]) = (carol.id, bob.id, alice.id);
        several[3] = ParticipantId.wrap(99);

        Standing[] memory standings = participants.standingsOf(several);
        vm.assertEq(several.length, standings.length);
        for (uint256 i; i < several.length; ++i) {
            vm.assertEq(uint256(participants.standingOf(several[i])), uint256(standings[i]));
        }
        vm.assertEq(uint256(Standing.Active), uint256(standings[0]));
        vm.assertEq(uint256(Standing.Suspended), uint256(standings[1]));
        vm.assertEq(uint256(Standing.OutgoingStopped), uint256(standings[2]));
        vm.assertEq(uint256(Standing.Unknown), uint256(standings[3]));
    }
}
