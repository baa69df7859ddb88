// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {Accounts} from "./Accounts.sol";
import {Currency, ParticipantId} from "../types/Identifiers.sol";
import {Approval, Refusal} from "../types/Instruction.sol";
import {KeyRole} from "../types/Kinds.sol";
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
abstract contract Consents is Accounts {
    uint256 private constant LONGEST_APPROVAL = 7 days;
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME_HASH = keccak256("Vostro");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant APPROVAL_TYPEHASH =
        keccak256("Approval(bytes32 action,bytes32 digest,uint256 deadline)");
    bytes32 private constant INSTRUCTION_TYPEHASH =
        keccak256("Instruction(uint256 chainId,address ledger,uint256 terms,bytes32 commitment)");

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
        returns (IConsents.Threshold memory threshold)
    {
        threshold = _thresholds[participant][currency];
        uint32 today = _utcDay();
        if (threshold.totalDay != today) (threshold.totalDay, threshold.total) = (today, 0);
    }

    /// @dev What a single key may still consent to today.
    function _singleKeyLeft(ParticipantId participant, Currency currency) internal view returns (uint256) {
        IConsents.Threshold storage threshold = _thresholds[participant][currency];
        uint64 total = threshold.totalDay == _utcDay() ? threshold.total : 0;

        return _leftOf(threshold.amount, total);
    }

    /// @dev Counts what a single key consented to.
    function _countSingleKey(ParticipantId participant, Currency currency, uint64 amount) internal {
        IConsents.Threshold storage threshold = _thresholds[participant][currency];
        uint32 today = _utcDay();
        uint64 total = threshold.totalDay == today ? threshold.total : 0;

        (threshold.total, threshold.totalDay) = (total + amount, today);
    }

    function _digestOf(Terms terms, bytes32 commitment) internal view returns (bytes32) {
        return keccak256(abi.encode(INSTRUCTION_TYPEHASH, block.chainid, address(this), terms, commitment));
    }

    function _approvalDigest(bytes32 action, bytes32 digest, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 approval = keccak256(abi.encode(APPROVAL_TYPEHASH, action, digest, deadline));
        return keccak256(abi.encodePacked(hex"1901", _domainSeparator(), approval));
    }

    function _domainSeparator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }
}
