// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// @notice M of n members decide, after a delay.
interface IQuorum {
    /// @param proposedAt When it was made; it lapses two weeks later unless it is adopted.
    /// @param readyAt First second (UTC) at which it may be executed, and two weeks before it lapses; 0 while it has too few
    /// approvals.
    struct Proposal {
        address target;
        uint32 term;
        uint32 approvals;
        uint40 proposedAt;
        uint40 readyAt;
        bool executed;
        bytes data;
    }

    event Proposed(uint256 indexed proposal, address indexed member, address target, bytes data);
    event Approved(uint256 indexed proposal, address indexed member);
    event ApprovalRevoked(uint256 indexed proposal, address indexed member);
    /// @notice Enough approvals: the delay runs until `readyAt`.
    event Adopted(uint256 indexed proposal, uint40 readyAt);
    event Executed(uint256 indexed proposal, address indexed member);
    /// @notice All proposals of earlier terms are dead.
    event MembersSet(uint32 term, address[] members, uint32 threshold);

    error NotMember(address sender);
    error NotQuorum(address sender);
    /// @notice Threshold 0 or above the number of members, no member, or too many.
    error MembershipInvalid(uint256 members, uint256 threshold);
    error MemberInvalid(address member);
    /// @notice There is no code at the address: the call would succeed and do nothing.
    error TargetWithoutCode(address target);
    error ProposalUnknown(uint256 proposal);
    /// @notice The proposal was made before the members changed.
    error ProposalOfEarlierTerm(uint256 proposal, uint32 term);
    error ProposalExecuted(uint256 proposal);
    error ProposalLapsed(uint256 proposal, uint40 lapsedAt);
    error ProposalNotReady(uint256 proposal, uint40 readyAt);
    error AlreadyApproved(uint256 proposal, address member);
    error NotApproved(uint256 proposal, address member);
    /// @notice The proposed call failed with this answer.
    error CallFailed(uint256 proposal, bytes answer);

    /// @notice Proposes a call and approves it. Any member.
    /// @return proposal Sequential from 1.
    function propose(address target, bytes calldata data) external returns (uint256 proposal);

    /// @notice Any member, once.
    function approve(uint256 proposal) external;

    /// @notice Takes the sender's approval back; below the threshold the delay starts anew. Any member that approved.
    function revokeApproval(uint256 proposal) external;

    /// @notice Makes the call of an adopted proposal, after the delay and before it lapses. Any member.
    function execute(uint256 proposal) external returns (bytes memory answer);

    /// @notice Replaces all members. Only the quorum itself, by a proposal.
    function setMembers(address[] calldata members, uint32 threshold) external;

    function proposalOf(uint256 proposal) external view returns (Proposal memory);

    function hasApproved(uint256 proposal, address member) external view returns (bool);

    function isMember(address member) external view returns (bool);

    function members() external view returns (address[] memory);

    function threshold() external view returns (uint32);

    function delay() external view returns (uint32);

    function term() external view returns (uint32);

    function proposalCount() external view returns (uint256);
}
