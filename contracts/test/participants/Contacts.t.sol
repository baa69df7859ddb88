// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IContacts} from "../../src/interfaces/IContacts.sol";
import {ITwoKeyChanges} from "../../src/interfaces/ITwoKeyChanges.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {bound, vm} from "../Vm.sol";

abstract contract Contacting is Stage {
    function expectContacts(bytes memory endpoint, bytes memory encryptionKey) internal view {
        (bytes32 endpointHash, bytes32 encryptionKeyHash) = participants.contactsOf(alice.id);
        vm.assertEq(endpoint.length == 0 ? bytes32(0) : keccak256(endpoint), endpointHash);
        vm.assertEq(encryptionKey.length == 0 ? bytes32(0) : keccak256(encryptionKey), encryptionKeyHash);
    }

    function long(uint256 length) internal pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i; i < length; ++i) {
            text[i] = i < 8 ? bytes("https://")[i] : bytes1("a");
        }
    }
}

// setEndpoint
// ├── not an administer key ............................ why
// ├── no https URL of 9…255 printable characters ....... EndpointInvalid
// ├── empty ............................................ removed at once
// └── else ............................................. set by two keys and the delay
contract SetEndpointTest is Contacting {
    string private url = "https://alice.example/documents?of=vostro";

    /// @notice Only an administer key sets or removes where documents go.
    function testAdministerKeyOnly(bool removes) external {
        vm.expectRevert(needsOtherRole(alice.pay, KeyRole.Pay, KeyRole.Administer));
        vm.prank(alice.pay);
        participants.setEndpoint(removes ? "" : url);

        vm.expectRevert(keyUnknown(operator));
        vm.prank(operator);
        participants.setEndpoint(removes ? "" : url);
    }

    /// @notice Anything but https, in exactly that spelling and with something behind it, is refused.
    function testScheme() external {
        string[7] memory others =
            ["h", "https:/", "https://", "http://a", "HTTPS://a", " https://a", "ftp://aaaa"];

        for (uint256 i; i < others.length; ++i) {
            expectInvalid(others[i]);
        }
    }

    /// @notice Each character is printable ASCII.
    function testCharacter(bytes1 character, uint256 place) external {
        bytes memory changed = bytes(url);
        changed[bound(place, 8, changed.length - 1)] = character;

        if (character < 0x20 || character > 0x7e) {
            expectInvalid(string(changed));
        } else {
            change(alice, address(participants), abi.encodeCall(participants.setEndpoint, (string(changed))));
            expectContacts(changed, "");
        }
    }

    /// @notice It is 9 to 255 characters long.
    function testLength(uint256 length) external {
        bytes memory text = long(bound(length, 1, 300));

        if (text.length < 9 || text.length > 255) {
            expectInvalid(string(text));
        } else {
            change(alice, address(participants), abi.encodeCall(participants.setEndpoint, (string(text))));
            expectContacts(text, "");
        }
    }

    /// @notice One key alone redirects nothing, and two only after the delay.
    function testTwoKeys() external {
        bytes memory call = abi.encodeCall(participants.setEndpoint, (url));
        propose(alice, address(participants), call);
        wait(DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITwoKeyChanges.ChangeNotReady.selector,
                keccak256(abi.encode(alice.id, call)),
                uint40(START + DELAY)
            )
        );
        vm.prank(alice.first);
        participants.setEndpoint(url);
        expectContacts("", "");

        wait(1);
        vm.expectEmit(address(participants));
        emit IContacts.EndpointSet(alice.id, url);
        vm.prank(alice.first);
        participants.setEndpoint(url);
        expectContacts(bytes(url), "");
    }

    /// @notice One key removes it at once; what comes back takes two again.
    function testRemoves() external {
        bytes memory call = abi.encodeCall(participants.setEndpoint, (url));
        change(alice, address(participants), call);

        vm.expectEmit(address(participants));
        emit IContacts.EndpointSet(alice.id, "");
        vm.prank(alice.second);
        participants.setEndpoint("");
        expectContacts("", "");

        send(alice.second, address(participants), call);
        expectContacts("", "");
    }

    function expectInvalid(string memory endpoint) private {
        vm.expectRevert(abi.encodeWithSelector(IContacts.EndpointInvalid.selector, endpoint));
        vm.prank(alice.first);
        participants.setEndpoint(endpoint);
    }
}

// setEncryptionKey
// ├── not an administer key ............................ why
// ├── more than 1,024 bytes ............................ EncryptionKeyTooLong
// ├── empty ............................................ removed at once
// └── else ............................................. set by two keys and the delay
contract SetEncryptionKeyTest is Contacting {
    /// @notice Only an administer key sets or removes for which key documents are encrypted.
    function testAdministerKeyOnly(bool removes) external {
        vm.expectRevert(needsOtherRole(alice.approve, KeyRole.Approve, KeyRole.Administer));
        vm.prank(alice.approve);
        participants.setEncryptionKey(removes ? bytes("") : bytes("key"));
    }

    /// @notice It has at most 1,024 bytes, whatever they are.
    function testLength(uint256 length, bytes32 seed) external {
        bytes memory key = long(bound(length, 1, 1100));
        key[0] = seed[0];

        if (key.length > 1024) {
            vm.expectRevert(abi.encodeWithSelector(IContacts.EncryptionKeyTooLong.selector, key.length, 1024));
            vm.prank(alice.first);
            participants.setEncryptionKey(key);
        } else {
            change(alice, address(participants), abi.encodeCall(participants.setEncryptionKey, (key)));
            expectContacts("", key);
        }
    }

    /// @notice Two keys and the delay set it; another participant's stays as it is.
    function testSets(bytes32 key) external {
        bytes memory call = abi.encodeCall(participants.setEncryptionKey, (abi.encode(key)));
        propose(alice, address(participants), call);
        expectContacts("", "");
        wait(DELAY);

        vm.expectEmit(address(participants));
        emit IContacts.EncryptionKeySet(alice.id, abi.encode(key));
        send(alice.second, address(participants), call);

        expectContacts("", abi.encode(key));
        (, bytes32 bobs) = participants.contactsOf(bob.id);
        vm.assertEq(bytes32(0), bobs);
    }

    /// @notice One key removes it at once, and leaves where documents go.
    function testRemoves() external {
        change(alice, address(participants), abi.encodeCall(participants.setEncryptionKey, ("key")));
        change(alice, address(participants), abi.encodeCall(participants.setEndpoint, ("https://a")));

        vm.expectEmit(address(participants));
        emit IContacts.EncryptionKeySet(alice.id, "");
        vm.prank(alice.first);
        participants.setEncryptionKey("");

        expectContacts("https://a", "");
    }
}
