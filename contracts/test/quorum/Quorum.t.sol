// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IQuorum} from "../../src/interfaces/IQuorum.sol";
import {Deployment} from "../Deployment.sol";
import {bound, vm} from "../Vm.sol";

/// @dev A call that the quorum makes, and that fails on demand.
contract Bell {
    uint256 public rung;

    error Cracked(uint256 times);

    function ring(uint256 times) external {
        require(times < 100, Cracked(times));
        rung += times;
    }
}

/// @notice Two of three, a day.
abstract contract Council is Deployment {
    uint32 internal constant DELAY = 1 days;
    uint256 internal constant START = 1_800_000_000;

    address internal ann = address(0xA1);
    address internal ben = address(0xB2);
    address internal cat = address(0xC3);
    address internal stranger = address(0x57);
    Bell internal bell;

    function setUp() public {
        vm.warp(START);
        quorum = IQuorum(create("Quorum", abi.encode(three(), uint32(2), DELAY)));
        bell = new Bell();
    }

    function three() internal view returns (address[] memory members) {
        members = new address[](3);
        (members[0], members[1], members[2]) = (ann, ben, cat);
    }

    function propose() internal returns (uint256 proposal) {
        vm.prank(ann);
        return quorum.propose(address(bell), abi.encodeCall(bell.ring, (3)));
    }

    function adopt() internal returns (uint256 proposal) {
        proposal = propose();
        vm.prank(ben);
        quorum.approve(proposal);
    }

    function notMember(address sender) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IQuorum.NotMember.selector, sender);
    }
}

contract ProposeTest is Council {
    /// @notice Only members propose.
    function testMemberOnly() external {
        vm.expectRevert(notMember(stranger));
        vm.prank(stranger);
        quorum.propose(address(bell), "");
    }

    /// @notice A proposal is numbered, shown in full, and approved by who made it; one of two is not enough.
    function testProposes(bytes calldata data) external {
        address target = address(bell);
        vm.expectEmit(address(quorum));
        emit IQuorum.Proposed(1, ann, target, data);
        vm.expectEmit(address(quorum));
        emit IQuorum.Approved(1, ann);
        vm.prank(ann);
        uint256 proposal = quorum.propose(target, data);

        IQuorum.Proposal memory made = quorum.proposalOf(proposal);
        vm.assertEq(target, made.target);
        vm.assertEq(data, made.data);
        vm.assertEq(uint256(1), made.approvals);
        vm.assertEq(START, made.proposedAt);
        vm.assertEq(uint256(0), made.readyAt);
        vm.assertEq(true, quorum.hasApproved(proposal, ann));
    }

    /// @notice A call goes to a contract: one to an address without code would succeed and do nothing.
    function testTargetWithoutCode() external {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.TargetWithoutCode.selector, address(0xDEAD)));
        vm.prank(ann);
        quorum.propose(address(0xDEAD), hex"12345678");
    }

    /// @notice Where one approval is enough the delay starts with the proposal.
    function testQuorumOfOne() external {
        address[] memory alone = new address[](1);
        alone[0] = ann;
        quorum = IQuorum(create("Quorum", abi.encode(alone, uint32(1), DELAY)));

        vm.assertEq(START + DELAY, quorum.proposalOf(propose()).readyAt);
    }
}

