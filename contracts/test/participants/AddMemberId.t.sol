// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {ParticipantKind} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

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

    /// @notice System and member have 1 to 35 characters.
    function testLength() external {
        string memory most = "12345678901234567890123456789012345";

        expectInvalid("", "1");
        expectInvalid("USABA", "");
        expectInvalid(string.concat(most, "6"), "1");
        expectInvalid("USABA", string.concat(most, "6"));
        expectInvalid("USABA", string(new bytes(20_000)));

        vm.prank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId(most, most));
    }

    /// @notice Every character is printable ASCII: what no mirror could store freezes them all.
    function testCharacter(bytes1 character, bool inSystem) external {
        string memory text = string(abi.encodePacked("A", character));
        IParticipants.MemberId memory memberId =
            inSystem ? IParticipants.MemberId(text, "1") : IParticipants.MemberId("USABA", text);

        if (character < 0x20 || character > 0x7e) {
            expectInvalid(memberId.system, memberId.member);
        } else {
            vm.prank(operator);
            participants.addMemberId(alice.id, memberId);
        }
    }

    /// @notice An admission takes no worse member ids.
    function testAdmission() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.memberIds = new IParticipants.MemberId[](1);
        admission.memberIds[0] = IParticipants.MemberId("USABA", string(abi.encodePacked(bytes2(0xfffe))));

        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipants.MemberIdInvalid.selector,
                admission.memberIds[0].system,
                admission.memberIds[0].member
            )
        );
        vm.prank(operator);
        participants.admit(admission);
    }

    /// @notice A member id is one participant's; where the system ends and the member begins matters.
    function testTaken(uint256 seed) external {
        string memory all = string(bytes.concat(letters(string(abi.encode(seed)))));
        string memory system = part(all, 0, bound(seed, 1, 31));
        string memory member = part(all, bytes(system).length, 32);
        vm.startPrank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId(system, member));

        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.MemberIdTaken.selector, system, member, alice.id)
        );
        participants.addMemberId(bob.id, IParticipants.MemberId(system, member));

        participants.addMemberId(bob.id, IParticipants.MemberId(all, "-"));
        vm.stopPrank();
        vm.assertEq(
            true, participants.participantWithMemberId(IParticipants.MemberId(system, member)) == alice.id
        );
    }

    function part(string memory text, uint256 from, uint256 to) private pure returns (string memory) {
        bytes memory taken = new bytes(to - from);
        for (uint256 i; i < taken.length; ++i) {
            taken[i] = bytes(text)[from + i];
        }
        return string(taken);
    }

    function expectInvalid(string memory system, string memory member) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipants.MemberIdInvalid.selector, system, member));
        vm.prank(operator);
        participants.addMemberId(alice.id, IParticipants.MemberId(system, member));
    }
}
