// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IKeys} from "../../src/interfaces/IKeys.sol";
import {NOBODY, ParticipantId} from "../../src/types/Identifiers.sol";
import {KeyRole} from "../../src/types/Kinds.sol";
import {vm} from "../Vm.sol";
import {AnyState} from "./AnyState.sol";

/// @dev Bounds: one change, the adding of any key; every change goes through the same function.
contract TwoKeyChangesProofs is AnyState {
    struct Change {
        address proposer;
        address seconder;
        uint40 readyAt;
    }

    /// @notice No key is added but by an administer key of its participant, when two different ones have consented, both may
    /// still act, and the delay is over.
    function check_keyNeedsTwoKeysAndDelay(IKeys.KeyTerms calldata terms, address sender, uint40 time)
        external
    {
        (ParticipantId participant, bytes memory data) = proposed(terms, sender, time);
        bool isNew = participants.keyOf(terms.key).participant == NOBODY;
        Change memory change = changeOf(participant, data);
        vm.assume(isOfTwo(change));

        send(sender, data);

        if (!isNew || participants.keyOf(terms.key).participant == NOBODY) return;
        assert(participants.mayAct(sender, participant, KeyRole.Administer));
        assert(change.proposer != change.seconder);
        assert(participants.mayAct(change.proposer, participant, KeyRole.Administer));
        assert(participants.mayAct(change.seconder, participant, KeyRole.Administer));
        assert(change.readyAt <= time);
    }

    /// @notice A change that is agreed is agreed by two different keys, and becomes ready a delay after the second one consented:
    /// the state that the other proof assumes is the only one that there is.
    function check_consentIsOfTwoKeys(IKeys.KeyTerms calldata terms, address sender, uint40 time) external {
        (ParticipantId participant, bytes memory data) = proposed(terms, sender, time);
        Change memory before = changeOf(participant, data);
        vm.assume(isOfTwo(before));

        send(sender, data);

        Change memory present = changeOf(participant, data);
        assert(isOfTwo(present));
        if (present.seconder == address(0) || present.seconder == before.seconder) return;
        assert(present.seconder == sender);
        assert(present.proposer == before.proposer);
        assert(present.readyAt == time + DELAY);
    }

    function proposed(IKeys.KeyTerms calldata terms, address sender, uint40 time)
        private
        returns (ParticipantId participant, bytes memory data)
    {
        vm.assume(time < type(uint40).max - 30 days);
        vm.warp(time);
        participant = participants.keyOf(sender).participant;
        data = abi.encodeCall(IKeys.addKey, (terms));
    }

    function isOfTwo(Change memory change) private pure returns (bool) {
        return change.seconder == address(0) || change.seconder != change.proposer;
    }

    function changeOf(ParticipantId participant, bytes memory data)
        private
        view
        returns (Change memory change)
    {
        (change.proposer, change.seconder, change.readyAt,) = participants.pendingChange(participant, data);
    }
}