contract ApproveTest is Council {
    /// @notice Only members approve.
    function testMemberOnly() external {
        uint256 proposal = propose();

        vm.expectRevert(notMember(stranger));
        vm.prank(stranger);
        quorum.approve(proposal);
    }

    /// @notice What was not proposed is not approved.
    function testUnknown(uint256 proposal) external {
        if (proposal == propose()) return;

        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalUnknown.selector, proposal));
        vm.prank(ben);
        quorum.approve(proposal);
    }

    /// @notice A proposal that is not adopted within two weeks lapses: nobody completes it when the others have forgotten it.
    function testLapsed(uint256 late) external {
        uint256 proposal = propose();
        uint40 lapsesAt = uint40(START + 14 days);

        vm.warp(lapsesAt + bound(late, 1, 3650 days));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalLapsed.selector, proposal, lapsesAt));
        vm.prank(ben);
        quorum.approve(proposal);

        vm.warp(lapsesAt);
        vm.prank(ben);
        quorum.approve(proposal);
    }

    /// @notice A member approves once.
    function testTwice() external {
        uint256 proposal = propose();

        vm.expectRevert(abi.encodeWithSelector(IQuorum.AlreadyApproved.selector, proposal, ann));
        vm.prank(ann);
        quorum.approve(proposal);
    }

    /// @notice The threshold's approval starts the delay; later ones do not start it anew.
    function testAdopts() external {
        uint256 proposal = propose();
        vm.warp(START + 5);

        vm.expectEmit(address(quorum));
        emit IQuorum.Adopted(proposal, uint40(START + 5 + DELAY));
        vm.prank(ben);
        quorum.approve(proposal);

        vm.warp(START + 9);
        vm.prank(cat);
        quorum.approve(proposal);
        vm.assertEq(START + 5 + DELAY, quorum.proposalOf(proposal).readyAt);
    }
}

contract RevokeApprovalTest is Council {
    /// @notice Only who approved takes it back.
    function testNotApproved() external {
        uint256 proposal = propose();
        vm.expectRevert(notMember(stranger));
        vm.prank(stranger);
        quorum.revokeApproval(proposal);

        vm.expectRevert(abi.encodeWithSelector(IQuorum.NotApproved.selector, proposal, ben));
        vm.prank(ben);
        quorum.revokeApproval(proposal);
    }

    /// @notice Below the threshold a proposal is not adopted any more; a new approval starts the delay anew.
    function testRevokes() external {
        uint256 proposal = adopt();

        vm.expectEmit(address(quorum));
        emit IQuorum.ApprovalRevoked(proposal, ann);
        vm.prank(ann);
        quorum.revokeApproval(proposal);
        vm.assertEq(uint256(0), quorum.proposalOf(proposal).readyAt);

        vm.warp(START + DELAY);
        vm.prank(cat);
        quorum.approve(proposal);
        vm.assertEq(START + 2 * DELAY, quorum.proposalOf(proposal).readyAt);
    }

    /// @notice An approval is taken back once: nobody takes another's with it.
    function testRevokesOnce() external {
        uint256 proposal = adopt();
        vm.prank(ann);
        quorum.revokeApproval(proposal);
        vm.assertEq(false, quorum.hasApproved(proposal, ann));

        vm.expectRevert(abi.encodeWithSelector(IQuorum.NotApproved.selector, proposal, ann));
        vm.prank(ann);
        quorum.revokeApproval(proposal);
    }

    /// @notice Above the threshold one approval less changes nothing.
    function testOneTooMany() external {
        uint256 proposal = adopt();
        vm.prank(cat);
        quorum.approve(proposal);

        vm.prank(ann);
        quorum.revokeApproval(proposal);
        vm.assertEq(START + DELAY, quorum.proposalOf(proposal).readyAt);
    }

    /// @notice However far above the threshold.
    function testTwoTooMany() external {
        quorum = IQuorum(create("Quorum", abi.encode(three(), uint32(1), DELAY)));
        uint256 proposal = adopt();
        vm.prank(cat);
        quorum.approve(proposal);

        vm.prank(ann);
        quorum.revokeApproval(proposal);
        vm.assertEq(START + DELAY, quorum.proposalOf(proposal).readyAt);
    }
}

