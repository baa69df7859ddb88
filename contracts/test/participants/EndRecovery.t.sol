// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IRecoveries} from "../../src/interfaces/IRecoveries.sol";
import {KeyNumber} from "../../src/types/Identifiers.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {bound, vm} from "../Vm.sol";
import {Recovering} from "./Recovering.sol";

// vetoRecovery
// ├── no valid administer key .......................... why
// ├── none is pending .................................. RecoveryUnknown
// └── else ............................................. ends it; the stop stays
contract VetoRecoveryTest is Recovering {
    function setUp() public override {
        super.setUp();
        proposeRecovery();
    }

    /// @notice Neither a pay nor an approve key vetoes, nor the operator, nor a key that the recovery itself would add.
    function testAdministerKeyOnly() external {
        expectRefused(alice.pay, needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        expectRefused(alice.approve, needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Administer));
        expectRefused(operator, keyUnknown(operator));
        expectRefused(newFirst, keyUnknown(newFirst));
    }

    /// @notice A revoked and an expired administer key veto nothing.
    function testEndedKey() external {
        revoke(4);
        expectRefused(alice.second, abi.encodeWithSelector(IKeys.KeyIsRevoked.selector, alice.second));

        vm.prank(alice.first);
        participants.setKeyExpiry(KeyNumber.wrap(3), uint40(START));
        wait(1);
        expectRefused(
            alice.first, abi.encodeWithSelector(IKeys.KeyExpired.selector, alice.first, uint40(START))
        );
    }

    /// @notice One participant does not veto another's recovery.
    function testOtherParticipant() external {
        expectRefused(bob.first, recoveryUnknown(bob.id));

        expectRecovery(uint40(START + DELAY), uint40(START + DELAY + LAPSE));
    }

    /// @notice A recovery ends once: what was vetoed or has lapsed is not vetoed.
    function testOver(bool lapsed) external {
        if (lapsed) {
            wait(DELAY + LAPSE + 1);
        } else {
            vm.prank(alice.first);
            participants.vetoRecovery();
        }

        expectRefused(alice.first, recoveryUnknown(alice.id));
    }

    /// @notice Any one administer key vetoes at once, until the recovery is completed, also while suspended.
    function testVetoes(bool first, bool suspended, uint256 later) external {
        address key = first ? alice.first : alice.second;
        if (suspended) {
            vm.prank(operator);
            participants.suspend(alice.id);
        }
        wait(bound(later, 0, DELAY + LAPSE));

        vm.expectEmit(address(participants));
        emit IRecoveries.RecoveryVetoed(alice.id, key);
        vm.prank(key);
        participants.vetoRecovery();

        expectRecovery(0, 0);
    }

    /// @notice A veto lifts no stop, whether the recovery set it or the participant: that takes two keys and the delay.
    function testStopStays(bool stoppedBefore) external {
        if (stoppedBefore) {
            vm.prank(alice.first);
            participants.vetoRecovery();
            proposeRecovery();
        }

        vm.prank(alice.first);
        participants.vetoRecovery();
        expectStopped();

        vm.prank(alice.first);
        participants.resumeOutgoing();
        expectStopped();
        vm.prank(alice.second);
        participants.resumeOutgoing();
        expectStopped();
        wait(DELAY);
        vm.prank(alice.first);
        participants.resumeOutgoing();
        vm.assertEq(uint256(Standing.Active), uint256(participants.standingOf(alice.id)));
    }

    /// @notice A quorum that proposes after each veto stops a bank each time, and each time says so in two events.
    function testAgain() external {
        for (uint256 i; i < 3; ++i) {
            vm.prank(alice.first);
            participants.vetoRecovery();
            change(alice, address(participants), abi.encodeCall(participants.resumeOutgoing, ()));

            vm.recordLogs();
            proposeRecovery();
            vm.assertEq(uint256(2), vm.getRecordedLogs().length);
            expectStopped();
        }
    }

    function expectRefused(address sender, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(sender);
        participants.vetoRecovery();
    }
}

// cancelRecovery
// ├── not the quorum ................................... AccessManagedUnauthorized
// ├── none is pending .................................. RecoveryUnknown
// └── else ............................................. ends it; the stop stays
contract CancelRecoveryTest is Recovering {
    /// @notice Neither the operator nor the participant cancels.
    function testQuorumOnly() external {
        proposeRecovery();
        address[2] memory others = [operator, alice.first];

        for (uint256 i; i < others.length; ++i) {
            vm.expectRevert(unauthorised(others[i]));
            vm.prank(others[i]);
            participants.cancelRecovery(alice.id);
        }
    }

    /// @notice What was never proposed, is completed or has lapsed is not cancelled.
    function testUnknown(uint256 choice) external {
        choice %= 3;
        if (choice > 0) {
            proposeRecovery();
            wait(choice == 1 ? DELAY : DELAY + LAPSE + 1);
        }
        if (choice == 1) completeRecovery();

        vm.expectRevert(recoveryUnknown(alice.id));
        vm.prank(address(quorum));
        participants.cancelRecovery(alice.id);
    }

    /// @notice The quorum takes its proposal back; the stop stays, and the quorum may propose anew.
    function testCancels() external {
        proposeRecovery();

        vm.expectEmit(address(participants));
        emit IRecoveries.RecoveryCancelled(alice.id);
        vm.prank(address(quorum));
        participants.cancelRecovery(alice.id);

        expectRecovery(0, 0);
        expectStopped();
        proposeRecovery();
        expectRecovery(uint40(START + DELAY), uint40(START + DELAY + LAPSE));
    }
}
