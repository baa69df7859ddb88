// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

contract AddMemberIdTest is Stage {
    /// @notice Only the operator adds member ids.
    function testOperatorOnly() external {
        vm.expectRevert(unauthorised(alice.first));
        vm.prank(alice.first);
        participants.addMemberId(alice.id, IParticipants.MemberId("USABA", "1"));
    }

    /// @notice Nobody has no member ids.
    function testUnknown() external {
        ParticipantId nobody = ParticipantId.wrap(99);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantUnknown.selector, nobody));
        vm.prank(operator);
        participants.addMemberId(nobody, IParticipants.MemberId("USABA", "1"));
    }

    /// @notice A member id has a system and a member.
    function testEmpty() external {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.MemberIdEmpty.selector, "", "1"));
        vm.prank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId("", "1"));

        vm.expectRevert(abi.encodeWithSelector(IParticipants.MemberIdEmpty.selector, "USABA", ""));
        vm.prank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId("USABA", ""));
    }

    /// @notice A member id is one participant's; where the system ends and the member begins matters.
    function testTaken(string calldata system, string calldata member) external {
        if (bytes(system).length == 0 || bytes(member).length == 0) return;
        vm.startPrank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId(system, member));

        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.MemberIdTaken.selector, system, member, alice.id)
        );
        participants.addMemberId(bob.id, IParticipants.MemberId(system, member));

        participants.addMemberId(bob.id, IParticipants.MemberId(string.concat(system, member), "-"));
        vm.stopPrank();
        vm.assertEq(
            true, participants.participantWithMemberId(IParticipants.MemberId(system, member)) == alice.id
        );
    }
}
