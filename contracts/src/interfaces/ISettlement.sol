// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {Head, Instruction, Leg, Set} from "../types/Legs.sol";
import {ILedger} from "./ILedger.sol";
import {IParticipants} from "./IParticipants.sol";

/// @notice Instructions of one or many legs that several participants consent to, and the queue of those that wait for money.
interface ISettlement {
    /// @notice An instruction that the chain accepted and that has not ended. Bits of debtors: bit i is the i-th participant that
    /// the legs debit, in the order of first appearance. Bits of legs: bit i is leg i.
    /// @param acceptedAt When it was submitted, UTC seconds; 0 is no such instruction.
    /// @param queued Whether all have consented, so that only money is missing. Before that it is proposed.
    /// @param consents Debtors that consent.
    /// @param urgent Debtors for whom it is urgent.
    /// @param holds Debtors that hold it.
    /// @param cancels Debtors that want it cancelled.
    /// @param asked Legs whose payee has to consent: the asset asked for it, and the payee is no debtor.
    /// @param accepted Those of them whose payee does.
    /// @param lapsing Legs of whose asset's day it lapses with the end.
    /// @param round How many consents were taken back. An approval that comes after is for `approvalSubject`, so that none counts twice.
    struct WaitingReport {
        uint40 acceptedAt;
        bool queued;
        uint8 consents;
        uint8 urgent;
        uint8 holds;
        uint8 cancels;
        uint32 asked;
        uint32 accepted;
        uint32 lapsing;
        uint8 round;
    }

    /// @notice The chain accepted the instruction and its initiator consents; its sequence is used. In the same transaction
    /// `Settled` or `Queued` follows; if neither does, it is proposed. Urgent is what is urgent for a debtor.
    event Submitted(Head head, bytes32 commitment, bool urgent, Leg[] legs);
    /// @notice The chain did not accept the instruction; no sequence was used.
    event Refused(Head head, Refusal reason);
    /// @notice A party consents; urgent as in `Submitted`.
    event Affirmed(Head head, bytes32 digest, ParticipantId participant, bool urgent);
    /// @notice A party other than the initiator consents no more; the instruction is still proposed.
    event Withdrawn(Head head, bytes32 digest, ParticipantId participant);
    /// @notice All have consented, and it cannot settle yet.
    event Queued(Head head, bytes32 digest);
    /// @notice All legs have moved: final with its block. Each leg is a posting of its own; netting shows in no posting.
    event Settled(Head head, bytes32 digest, Leg[] legs);
    /// @notice A debtor changed its urgency in the queue.
    event UrgencySet(Head head, bytes32 digest, ParticipantId participant, bool urgent);
    /// @notice A debtor holds it in the queue.
    event Held(Head head, bytes32 digest, ParticipantId participant);
    /// @notice The debtor's hold is lifted, by itself or by the operator.
    event Released(Head head, bytes32 digest, ParticipantId participant);
    /// @notice One of several debtors wants it cancelled; the others have not all said so.
    event CancelRequested(Head head, bytes32 digest, ParticipantId participant, bytes4 reason);
    /// @notice It ended without settling.
    /// @param participant Who ended it: who withdrew (proposed), or the debtor that spoke last (queued); nobody is the operator,
    /// or a rule: a debtor is suspended (reason "SUSP"), or this module is closing (reason "CLSG").
    /// @param reason ISO 20022 external cancellation reason code, as given.
    event Cancelled(Head head, bytes32 digest, ParticipantId participant, bytes4 reason);
    /// @notice It ended: its time or its day is over, and somebody swept.
    event Expired(Head head, bytes32 digest);
    /// @notice The set at this place of the call did not settle, and nothing of it did.
    event SetRefused(uint256 index, Refusal reason);

