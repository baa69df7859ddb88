// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "./interfaces/IConsents.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {INetting} from "./interfaces/INetting.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {CycleProofs} from "./parts/CycleProofs.sol";
import {Cycles} from "./parts/Cycles.sol";
import {Cycle, CyclePosition, CycleStatus} from "./types/Cycle.sol";
import {NOBODY, ParticipantId} from "./types/Identifiers.sol";
import {Approval, NET, Refusal} from "./types/Instruction.sol";
import {ModuleStatus, Standing} from "./types/Kinds.sol";

/// @title Many payments, agreed off chain, that settle together on the net
///
/// ROLES: a pay key proposes, affirms and withdraws for its own participant, never for another; proposing and affirming take an
/// approve key too. Anyone settles what all have affirmed, and sweeps what is over. The operator has no verb here.
///
/// STATES: open → settled | cancelled | expired; each for ever. An open cycle that all have affirmed settles at once, or waits for
/// as long as a rule forbids a member's part.
///
/// ASSUMPTIONS: the ledger decides about money: it locks, says who may be part of a cycle, and uses each payer's counters once. That
/// the root says what the positions come to, each member has checked before it affirms; no more is proven on chain than was affirmed.
///
/// LIVENESS: any member ends an open cycle at any time, also while the module is paused or closing; after its time anyone does. Its
/// locks go back with it, so nothing stays locked by a cycle that ended. A gross payment is neither final nor irrevocable before.
contract Netting is CycleProofs {
    uint256 private constant OPEN_LIMIT = 16;
    bytes4 private constant CLOSING = "CLSG";
    bytes4 private constant SUSPENDED = "SUSP";
    bytes4 private constant USED = "USED";
    bytes4 private constant WITHDRAWN = "WDRN";

    constructor(IParticipants participantsContract, ILedger ledgerContract)
        Cycles(participantsContract, ledgerContract)
    {}

    /// @inheritdoc INetting
    function propose(Cycle calldata cycle, Approval calldata approval) external {
        ParticipantId sender = _paying();
        require(sender == cycle.proposer, NotProposer(sender, cycle.proposer));
        _requireWellFormed(cycle);
        uint256 place = _placeOf(cycle, sender);
        bytes32 digest = _digestOf(cycle);
        require(_cycles[digest].status == CycleStatus.None, CycleKnown(digest, _cycles[digest].status));
        require(openCycles[sender] < OPEN_LIMIT, TooManyProposals(sender, OPEN_LIMIT));

        ++openCycles[sender];

        emit CycleProposed(digest, cycle);
        _affirm(cycle, digest, 0, place, approval);
    }

    /// @inheritdoc INetting
    function affirm(Cycle calldata cycle, Approval calldata approval) external {
        ParticipantId sender = _paying();
        (bytes32 digest, uint64 affirmed) = _open(cycle);
        require(!_hasLapsed(cycle), CycleLapsed(digest));
        uint256 place = _placeOf(cycle, sender);
        require((affirmed >> place) & 1 == 0, AffirmedAlready(digest, sender));

        affirmed = _affirm(cycle, digest, affirmed, place, approval);
        if (!_isComplete(cycle, affirmed)) return;

        (Refusal refusal, ParticipantId member) = _settle(cycle, digest);
        if (refusal != Refusal.None) emit CycleWaits(digest, member, refusal);
    }

    /// @inheritdoc INetting
    function settle(Cycle calldata cycle) external {
        (bytes32 digest, uint64 affirmed) = _open(cycle);
        require(!_hasLapsed(cycle), CycleLapsed(digest));
        require(_isComplete(cycle, affirmed), AffirmationsMissing(digest));

        (Refusal refusal, ParticipantId member) = _settle(cycle, digest);
        require(refusal == Refusal.None, SettlementRefused(digest, member, refusal));
    }

    /// @inheritdoc INetting
    function withdraw(Cycle calldata cycle) external {
        ParticipantId sender = _paying();
        (bytes32 digest, uint64 affirmed) = _open(cycle);
        _placeOf(cycle, sender);

        _cancel(cycle, digest, affirmed, sender, WITHDRAWN);
    }

    /// @inheritdoc INetting
    function sweep(Cycle calldata cycle) external {
        (bytes32 digest, uint64 affirmed) = _open(cycle);
        if (_hasLapsed(cycle)) {
            _end(cycle, digest, CycleStatus.Expired);
            _giveBack(cycle, digest, affirmed);

            emit CycleExpired(digest);
        } else {
            bytes4 reason = _ruleThatEnds(cycle);
            require(reason != 0, CycleGoesOn(digest));

            _cancel(cycle, digest, affirmed, NOBODY, reason);
        }
    }

    /// @inheritdoc INetting
    function refusalOf(Cycle calldata cycle) external view returns (Refusal refusal, ParticipantId member) {
        return ledger.cycleRefusal(cycle.asset, cycle.positions);
    }

    /// @dev Locks what the member at the place has to bring, with both its keys' consent.
    function _affirm(
        Cycle calldata cycle,
        bytes32 digest,
        uint64 affirmed,
        uint256 place,
        Approval calldata approval
    ) private returns (uint64 next) {
        require(approval.index == 0, IConsents.ApprovalMisplaced(0));
        CyclePosition position = cycle.positionAt(place);
        ParticipantId member = position.participant();
        uint64 debit = position.debit();

        next = affirmed | uint64(1 << place);
        _cycles[digest] = Entry({status: CycleStatus.Open, affirmed: next});
        Refusal refusal = ledger.lock(cycle.asset, member, debit, NET, digest, approval);
        require(refusal == Refusal.None, AffirmationRefused(digest, refusal));

        emit CycleAffirmed(digest, cycle.asset, member, debit);
    }

    function _isComplete(Cycle calldata cycle, uint64 affirmed) private pure returns (bool) {
        return affirmed == type(uint64).max >> (64 - cycle.positions.length);
    }

    /// @dev Settles what all have affirmed, unless the ledger says why not.
    function _settle(Cycle calldata cycle, bytes32 digest)
        private
        returns (Refusal refusal, ParticipantId member)
    {
        (refusal, member) = ledger.settleCycle(cycle.asset, cycle.positions);
        if (refusal != Refusal.None) return (refusal, member);

        _end(cycle, digest, CycleStatus.Settled);

        emit CycleSettled(digest);
    }

    /// @dev Ends it unsettled.
    function _cancel(Cycle calldata cycle, bytes32 digest, uint64 affirmed, ParticipantId by, bytes4 reason)
        private
    {
        _end(cycle, digest, CycleStatus.Cancelled);
        _giveBack(cycle, digest, affirmed);

        emit CycleCancelled(digest, by, reason);
    }

    function _end(Cycle calldata cycle, bytes32 digest, CycleStatus status) private {
        _cycles[digest].status = status;
        --openCycles[cycle.proposer];
    }

    function _giveBack(Cycle calldata cycle, bytes32 digest, uint64 affirmed) private {
        for (uint256 i; i < cycle.positions.length; ++i) {
            CyclePosition position = cycle.positionAt(i);
            uint64 locked = (affirmed >> i) & 1 == 0 ? 0 : position.debit();
            if (locked == 0) continue;

            ledger.unlock(cycle.asset, position.participant(), locked);

            emit LockReturned(digest, cycle.asset, position.participant(), locked);
        }
    }

    /// @dev Why it is over before its time; 0 when it is not.
    function _ruleThatEnds(Cycle calldata cycle) private view returns (bytes4) {
        (ModuleStatus status,) = ledger.moduleStatus(address(this));
        if (status != ModuleStatus.Trusted) return CLOSING;

        for (uint256 i; i < cycle.positions.length; ++i) {
            CyclePosition position = cycle.positionAt(i);
            ParticipantId member = position.participant();
            if (participants.standingOf(member) == Standing.Suspended) return SUSPENDED;
            if (position.pays() && position.first() <= ledger.countersUsed(member)) return USED;
        }
        return 0;
    }
}
