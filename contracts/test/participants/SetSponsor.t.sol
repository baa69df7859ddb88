// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {ParticipantKind} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

// setSponsor
// ├── not the operator ................................. AccessManagedUnauthorized
// ├── not a corporate's ................................ NotCorporate
// ├── no bank, or a suspended one ...................... SponsorInvalid
// └── else ............................................. the bank is the sponsor
contract SetSponsorTest is Stage {
    /// @notice Neither the corporate, nor the old or the new sponsor, changes who sponsors.
    function testOperatorOnly() external {
        address[3] memory others = [corporate.first, alice.first, bob.first];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            participants.setSponsor(corporate.id, bob.id);
        }
    }

    /// @notice Only a corporate has a sponsor: neither a bank, nor an auditor, nor an operator, nor nobody.
    function testNotCorporate() external {
        ParticipantId[4] memory others = [alice.id, auditor, centralBank.id, NOBODY];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipants.NotCorporate.selector, others[i]));
            vm.prank(operator);
            participants.setSponsor(others[i], bob.id);
        }
    }

    /// @notice Only a bank becomes a sponsor, and none that is suspended.
    function testSponsorInvalid() external {
        vm.prank(operator);
        participants.suspend(bob.id);
        ParticipantId[5] memory others =
            [bob.id, centralBank.id, corporate.id, NOBODY, ParticipantId.wrap(99)];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipants.SponsorInvalid.selector, others[i]));
            vm.prank(operator);
            participants.setSponsor(corporate.id, others[i]);
        }
    }

    /// @notice Nor is a corporate admitted with a suspended bank as its sponsor.
    function testAdmission() external {
        vm.startPrank(operator);
        participants.suspend(bob.id);
        IParticipants.Admission memory admission = admissionOf("another", ParticipantKind.Corporate, bob.id);

        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipants.AdmissionInvalid.selector,
                admission.kind,
                admission.bic,
                admission.lei,
                admission.sponsor
            )
        );
        participants.admit(admission);
        vm.stopPrank();
    }

    /// @notice The operator names another bank at once, also for a corporate whose sponsor is suspended.
    function testSets() external {
        vm.startPrank(operator);
        participants.suspend(alice.id);

        vm.expectEmit(address(participants));
        emit IParticipants.SponsorSet(corporate.id, bob.id);
        participants.setSponsor(corporate.id, bob.id);
        vm.stopPrank();

        vm.assertEq(true, participants.participantOf(corporate.id).sponsor == bob.id);
    }
}