    error BatchEmpty();
    error BatchTooLong(uint256 length, uint256 limit);
    /// @notice The instruction's initiator is another participant than the sender's.
    error NotInitiator(ParticipantId participant, Head head);
    /// @notice A rule forbids it.
    error ConsentRefused(Head head, Refusal reason);
    /// @notice The verb needs an instruction that is queued (or, for `withdraw`, one that is proposed).
    error WaitsOtherwise(Head head);
    /// @notice The participant is no party that could do this: not debited, not asked, or it has not consented.
    error NotConsenting(ParticipantId participant, Head head);
    /// @notice The bit says that already.
    error NothingChanges(Head head);
    /// @notice A cancellation without a reason, which is four of A–Z and 0–9, and not one that a rule gives ("SUSP", "CLSG").
    error ReasonMissing(Head head);

    /// @notice Submits the sender's participant's instructions; the transaction is the participant's consent to each. Complete
    /// and liquid, an instruction settles at once; complete, it queues; else it is proposed. Each by itself: refused ones do not
    /// hold up the others. Pay key, with an approval for what is above its threshold.
    /// @param urgentBits Bit i: instruction i is urgent for the sender.
    function submit(Instruction[] calldata instructions, uint256 urgentBits, Approval[] calldata approvals)
        external;

    /// @notice Consents to a proposed instruction; the last consent settles or queues it. Pay key of a debtor or of a payee that is
    /// asked, with an approval for debits above its threshold.
    /// @param approvals None, or one with index 0.
    function affirm(Instruction calldata instruction, bool urgent, Approval[] calldata approvals) external;

    /// @notice Takes back the sender's participant's consent to a proposed instruction; the initiator's ends it, and so does anybody's
    /// after 255 others. Pay key.
    function withdraw(Instruction calldata instruction) external;

    /// @notice Settles sets of queued instructions; each set is all or nothing by itself. Anyone.
    function settle(Set[] calldata sets) external;

    /// @notice Changes a debtor's own urgency of a queued instruction. Pay key.
    function setUrgency(Instruction calldata instruction, bool urgent) external;

    /// @notice Keeps a queued instruction from settling. Pay key of a debtor.
    function hold(Instruction calldata instruction) external;

    /// @notice Lifts the sender's participant's own hold (pay key), or all holds (operator).
    function release(Instruction calldata instruction) external;

    /// @notice Cancels a queued instruction: its only debtor; all debtors, each by a call; any debtor once a party of it is
    /// suspended; or the operator.
    /// @param reason ISO 20022 external cancellation reason code.
    function cancel(Instruction calldata instruction, bytes4 reason) external;

    /// @notice Ends those of the instructions whose time or day is over, queued ones with a suspended debtor, and all once the
    /// ledger has closed this module; passes over the others. Anyone.
    function sweep(Instruction[] calldata instructions) external;

    /// @dev The views say nothing of a module that is paused or closing: see the ledger's `moduleOf`.
    /// @notice Why a participant's `submit` or `affirm` of the instruction would be refused now; `None` when it would be accepted.
    /// @param approvals None, or the one that would come with it.
    function refusalOf(
        Instruction calldata instruction,
        ParticipantId participant,
        Approval[] calldata approvals
    ) external view returns (Refusal);

    /// @notice Why a set would be refused now if the sender sent it; `None` when it would settle.
    function setRefusalOf(Set calldata set, address sender) external view returns (Refusal);

    /// @notice Names an instruction: digest over chain id, ledger, type and all its fields and legs in order.
    function digestOf(Instruction calldata instruction) external view returns (bytes32);

    /// @notice What an approval of the instruction is for now: its digest; after a withdrawal, a digest of that and the round.
    function approvalSubject(bytes32 digest) external view returns (bytes32);

    function waitingOf(bytes32 digest) external view returns (WaitingReport memory);

    /// @notice How many of an initiator's proposals need a participant's consent, given or not.
    function proposalsFor(ParticipantId initiator, ParticipantId participant) external view returns (uint256);

    function participants() external view returns (IParticipants);

    function ledger() external view returns (ILedger);
}
