// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {IRecoveries} from "../../src/interfaces/IRecoveries.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Recovering} from "./Recovering.sol";

// proposeRecovery
// ├── not the quorum ....................................... AccessManagedUnauthorized
// ├── nobody is to be recovered ............................ ParticipantUnknown
// ├── a recovery of the participant is pending ............. RecoveryPending
// ├── fewer than two keys, more than eight ................. RecoveryKeyCount
// ├── a key that does not administer ....................... KeyHasOtherRole
// ├── a key that could not be added ........................ KeyTermsInvalid, KeyTaken
// ├── a key twice .......................................... RecoveryKeyRepeated
// └── else
//     ├── the participant is not stopped ................... proposes and stops it
//     ├── it is stopped or suspended ....................... proposes
//     └── an earlier recovery lapsed, was vetoed, cancelled . proposes anew
contract ProposeRecoveryTest is Recovering {
    /// @notice Neither the operator, nor a member of the quorum alone, nor the participant proposes a recovery.
    function testQuorumOnly() external {
        address[3] memory others = [operator, quorumMembers()[0], alice.first];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            participants.proposeRecovery(alice.id, newKeys());
        }
    }

    /// @notice Nobody cannot be recovered.
    function testUnknown(uint32 id) external {
        id = uint32(bound(id, participants.participantCount() + 1, type(uint32).max));

        vm.expectRevert(
            abi.encodeWithSelector(IParticipants.ParticipantUnknown.selector, ParticipantId.wrap(id))
        );
        vm.prank(address(quorum));
        participants.proposeRecovery(ParticipantId.wrap(id), newKeys());
    }

    /// @notice One recovery at a time, to its last second; another participant's is another.
    function testPending(uint256 later) external {
        proposeRecovery();
        wait(bound(later, 0, DELAY + LAPSE));

        vm.expectRevert(
            abi.encodeWithSelector(
                IRecoveries.RecoveryPending.selector, alice.id, uint40(START + DELAY + LAPSE)
            )
        );
        proposeRecovery();

        vm.prank(address(quorum));
        participants.proposeRecovery(bob.id, newKeys());
    }

    /// @notice A recovery has two to eight keys.
    function testCount(uint8 count) external {
        count = uint8(bound(count, 0, 12));
        IKeys.KeyTerms[] memory keys = new IKeys.KeyTerms[](count);
        for (uint160 i; i < count; ++i) {
            keys[i] = keyTerms(address(0xAA00 + i), KeyRole.Administer);
        }

        if (count < 2 || count > 8) {
            vm.expectRevert(abi.encodeWithSelector(IRecoveries.RecoveryKeyCount.selector, count, 2, 8));
        }
        vm.prank(address(quorum));
        participants.proposeRecovery(alice.id, keys);
    }

    /// @notice A recovery gives no key that pays or approves.
    function testOtherRole(uint8 role, uint256 place) external {
        KeyRole other = KeyRole(bound(role, 0, 2));
        IKeys.KeyTerms[] memory keys = newKeys();
        keys[place % 2].role = other;

        expectRefused(keys, needsOtherRole(keys[place % 2].key, other, KeyRole.Administer));
    }

    /// @notice A key has an address and some second ahead in which it is valid.
    function testInvalidTerms() external {
        IKeys.KeyTerms[] memory keys = newKeys();
        keys[1].key = address(0);
        expectRefused(keys, invalid(keys[1]));

        keys = newKeys();
        keys[1].validUntil = uint40(START);
        expectRefused(keys, invalid(keys[1]));

        keys = newKeys();
        (keys[0].validFrom, keys[0].validUntil) = (uint40(START + 9), uint40(START + 9));
        expectRefused(keys, invalid(keys[0]));
    }

    /// @notice An address that is a key, or was one, of whomever, is not proposed.
    function testTaken() external {
        IKeys.KeyTerms[] memory keys = newKeys();
        keys[1].key = bob.pay;
        expectRefused(keys, abi.encodeWithSelector(IKeys.KeyTaken.selector, bob.pay, bob.id));

        revoke(4);
        keys[1].key = alice.second;
        expectRefused(keys, abi.encodeWithSelector(IKeys.KeyTaken.selector, alice.second, alice.id));
    }

    /// @notice A list with a key twice, which could never be completed, is not proposed.
    function testRepeated(uint256 first, uint256 second) external {
        IKeys.KeyTerms[] memory keys = new IKeys.KeyTerms[](8);
        for (uint160 i; i < 8; ++i) {
            keys[i] = keyTerms(address(0xAA00 + i), KeyRole.Administer);
        }
        first = bound(first, 0, 6);
        second = bound(second, first + 1, 7);
        keys[second].key = keys[first].key;

        expectRefused(keys, abi.encodeWithSelector(IRecoveries.RecoveryKeyRepeated.selector, keys[first].key));
    }

    /// @notice It stops the participant at once, and says which keys, from when and until when; no key acts yet.
    function testProposes() external {
        address[] memory addresses = new address[](2);
        (addresses[0], addresses[1]) = (newFirst, newSecond);

        vm.expectEmit(address(participants));
        emit IRecoveries.RecoveryProposed(
            alice.id, addresses, uint40(START + DELAY), uint40(START + DELAY + LAPSE)
        );
        vm.expectEmit(address(participants));
        emit IParticipants.OutgoingStopped(alice.id);
        proposeRecovery();

        expectStopped();
        expectRecovery(uint40(START + DELAY), uint40(START + DELAY + LAPSE));
        vm.assertEq(false, participants.mayAct(newFirst, alice.id, KeyRole.Administer));
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(bob.id)));
    }

    /// @notice Who is stopped already is stopped once: one event, and nothing that a second stop would end.
    function testStopped() external {
        vm.prank(alice.first);
        participants.stopOutgoing();

        vm.recordLogs();
        proposeRecovery();

        vm.assertEq(uint256(1), vm.getRecordedLogs().length);
        expectStopped();
    }

    /// @notice Suspension does not hinder a recovery, and its end leaves the stop.
    function testSuspended() external {
        vm.prank(operator);
        participants.suspend(alice.id);
        proposeRecovery();
        vm.assertEq(uint256(Standing.Suspended), uint256(participants.standingOf(alice.id)));

        vm.prank(operator);
        participants.resume(alice.id);
        expectStopped();
    }

    /// @notice While a recovery is pending nothing lifts the stop; consents that two keys gave before are taken back with its
    /// proposal, so that who vetoes by one of them resumes nothing alone.
    function testNoResumeWhilePending() external {
        vm.prank(alice.first);
        participants.stopOutgoing();
        bytes memory call = abi.encodeCall(participants.resumeOutgoing, ());
        propose(alice, address(participants), call);
        vm.expectEmit(address(participants));
        emit ITwoKeyChanges.ChangeCancelled(alice.id, keccak256(abi.encode(alice.id, call)), address(quorum));
        proposeRecovery();

        wait(DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRecoveries.RecoveryPending.selector, alice.id, uint40(START + DELAY + LAPSE)
            )
        );
        vm.prank(alice.first);
        participants.resumeOutgoing();
        expectStopped();

        vm.startPrank(alice.first);
        participants.vetoRecovery();
        participants.resumeOutgoing();
        vm.stopPrank();
        expectStopped();
    }

    /// @notice What lapsed leaves the stop, and another recovery may follow, with the same keys or others.
    function testLapsed() external {
        proposeRecovery();
        wait(DELAY + LAPSE + 1);

        expectRecovery(0, 0);
        expectStopped();

        proposeRecovery();
        expectRecovery(uint40(START + 2 * DELAY + LAPSE + 1), uint40(START + 2 * DELAY + 2 * LAPSE + 1));
    }

    function expectRefused(IKeys.KeyTerms[] memory keys, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(address(quorum));
        participants.proposeRecovery(alice.id, keys);
    }

    function invalid(IKeys.KeyTerms memory terms) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IKeys.KeyTermsInvalid.selector, terms.key, terms.role, terms.validFrom, terms.validUntil
        );
    }
}
