// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Consents} from "./Consents.sol";
import {Sequences} from "./Sequences.sol";
import {AssetId, ParticipantId, accountId} from "../types/Identifiers.sol";
import {Approval, PAY, Refusal} from "../types/Instruction.sol";
import {ParticipantKind, Standing} from "../types/Kinds.sol";
import {Terms} from "../types/Terms.sol";

/// @title Why an instruction may not settle
///
/// The one place the ledger asks. Each function answers with the first rule that forbids, in the order of `Refusal`, and
/// with `None` when all allow.
///
/// The payee's side is asked before the payer's money, so that a wrong address is named as such. A payee that is suspended,
/// stopped or frozen is credited.
abstract contract Rules is Sequences, Consents {
    /// @dev In place of an approval's position: the pay key consents alone.
    uint256 internal constant SINGLE_KEY = type(uint256).max;

    /// @dev All rules of a payment.
    /// @param standing The payer's.
    /// @param position Which of the approvals is for this payment, or `SINGLE_KEY`.
    function _refusal(
        Terms terms,
        bytes32 commitment,
        Standing standing,
        Approval[] calldata approvals,
        uint256 position
    ) internal view returns (Refusal refusal) {
        refusal = _instructionRefusal(terms, standing);
        if (refusal == Refusal.None) refusal = _payeeRefusal(terms);
        if (refusal == Refusal.None) refusal = _payerRefusal(terms);
        if (refusal == Refusal.None) refusal = _bilateralRefusal(terms);
        if (refusal == Refusal.None) {
            refusal = _consentRefusal(terms.payer(), PAY, terms, commitment, approvals, position);
        }
    }

    /// @dev Is it an instruction, is it new, may its initiator act?
    function _instructionRefusal(
        Terms terms,
        Standing initiator
    ) internal view returns (Refusal) {
        if (!terms.isWellFormed()) return Refusal.MalformedTerms;
        if (!terms.hasAmountInRange()) return Refusal.AmountOutOfRange;
        if (terms.isToPayer()) return Refusal.SelfPayment;
        if (_isUsed(terms.payer(), terms.sequence())) return Refusal.SequenceUsed;
        return _standingRefusal(initiator);
    }

    function _standingRefusal(
        Standing standing
    ) internal pure returns (Refusal) {
        if (standing == Standing.Suspended) return Refusal.PayerSuspended;
        if (standing == Standing.OutgoingStopped) return Refusal.OutgoingStopped;
        return Refusal.None;
    }

    /// @dev Can the payee be credited?
    function _payeeRefusal(
        Terms terms
    ) internal view returns (Refusal) {
        if (_account(terms.asset(), terms.payee()).open) return Refusal.None;
        if (participants.kindOf(terms.payee()) == ParticipantKind.None) return Refusal.PayeeUnknown;
        return Refusal.PayeeAccountNotOpen;
    }

    /// @dev Does the payer's account allow it: open, not frozen, within its own limits, above its floor?
    function _payerRefusal(
        Terms terms
    ) internal view returns (Refusal) {
        Account storage account = _account(terms.asset(), terms.payer());
        uint64 amount = terms.amount();

        if (!account.open) return Refusal.AccountNotOpen;
        if (account.frozen) return Refusal.AccountFrozen;
        if (amount > account.perInstruction) return Refusal.InstructionLimit;
        if (_outflowToday(terms.asset(), account) + amount > account.perDay) return Refusal.DayLimit;

        int256 left = int256(account.balance) - int256(uint256(amount));
        int256 floor = -int256(uint256(account.credit));

        if (left < floor) return Refusal.InsufficientFunds;
        if (!terms.isUrgent() && left < floor + int256(uint256(account.reserve))) {
            return Refusal.ReserveTouched;
        }
        return Refusal.None;
    }

    /// @dev Does it stay within what the payer lets go to this payee, net, in a day? Asked only where a limit was ever set.
    function _bilateralRefusal(
        Terms terms
    ) internal view returns (Refusal) {
        if (!_account(terms.asset(), terms.payer()).bilateral) return Refusal.None;

        BilateralLimit storage bilateral = _bilateral(terms.asset(), terms.payer(), terms.payee());
        if (!bilateral.set) return Refusal.None;

        int256 net = int256(_netToday(terms.asset(), bilateral)) + int256(uint256(terms.amount()));
        return net > int256(uint256(bilateral.limit)) ? Refusal.BilateralLimit : Refusal.None;
    }

    /// @dev Are there enough consents of the participant's own keys?
    function _consentRefusal(
        ParticipantId participant,
        bytes32 action,
        Terms terms,
        bytes32 commitment,
        Approval[] calldata approvals,
        uint256 position
    ) internal view returns (Refusal) {
        if (position == SINGLE_KEY) {
            return _singleKeyRefusal(participant, _assets[terms.asset()].currency, terms.amount());
        }
        return _approvalRefusal(participant, action, _digestOf(terms, commitment), approvals[position]);
    }

    function _outflowToday(
        AssetId asset,
        Account storage account
    ) internal view returns (uint256) {
        return account.outflowDay == _dayOf(_assets[asset]) ? account.outflow : 0;
    }

    function _netToday(
        AssetId asset,
        BilateralLimit storage bilateral
    ) internal view returns (int128) {
        return bilateral.netDay == _dayOf(_assets[asset]) ? bilateral.net : int128(0);
    }

    function _bilateral(
        AssetId asset,
        ParticipantId holder,
        ParticipantId counterparty
    ) internal view returns (BilateralLimit storage) {
        return _bilateralLimits[accountId(asset, holder)][counterparty];
    }
}
