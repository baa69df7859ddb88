// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Agreements} from "./parts/Agreements.sol";
import {Agreement, EscrowStatus} from "./types/Agreement.sol";
import {NOBODY, ParticipantId} from "./types/Identifiers.sol";
import {Approval} from "./types/Instruction.sol";
import {KeyRole, Standing} from "./types/Kinds.sol";

/// @title Value that is locked for a payee until a condition holds, or its time is over
///
/// ROLES: the payer's pay key locks, above its threshold with an approve key; a pay key of each inspector confirms and refuses;
/// whoever knows the secret claims for the payee; the payee's pay key renounces; after the deadline anyone refunds. The quorum, and
/// nobody else, puts another inspector in the place of one. Neither payer nor operator takes anything back.
///
/// STATES: locked → paid | returned; each for ever. While it is locked, stages are paid one after the other.
///
/// ASSUMPTIONS: the ledger decides about money: it asks every rule of a payment when the amount is locked, and none afterwards. A
/// deadline never moves: not for a pause, a freeze, a suspension, a closing module or a substitute. A moved one would let one side of
/// a pair on two chains take back here and still claim there.
///
/// LIVENESS: what is locked is paid or returned also while the module is paused or closing; after the deadline anyone returns it.
contract Escrow is Agreements, AccessManaged {
    constructor(IParticipants participantsContract, ILedger ledgerContract, address authority)
        Agreements(participantsContract, ledgerContract)
        AccessManaged(authority)
    {}

    /// @inheritdoc IEscrow
    function lock(Agreement calldata agreement, Approval[] calldata approvals) external {
        (ParticipantId sender, ParticipantId payer) = (_paying(), agreement.terms.payer());
        require(sender == payer, NotPayer(sender, payer));
        _requireWellFormed(agreement);

        bytes32 digest = _digestOf(agreement);
        _entries[digest] =
            Entry({status: EscrowStatus.Locked, stage: 0, confirmed: 0, left: agreement.terms.amount()});

        emit EscrowLocked(digest, agreement);

        ledger.lockPayment(agreement.terms, digest, approvals);
    }

    /// @inheritdoc IEscrow
    function confirm(Agreement calldata agreement, uint8 stage, uint8 place) external {
        (bytes32 digest, Entry memory entry, ParticipantId inspector) = _inspecting(agreement, stage, place);
        uint16 bit = _bitOf(place);
        require(entry.confirmed & bit == 0, ConfirmedAlready(digest, inspector));

        entry.confirmed |= bit;

        emit StageConfirmed(digest, stage, inspector);

        if (_count(entry.confirmed) < agreement.needed) _entries[digest] = entry;
        else _pay(agreement, digest, entry);
    }

    /// @inheritdoc IEscrow
    function refuse(Agreement calldata agreement, uint8 stage, uint8 place, bytes32 reason) external {
        (bytes32 digest, Entry memory entry, ParticipantId inspector) = _inspecting(agreement, stage, place);

        _entries[digest].confirmed = entry.confirmed & ~_bitOf(place);

        emit StageRefused(digest, stage, inspector, reason);
    }

    /// @inheritdoc IEscrow
    function claim(Agreement calldata agreement, bytes32 secret) external {
        (bytes32 digest, Entry memory entry) = _open(agreement);
        require(sha256(abi.encode(secret)) == agreement.secretHash, SecretWrong(digest));

        emit SecretShown(digest, secret);

        _pay(agreement, digest, entry);
    }

    /// @inheritdoc IEscrow
    function refund(Agreement calldata agreement) external {
        (bytes32 digest, Entry memory entry) = _locked(agreement);
        require(block.timestamp > agreement.deadline, DeadlineAhead(digest, agreement.deadline));

        _return(agreement, digest, entry, NOBODY);
    }

    /// @inheritdoc IEscrow
    function renounce(Agreement calldata agreement) external {
        (ParticipantId sender, ParticipantId payee) = (_paying(), agreement.terms.payee());
        require(sender == payee, NotPayee(sender, payee));
        (bytes32 digest, Entry memory entry) = _locked(agreement);

        _return(agreement, digest, entry, sender);
    }

    /// @inheritdoc IEscrow
    function substitute(Agreement calldata agreement, uint8 place, ParticipantId participant)
        external
        restricted
    {
        (bytes32 digest, Entry memory entry) = _open(agreement);
        ParticipantId inspector = _inspectorAt(agreement, digest, place);
        require(inspector != NOBODY, NotInspector(participant, place));
        require(_maySubstitute(agreement, digest, participant), SubstituteInvalid(participant));

        _substitutes[digest][place] = participant;
        _entries[digest].confirmed = entry.confirmed & ~_bitOf(place);

        emit InspectorSubstituted(digest, place, inspector, participant);
    }

    /// @dev The inspector whose pay key sent this, where it may decide about the present stage.
    function _inspecting(Agreement calldata agreement, uint8 stage, uint8 place)
        private
        view
        returns (bytes32 digest, Entry memory entry, ParticipantId inspector)
    {
        inspector = _paying();
        (digest, entry) = _open(agreement);
        require(inspector == _inspectorAt(agreement, digest, place), NotInspector(inspector, place));
        require(participants.standingOf(inspector) == Standing.Active, InspectorBarred(inspector));
        require(stage == entry.stage, StageNotPresent(digest, stage, entry.stage));
    }

    /// @dev Nobody inspects at two places; who pays or is paid does not come to inspect either.
    function _maySubstitute(Agreement calldata agreement, bytes32 digest, ParticipantId participant)
        private
        view
        returns (bool)
    {
        if (participant == agreement.terms.payer() || participant == agreement.terms.payee()) {
            return false;
        }
        for (uint8 i; i < agreement.inspectors.length; ++i) {
            if (_inspectorAt(agreement, digest, i) == participant) return false;
        }
        return participants.standingOf(participant) == Standing.Active;
    }

    /// @dev Pays the present stage; with the last one the escrow ends.
    function _pay(Agreement calldata agreement, bytes32 digest, Entry memory entry) private {
        uint8 stage = entry.stage;
        uint64 amount = agreement.stages[stage];
        uint64 left = entry.left - amount;
        EscrowStatus status = left == 0 ? EscrowStatus.Paid : EscrowStatus.Locked;
        _entries[digest] = Entry({status: status, stage: stage + 1, confirmed: 0, left: left});

        emit StagePaid(digest, stage, amount, left);

        ledger.payLocked(agreement.terms, amount);
    }

    function _return(Agreement calldata agreement, bytes32 digest, Entry memory entry, ParticipantId by)
        private
    {
        _entries[digest].status = EscrowStatus.Returned;
        _entries[digest].left = 0;

        emit EscrowReturned(digest, by, entry.left);

        ledger.unlock(agreement.terms.asset(), agreement.terms.payer(), entry.left);
    }

    function _paying() private view returns (ParticipantId) {
        return participants.authorise(msg.sender, KeyRole.Pay);
    }

    function _bitOf(uint8 place) private pure returns (uint16) {
        return uint16(1 << place);
    }

    function _count(uint16 bits) private pure returns (uint256 count) {
        for (uint256 rest = bits; rest != 0; rest &= rest - 1) {
            ++count;
        }
    }
}
