// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Agreement, EscrowStatus} from "../types/Agreement.sol";
import {ParticipantId} from "../types/Identifiers.sol";
import {Approval} from "../types/Instruction.sol";
import {ILedger} from "./ILedger.sol";
import {IParticipants} from "./IParticipants.sol";

/// @notice Value that is locked for a payee until a condition holds, or its time is over.
interface IEscrow {
    /// @notice What is remembered of an escrow.
    /// @param stage The one that inspectors look at now, from 0.
    /// @param confirmed Bit i: the inspector at place i confirms the present stage.
    /// @param left What is still locked, minor units.
    struct Entry {
        EscrowStatus status;
        uint8 stage;
        uint16 confirmed;
        uint64 left;
    }

    /// @notice The amount is locked.
    event EscrowLocked(bytes32 digest, Agreement agreement);
    /// @notice An inspector says that what a stage asks for was shown.
    event StageConfirmed(bytes32 digest, uint8 stage, ParticipantId inspector);
    /// @notice An inspector says that it was not; a confirmation of its own is taken back. It may be shown again until the deadline.
    /// @param reason Digest of the inspector's reasons.
    event StageRefused(bytes32 digest, uint8 stage, ParticipantId inspector, bytes32 reason);
    /// @notice A stage is paid: final with its block.
    /// @param left What is still locked; at 0 the escrow ended.
    event StagePaid(bytes32 digest, uint8 stage, uint64 amount, uint64 left);
    /// @notice The secret was shown, to everybody. All is paid in the same transaction.
    event SecretShown(bytes32 digest, bytes32 secret);
    /// @notice What was left is back in the payer's balance: the escrow ended.
    /// @param by The payee, where it let go of it; nobody when the time was over.
    event EscrowReturned(bytes32 digest, ParticipantId by, uint64 amount);
    /// @notice Another participant inspects in an inspector's place.
    event InspectorSubstituted(
        bytes32 digest, uint8 place, ParticipantId inspector, ParticipantId substitute
    );

    /// @notice The sender acts for another participant than the payer.
    error NotPayer(ParticipantId participant, ParticipantId payer);
    /// @notice The sender acts for another participant than the payee.
    error NotPayee(ParticipantId participant, ParticipantId payee);
    /// @notice The sender does not act for the inspector at the place.
    error NotInspector(ParticipantId participant, uint8 place);
    /// @notice The inspector is suspended or stopped: its keys decide about nothing.
    error InspectorBarred(ParticipantId inspector);
    /// @notice The deadline has passed already, or is more than 366 days ahead.
    error DeadlineOutOfRange(uint40 deadline, uint256 latest);
    /// @notice Neither a secret alone nor inspectors alone, or more or fewer confirmations than these can give.
    error ConditionInvalid(bytes32 secretHash, uint8 needed, uint256 inspectors);
    /// @notice The inspector at the place is not above the one before it.
    error InspectorsUnordered(uint256 place);
    /// @notice There are no stages, more than 32, or more than one with a secret.
    error StagesOutOfRange(uint256 stages);
    /// @notice A stage pays nothing, or the stages do not sum to the amount.
    error StagesUnbalanced(uint256 sum, uint64 amount);
    /// @notice It was never locked in this contract, or has ended.
    error EscrowNotLocked(bytes32 digest, EscrowStatus status);
    /// @notice Its time is over: only `refund` is left.
    error DeadlinePassed(bytes32 digest, uint40 deadline);
    /// @notice Its time is not over.
    error DeadlineAhead(bytes32 digest, uint40 deadline);
    /// @notice Another stage is the present one.
    error StageNotPresent(bytes32 digest, uint8 stage, uint8 present);
    /// @notice The inspector has confirmed this stage.
    error ConfirmedAlready(bytes32 digest, ParticipantId inspector);
    /// @notice The secret is not that of the hash, or no secret is asked for.
    error SecretWrong(bytes32 digest);
    /// @notice The substitute is a party, inspects already, or may not act.
    error SubstituteInvalid(ParticipantId substitute);

    /// @notice Locks what the sender's participant would pay. Pay key of the payer, with an approval above its threshold. What the
    /// ledger forbids of a payment it forbids here (`InstructionRefused`), and uses no sequence then.
    /// @param approvals None, or one for action `ESCROW` and the digest; its index is 0.
    function lock(Agreement calldata agreement, Approval[] calldata approvals) external;

    /// @notice Confirms the present stage; the last confirmation that is needed pays it. Pay key of the inspector at the place.
    /// @param stage The present one, named so that a late confirmation never counts for the next.
    function confirm(Agreement calldata agreement, uint8 stage, uint8 place) external;

    /// @notice Says why the present stage is not confirmed. Pay key of the inspector at the place.
    /// @param reason Digest of the reasons; the document goes from node to node.
    function refuse(Agreement calldata agreement, uint8 stage, uint8 place, bytes32 reason) external;

    /// @notice Shows the secret and pays all to the payee. Anyone.
    function claim(Agreement calldata agreement, bytes32 secret) external;

    /// @notice Gives the payer back what is left, after the deadline. Anyone.
    function refund(Agreement calldata agreement) external;

    /// @notice Gives the payer back what is left, at any time. Pay key of the payee.
    function renounce(Agreement calldata agreement) external;

    /// @notice Lets another participant inspect in the place of one. What that one confirmed of the present stage is void. Quorum, so
    /// after the quorum's delay.
    function substitute(Agreement calldata agreement, uint8 place, ParticipantId participant) external;

    /// @notice Names an escrow: digest over chain id, ledger, this contract, type and all fields in order.
    function digestOf(Agreement calldata agreement) external view returns (bytes32);

    function entryOf(bytes32 digest) external view returns (Entry memory);

    /// @notice Who inspects at a place now.
    function inspectorAt(Agreement calldata agreement, uint8 place) external view returns (ParticipantId);

    function participants() external view returns (IParticipants);

    function ledger() external view returns (ILedger);
}
