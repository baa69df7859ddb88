// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {KeyNumber, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

/// @notice Adding a key, and with it everything that two administer keys and the delay decide.
contract AddKeyTest is Stage {
    address private newKey = address(0xADD);

    /// @notice Only an administer key adds keys.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.addKey(keyTerms(newKey, KeyRole.Pay));

        vm.expectRevert(keyUnknown(operator));
        vm.prank(operator);
        participants.addKey(keyTerms(newKey, KeyRole.Pay));
    }

    /// @notice A key has an address, a role, and some second ahead in which it is valid.
    function testInvalidTerms() external {
        expectInvalid(IKeys.KeyTerms(address(0), KeyRole.Pay, 0, FOREVER));
        expectInvalid(IKeys.KeyTerms(newKey, KeyRole.None, 0, FOREVER));
        expectInvalid(IKeys.KeyTerms(newKey, KeyRole.Pay, uint40(START + 9), uint40(START + 9)));
        expectInvalid(IKeys.KeyTerms(newKey, KeyRole.Pay, 0, uint40(START)));
    }

    /// @notice An address that was ever a key, even a revoked one, is never added.
    function testTaken() external {
        vm.prank(bob.first);
        participants.revokeKey(KeyNumber.wrap(1));

        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyTaken.selector, bob.pay, bob.id));
        vm.prank(alice.first);
        participants.addKey(keyTerms(bob.pay, KeyRole.Pay));
    }

    /// @notice The first consent proposes and shows the whole call.
    function testProposes() external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)));

        vm.expectEmit(address(participants));
        emit ITwoKeyChanges.ChangeProposed(alice.id, keccak256(abi.encode(alice.id, call)), alice.first, call);
        send(alice.first, address(participants), call);

        (address proposer, address seconder, uint40 readyAt, uint40 lapsesAt) =
            participants.pendingChange(alice.id, call);
        vm.assertEq(alice.first, proposer);
        vm.assertEq(address(0), seconder);
        vm.assertEq(uint256(0), readyAt);
        vm.assertEq(START + 7 days, lapsesAt);
        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));
    }

    /// @notice The second consent comes from another administer key of the same participant.
    function testSecondKey() external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)));
        bytes32 changeId = keccak256(abi.encode(alice.id, call));
        send(alice.first, address(participants), call);
        send(bob.first, address(participants), call);

        vm.expectRevert(
            abi.encodeWithSelector(ITwoKeyChanges.SecondKeyNeeded.selector, changeId, alice.first)
        );
        vm.prank(alice.first);
        participants.addKey(keyTerms(newKey, KeyRole.Pay));

        vm.expectEmit(address(participants));
        emit ITwoKeyChanges.ChangeAgreed(alice.id, changeId, alice.second, uint40(START + DELAY));
        send(alice.second, address(participants), call);
    }

    /// @notice Nothing happens before the delay has passed.
    function testNotReady(uint256 early) external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)));
        propose(alice, address(participants), call);

        vm.warp(START + bound(early, 0, DELAY - 1));
        vm.expectRevert(
            abi.encodeWithSelector(
                ITwoKeyChanges.ChangeNotReady.selector,
                keccak256(abi.encode(alice.id, call)),
                uint40(START + DELAY)
            )
        );
        vm.prank(alice.second);
        participants.addKey(keyTerms(newKey, KeyRole.Pay));
    }

    /// @notice A change is one exact call: other arguments are another change.
    function testOtherArguments() external {
        propose(
            alice, address(participants), abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)))
        );

        vm.warp(START + DELAY);
        vm.prank(alice.first);
        participants.addKey(keyTerms(newKey, KeyRole.Administer));

        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Administer));
        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));
    }

    /// @notice A proposal that nobody agrees to lapses after a week, an agreement a week after its delay.
    function testLapses() external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)));
        send(alice.first, address(participants), call);
        vm.warp(START + 7 days + 1);
        send(alice.second, address(participants), call);
        (address proposer, address seconder,,) = participants.pendingChange(alice.id, call);
        vm.assertEq(alice.second, proposer);
        vm.assertEq(address(0), seconder);

        send(alice.first, address(participants), call);
        wait(DELAY + 7 days + 1);
        send(alice.first, address(participants), call);
        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));
    }

    /// @notice Revoking a key takes its consent to a change with it.
    function testRevokedConsent(bool proposerGoes) external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(newKey, KeyRole.Pay)));
        propose(alice, address(participants), call);
        (address stays, KeyNumber goes) =
            proposerGoes ? (alice.second, KeyNumber.wrap(3)) : (alice.first, KeyNumber.wrap(4));
        vm.prank(stays);
        participants.revokeKey(goes);

        vm.warp(START + DELAY);
        send(stays, address(participants), call);

        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));
    }

    /// @notice Two keys and the delay add a key with the next number, good within its validity only.
    function testAdds(uint40 validFrom, uint40 validUntil) external {
        validFrom = uint40(bound(validFrom, 1, FOREVER - 2));
        validUntil = uint40(bound(validUntil, START + DELAY + 1, FOREVER));
        if (validUntil <= validFrom) validUntil = FOREVER;
        IKeys.KeyTerms memory added = IKeys.KeyTerms(newKey, KeyRole.Approve, validFrom, validUntil);
        bytes memory call = abi.encodeCall(participants.addKey, (added));
        propose(alice, address(participants), call);

        vm.warp(START + DELAY);
        vm.expectEmit(address(participants));
        emit IKeys.KeyAdded(alice.id, KeyNumber.wrap(5), newKey, KeyRole.Approve, validFrom, validUntil);
        send(alice.first, address(participants), call);

        expectActs(validFrom - 1, false);
        expectActs(validFrom, true);
        expectActs(validUntil, true);
        expectActs(uint256(validUntil) + 1, false);
    }

    function expectActs(uint256 at, bool expected) private {
        vm.warp(at);
        vm.assertEq(expected, participants.mayAct(newKey, alice.id, KeyRole.Approve));
        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));
        vm.assertEq(false, participants.mayAct(newKey, bob.id, KeyRole.Approve));
    }

    function expectInvalid(IKeys.KeyTerms memory invalid) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IKeys.KeyTermsInvalid.selector,
                invalid.key,
                invalid.role,
                invalid.validFrom,
                invalid.validUntil
            )
        );
        vm.prank(alice.first);
        participants.addKey(invalid);
    }
}

contract CancelChangeTest is Stage {
    /// @notice Only an administer key cancels.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.cancelChange("");
    }

    /// @notice One participant does not cancel another's change.
    function testUnknown() external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(stranger, KeyRole.Pay)));
        propose(alice, address(participants), call);

        vm.expectRevert(
            abi.encodeWithSelector(ITwoKeyChanges.ChangeUnknown.selector, keccak256(abi.encode(bob.id, call)))
        );
        vm.prank(bob.first);
        participants.cancelChange(call);
    }

    /// @notice Any one administer key takes an agreed change back, at once.
    function testCancels() external {
        bytes memory call = abi.encodeCall(participants.addKey, (keyTerms(stranger, KeyRole.Pay)));
        propose(alice, address(participants), call);

        vm.expectEmit(address(participants));
        emit ITwoKeyChanges.ChangeCancelled(alice.id, keccak256(abi.encode(alice.id, call)), alice.second);
        vm.prank(alice.second);
        participants.cancelChange(call);

        vm.warp(START + DELAY);
        send(alice.first, address(participants), call);
        vm.assertEq(false, participants.mayAct(stranger, alice.id, KeyRole.Pay));
    }
}
