// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILedger} from "../interfaces/ILedger.sol";
import {INetting} from "../interfaces/INetting.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {Cycle, CyclePosition, CycleStatus} from "../types/Cycle.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {KeyRole} from "../types/Kinds.sol";

/// @title What a cycle is, who is a member, and what became of it
///
/// ASSUMPTIONS: a cycle has an entry from its proposal for ever, so no digest is used twice. The digest names this contract too: an
/// approval for a cycle here is worth nothing in a module that comes after this one.
abstract contract Cycles is INetting {
    /// @dev One slot.
    struct Entry {
        CycleStatus status;
        uint64 affirmed;
    }

    uint256 private constant LEAST_MEMBERS = 2;
    uint256 private constant MOST_MEMBERS = 64;
    uint256 private constant LONGEST_VALIDITY = 7 days;
    bytes32 private constant CYCLE_TYPEHASH = keccak256(
        "Cycle(uint256 chainId,address ledger,address netting,uint32 asset,uint32 proposer,uint64 number,uint40 validUntil,bytes32 root,uint256[] positions)"
    );

    /// @inheritdoc INetting
    IParticipants public immutable participants;

    /// @inheritdoc INetting
    ILedger public immutable ledger;

    /// @inheritdoc INetting
    mapping(ParticipantId proposer => uint256) public openCycles;

    mapping(bytes32 digest => Entry) internal _cycles;

    constructor(IParticipants participantsContract, ILedger ledgerContract) {
        participants = participantsContract;
        ledger = ledgerContract;
    }

    /// @inheritdoc INetting
    function digestOf(Cycle calldata cycle) external view returns (bytes32) {
        return _digestOf(cycle);
    }

    /// @inheritdoc INetting
    function cycleOf(bytes32 digest) external view returns (CycleStatus status, uint64 affirmed) {
        return (_cycles[digest].status, _cycles[digest].affirmed);
    }

    function _digestOf(Cycle calldata cycle) internal view returns (bytes32) {
        bytes32 positions = keccak256(abi.encodePacked(cycle.positions));
        return keccak256(
            abi.encode(
                CYCLE_TYPEHASH,
                block.chainid,
                ledger,
                address(this),
                cycle.asset,
                cycle.proposer,
                cycle.number,
                cycle.validUntil,
                cycle.root,
                positions
            )
        );
    }

    function _paying() internal view returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Pay);
    }

    function _open(Cycle calldata cycle) internal view returns (bytes32 digest, uint64 affirmed) {
        digest = _digestOf(cycle);
        Entry memory entry = _cycles[digest];
        require(entry.status == CycleStatus.Open, CycleNotOpen(digest, entry.status));

        affirmed = entry.affirmed;
    }

    /// @dev The member's place among the positions.
    function _placeOf(Cycle calldata cycle, ParticipantId participant) internal pure returns (uint256 place) {
        place = _seek(cycle, participant);
        require(place < cycle.positions.length, NotMember(participant));
    }

    /// @dev The participant's place among the positions; behind the last one when it is no member.
    function _seek(Cycle calldata cycle, ParticipantId participant) internal pure returns (uint256 place) {
        uint256[] calldata positions = cycle.positions;
        while (place < positions.length && _memberOf(positions[place]) != participant) ++place;
    }

    function _memberOf(uint256 position) private pure returns (ParticipantId) {
        return CyclePosition.wrap(position).participant();
    }

    function _hasLapsed(Cycle calldata cycle) internal view returns (bool) {
        return block.timestamp > cycle.validUntil;
    }

    function _requireWellFormed(Cycle calldata cycle) internal view {
        uint256[] calldata positions = cycle.positions;
        uint256 length = positions.length;
        require(length >= LEAST_MEMBERS && length <= MOST_MEMBERS, MembersOutOfRange(length));

        int256 sum;
        uint32 before;
        for (uint256 i; i < length; ++i) {
            CyclePosition position = CyclePosition.wrap(positions[i]);
            uint32 participant = ParticipantId.unwrap(position.participant());
            require(participant > before && position.isWellFormed(), PositionInvalid(i));
            sum += position.net();
            before = participant;
        }
        require(sum == 0, PositionsUnbalanced(sum));

        uint256 latest = block.timestamp + LONGEST_VALIDITY;
        bool isInRange = cycle.validUntil >= block.timestamp && cycle.validUntil <= latest;
        require(isInRange, ValidityOutOfRange(cycle.validUntil, latest));
    }
}
