// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Terms} from "./Terms.sol";

/// @notice One payment of a batch.
/// @param terms What is to move (see `Terms`).
/// @param commitment Salted SHA-256 of the instruction's document; the chain never sees the document.
struct Payment {
    Terms terms;
    bytes32 commitment;
}

/// @notice The second consent: an approve key's EIP-712 signature over
/// `Approval(bytes32 action,bytes32 digest,uint256 deadline)`.
/// @param index Which instruction of the call it is for, from 0; ascending within a call.
/// @param deadline The last second (UTC) at which it counts; at most seven days ahead.
/// @param signature r ‖ s ‖ v, 65 bytes, s in the lower half.
struct Approval {
    uint32 index;
    uint40 deadline;
    bytes signature;
}

/// @notice Why an instruction does not settle. To `ApprovalTooLong` in the order in which a payment's rules are asked (`CutOff` comes
/// with the payer's account), then what else is asked. The first that applies is given.
/// Numbers never change: new reasons are added at the end.
enum Refusal {
    None,
    MalformedTerms,
    AmountOutOfRange,
    SelfPayment,
    SequenceUsed,
    PayerSuspended,
    OutgoingStopped,
    AccountNotOpen,
    AccountFrozen,
    PayeeUnknown,
    PayeeAccountNotOpen,
    InstructionLimit,
    DayLimit,
    InsufficientFunds,
    ReserveTouched,
    BilateralLimit,
    ApprovalMissing,
    ApprovalExpired,
    ApprovalInvalid,
    ApprovalTooLong,
    CutOff,
    LegsOutOfRange,
    InitiatorNotParty,
    TooManyDebtors,
    SponsorMismatch,
    NotParty,
    TooManyProposals,
    Lapsed,
    NotYetValid,
    NotWaiting,
    ConsentMissing,
    Held,
    SetUnordered,
    SetTooLarge,
    UrgentWaiting,
    AcceptanceNeeded,
    CounterNotNext
}

/// @dev What an approval is for: a signature for one action is worth nothing for another.
bytes32 constant PAY = keccak256("pay");
bytes32 constant ISSUE = keccak256("issue");
bytes32 constant REQUEST_REDEMPTION = keccak256("requestRedemption");
bytes32 constant CONFIRM_REDEMPTION = keccak256("confirmRedemption");
bytes32 constant SETTLE = keccak256("settle");
bytes32 constant NET = keccak256("net");
bytes32 constant ESCROW = keccak256("escrow");

/// @dev Whether the reason passes by itself, money coming and days ending: the day's limit, funds, reserve, a bilateral limit.
function passes(Refusal refusal) pure returns (bool) {
    return refusal >= Refusal.DayLimit && refusal <= Refusal.BilateralLimit;
}
