// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IConsents} from "../interfaces/IConsents.sol";
import {Administered} from "./Administered.sol";
import {Consents} from "../parts/Consents.sol";
import {Currency, ParticipantId} from "../types/Identifiers.sol";
import {ParticipantKind} from "../types/Kinds.sol";
import {Terms} from "../types/Terms.sol";

/// @title Up to which amount a single key is enough
///
/// ROLES: the operator sets a participant's first thresholds, once; the participant lowers by one administer key, and raises by
/// two and the delay.
abstract contract Thresholds is IConsents, Administered, Consents {
    uint256 private constant LIST_LIMIT = 64;

    /// @inheritdoc IConsents
    function setFirstThresholds(ParticipantId participant, FirstThreshold[] calldata thresholds)
        external
        restricted
    {
        require(participants.kindOf(participant) != ParticipantKind.None, ParticipantNotAdmitted(participant));
        require(!_hasThresholds[participant], ThresholdsAlreadySet(participant));
        require(thresholds.length <= LIST_LIMIT, TooManyThresholds(thresholds.length, LIST_LIMIT));

        _hasThresholds[participant] = true;

        for (uint256 i; i < thresholds.length; ++i) {
            _requireAmount(thresholds[i].amount);
            _setThreshold(participant, thresholds[i].currency, thresholds[i].amount);
        }
    }

    /// @inheritdoc IConsents
    function setThreshold(Currency currency, uint64 amount) external {
        ParticipantId participant = _administeringParticipant();
        _requireAmount(amount);
        if (amount > _thresholds[participant][currency].amount && !_recordConsent(participant)) return;

        _hasThresholds[participant] = true;
        _setThreshold(participant, currency, amount);
    }

    /// @inheritdoc IConsents
    function thresholdOf(ParticipantId participant, Currency currency)
        external
        view
        returns (Threshold memory)
    {
        return _thresholdToday(participant, currency);
    }

    /// @inheritdoc IConsents
    function digestOf(Terms terms, bytes32 commitment) external view returns (bytes32) {
        return _digestOf(terms, commitment);
    }

    /// @inheritdoc IConsents
    function approvalDigest(bytes32 action, bytes32 digest, uint256 deadline)
        external
        view
        returns (bytes32)
    {
        return _approvalDigest(action, digest, deadline);
    }

    /// @inheritdoc IConsents
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparator();
    }

    function _setThreshold(ParticipantId participant, Currency currency, uint64 amount) private {
        _thresholds[participant][currency].amount = amount;

        emit ThresholdSet(participant, currency, amount);
    }
}
