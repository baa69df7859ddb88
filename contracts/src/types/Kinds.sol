// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

enum ParticipantKind {
    None,
    Operator,
    Bank,
    Corporate,
    Auditor
}

/// @notice What a key may do. An address has one role for ever, so the key that pays can never be the one that approves.
enum KeyRole {
    None,
    Pay,
    Approve,
    Administer
}

/// @notice Whether a participant may be debited. Suspension (by the operator) outranks a stop (by the participant).
enum Standing {
    Unknown,
    Active,
    OutgoingStopped,
    Suspended
}

enum AssetKind {
    None,
    CentralBankMoney,
    CommercialBankMoney,
    Receivable
}

/// @notice When an asset's day ends: when its issuer or the operator closes it, or at midnight UTC.
enum DayRule {
    None,
    BusinessDay,
    UtcDay
}

/// @notice Who froze an account. Each freeze is lifted only by who set it.
enum Freezer {
    None,
    Issuer,
    Operator
}

/// @notice The life of a module: it gains trust only after a delay of the ledger's own (proposed, wait, trusted). Losing it
/// takes one call; but every verb is the quorum's, so each waits the quorum's delay.
enum ModuleStatus {
    None,
    Proposed,
    Trusted,
    Closing,
    Dropped
}
