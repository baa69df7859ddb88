// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {Head, Leg} from "../types/Legs.sol";

/// @notice What a module for instructions of many legs needs of the ledger while they gather consents.
interface IAcceptances {
    /// @notice What is to happen with a consent: no more, as others are missing; it queues, as its time has not come; or it settles
    /// if it can, and queues if it cannot yet.
    enum Step {
        Consent,
        Queue,
        Settle
    }

    /// @notice Takes a participant's consent to an instruction: the initiator's uses its sequence; counts what a pay key consents to
    /// alone; makes the moves, or counts it as urgent in the accounts where it waits. Trusted modules only, which have established
    /// that every payer consents.
    /// @param digest Names the instruction; what an approval is for, with the action `SETTLE`.
    /// @param participant Who consents. The initiator's is the first consent.
    /// @param urgentLegs Bit i: leg i is urgent for its payer.
    /// @param approvals None, or the one that comes with the consent.
    /// @return refusal `None` when all that was asked happened. What passes by itself (see `passes`) keeps only the moves back; any
    /// other reason means that nothing happened.
    function accept(
        Head head,
        bytes32 digest,
        ParticipantId participant,
        Step step,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) external returns (Refusal refusal);

    /// @notice What `accept` would answer now.
    function acceptanceRefusal(
        Head head,
        bytes32 digest,
        ParticipantId participant,
        Step step,
        uint32 urgentLegs,
        Leg[] calldata legs,
        Approval[] calldata approvals
    ) external view returns (Refusal);
}
