"""How values of the services are written in answers."""

from dataclasses import asdict
from typing import Any

from node.clock import time_text
from node.services import approvals, foreseeing, payments
from node.services.timeline import Entry
from node.services.trades import reading
from settlement.iso20022.statuses import transaction_status
from settlement.lifecycle import State


def hexadecimal(octets: bytes | None) -> str | None:
    """Return bytes in hexadecimal digits, with 0x."""
    return None if octets is None else "0x" + octets.hex()


def payment_fields(payment: payments.Payment) -> dict[str, Any]:
    """Return the fields of `schemas.Payment`."""
    return asdict(payment) | {
        "status": transaction_status(payment.state),
        "amount": str(payment.amount),
        "sequence": str(payment.sequence),
        "commitment": hexadecimal(payment.commitment),
        "not_before": time_text(payment.not_before) if payment.not_before else None,
        "deadline": time_text(payment.deadline),
        "created_at": time_text(payment.created_at),
        "version": payment.version,
    }


def foreseen_fields(foreseen: foreseeing.Foreseen) -> dict[str, Any]:
    """Return the fields of `schemas.ForeseenPayment`."""
    if foreseen.known is not None:
        outcome = "known"
    else:
        outcome = State.SUBMITTED.shown if foreseen.need is None else State.AWAITING_APPROVAL.shown
    return {
        "end_to_end_id": foreseen.end_to_end_id,
        "outcome": outcome,
        "need": foreseen.need,
        "id": foreseen.known,
    }


def waiting_fields(waiting: approvals.Waiting) -> dict[str, Any]:
    """Return the fields of `schemas.WaitingPayment`."""
    return asdict(waiting) | {
        "amount": str(waiting.amount),
        "digest": hexadecimal(waiting.digest),
        "version": hexadecimal(waiting.digest),
        "not_before": time_text(waiting.not_before) if waiting.not_before else None,
        "deadline": time_text(waiting.deadline),
        "created_at": time_text(waiting.created_at),
    }


def timeline_fields(entry: Entry) -> dict[str, Any]:
    """Return the fields of `schemas.TimelineEntry`."""
    return asdict(entry) | {
        "at": time_text(entry.at),
        "transaction_hash": hexadecimal(entry.transaction_hash),
    }


def trade_fields(trade: reading.ShownTrade) -> dict[str, Any]:
    """Return the fields of `trade_forms.Trade`."""
    return asdict(trade) | {
        "legs": [asdict(leg) | {"amount": str(leg.amount)} for leg in trade.legs],
        "acts": [asdict(act) | {"at": time_text(act.at)} for act in trade.acts],
        "sequence": str(trade.sequence),
        "valid_until": time_text(trade.valid_until) if trade.valid_until else None,
        "commitment": hexadecimal(trade.commitment),
        "approval_digest": hexadecimal(trade.approval_digest),
        "created_at": time_text(trade.created_at),
    }


def matching_fields(found: reading.TradeHistory) -> dict[str, Any]:
    """Return the fields of `trade_forms.TradeMatching`, of a trade that has one."""
    assert found.matched is not None
    matched = found.matched
    return {
        "expectation": matched.id,
        "reference": matched.reference,
        "tolerance_basis_points": matched.tolerance_basis_points,
        "matched": matched.matching.matched,
        "fields": [
            asdict(each)
            | {
                "expected": found.named(each.field, each.expected),
                "proposed": found.named(each.field, each.proposed),
                "verdict": each.verdict.value,
            }
            for each in matched.matching.fields
        ],
    }
