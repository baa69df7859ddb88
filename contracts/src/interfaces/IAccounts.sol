// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, ParticipantId} from "../types/Identifiers.sol";
import {Freezer} from "../types/Kinds.sol";

/// @notice Who holds how much, and how far each holder lets it go out.
interface IAccounts {
    /// @param balance Available, minor units; negative within the credit line.
    /// @param reserve What only urgent payments may use.
    /// @param credit How far below zero the balance may go; granted by the issuer.
    /// @param frozen Whether the issuer, the operator or both froze it (see `freezesOf`).
    /// @param bilateral Whether the holder ever set a limit towards anyone; stays when the limit is removed.
    /// @param urgentWaiting Queued instructions that are urgent for the holder, debit the account and are not held.
    /// @param perInstruction Largest amount of one payment; of an instruction of many legs, of all that it takes from the account.
    /// @param perDay Largest gross outflow of one day of the asset.
    /// @param outflow Gross outflow of `outflowDay`.
    struct Account {
        int64 balance;
        uint64 reserve;
        uint64 credit;
        bool open;
        bool frozen;
        bool bilateral;
        uint32 urgentWaiting;
        uint64 perInstruction;
        uint64 perDay;
        uint64 outflow;
        uint32 outflowDay;
    }

    /// @param net Outflow minus inflow of `netDay` between the two.
    struct BilateralLimit {
        bool set;
        uint64 limit;
        uint32 netDay;
        int128 net;
    }

    event AccountOpened(AssetId indexed asset, ParticipantId indexed holder);
    /// @notice The account can be debited no more: the first freeze.
    event AccountFrozen(AssetId indexed asset, ParticipantId indexed holder);
    /// @notice The account can be debited again: the last freeze was lifted.
    event AccountUnfrozen(AssetId indexed asset, ParticipantId indexed holder);
    event FreezeSet(AssetId indexed asset, ParticipantId indexed holder, Freezer freezer);
    event FreezeLifted(AssetId indexed asset, ParticipantId indexed holder, Freezer freezer);
    event ReserveSet(AssetId indexed asset, ParticipantId indexed holder, uint64 amount);
    event CreditSet(AssetId indexed asset, ParticipantId indexed holder, uint64 amount);
    event LimitsSet(
        AssetId indexed asset, ParticipantId indexed holder, uint64 perInstruction, uint64 perDay
    );
    event BilateralLimitSet(
        AssetId indexed asset, ParticipantId indexed holder, ParticipantId indexed counterparty, uint64 amount
    );

    error AccountIsOpen(AssetId asset, ParticipantId holder);
    error AccountIsNotOpen(AssetId asset, ParticipantId holder);
    /// @notice The sender's side has frozen it already.
    error AccountIsFrozen(AssetId asset, ParticipantId holder);
    /// @notice The sender's side has not frozen it; what the other side froze, only the other side lifts.
    error AccountIsNotFrozen(AssetId asset, ParticipantId holder);
    /// @notice The balance is this far below zero, so the credit line cannot go lower.
    error CreditDrawn(AssetId asset, ParticipantId holder, uint64 drawn);
    /// @notice A participant of this kind holds no such asset: corporates hold receivables, auditors nothing.
    error HolderInvalid(AssetId asset, ParticipantId holder);
    /// @notice A limit towards oneself or towards nobody.
    error CounterpartyInvalid(ParticipantId counterparty);
    /// @notice Above 2^63 − 1.
    error AmountTooLarge(uint64 amount);

    /// @notice Opens an account: the highest limits, no reserve, no credit. Issuer (administer key) or operator; the holder's
    /// first thresholds have been set (`FirstThresholdsMissing`).
    function openAccount(AssetId asset, ParticipantId holder) external;

    /// @notice Blocks the account's debits; it is still credited. Issuer (administer key) or operator, at once, each by its own
    /// freeze. Who is both acts as the operator.
    function freeze(AssetId asset, ParticipantId holder) external;

    /// @notice Lifts every freeze that the sender may lift: the issuer's (administer key), the operator's, or both by who is both.
    function unfreeze(AssetId asset, ParticipantId holder) external;

    /// @notice Sets what only urgent payments may use. The holder's pay key, at once, either way.
    function setReserve(AssetId asset, uint64 amount) external;

    /// @notice Sets a holder's credit line, not below what is drawn of it. The issuer's administer keys: one lowers, two and the
    /// delay raise, while the issuer is neither suspended nor stopped.
    function setCredit(AssetId asset, ParticipantId holder, uint64 amount) external;

    /// @notice Sets the holder's own limits; the highest, 2^63 − 1, is that of a fresh account. Its administer keys: one lowers,
    /// two and the delay raise.
    function setLimits(AssetId asset, uint64 perInstruction, uint64 perDay) external;

    /// @notice Sets the holder's limit on net outflow of a day towards a counterparty; 2^63 − 1 removes it.
    /// Its administer keys: one sets or lowers, two and the delay raise or remove. What flowed before does not count, nor do
    /// issue and redemption: it bounds payments.
    function setBilateralLimit(AssetId asset, ParticipantId counterparty, uint64 amount) external;

    /// @notice An account as it stands now: outflow is that of the asset's present day.
    function accountOf(AssetId asset, ParticipantId holder) external view returns (Account memory);

    /// @notice Who has frozen the account.
    function freezesOf(AssetId asset, ParticipantId holder)
        external
        view
        returns (bool byIssuer, bool byOperator);

    /// @notice What is held back from the balance until somebody decides (a redemption, a module), minor units.
    function lockedOf(AssetId asset, ParticipantId holder) external view returns (uint64);

    /// @notice The part of it that a module holds, or the ledger under its own address: what is asked back for redemption.
    function lockedBy(address module, AssetId asset, ParticipantId holder) external view returns (uint64);

    /// @notice A limit as it stands now: the net is that of the asset's present day.
    function bilateralLimitOf(AssetId asset, ParticipantId holder, ParticipantId counterparty)
        external
        view
        returns (BilateralLimit memory);
}
