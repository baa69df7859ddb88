// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {KeyNumber, NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole, ParticipantKind, Standing} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract AdmitTest is Stage {
    /// @notice Only the operator admits: not the quorum's members, not a participant, not the deployer.
    function testOperatorOnly() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        address[4] memory others = [stranger, alice.first, deployer, quorumMembers()[0]];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            participants.admit(admission);
        }
    }

    /// @notice A bank has a BIC, an LEI of twenty characters and no sponsor.
    function testBankIncomplete() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);

        admission.bic = 0;
        expectInvalid(admission);

        admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.lei = 0;
        expectInvalid(admission);

        admission.lei = "1234567890123456789";
        expectInvalid(admission);

        admission.lei = "123456789012345678901";
        expectInvalid(admission);

        admission = admissionOf("dave", ParticipantKind.Bank, alice.id);
        expectInvalid(admission);
    }

    /// @notice A BIC is eleven and an LEI is twenty characters of A–Z and 0–9, also of those that need none.
    function testCharacters(uint256 place, bytes1 character, bool isBank) external {
        bool isGood = (character >= "A" && character <= "Z") || (character >= "0" && character <= "9");
        if (isGood) return;
        ParticipantKind kind = isBank ? ParticipantKind.Bank : ParticipantKind.Operator;
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        bytes11 bic = admission.bic;
        admission.kind = kind;

        admission.bic = bytes11(replaced(bic, bound(place, 0, 10), character));
        if (admission.bic != 0) expectInvalid(admission);

        admission.bic = bic;
        admission.lei = replaced(admission.lei, bound(place, 0, 19), character);
        expectInvalid(admission);
    }

    /// @notice A BIC of eight characters is given with its branch, so that it is one participant's however it is written.
    function testBicOfEight() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.bic = "DAVEUS33";
        expectInvalid(admission);
    }

    function replaced(bytes32 word, uint256 place, bytes1 character) private pure returns (bytes32) {
        bytes memory characters = bytes.concat(word);
        characters[place] = character;
        return bytes32(characters);
    }

    /// @notice A corporate has an LEI digest and a sponsor that is a bank, and no BIC.
    function testCorporateIncomplete() external {
        expectInvalid(admissionOf("dave", ParticipantKind.Corporate, NOBODY));
        expectInvalid(admissionOf("dave", ParticipantKind.Corporate, corporate.id));
        expectInvalid(admissionOf("dave", ParticipantKind.Corporate, ParticipantId.wrap(99)));

        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Corporate, alice.id);
        admission.bic = "DAVEUS33XXX";
        expectInvalid(admission);

        admission = admissionOf("dave", ParticipantKind.Corporate, alice.id);
        admission.lei = 0;
        expectInvalid(admission);
    }

    /// @notice Nobody is admitted without a kind, and only corporates have sponsors.
    function testKind() external {
        expectInvalid(admissionOf("dave", ParticipantKind.None, NOBODY));
        expectInvalid(admissionOf("dave", ParticipantKind.Auditor, alice.id));
        expectInvalid(admissionOf("dave", ParticipantKind.Operator, alice.id));
    }

    /// @notice An admission names at most 32 member ids and 32 keys.
    function testTooLong() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.memberIds = new IParticipants.MemberId[](33);
        expectRevertOf(admission, abi.encodeWithSelector(IParticipants.ListTooLong.selector, 33, 32));

        admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.keys = new IKeys.KeyTerms[](33);
        expectRevertOf(admission, abi.encodeWithSelector(IParticipants.ListTooLong.selector, 33, 32));
    }

    /// @notice A BIC is one participant's.
    function testBicTaken() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.bic = participants.participantOf(alice.id).bic;

        expectRevertOf(
            admission, abi.encodeWithSelector(IParticipants.BicTaken.selector, admission.bic, alice.id)
        );
    }

    /// @notice An LEI is one participant's.
    function testLeiTaken() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.lei = participants.participantOf(bob.id).lei;

        expectRevertOf(
            admission, abi.encodeWithSelector(IParticipants.LeiTaken.selector, admission.lei, bob.id)
        );
    }

    /// @notice A member id is one participant's.
    function testMemberIdTaken() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.memberIds = new IParticipants.MemberId[](1);
        admission.memberIds[0] = IParticipants.MemberId("USABA", "011104238");
        vm.prank(operator);
        ParticipantId dave = participants.admit(admission);

        IParticipants.Admission memory second = admissionOf("erin", ParticipantKind.Bank, NOBODY);
        second.memberIds = admission.memberIds;
        expectRevertOf(
            second, abi.encodeWithSelector(IParticipants.MemberIdTaken.selector, "USABA", "011104238", dave)
        );
    }

    /// @notice An address that is a key is never another one, of whomever, in whatever role.
    function testKeyTaken() external {
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.keys = new IKeys.KeyTerms[](1);
        admission.keys[0] = keyTerms(alice.pay, KeyRole.Approve);

        expectRevertOf(admission, abi.encodeWithSelector(IKeys.KeyTaken.selector, alice.pay, alice.id));
    }

    /// @notice One address cannot be two of a new participant's keys.
    function testKeyTwice() external {
        ParticipantId next = ParticipantId.wrap(participants.participantCount() + 1);
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.keys = new IKeys.KeyTerms[](2);
        admission.keys[0] = keyTerms(stranger, KeyRole.Pay);
        admission.keys[1] = keyTerms(stranger, KeyRole.Approve);

        expectRevertOf(admission, abi.encodeWithSelector(IKeys.KeyTaken.selector, stranger, next));
    }

    /// @notice Ids are sequential, names lead to them, keys are numbered from 1.
    function testAdmits(uint256 seed, uint40 validUntil) external {
        bytes11 bic = bytes11(letters(string(abi.encode(seed))));
        validUntil = uint40(bound(validUntil, START + 1, FOREVER));
        IParticipants.Admission memory admission = admissionOf("dave", ParticipantKind.Bank, NOBODY);
        admission.bic = bic;
        admission.lei = bytes32(bytes20(letters(string(abi.encode(seed, "lei")))));
        admission.memberIds = new IParticipants.MemberId[](1);
        admission.memberIds[0] = IParticipants.MemberId("USABA", "011104238");
        admission.keys = new IKeys.KeyTerms[](1);
        admission.keys[0] = IKeys.KeyTerms(stranger, KeyRole.Pay, 0, validUntil);
        ParticipantId id = ParticipantId.wrap(participants.participantCount() + 1);

        vm.expectEmit(address(participants));
        emit IParticipants.ParticipantAdmitted(id, ParticipantKind.Bank, bic, admission.lei, NOBODY);
        vm.expectEmit(address(participants));
        emit IParticipants.MemberIdAdded(id, "USABA", "011104238");
        vm.expectEmit(address(participants));
        emit IKeys.KeyAdded(id, KeyNumber.wrap(1), stranger, KeyRole.Pay, 0, validUntil);
        vm.prank(operator);
        participants.admit(admission);

        vm.assertEq(uint256(ParticipantId.unwrap(id)), participants.participantCount());
        vm.assertEq(true, participants.participantWithBic(bic) == id);
        vm.assertEq(true, participants.participantWithLei(admission.lei) == id);
        vm.assertEq(true, participants.participantWithMemberId(admission.memberIds[0]) == id);
        vm.assertEq(stranger, participants.keyAt(id, KeyNumber.wrap(1)));
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(id)));
        vm.assertEq(true, participants.authorise(stranger, KeyRole.Pay) == id);
    }

    /// @notice Auditors and operators may be nameless, any number of them.
    function testNameless() external {
        vm.startPrank(operator);
        participants.admit(admissionOf("", ParticipantKind.Auditor, NOBODY));
        participants.admit(admissionOf("", ParticipantKind.Operator, NOBODY));
        vm.stopPrank();

        vm.assertEq(true, participants.participantWithBic(0) == NOBODY);
        vm.assertEq(true, participants.participantWithLei(0) == NOBODY);
    }

    function expectInvalid(IParticipants.Admission memory admission) private {
        expectRevertOf(
            admission,
            abi.encodeWithSelector(
                IParticipants.AdmissionInvalid.selector,
                admission.kind,
                admission.bic,
                admission.lei,
                admission.sponsor
            )
        );
    }

    function expectRevertOf(IParticipants.Admission memory admission, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(operator);
        participants.admit(admission);
    }
}
