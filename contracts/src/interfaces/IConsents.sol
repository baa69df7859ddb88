// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Currency, ParticipantId} from "../types/Identifiers.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Four eyes: up to which amount one key is enough, and how a second one consents.
interface IConsents {
    struct FirstThreshold {
        Currency currency;
        uint64 amount;
    }

    /// @param amount Largest total of one UTC day for which a single key is enough; 0 always takes two.
    /// @param total What single keys consented to on `totalDay`.
    struct Threshold {
        uint64 amount;
        uint64 total;
        uint32 totalDay;
    }

    event ThresholdSet(ParticipantId indexed participant, Currency indexed currency, uint64 amount);

    error ParticipantNotAdmitted(ParticipantId participant);
    /// @notice The operator sets a participant's first thresholds once, however few; every other change is the participant's.
    error ThresholdsAlreadySet(ParticipantId participant);
    error TooManyThresholds(uint256 length, uint256 limit);
    /// @notice The approval at this place of the list is for no instruction of the call: out of order, twice, or out of range.
    error ApprovalMisplaced(uint256 position);

    /// @notice Sets the thresholds with which a participant starts; an empty list leaves all at 0. Operator, once for each
    /// participant, before it issues or holds anything (`FirstThresholdsMissing`).
    function setFirstThresholds(ParticipantId participant, FirstThreshold[] calldata thresholds) external;

    /// @notice Sets the sender's participant's threshold. Its administer keys: one lowers, two and the delay raise.
    function setThreshold(Currency currency, uint64 amount) external;

    /// @notice A threshold as it stands now: the total is that of the present UTC day.
    function thresholdOf(ParticipantId participant, Currency currency)
        external
        view
        returns (Threshold memory);

    /// @notice Names an instruction: digest over chain id, this ledger, terms and commitment.
    function digestOf(Terms terms, bytes32 commitment) external view returns (bytes32);

    /// @notice What an approve key signs (EIP-712, domain "Vostro", version "1", this chain, this ledger).
    function approvalDigest(bytes32 action, bytes32 digest, uint256 deadline) external view returns (bytes32);

    function domainSeparator() external view returns (bytes32);
}
