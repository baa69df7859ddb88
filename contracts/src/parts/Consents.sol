// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {Accounts} from "./Accounts.sol";
import {MAX_AMOUNT} from "../types/Amounts.sol";
import {Currency, ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {KeyRole, ParticipantKind} from "../types/Kinds.sol";
import {Terms} from "../types/Terms.sol";

/// @title Four eyes
///
/// ROLES: a pay key consents by its transaction. Where that is not enough an approve key consents by its signature.
///
/// STATES: within a UTC day the total to which single keys consent grows up to the threshold; beyond it every instruction
/// takes two keys. What two keys consent to does not count, so splitting an amount gains nothing.
///
/// ASSUMPTIONS: an approval names one action and one instruction, whose sequence is used once: it counts once. It counts for
/// a week at most, so one that was given and not used does not lie about.
abstract contract Consents is IConsents, Accounts {
    uint256 private constant LIST_LIMIT = 64;
    uint256 private constant LONGEST_APPROVAL = 7 days;
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("Vostro");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant APPROVAL_TYPEHASH =
        keccak256("Approval(bytes32 action,bytes32 digest,uint256 deadline)");
    bytes32 private constant INSTRUCTION_TYPEHASH =
        keccak256("Instruction(uint256 chainId,address ledger,uint256 terms,bytes32 commitment)");

    mapping(ParticipantId participant => mapping(Currency currency => Threshold)) private _thresholds;
    mapping(ParticipantId participant => bool) private _hasThresholds;

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

    /// @dev Why the approval does not count; `None` when it does.
    function _approvalRefusal(
        ParticipantId participant,
        bytes32 action,
        bytes32 digest,
        Approval calldata approval
    ) internal view returns (Refusal) {
        if (block.timestamp > approval.deadline) return Refusal.ApprovalExpired;

        bytes32 signed = _approvalDigest(action, digest, approval.deadline);
        (address key,,) = ECDSA.tryRecoverCalldata(signed, approval.signature);

        if (!participants.mayAct(key, participant, KeyRole.Approve)) return Refusal.ApprovalInvalid;
        if (approval.deadline > block.timestamp + LONGEST_APPROVAL) return Refusal.ApprovalTooLong;
        return Refusal.None;
    }

    function _thresholdToday(ParticipantId participant, Currency currency)
        internal
        view
        returns (Threshold memory threshold)
    {
        threshold = _thresholds[participant][currency];
        uint32 today = _utcDay();
        if (threshold.totalDay != today) (threshold.totalDay, threshold.total) = (today, 0);
    }

    function _requireFirstThresholds(ParticipantId participant) internal view override {
        require(_hasThresholds[participant], FirstThresholdsMissing(participant));
    }

    /// @dev What a single key may still consent to today.
    function _singleKeyLeft(ParticipantId participant, Currency currency) internal view returns (uint256) {
        Threshold memory threshold = _thresholdToday(participant, currency);

        return _leftOf(threshold.amount, threshold.total);
    }

    /// @dev Counts what a single key consented to.
    function _countSingleKey(ParticipantId participant, Currency currency, uint64 amount) internal {
        uint64 total = _thresholdToday(participant, currency).total + amount;

        Threshold storage stored = _thresholds[participant][currency];
        (stored.total, stored.totalDay) = (total, _utcDay());
    }

    function _digestOf(Terms terms, bytes32 commitment) internal view returns (bytes32) {
        return keccak256(abi.encode(INSTRUCTION_TYPEHASH, block.chainid, address(this), terms, commitment));
    }

    function _setThreshold(ParticipantId participant, Currency currency, uint64 amount) private {
        _thresholds[participant][currency].amount = amount;

        emit ThresholdSet(participant, currency, amount);
    }

    function _approvalDigest(bytes32 action, bytes32 digest, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 approval = keccak256(abi.encode(APPROVAL_TYPEHASH, action, digest, deadline));
        return keccak256(abi.encodePacked(hex"1901", _domainSeparator(), approval));
    }

    function _domainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }
}
