// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ILedger} from "../interfaces/ILedger.sol";
import {IParticipants} from "../interfaces/IParticipants.sol";
import {Agreement, EscrowStatus} from "../types/Agreement.sol";
import {NOBODY, ParticipantId} from "../types/Identifiers.sol";

/// @title What an escrow is, who decides about it, and what became of it
///
/// ASSUMPTIONS: the digest names the payer and its sequence, which the ledger lets be used once, so no digest is locked twice. It
/// names this contract too: an approval for an escrow here is worth nothing in a module that comes after this one.
abstract contract Agreements is IEscrow {
    uint256 private constant LONGEST_TERM = 366 days;
    uint256 private constant MOST_INSPECTORS = 16;
    uint256 private constant MOST_STAGES = 32;
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256(
        "Agreement(uint256 chainId,address ledger,address escrow,uint256 terms,bytes32 commitment,uint40 deadline,bytes32 secretHash,uint8 needed,uint32[] inspectors,uint64[] stages)"
    );

    /// @inheritdoc IEscrow
    IParticipants public immutable participants;

    /// @inheritdoc IEscrow
    ILedger public immutable ledger;

    mapping(bytes32 digest => Entry) internal _entries;
    mapping(bytes32 digest => mapping(uint8 place => ParticipantId)) internal _substitutes;

    constructor(IParticipants participantsContract, ILedger ledgerContract) {
        participants = participantsContract;
        ledger = ledgerContract;
    }

    /// @inheritdoc IEscrow
    function digestOf(Agreement calldata agreement) external view returns (bytes32) {
        return _digestOf(agreement);
    }

    /// @inheritdoc IEscrow
    function entryOf(bytes32 digest) external view returns (Entry memory) {
        return _entries[digest];
    }

    /// @inheritdoc IEscrow
    function inspectorAt(Agreement calldata agreement, uint8 place) external view returns (ParticipantId) {
        return _inspectorAt(agreement, _digestOf(agreement), place);
    }

    function _digestOf(Agreement calldata agreement) internal view returns (bytes32) {
        bytes32 inspectors = keccak256(abi.encodePacked(agreement.inspectors));
        bytes32 stages = keccak256(abi.encodePacked(agreement.stages));
        return keccak256(
            abi.encode(
                AGREEMENT_TYPEHASH,
                block.chainid,
                ledger,
                address(this),
                agreement.terms,
                agreement.commitment,
                agreement.deadline,
                agreement.secretHash,
                agreement.needed,
                inspectors,
                stages
            )
        );
    }

    /// @dev What is locked, whatever the time.
    function _locked(Agreement calldata agreement)
        internal
        view
        returns (bytes32 digest, Entry memory entry)
    {
        digest = _digestOf(agreement);
        entry = _entries[digest];
        require(entry.status == EscrowStatus.Locked, EscrowNotLocked(digest, entry.status));
    }

    /// @dev What may still be paid.
    function _open(Agreement calldata agreement) internal view returns (bytes32 digest, Entry memory entry) {
        (digest, entry) = _locked(agreement);
        require(block.timestamp <= agreement.deadline, DeadlinePassed(digest, agreement.deadline));
    }

    /// @dev Who inspects at the place now; nobody where there is no such place.
    function _inspectorAt(Agreement calldata agreement, bytes32 digest, uint8 place)
        internal
        view
        returns (ParticipantId)
    {
        if (place >= agreement.inspectors.length) return NOBODY;

        ParticipantId instead = _substitutes[digest][place];
        return instead == NOBODY ? agreement.inspectors[place] : instead;
    }

    function _requireWellFormed(Agreement calldata agreement) internal view {
        uint256 latest = block.timestamp + LONGEST_TERM;
        uint40 deadline = agreement.deadline;
        require(deadline >= block.timestamp && deadline <= latest, DeadlineOutOfRange(deadline, latest));
        _requireCondition(agreement);
        _requireStages(agreement);
    }

    /// @dev A secret alone, or inspectors alone of whom enough can confirm.
    function _requireCondition(Agreement calldata agreement) private pure {
        ParticipantId[] calldata inspectors = agreement.inspectors;
        (uint256 length, uint256 needed) = (inspectors.length, agreement.needed);
        bool isInRange = agreement.secretHash == 0
            ? needed > 0 && needed <= length && length <= MOST_INSPECTORS
            : needed == 0 && length == 0;
        require(isInRange, ConditionInvalid(agreement.secretHash, agreement.needed, length));

        uint32 before;
        for (uint256 i; i < length; ++i) {
            uint32 inspector = ParticipantId.unwrap(inspectors[i]);
            require(inspector > before, InspectorsUnordered(i));
            before = inspector;
        }
    }

    function _requireStages(Agreement calldata agreement) private pure {
        uint64[] calldata stages = agreement.stages;
        uint256 length = stages.length;
        uint256 most = agreement.secretHash == 0 ? MOST_STAGES : 1;
        require(length > 0 && length <= most, StagesOutOfRange(length));

        uint64 amount = agreement.terms.amount();
        uint256 sum;
        for (uint256 i; i < length; ++i) {
            require(stages[i] > 0, StagesUnbalanced(sum, amount));
            sum += stages[i];
        }
        require(sum == amount, StagesUnbalanced(sum, amount));
    }
}
