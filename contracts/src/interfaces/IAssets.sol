// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {AssetKind, DayRule, Standing} from "../types/Kinds.sol";

/// @notice What is held: monies and receivables, each with issuer, currency and day.
interface IAssets {
    /// @param businessDay Days closed so far; counts only under `DayRule.BusinessDay`.
    /// @param supply Issued minus redeemed, minor units.
    /// @param credit Sum of all credit lines, minor units.
    /// @param isCutOff Whether nothing new is accepted until the day is opened again.
    /// @param lapsesWithDay Whether instructions that wait end with the day; else they roll over to the next.
    /// @param asksAcceptance Whether who is to receive it has to consent; then it moves by `Settlement`, not by `Payments`.
    struct Asset {
        AssetKind kind;
        DayRule dayRule;
        Currency currency;
        ParticipantId issuer;
        uint32 businessDay;
        uint64 supply;
        uint64 credit;
        bool isCutOff;
        bool lapsesWithDay;
        bool asksAcceptance;
    }

    event AssetRegistered(
        AssetId indexed asset, Currency currency, AssetKind kind, ParticipantId issuer, DayRule dayRule
    );
    event DayCutOff(AssetId indexed asset, uint32 day);
    event DayClosed(AssetId indexed asset, uint32 day);
    event DayOpened(AssetId indexed asset, uint32 day);
    event WaitingRulesSet(AssetId indexed asset, bool lapsesWithDay, bool asksAcceptance);

    error AssetUnknown(AssetId asset);
    error AssetExists(AssetId asset);
    /// @notice No kind, no day rule, or a currency that is not 1…999.
    error AssetInvalid(Currency currency, AssetKind kind, DayRule dayRule);
    /// @notice The participant is of a kind that issues no such asset.
    error IssuerInvalid(ParticipantId issuer, AssetKind kind);
    /// @notice The asset's day ends at midnight UTC, by itself.
    error DayEndsByClock(AssetId asset);
    /// @notice The day's cut-off is past already (`true`), or there is none to lift (`false`).
    error CutOffIs(AssetId asset, bool isCutOff);
    /// @notice The business day began too recently: see `earliestClose`.
    error DayTooShort(AssetId asset, uint40 earliest);
    /// @notice The sender is neither an administer key of the asset's issuer nor an operator.
    error NotIssuerNorOperator(AssetId asset, address sender);
    /// @notice The participant is not the asset's issuer.
    error NotIssuer(AssetId asset, ParticipantId participant);
    /// @notice The issuer is suspended or stopped, so it takes no units back and lends none.
    error IssuerNotActive(ParticipantId issuer, Standing standing);
    /// @notice The operator has not set the participant's first thresholds, which comes before it issues or holds anything.
    error FirstThresholdsMissing(ParticipantId participant);
    /// @notice Supply and credit lines together would go above the largest amount.
    error SupplyTooLarge(AssetId asset, uint256 supplyAndCredit);

    /// @notice Registers an asset. Operator. Only a participant of kind operator issues central-bank money.
    /// The issuer's first thresholds have been set (`FirstThresholdsMissing`).
    /// @return asset The currency's number for central-bank money, else the next one from 1,000.
    function registerAsset(Currency currency, AssetKind kind, ParticipantId issuer, DayRule dayRule)
        external
        returns (AssetId asset);

    /// @notice From now on no debit of the asset is accepted that is new, by any module; what waits may settle. Issuer (administer
    /// key) or operator.
    function cutOff(AssetId asset) external;

    /// @notice Ends the asset's business day: its number goes up by one, nothing else. Issuer (administer key) or operator, not
    /// before `earliestClose`: with the day, its limits begin anew.
    function close(AssetId asset) external;

    /// @notice Lifts the cut-off. Issuer (administer key) or operator.
    function open(AssetId asset) external;

    /// @notice Says whether what waits lapses with the asset's day or rolls over, and whether receivers have to consent to what is
    /// submitted from now on. The issuer's administer keys: two and the delay.
    function setWaitingRules(AssetId asset, bool lapsesWithDay, bool asksAcceptance) external;

    function assetOf(AssetId asset) external view returns (Asset memory);

    /// @notice First second (UTC) at which the present business day may be closed: twelve hours after it began. In a
    /// deployment whose delay is shorter than that, after the delay; so a demo (delay 0) closes as often as it likes.
    function earliestClose(AssetId asset) external view returns (uint40);

    /// @notice The asset's present day: business days closed so far, or days since 1970 UTC.
    function dayOf(AssetId asset) external view returns (uint32);
}
