// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IQuorum} from "./interfaces/IQuorum.sol";

/// @title M of n members decide, after a delay
///
/// ROLES: every member proposes, approves and executes; no one member can do anything alone (unless the threshold is 1). The
/// members change only by a proposal of their own.
///
/// STATES: proposed → adopted (threshold reached) → (delay) → executed; or lapsed. Approvals can be taken back until then. A
/// change of members ends all proposals.
///
/// ASSUMPTIONS: what it may do elsewhere is granted elsewhere; it holds no value.
///
/// LIVENESS: a proposal that is not adopted within two weeks lapses, so that nobody completes it when the others have forgotten
/// it. An adopted one can be executed for two weeks, by any member; when its call fails it can be tried again.
contract Quorum is IQuorum {
    uint40 private constant LAPSE = 14 days;
    uint256 private constant MEMBER_LIMIT = 32;

    /// @inheritdoc IQuorum
    uint32 public immutable delay;

    /// @inheritdoc IQuorum
    uint32 public threshold;

    /// @inheritdoc IQuorum
    uint32 public term;

    /// @inheritdoc IQuorum
    uint256 public proposalCount;

    /// @inheritdoc IQuorum
    mapping(uint256 proposal => mapping(address member => bool)) public hasApproved;

    address[] private _members;
    mapping(uint32 term => mapping(address member => bool)) private _isMember;
    mapping(uint256 proposal => Proposal) private _proposals;

    modifier onlyMember() {
        require(isMember(msg.sender), NotMember(msg.sender));
        _;
    }

    constructor(address[] memory firstMembers, uint32 firstThreshold, uint32 delaySeconds) {
        delay = delaySeconds;
        _setMembers(firstMembers, firstThreshold);
    }

    /// @inheritdoc IQuorum
    function propose(address target, bytes calldata data) external onlyMember returns (uint256 proposal) {
        require(target.code.length > 0, TargetWithoutCode(target));
        proposal = ++proposalCount;
        Proposal storage proposed = _proposals[proposal];
        (proposed.target, proposed.term, proposed.data) = (target, term, data);
        proposed.proposedAt = uint40(block.timestamp);

        emit Proposed(proposal, msg.sender, target, data);

        _approve(proposal, proposed);
    }

    /// @inheritdoc IQuorum
    function approve(uint256 proposal) external onlyMember {
        Proposal storage proposed = _open(proposal);
        require(!hasApproved[proposal][msg.sender], AlreadyApproved(proposal, msg.sender));

        _approve(proposal, proposed);
    }

    /// @inheritdoc IQuorum
    function revokeApproval(uint256 proposal) external onlyMember {
        Proposal storage proposed = _open(proposal);
        require(hasApproved[proposal][msg.sender], NotApproved(proposal, msg.sender));

        hasApproved[proposal][msg.sender] = false;
        if (--proposed.approvals < threshold) proposed.readyAt = 0;

        emit ApprovalRevoked(proposal, msg.sender);
    }

    /// @inheritdoc IQuorum
    function execute(uint256 proposal) external onlyMember returns (bytes memory answer) {
        Proposal storage proposed = _open(proposal);
        uint40 readyAt = proposed.readyAt;
        require(readyAt != 0 && block.timestamp >= readyAt, ProposalNotReady(proposal, readyAt));

        proposed.executed = true;

        emit Executed(proposal, msg.sender);

        bool done;
        (done, answer) = proposed.target.call(proposed.data);
        require(done, CallFailed(proposal, answer));
    }

    /// @inheritdoc IQuorum
    function setMembers(address[] calldata newMembers, uint32 newThreshold) external {
        require(msg.sender == address(this), NotQuorum(msg.sender));

        _setMembers(newMembers, newThreshold);
    }

    /// @inheritdoc IQuorum
    function proposalOf(uint256 proposal) external view returns (Proposal memory) {
        return _proposals[proposal];
    }

    /// @inheritdoc IQuorum
    function members() external view returns (address[] memory) {
        return _members;
    }

    /// @inheritdoc IQuorum
    function isMember(address member) public view returns (bool) {
        return _isMember[term][member];
    }

    /// @dev A proposal that can still be approved and executed.
    function _open(uint256 proposal) private view returns (Proposal storage proposed) {
        proposed = _proposals[proposal];
        require(proposed.term != 0, ProposalUnknown(proposal));
        require(proposed.term == term, ProposalOfEarlierTerm(proposal, proposed.term));
        require(!proposed.executed, ProposalExecuted(proposal));

        bool isAdopted = proposed.readyAt != 0;
        uint40 lapsesAt = (isAdopted ? proposed.readyAt : proposed.proposedAt) + LAPSE;
        require(block.timestamp <= lapsesAt, ProposalLapsed(proposal, lapsesAt));
    }

    function _approve(uint256 proposal, Proposal storage proposed) private {
        hasApproved[proposal][msg.sender] = true;
        uint32 approvals = ++proposed.approvals;

        emit Approved(proposal, msg.sender);

        if (approvals == threshold) {
            uint40 readyAt = uint40(block.timestamp) + delay;
            proposed.readyAt = readyAt;

            emit Adopted(proposal, readyAt);
        }
    }

    function _setMembers(address[] memory newMembers, uint32 newThreshold) private {
        require(
            newMembers.length <= MEMBER_LIMIT && newThreshold > 0 && newThreshold <= newMembers.length,
            MembershipInvalid(newMembers.length, newThreshold)
        );
        uint32 newTerm = ++term;

        for (uint256 i; i < newMembers.length; ++i) {
            address member = newMembers[i];
            require(member != address(0) && !_isMember[newTerm][member], MemberInvalid(member));

            _isMember[newTerm][member] = true;
        }
        (_members, threshold) = (newMembers, newThreshold);

        emit MembersSet(newTerm, newMembers, newThreshold);
    }
}
