// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Quorum} from "../../src/Quorum.sol";
import {IQuorum} from "../../src/interfaces/IQuorum.sol";
import {vm} from "../Vm.sol";
import {svm} from "./Svm.sol";

contract Bell {
    uint256 public rung;

    function ring() external {
        ++rung;
    }
}

/// @dev Bounds: two of three members, a delay of a day.
contract QuorumProofs {
    uint32 private constant DELAY = 1 days;
    uint32 private constant THRESHOLD = 2;

    /// @param since When the approvals that it has became enough.
    struct Story {
        uint256 proposal;
        uint256 approvals;
        uint40 time;
        uint40 since;
    }

    address[] private _members = [address(0xA1), address(0xB2), address(0xC3)];
    IQuorum private quorum;
    Bell private bell;

    function setUp() external {
        quorum = new Quorum(_members, THRESHOLD, DELAY);
        bell = new Bell();
    }

    /// @notice Nothing is executed but by a member, a day after the approvals of two members that still stand.
    /// Bound: one proposal and two approvals or withdrawals of them, by anybody, at any times.
    function check_executionNeedsMembers(
        bool[2] calldata approves,
        address[2] calldata senders,
        address executor,
        uint40[3] calldata times
    ) external {
        Story memory story;
        (story.proposal, story.approvals) = (propose(), 1);
        for (uint256 i; i < 2; ++i) {
            step(story, approves[i], senders[i], times[i]);
        }

        pass(story, times[2]);
        vm.prank(executor);
        (bool done,) = address(quorum).call(abi.encodeCall(IQuorum.execute, (story.proposal)));

        assert(done == (bell.rung() == 1));
        if (!done) return;
        assert(isMember(executor));
        assert(story.approvals >= THRESHOLD);
        assert(story.time >= story.since + DELAY);
    }

    /// @notice Nobody but the quorum itself changes members, threshold and term.
    /// Bound: one call of any function, by anybody, at any time, while a proposal waits that has two approvals.
    /// On a busy machine a millisecond, halmos's own limit, is too short to see that there is no other proposal.
    /// @custom:halmos --solver-timeout-branching 5s
    function check_onlyItselfSetsMembers(address sender, uint40 time) external {
        vm.assume(sender != address(quorum));
        uint256 proposal = propose();
        vm.prank(_members[1]);
        quorum.approve(proposal);
        bytes memory data = svm.createCalldata("Quorum");

        vm.warp(time);
        vm.prank(sender);
        (bool done,) = address(quorum).call(data);

        assert(!done || bytes4(data) != IQuorum.setMembers.selector);
        assert(quorum.term() == 1);
        assert(quorum.threshold() == THRESHOLD);
        assert(keccak256(abi.encode(quorum.members())) == keccak256(abi.encode(_members)));
    }

    function propose() private returns (uint256) {
        vm.prank(_members[0]);
        return quorum.propose(address(bell), abi.encodeCall(bell.ring, ()));
    }

    function step(Story memory story, bool approves, address sender, uint40 time) private {
        pass(story, time);
        bytes memory data = approves
            ? abi.encodeCall(IQuorum.approve, (story.proposal))
            : abi.encodeCall(IQuorum.revokeApproval, (story.proposal));
        vm.prank(sender);
        (bool done,) = address(quorum).call(data);

        uint256 approvals = approvalsOf(story.proposal);
        assert(!done || isMember(sender));
        if (approvals >= THRESHOLD && story.approvals < THRESHOLD) story.since = time;
        story.approvals = approvals;
    }

    function pass(Story memory story, uint40 time) private {
        vm.assume(story.time <= time && time < type(uint40).max - 365 days);
        story.time = time;
        vm.warp(time);
    }

    function approvalsOf(uint256 proposal) private view returns (uint256 approvals) {
        for (uint256 i; i < _members.length; ++i) {
            if (quorum.hasApproved(proposal, _members[i])) ++approvals;
        }
    }

    function isMember(address sender) private view returns (bool) {
        return sender == _members[0] || sender == _members[1] || sender == _members[2];
    }
}
