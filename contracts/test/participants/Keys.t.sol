// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {KeyNumber} from "../../src/types/Identifiers.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

contract RotateKeyTest is Stage {
    address private newKey = address(0xADD);
    KeyNumber private payKey = KeyNumber.wrap(1);

    /// @notice Only an administer key rotates.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.rotateKey(payKey, keyTerms(newKey, KeyRole.Pay), 0);
    }

    /// @notice The old key must be there, and not revoked.
    function testOldKey() external {
        KeyNumber unknown = KeyNumber.wrap(9);
        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyNumberUnknown.selector, alice.id, unknown));
        vm.prank(alice.first);
        participants.rotateKey(unknown, keyTerms(newKey, KeyRole.Pay), 0);

        vm.startPrank(alice.first);
        participants.revokeKey(payKey);
        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyIsRevoked.selector, alice.pay));
        participants.rotateKey(payKey, keyTerms(newKey, KeyRole.Pay), 0);
        vm.stopPrank();
    }

    /// @notice A successor has its predecessor's role.
    function testOtherRole() external {
        vm.expectRevert(needsOtherRole(newKey, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        participants.rotateKey(payKey, keyTerms(newKey, KeyRole.Administer), 0);
    }

    /// @notice A successor is no key yet.
    function testTaken() external {
        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyTaken.selector, bob.pay, bob.id));
        vm.prank(alice.first);
        participants.rotateKey(payKey, keyTerms(bob.pay, KeyRole.Pay), 0);
    }

    /// @notice Both keys act during the overlap; afterwards only the new one.
    function testRotates(uint32 overlap) external {
        bytes memory call =
            abi.encodeCall(participants.rotateKey, (payKey, keyTerms(newKey, KeyRole.Pay), overlap));
        propose(alice, address(participants), call);
        vm.assertEq(false, participants.mayAct(newKey, alice.id, KeyRole.Pay));

        vm.warp(START + DELAY);
        uint40 last = uint40(START + DELAY) + overlap;
        vm.expectEmit(address(participants));
        emit IKeys.KeyAdded(alice.id, KeyNumber.wrap(5), newKey, KeyRole.Pay, 0, FOREVER);
        vm.expectEmit(address(participants));
        emit IKeys.KeyExpirySet(alice.id, payKey, last);
        send(alice.second, address(participants), call);

        vm.warp(last);
        vm.assertEq(true, participants.mayAct(alice.pay, alice.id, KeyRole.Pay));
        vm.assertEq(true, participants.mayAct(newKey, alice.id, KeyRole.Pay));
        vm.warp(uint256(last) + 1);
        vm.assertEq(false, participants.mayAct(alice.pay, alice.id, KeyRole.Pay));
        vm.assertEq(true, participants.mayAct(newKey, alice.id, KeyRole.Pay));
    }

    /// @notice A rotation never makes the old key live longer.
    function testDoesNotProlong() external {
        uint40 soon = uint40(START + DELAY + 10);
        vm.prank(alice.first);
        participants.setKeyExpiry(payKey, soon);

        change(
            alice,
            address(participants),
            abi.encodeCall(participants.rotateKey, (payKey, keyTerms(newKey, KeyRole.Pay), 11))
        );

        vm.assertEq(uint256(soon), participants.keyOf(alice.pay).validUntil);
    }
}