contract ExecuteTest is Council {
    /// @notice Only members execute.
    function testMemberOnly() external {
        uint256 proposal = adopt();
        vm.warp(START + DELAY);

        vm.expectRevert(notMember(stranger));
        vm.prank(stranger);
        quorum.execute(proposal);
    }

    /// @notice Without enough approvals, or before the delay has passed, nothing is executed.
    function testNotReady(uint256 early) external {
        uint256 proposal = propose();
        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalNotReady.selector, proposal, 0));
        vm.prank(ann);
        quorum.execute(proposal);

        vm.prank(ben);
        quorum.approve(proposal);
        vm.warp(START + bound(early, 0, DELAY - 1));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalNotReady.selector, proposal, START + DELAY));
        vm.prank(ann);
        quorum.execute(proposal);
    }

    /// @notice An adopted proposal lapses two weeks after it could have been executed.
    function testLapses() external {
        uint256 proposal = adopt();
        uint256 last = START + DELAY + 14 days;
        vm.warp(last + 1);

        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalLapsed.selector, proposal, last));
        vm.prank(ann);
        quorum.execute(proposal);

        vm.warp(last);
        vm.prank(ann);
        quorum.execute(proposal);
    }

    /// @notice A proposal is executed once, by any member.
    function testExecutes() external {
        uint256 proposal = adopt();
        vm.warp(START + DELAY);

        vm.expectEmit(address(quorum));
        emit IQuorum.Executed(proposal, cat);
        vm.startPrank(cat);
        quorum.execute(proposal);
        vm.assertEq(uint256(3), bell.rung());

        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalExecuted.selector, proposal));
        quorum.execute(proposal);
        vm.stopPrank();
    }

    /// @notice A call that fails says why, and can be tried again.
    function testCallFailed() external {
        vm.prank(ann);
        uint256 proposal = quorum.propose(address(bell), abi.encodeCall(bell.ring, (100)));
        vm.prank(ben);
        quorum.approve(proposal);
        vm.warp(START + DELAY);

        bytes memory answer = abi.encodeWithSelector(Bell.Cracked.selector, 100);
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IQuorum.CallFailed.selector, proposal, answer));
            vm.prank(ann);
            quorum.execute(proposal);
        }
    }
}

contract SetMembersTest is Council {
    /// @notice Members change only by a proposal of theirs.
    function testQuorumOnly() external {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.NotQuorum.selector, ann));
        vm.prank(ann);
        quorum.setMembers(three(), 1);
    }

    /// @notice The threshold is between 1 and the number of members, of whom there are at most 32.
    function testMembershipInvalid() external {
        expectInvalid(three(), 0);
        expectInvalid(three(), 4);
        expectInvalid(new address[](0), 0);
        expectInvalid(new address[](33), 1);
    }

    /// @notice A member has an address and is named once.
    function testMemberInvalid() external {
        address[] memory members = three();
        members[2] = ann;
        vm.expectRevert(abi.encodeWithSelector(IQuorum.MemberInvalid.selector, ann));
        vm.prank(address(quorum));
        quorum.setMembers(members, 1);

        members[2] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.MemberInvalid.selector, address(0)));
        vm.prank(address(quorum));
        quorum.setMembers(members, 1);
    }

    /// @notice New members start a new term: old members are out, and what they had proposed is dead.
    function testSets() external {
        uint256 older = adopt();
        address[] memory next = new address[](1);
        next[0] = cat;
        vm.prank(ann);
        uint256 proposal = quorum.propose(address(quorum), abi.encodeCall(quorum.setMembers, (next, 1)));
        vm.prank(cat);
        quorum.approve(proposal);
        vm.warp(START + DELAY);

        vm.expectEmit(address(quorum));
        emit IQuorum.MembersSet(2, next, 1);
        vm.prank(ann);
        quorum.execute(proposal);

        vm.assertEq(abi.encode(next), abi.encode(quorum.members()));
        vm.assertEq(false, quorum.isMember(ann));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.ProposalOfEarlierTerm.selector, older, 1));
        vm.prank(cat);
        quorum.execute(older);
    }

    function expectInvalid(address[] memory members, uint32 threshold) private {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.MembershipInvalid.selector, members.length, threshold));
        vm.prank(address(quorum));
        quorum.setMembers(members, threshold);
    }
}
