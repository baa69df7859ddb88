// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {IRecoveries} from "../../src/interfaces/IRecoveries.sol";
import {KeyNumber} from "../../src/types/Identifiers.sol";
import {KeyRole, ParticipantKind, Standing} from "../../src/types/Kinds.sol";
import {NOBODY} from "../../src/types/Identifiers.sol";
import {bound, vm} from "../Vm.sol";
import {Recovering} from "./Recovering.sol";

// completeRecovery
// ├── not the quorum ................................... AccessManagedUnauthorized
// ├── none is pending (never, over, lapsed) ............ RecoveryUnknown
// ├── the delay runs ................................... RecoveryNotReady
// ├── other keys than proposed ......................... RecoveryKeysDiffer
// ├── a key was taken or expired meanwhile ............. KeyTaken, KeyTermsInvalid
// └── else ............................................. adds exactly the proposed keys; the stop stays
contract CompleteRecoveryTest is Recovering {
    /// @notice Neither the operator nor one of the new keys completes.
    function testQuorumOnly() external {
        proposeRecovery();
        wait(DELAY);
        address[2] memory others = [operator, newFirst];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            participants.completeRecovery(alice.id, newKeys());
        }
    }

    /// @notice Nothing is completed that was not proposed, or for another participant.
    function testUnknown() external {
        vm.expectRevert(recoveryUnknown(alice.id));
        completeRecovery();

        vm.prank(address(quorum));
        participants.proposeRecovery(bob.id, newKeys());
        wait(DELAY);
        vm.expectRevert(recoveryUnknown(alice.id));
        completeRecovery();
    }

    /// @notice A recovery is completed once.
    function testTwice() external {
        proposeRecovery();
        wait(DELAY);
        completeRecovery();

        vm.expectRevert(recoveryUnknown(alice.id));
        completeRecovery();
    }

    /// @notice What was vetoed or cancelled is not completed.
    function testOver(bool vetoed) external {
        proposeRecovery();
        wait(DELAY);
        if (vetoed) {
            vm.prank(alice.first);
            participants.vetoRecovery();
        } else {
            vm.prank(address(quorum));
            participants.cancelRecovery(alice.id);
        }

        vm.expectRevert(recoveryUnknown(alice.id));
        completeRecovery();
    }

    /// @notice From the delay's last second but one to two weeks after it: neither earlier nor later.
    function testTime(uint256 later) external {
        later = bound(later, 0, DELAY + 2 * LAPSE);
        proposeRecovery();
        wait(later);

        if (later > DELAY + LAPSE) vm.expectRevert(recoveryUnknown(alice.id));
        else if (later < DELAY) vm.expectRevert(notReady());
        completeRecovery();
    }

    /// @notice The last second before the delay is too early, the last of the two weeks is not too late.
    function testEdges() external {
        proposeRecovery();
        wait(DELAY - 1);
        vm.expectRevert(notReady());
        completeRecovery();

        vm.warp(START + DELAY + LAPSE);
        completeRecovery();
    }

    /// @notice The keys are exactly the proposed ones: none more, none less, in their order, with their validity.
    function testKeysDiffer(uint256 choice) external {
        proposeRecovery();
        wait(DELAY);
        IKeys.KeyTerms[] memory keys = newKeys();
        choice %= 6;
        if (choice == 0) keys[0].key = stranger;
        else if (choice == 1) (keys[0], keys[1]) = (keys[1], keys[0]);
        else if (choice == 2) keys[1].validUntil = FOREVER - 1;
        else if (choice == 3) keys[1].validFrom = 1;
        else if (choice == 4) keys[1].role = KeyRole.Pay;
        else keys = new IKeys.KeyTerms[](0);

        vm.expectRevert(abi.encodeWithSelector(IRecoveries.RecoveryKeysDiffer.selector, alice.id));
        vm.prank(address(quorum));
        participants.completeRecovery(alice.id, keys);
    }

    /// @notice An address that somebody took since the proposal ends nothing and gives nothing: the quorum proposes others.
    function testTaken() external {
        proposeRecovery();
        wait(DELAY);
        IParticipants.Admission memory admission = admissionOf("thief", ParticipantKind.Bank, NOBODY);
        admission.keys = new IKeys.KeyTerms[](1);
        admission.keys[0] = keyTerms(newSecond, KeyRole.Pay);
        vm.prank(operator);
        participants.admit(admission);

        vm.expectRevert(
            abi.encodeWithSelector(
                IKeys.KeyTaken.selector, newSecond, participants.keyOf(newSecond).participant
            )
        );
        completeRecovery();
        vm.assertEq(false, participants.mayAct(newFirst, alice.id, KeyRole.Administer));

        newSecond = address(0xF3);
        vm.prank(address(quorum));
        participants.cancelRecovery(alice.id);
        proposeRecovery();
        wait(DELAY);
        completeRecovery();
        vm.assertEq(true, participants.mayAct(newFirst, alice.id, KeyRole.Administer));
    }

    /// @notice A key whose validity ended while the recovery waited is not added, nor are the others.
    function testExpired() external {
        IKeys.KeyTerms[] memory keys = newKeys();
        keys[1].validUntil = uint40(START + DELAY);
        vm.prank(address(quorum));
        participants.proposeRecovery(alice.id, keys);
        wait(DELAY);

        vm.expectRevert(
            abi.encodeWithSelector(
                IKeys.KeyTermsInvalid.selector, newSecond, KeyRole.Administer, 0, START + DELAY
            )
        );
        vm.prank(address(quorum));
        participants.completeRecovery(alice.id, keys);
    }

    /// @notice The quorum's own two decisions recover a participant whose keys are gone: the new keys act, the stop stays until
    /// both lift it with delay, and nobody lifted it before.
    function testRecovers() external {
        revoke(4);
        revoke(3);
        decide(abi.encodeCall(participants.proposeRecovery, (alice.id, newKeys())));
        expectStopped();

        bytes memory call = abi.encodeCall(participants.completeRecovery, (alice.id, newKeys()));
        address[] memory members = quorumMembers();
        vm.prank(members[0]);
        uint256 proposal = quorum.propose(address(participants), call);
        vm.prank(members[1]);
        quorum.approve(proposal);
        wait(DELAY);

        vm.expectEmit(address(participants));
        emit IKeys.KeyAdded(alice.id, KeyNumber.wrap(5), newFirst, KeyRole.Administer, 0, FOREVER);
        vm.expectEmit(address(participants));
        emit IKeys.KeyAdded(alice.id, KeyNumber.wrap(6), newSecond, KeyRole.Administer, 0, FOREVER);
        vm.expectEmit(address(participants));
        emit IRecoveries.RecoveryCompleted(alice.id);
        vm.prank(members[2]);
        quorum.execute(proposal);

        expectRecovery(0, 0);
        expectStopped();
        (alice.first, alice.second) = (newFirst, newSecond);
        change(alice, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(alice.id)));
    }

    /// @notice A suspended participant is recovered and stays suspended: only the operator ends that.
    function testSuspended() external {
        vm.prank(operator);
        participants.suspend(alice.id);
        proposeRecovery();
        wait(DELAY);
        completeRecovery();

        vm.assertEq(uint256(Standing.Suspended), uint256(participants.standingOf(alice.id)));
        vm.assertEq(true, participants.mayAct(newFirst, alice.id, KeyRole.Administer));
    }

    function notReady() private view returns (bytes memory) {
        return abi.encodeWithSelector(IRecoveries.RecoveryNotReady.selector, alice.id, uint40(START + DELAY));
    }
}

contract RecoveryWithoutDelayTest is Recovering {
    /// @notice In a deployment without delays (demo) a recovery completes in the second of its proposal; the stop is lifted with
    /// the second key's call.
    function testAtOnce() external {
        deploy(address(0xD1), operator, guardian, quorumMembers(), 2, 0);
        alice = enter("alice", ParticipantKind.Bank, NOBODY);

        vm.startPrank(address(quorum));
        participants.proposeRecovery(alice.id, newKeys());
        participants.completeRecovery(alice.id, newKeys());
        vm.stopPrank();
        expectStopped();

        (alice.first, alice.second) = (newFirst, newSecond);
        propose(alice, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(alice.id)));
    }
}
