// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Cycle, CycleStatus, GrossPayment} from "../types/Cycle.sol";
import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {ILedger} from "./ILedger.sol";
import {IParticipants} from "./IParticipants.sol";

/// @notice Cycles of many payments that settle on the net: the payments off chain, a root over them and the net positions on chain.
///
/// The root. Each member has a subtree over the payments that it pays and those that it receives, each once, by ascending payer and
/// counter. A leaf of it is
/// `keccak256(abi.encode(PAYMENT, index, counter, payer, payee, amount, commitment))` with its place from 0 and
/// PAYMENT = keccak256("Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)").
/// The cycle's tree has a leaf for each member, in the order of the positions:
/// `keccak256(abi.encode(SUBTREE, participant, count, net, root))` with the number of its payments, its net and its subtree's root, and
/// SUBTREE = keccak256("Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)").
/// Both trees are built as `MerkleTree` says: `keccak256(abi.encode(left, right))`, 32 zero bytes beside the last node of an odd level.
interface INetting {
    /// @notice Where a payment is in a member's subtree, and where that is in the cycle.
    /// @param index The payment's place in the subtree, from 0.
    /// @param count How many payments the subtree has.
    /// @param path From the payment to the subtree's root.
    /// @param subtreePath From the subtree to the cycle's root.
    struct PaymentProof {
        uint32 index;
        uint32 count;
        bytes32[] path;
        bytes32[] subtreePath;
    }

    /// @notice The cycle is open. In the same transaction its proposer affirms.
    event CycleProposed(bytes32 digest, Cycle cycle);
    /// @notice A member consents; what it has to bring is locked.
    event CycleAffirmed(bytes32 digest, AssetId asset, ParticipantId participant, uint64 locked);
    /// @notice All members have affirmed, and a rule forbids the member's part now; `settle` tries again.
    event CycleWaits(bytes32 digest, ParticipantId member, Refusal reason);
    /// @notice All its payments are settled: final with its block. What was locked is gone, net creditors are credited.
    event CycleSettled(bytes32 digest);
    /// @notice What a member had locked is back in its balance: the cycle ends in the same transaction, unsettled.
    event LockReturned(bytes32 digest, AssetId asset, ParticipantId participant, uint64 amount);
    /// @notice It ended without settling.
    /// @param participant The member that withdrew (reason "WDRN"); nobody is a rule: this module is closing ("CLSG"), a member is
    /// suspended ("SUSP"), a counter of it was used by another cycle ("USED").
    event CycleCancelled(bytes32 digest, ParticipantId participant, bytes4 reason);
    /// @notice It ended: its time is over, and somebody swept.
    event CycleExpired(bytes32 digest);

    /// @notice The cycle names another proposer than the sender's participant.
    error NotProposer(ParticipantId participant, ParticipantId proposer);
    /// @notice Too few members, or too many.
    error MembersOutOfRange(uint256 length);
    /// @notice The position at this place is malformed, or its participant does not come after the one before.
    error PositionInvalid(uint256 index);
    /// @notice The net positions do not sum to zero.
    error PositionsUnbalanced(int256 sum);
    /// @notice The cycle's time is over already, or lies too far ahead.
    error ValidityOutOfRange(uint40 validUntil, uint256 latest);
    /// @notice The participant has no position in the cycle.
    error NotMember(ParticipantId participant);
    /// @notice This very cycle was proposed before.
    error CycleKnown(bytes32 digest, CycleStatus status);
    error TooManyProposals(ParticipantId proposer, uint256 limit);
    /// @notice The verb needs a cycle that is open.
    error CycleNotOpen(bytes32 digest, CycleStatus status);
    error CycleLapsed(bytes32 digest);
    error AffirmedAlready(bytes32 digest, ParticipantId participant);
    /// @notice A rule forbids the member's affirmation.
    error AffirmationRefused(bytes32 digest, Refusal reason);
    error AffirmationsMissing(bytes32 digest);
    /// @notice A rule forbids a member's part in the cycle now.
    error SettlementRefused(bytes32 digest, ParticipantId member, Refusal reason);
    /// @notice Neither time nor a rule ends the cycle.
    error CycleGoesOn(bytes32 digest);

    /// @notice Proposes a cycle of which the sender's participant is a member, and affirms it for that. Pay key, with an approval as
    /// for `affirm`.
    function propose(Cycle calldata cycle, Approval calldata approval) external;

    /// @notice Consents to an open cycle and locks what a net debtor has to bring; the last affirmation settles it, if no rule
    /// forbids a member's part, else it waits. Pay key of a member, always with an approval.
    /// @param approval An approve key's, for action `NET` and the cycle's digest; its index is 0.
    function affirm(Cycle calldata cycle, Approval calldata approval) external;

    /// @notice Settles an open cycle that all have affirmed. Anyone.
    function settle(Cycle calldata cycle) external;

    /// @notice Ends an open cycle, affirmed or not, and gives all locks back. Pay key of a member.
    function withdraw(Cycle calldata cycle) external;

    /// @notice Ends an open cycle and gives all locks back: when its time is over, when the ledger has closed this module, when a
    /// member is suspended, or when a counter of it was used since. Anyone.
    function sweep(Cycle calldata cycle) external;

    /// @notice Whether a payment belongs to a settled cycle: it is in the payer's subtree and in the payee's, so both have affirmed it.
    function provesPayment(
        Cycle calldata cycle,
        GrossPayment calldata payment,
        PaymentProof calldata ofPayer,
        PaymentProof calldata ofPayee
    ) external view returns (bool);

    /// @notice Whether these are all payments of a participant in a settled cycle: they make its subtree and its net, and those that it
    /// pays have each counter from its first to its last once.
    /// @param payments In the order of the subtree; at most 8,192.
    /// @param subtreePath From the subtree to the cycle's root.
    function provesSubtree(
        Cycle calldata cycle,
        ParticipantId participant,
        GrossPayment[] calldata payments,
        bytes32[] calldata subtreePath
    ) external view returns (bool);

    /// @notice Why the cycle could not settle now, were it affirmed by all; `None` when it could.
    /// @return refusal The rule.
    /// @return member Whose part the rule forbids.
    function refusalOf(Cycle calldata cycle) external view returns (Refusal refusal, ParticipantId member);

    /// @notice Names a cycle: digest over chain id, ledger, this contract, type and all its fields and positions in order.
    function digestOf(Cycle calldata cycle) external view returns (bytes32);

    /// @return status `None` when it was never proposed.
    /// @return affirmed Bit i: the member at place i has affirmed.
    function cycleOf(bytes32 digest) external view returns (CycleStatus status, uint64 affirmed);

    /// @notice How many of a proposer's cycles are open.
    function openCycles(ParticipantId proposer) external view returns (uint256);

    function participants() external view returns (IParticipants);

    function ledger() external view returns (ILedger);
}
