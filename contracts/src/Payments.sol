// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ILedger} from "./interfaces/ILedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {IPayments} from "./interfaces/IPayments.sol";
import {ParticipantId} from "./types/Identifiers.sol";
import {Approval, Payment, Refusal} from "./types/Instruction.sol";
import {KeyRole} from "./types/Kinds.sol";

/// @title A participant's own payments
///
/// ROLES: a pay key sends its own participant's payments.
///
/// STATES: none. Whether a payment settled is in its event and in the ledger's sequence bit.
///
/// ASSUMPTIONS: the ledger decides. This contract only establishes who pays, bounds the batch and says what became of it.
///
/// LIVENESS: a payment that is refused does not hold up the others.
contract Payments is IPayments {
    uint256 private constant BATCH_LIMIT = 500;

    /// @inheritdoc IPayments
    IParticipants public immutable participants;

    /// @inheritdoc IPayments
    ILedger public immutable ledger;

    constructor(IParticipants participantsContract, ILedger ledgerContract) {
        participants = participantsContract;
        ledger = ledgerContract;
    }

    /// @inheritdoc IPayments
    function pay(Payment[] calldata payments, Approval[] calldata approvals) external {
        ParticipantId payer = participants.authorise(msg.sender, KeyRole.Pay);
        require(payments.length > 0, BatchEmpty());
        require(payments.length <= BATCH_LIMIT, BatchTooLong(payments.length, BATCH_LIMIT));

        Refusal[] memory refusals = ledger.move(payer, payments, approvals);

        for (uint256 i; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            Refusal refusal = refusals.length == 0 ? Refusal.None : refusals[i];

            if (refusal == Refusal.None) emit Paid(payment.terms, payment.commitment);
            else emit Refused(payment.terms, refusal);
        }
    }
}
