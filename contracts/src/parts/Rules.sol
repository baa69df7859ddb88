// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {IAccounts} from "../interfaces/IAccounts.sol";
import {IConsents} from "../interfaces/IConsents.sol";
import {IRules} from "../interfaces/IRules.sol";
import {Consents} from "./Consents.sol";
import {Sequences} from "./Sequences.sol";
import {AssetId, Currency, ParticipantId} from "../types/Identifiers.sol";
import {Approval, PAY, Refusal} from "../types/Instruction.sol";
import {ParticipantKind, Standing} from "../types/Kinds.sol";
import {Terms} from "../types/Terms.sol";

/// @title Why an instruction may not settle
///
/// The one place the ledger asks. Each function answers with the first rule that forbids, in the order of `Refusal`, and
/// with `None` when all allow. A payee that is suspended, stopped or frozen is credited.
abstract contract Rules is IRules, Sequences, Consents {
    /// @dev The side that is debited, in one asset: what it could pay when it was read, and what it has paid since. Kept in
    /// memory for a whole batch. A payment to oneself is refused, so no payee's account is the debtor's.
    /// @param bar Why it can pay nothing at all; `None` when it can.
    /// @param hasBilateralLimits Whether it ever set a bilateral limit.
    /// @param limit What one payment may be.
    /// @param dayLeft What may still go out on the asset's present day.
    /// @param funds Balance and credit line.
    /// @param unreservedFunds The part of them that payments may use which are not urgent.
    /// @param singleKeyLeft What a single key may still consent to on the present UTC day.
    /// @param paid What went out since.
    /// @param paidBySingleKey The part of it to which a single key consented.
    /// @param page The sequences that it is using.
    struct Debtor {
        ParticipantId participant;
        AssetId asset;
        Refusal bar;
        bool hasBilateralLimits;
        uint256 limit;
        uint256 dayLeft;
        uint256 funds;
        uint256 unreservedFunds;
        uint256 singleKeyLeft;
        uint256 paid;
        uint256 paidBySingleKey;
        Page page;
    }

    /// @inheritdoc IRules
    function refusalOf(Terms terms, bytes32 commitment, Approval[] calldata approvals)
        external
        view
        returns (Refusal refusal)
    {
        Debtor memory debtor = _debtor(terms);

        refusal = _paymentRefusal(terms, debtor, _account(terms.asset(), terms.payee()));
        if (refusal != Refusal.None) return refusal;
        if (approvals.length == 0) return _singleKeyRefusal(terms, debtor);
        return _approvalRefusal(terms.payer(), PAY, _digestOf(terms, commitment), approvals[0]);
    }

    /// @dev All rules of a payment but its consents.
    function _paymentRefusal(Terms terms, Debtor memory debtor, IAccounts.Account storage payee)
        internal
        view
        returns (Refusal refusal)
    {
        refusal = _instructionRefusal(terms, debtor.page);
        if (refusal != Refusal.None) return refusal;

        if (debtor.bar != Refusal.None) return debtor.bar;
        if (!payee.open) return _payeeRefusal(terms.payee());

        refusal = _amountRefusal(terms, debtor);
        if (refusal != Refusal.None) return refusal;

        if (debtor.hasBilateralLimits) return _bilateralRefusal(terms);
        return Refusal.None;
    }

    /// @dev Is it an instruction, and is it new?
    function _instructionRefusal(Terms terms, Page memory page) internal pure returns (Refusal) {
        if (!terms.isWellFormed()) return Refusal.MalformedTerms;
        if (!terms.hasAmountInRange()) return Refusal.AmountOutOfRange;
        if (terms.isToPayer()) return Refusal.SelfPayment;
        if (_isUsed(page, terms.sequence())) return Refusal.SequenceUsed;
        return Refusal.None;
    }

    /// @dev May the participant be debited at all?
    function _standingRefusal(ParticipantId participant) internal view returns (Refusal) {
        return _refusalOf(participants.standingOf(participant));
    }

    function _refusalOf(Standing standing) internal pure returns (Refusal) {
        if (standing == Standing.Suspended) return Refusal.PayerSuspended;
        if (standing == Standing.OutgoingStopped) return Refusal.OutgoingStopped;
        return Refusal.None;
    }

    /// @dev May this account of it be debited at all?
    function _accountRefusal(IAccounts.Account storage account) internal view returns (Refusal) {
        if (!account.open) return Refusal.AccountNotOpen;
        if (account.frozen) return Refusal.AccountFrozen;
        return Refusal.None;
    }

    /// @dev Does the asset's day take new debits, and does its payee not have to consent?
    function _assetRefusal(AssetId asset) internal view returns (Refusal) {
        if (_assets[asset].isCutOff) return Refusal.CutOff;
        if (_assets[asset].asksAcceptance) return Refusal.AcceptanceNeeded;
        return Refusal.None;
    }

    /// @dev Why a participant without an open account cannot be credited.
    function _payeeRefusal(ParticipantId payee) internal view returns (Refusal) {
        bool isKnown = participants.kindOf(payee) != ParticipantKind.None;
        return isKnown ? Refusal.PayeeAccountNotOpen : Refusal.PayeeUnknown;
    }

    /// @dev Is the amount within the debtor's limits and above its floor?
    function _amountRefusal(Terms terms, Debtor memory debtor) internal pure returns (Refusal) {
        uint256 amount = terms.amount();
        if (amount > debtor.limit) return Refusal.InstructionLimit;

        uint256 paid = debtor.paid + amount;
        if (paid > debtor.dayLeft) return Refusal.DayLimit;
        if (paid > debtor.funds) return Refusal.InsufficientFunds;
        if (paid > debtor.unreservedFunds && !terms.isUrgent()) return Refusal.ReserveTouched;
        return Refusal.None;
    }

    /// @dev Does it stay within what the payer lets go to this payee, net, in a day?
    function _bilateralRefusal(Terms terms) internal view returns (Refusal) {
        IAccounts.BilateralLimit memory bilateral =
            _bilateralToday(terms.asset(), terms.payer(), terms.payee());
        bool exceeds = bilateral.net + int128(uint128(terms.amount())) > int128(uint128(bilateral.limit));

        return bilateral.set && exceeds ? Refusal.BilateralLimit : Refusal.None;
    }

    /// @dev Is a single key enough?
    function _singleKeyRefusal(Terms terms, Debtor memory debtor) internal pure returns (Refusal) {
        return debtor.paidBySingleKey + terms.amount() > debtor.singleKeyLeft
            ? Refusal.ApprovalMissing
            : Refusal.None;
    }

    function _requirePayer(ParticipantId participant, Terms terms) internal pure {
        require(terms.payer() == participant, NotPayer(participant, terms));
    }

    function _requireAllowed(Terms terms, Refusal refusal) internal pure {
        require(refusal == Refusal.None, InstructionRefused(terms, refusal));
    }

    /// @dev Requires the consents to a call of one instruction, and counts the amount when it is a single key's.
    function _requireConsent(
        ParticipantId participant,
        bytes32 action,
        Terms terms,
        bytes32 digest,
        Approval[] calldata approvals
    ) internal {
        if (approvals.length == 0) {
            Currency currency = _assets[terms.asset()].currency;
            bool isEnough = _singleKeyLeft(participant, currency) >= terms.amount();
            _requireAllowed(terms, isEnough ? Refusal.None : Refusal.ApprovalMissing);
            _countSingleKey(participant, currency, terms.amount());
        } else {
            require(approvals.length == 1, IConsents.ApprovalMisplaced(1));
            require(approvals[0].index == 0, IConsents.ApprovalMisplaced(0));
            _requireAllowed(terms, _approvalRefusal(participant, action, digest, approvals[0]));
        }
    }

    /// @dev Reads what the payer of an instruction can pay now.
    function _debtor(Terms terms) internal view returns (Debtor memory debtor) {
        (AssetId asset, ParticipantId participant) = (terms.asset(), terms.payer());
        IAccounts.Account storage account = _account(asset, participant);
        Refusal standing = _standingRefusal(participant);

        debtor.participant = participant;
        debtor.asset = asset;
        debtor.bar = standing == Refusal.None ? _accountRefusal(account) : standing;
        if (debtor.bar == Refusal.None) debtor.bar = _assetRefusal(asset);
        debtor.hasBilateralLimits = account.bilateral;
        debtor.limit = account.perInstruction;
        debtor.dayLeft = _dayLeft(account, asset);
        debtor.funds = _atLeastZero(int256(account.balance) + int256(uint256(account.credit)));
        debtor.unreservedFunds = _leftOf(debtor.funds, account.reserve);
        debtor.singleKeyLeft = _singleKeyLeft(participant, _assets[asset].currency);
        debtor.page = _pageOf(participant, terms.sequence());
    }

    /// @dev What may still go out of the account on the asset's present day.
    function _dayLeft(IAccounts.Account storage account, AssetId asset) internal view returns (uint256) {
        uint64 outflow = account.outflowDay == _dayOf(_assets[asset]) ? account.outflow : 0;

        return _leftOf(account.perDay, outflow);
    }

    function _atLeastZero(int256 amount) private pure returns (uint256) {
        return amount > 0 ? uint256(amount) : 0;
    }
}
