// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {IRecoveries} from "../../src/interfaces/IRecoveries.sol";
import {KeyNumber, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole, Standing} from "../../src/types/Kinds.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

/// @notice Alice is to be recovered with two new administer keys.
abstract contract Recovering is Stage {
    uint40 internal constant LAPSE = 14 days;

    address internal newFirst = address(0xF1);
    address internal newSecond = address(0xF2);

    function newKeys() internal view returns (IKeys.KeyTerms[] memory keys) {
        keys = new IKeys.KeyTerms[](2);
        keys[0] = keyTerms(newFirst, KeyRole.Administer);
        keys[1] = keyTerms(newSecond, KeyRole.Administer);
    }

    function proposeRecovery() internal {
        vm.prank(address(quorum));
        participants.proposeRecovery(alice.id, newKeys());
    }

    function completeRecovery() internal {
        vm.prank(address(quorum));
        participants.completeRecovery(alice.id, newKeys());
    }

    /// @dev A decision of the quorum, from proposal to execution.
    function decide(bytes memory call) internal {
        address[] memory members = quorumMembers();
        vm.prank(members[0]);
        uint256 proposal = quorum.propose(address(participants), call);
        vm.prank(members[1]);
        quorum.approve(proposal);
        wait(DELAY);
        vm.prank(members[2]);
        quorum.execute(proposal);
    }

    /// @dev Alice's pay key is 1, its approve key 2, its administer keys are 3 and 4.
    function revoke(uint32 number) internal {
        vm.prank(alice.first);
        participants.revokeKey(KeyNumber.wrap(number));
    }

    function expectRecovery(uint40 readyAt, uint40 lapsesAt) internal view {
        IRecoveries.Recovery memory recovery = participants.recoveryOf(alice.id);
        vm.assertEq(readyAt == 0 ? bytes32(0) : keccak256(abi.encode(newKeys())), recovery.keys);
        vm.assertEq(uint256(readyAt), recovery.readyAt);
        vm.assertEq(uint256(lapsesAt), recovery.lapsesAt);
    }

    function expectStopped() internal view {
        vm.assertEq(uint256(Standing.OutgoingStopped), uint256(participants.standingOf(alice.id)));
    }

    function recoveryUnknown(ParticipantId participant) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRecoveries.RecoveryUnknown.selector, participant);
    }
}