contract SetKeyExpiryTest is Stage {
    KeyNumber private payKey = KeyNumber.wrap(1);

    /// @notice Only an administer key sets an expiry.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.setKeyExpiry(payKey, 0);
    }

    /// @notice A participant reaches its own keys only.
    function testUnknown() external {
        KeyNumber unknown = KeyNumber.wrap(9);

        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyNumberUnknown.selector, alice.id, unknown));
        vm.prank(alice.first);
        participants.setKeyExpiry(unknown, 0);
    }

    /// @notice Validity only gets shorter.
    function testNotShortened(uint40 first, uint40 second) external {
        first = uint40(bound(first, 0, FOREVER - 1));
        second = uint40(bound(second, first, FOREVER));
        vm.startPrank(alice.first);
        participants.setKeyExpiry(payKey, first);

        vm.expectRevert(abi.encodeWithSelector(IKeys.ExpiryNotShortened.selector, payKey, first, second));
        participants.setKeyExpiry(payKey, second);
        vm.stopPrank();
    }

    /// @notice One key shortens at once.
    function testShortens(uint40 validUntil) external {
        validUntil = uint40(bound(validUntil, START, FOREVER - 1));

        vm.expectEmit(address(participants));
        emit IKeys.KeyExpirySet(alice.id, payKey, validUntil);
        vm.prank(alice.first);
        participants.setKeyExpiry(payKey, validUntil);

        vm.warp(uint256(validUntil) + 1);
        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyExpired.selector, alice.pay, validUntil));
        participants.authorise(alice.pay, KeyRole.Pay);
    }
}

contract RevokeKeyTest is Stage {
    KeyNumber private payKey = KeyNumber.wrap(1);

    /// @notice Only an administer key revokes, and only its own participant's keys.
    function testAdministerKeyOnly() external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.revokeKey(payKey);

        vm.prank(bob.first);
        participants.revokeKey(payKey);
        vm.assertEq(true, participants.mayAct(alice.pay, alice.id, KeyRole.Pay));
        vm.assertEq(false, participants.mayAct(bob.pay, bob.id, KeyRole.Pay));
    }

    /// @notice A key is revoked once.
    function testTwice() external {
        vm.startPrank(alice.first);
        participants.revokeKey(payKey);

        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyIsRevoked.selector, alice.pay));
        participants.revokeKey(payKey);
        vm.stopPrank();
    }

    /// @notice One key revokes at once, even itself or the last one.
    function testRevokes() external {
        vm.startPrank(alice.first);
        for (uint32 number = 1; number <= 4; ++number) {
            if (number == 3) continue;
            vm.expectEmit(address(participants));
            emit IKeys.KeyRevoked(alice.id, KeyNumber.wrap(number));
            participants.revokeKey(KeyNumber.wrap(number));
        }
        participants.revokeKey(KeyNumber.wrap(3));
        vm.stopPrank();

        vm.expectRevert(abi.encodeWithSelector(IKeys.KeyIsRevoked.selector, alice.first));
        participants.authorise(alice.first, KeyRole.Administer);
        vm.assertEq(false, participants.mayAct(alice.pay, alice.id, KeyRole.Pay));
        vm.assertEq(false, participants.mayAct(alice.second, alice.id, KeyRole.Administer));
    }
}

contract AuthoriseTest is Stage {
    /// @notice A stranger, another role and an early key are told why, in this order; from its first second on a key acts.
    function testReasons() external {
        vm.expectRevert(keyUnknown(stranger));
        participants.authorise(stranger, KeyRole.Pay);

        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Pay));
        participants.authorise(alice.approve, KeyRole.Pay);

        IKeys.KeyTerms memory late = IKeys.KeyTerms(stranger, KeyRole.Pay, uint40(START + 5 days), FOREVER);
        change(alice, address(participants), abi.encodeCall(participants.addKey, (late)));
        vm.expectRevert(
            abi.encodeWithSelector(IKeys.KeyNotYetValid.selector, stranger, uint40(START + 5 days))
        );
        participants.authorise(stranger, KeyRole.Pay);

        vm.warp(START + 5 days);
        vm.assertEq(true, participants.authorise(stranger, KeyRole.Pay) == alice.id);
    }

    /// @notice No address, and no role, acts for nobody.
    function testNobody(address key, uint32 participant) external view {
        vm.assertEq(false, participants.mayAct(key, bob.id, KeyRole.None));
        vm.assertEq(
            false,
            key != bob.pay
                && participants.mayAct(
                    key, participants.keyOf(address(uint160(participant))).participant, KeyRole.Pay
                )
        );
    }
}
