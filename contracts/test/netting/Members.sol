// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {INetting} from "../../src/interfaces/INetting.sol";
import {Cycle, CycleNumber, CycleStatus} from "../../src/types/Cycle.sol";
import {ParticipantId} from "../../src/types/Identifiers.sol";
import {Approval, NET, Refusal} from "../../src/types/Instruction.sol";
import {Stage} from "../Stage.sol";
import {vm} from "../Vm.sol";

/// @notice Three banks that pay each other in a cycle: six payments, of which alice has to bring 75, bob gets 28 and carol 47.
abstract contract Members is Stage {
    uint64 internal constant BROUGHT = 75;
    uint40 internal constant UNTIL = uint40(START + 1 days);
    bytes32 internal constant ROOT = keccak256("a root that nobody asks about");

    // The cycle

    function cycle() internal view returns (Cycle memory made) {
        made.asset = USD;
        made.proposer = bob.id;
        made.number = CycleNumber.wrap(1);
        made.validUntil = UNTIL;
        made.root = ROOT;
        made.positions = new uint256[](3);
        made.positions[0] = position(alice.id, 1, 3, -int64(BROUGHT));
        made.positions[1] = position(bob.id, 1, 2, 28);
        made.positions[2] = position(carol.id, 1, 1, 47);
    }

    function position(ParticipantId participant, uint64 first, uint64 last, int64 net)
        internal
        pure
        returns (uint256)
    {
        return (uint256(ParticipantId.unwrap(participant)) << 224) | (uint256(first) << 160)
            | (uint256(last) << 96) | (uint256(uint64(net)) << 32);
    }

    // What members do

    function consentOf(Actor memory actor, Cycle memory made) internal view returns (Approval memory) {
        return signedFor(actor.approverKey, NET, netting.digestOf(made), soon());
    }

    function signedFor(uint256 key, bytes32 action, bytes32 digest, uint40 deadline)
        internal
        view
        returns (Approval memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, ledger.approvalDigest(action, digest, deadline));
        return Approval({index: 0, deadline: deadline, signature: abi.encodePacked(r, s, v)});
    }

    function propose(Actor memory actor, Cycle memory made) internal {
        Approval memory approval = consentOf(actor, made);
        vm.prank(actor.pay);
        netting.propose(made, approval);
    }

    function affirm(Actor memory actor, Cycle memory made) internal {
        Approval memory approval = consentOf(actor, made);
        vm.prank(actor.pay);
        netting.affirm(made, approval);
    }

    function withdraw(Actor memory actor, Cycle memory made) internal {
        vm.prank(actor.pay);
        netting.withdraw(made);
    }

    function settleAll(Cycle memory made) internal {
        propose(bob, made);
        affirm(alice, made);
        affirm(carol, made);
        expectStatus(made, CycleStatus.Settled);
    }

    /// @dev All affirm while the last one may not be part of it, so that the cycle waits.
    function waitFor(Cycle memory made, address target, bytes memory bar) internal {
        propose(bob, made);
        affirm(alice, made);
        send(operator, target, bar);
        affirm(carol, made);
        expectStatus(made, CycleStatus.Open);
    }

    function pauseNetting() internal {
        address[] memory modules = new address[](1);
        modules[0] = address(netting);
        vm.prank(guardian);
        ledger.pause(modules);
    }

    function resumeNetting() internal {
        vm.prank(operator);
        ledger.resume(address(netting));
        uint256 asked = vm.getBlockTimestamp();
        vm.warp(asked + DELAY);
        vm.prank(operator);
        ledger.resume(address(netting));
    }

    function closeNetting() internal {
        send(address(quorum), address(ledger), abi.encodeCall(ledger.closeModule, (address(netting))));
    }

    // What is expected

    function expectStatus(Cycle memory made, CycleStatus expected) internal view {
        (CycleStatus status,) = netting.cycleOf(netting.digestOf(made));
        vm.assertEq(uint256(expected), uint256(status));
    }

    /// @dev A refused call, and the world as before it.
    function expectRefusal(address sender, bytes memory call, bytes memory reason) internal {
        bytes32 before = world();
        vm.expectRevert(reason);
        send(sender, address(netting), call);
        vm.assertEq(before, world());
    }

    function notOpen(Cycle memory made, CycleStatus status) internal view returns (bytes memory) {
        return abi.encodeWithSelector(INetting.CycleNotOpen.selector, netting.digestOf(made), status);
    }

    function lapsed(Cycle memory made) internal view returns (bytes memory) {
        return abi.encodeWithSelector(INetting.CycleLapsed.selector, netting.digestOf(made));
    }

    function notMember(ParticipantId participant) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(INetting.NotMember.selector, participant);
    }

    function affirmationRefused(Cycle memory made, Refusal reason) internal view returns (bytes memory) {
        return abi.encodeWithSelector(INetting.AffirmationRefused.selector, netting.digestOf(made), reason);
    }

    /// @dev Everything that a cycle changes, of the three banks.
    function world() internal view returns (bytes32 digest) {
        Actor[3] memory banks = [alice, bob, carol];
        for (uint256 i; i < banks.length; ++i) {
            digest = keccak256(
                abi.encode(
                    digest,
                    ledger.accountOf(USD, banks[i].id),
                    ledger.lockedBy(address(netting), USD, banks[i].id),
                    ledger.countersUsed(banks[i].id),
                    netting.openCycles(banks[i].id)
                )
            );
        }
        (CycleStatus status, uint64 affirmed) = netting.cycleOf(netting.digestOf(cycle()));
        return keccak256(abi.encode(digest, status, affirmed, ledger.moduleOf(address(netting))));
    }

    /// @dev What the three banks have, and what is locked of alice's.
    function expectHoldings(int256 ofAlice, uint256 locked, int256 ofBob, int256 ofCarol) internal view {
        int256 funds = int256(uint256(FUNDS));
        vm.assertEq(funds + ofAlice, balanceOf(USD, alice));
        vm.assertEq(funds + ofBob, balanceOf(USD, bob));
        vm.assertEq(funds + ofCarol, balanceOf(USD, carol));
        vm.assertEq(locked, ledger.lockedBy(address(netting), USD, alice.id));
        vm.assertEq(locked, ledger.lockedOf(USD, alice.id));
        vm.assertEq(locked, uint256(ledger.moduleOf(address(netting)).held));
    }

    function expectUntouched() internal view {
        expectHoldings(0, 0, 0, 0);
        vm.assertEq(uint256(0), ledger.countersUsed(alice.id));
    }

    function expectReturned(Cycle memory made) internal {
        vm.expectEmit(address(netting));
        emit INetting.LockReturned(netting.digestOf(made), USD, alice.id, BROUGHT);
    }

    function expectCancelled(Cycle memory made, ParticipantId by, bytes4 reason) internal {
        vm.expectEmit(address(netting));
        emit INetting.CycleCancelled(netting.digestOf(made), by, reason);
    }
}
