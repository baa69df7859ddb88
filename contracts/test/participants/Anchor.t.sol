// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IParticipants} from "../../src/interfaces/IParticipants.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

// anchor
// ├── not a pay key .......... why
// └── else ................... says the digest for the key's participant
contract AnchorTest is Stage {
    /// @notice Only a pay key anchors, and for its own participant alone.
    function testPayKeyOnly(bytes32 digest) external {
        vm.expectRevert(keyUnknown(stranger));
        vm.prank(stranger);
        participants.anchor(digest);

        vm.expectRevert(needsOtherRole(alice.first, KeyRole.Administer, KeyRole.Pay));
        vm.prank(alice.first);
        participants.anchor(digest);
    }

    /// @notice Whatever the digest is, it is said; also by who is stopped.
    function testAnchors(bytes32 digest, bool isStopped) external {
        if (isStopped) {
            vm.prank(alice.first);
            participants.stopOutgoing();
        }

        vm.expectEmit(address(participants));
        emit IParticipants.Anchored(alice.id, digest);
        vm.prank(alice.pay);
        participants.anchor(digest);
    }
}
