"""How values of the services are written in answers."""

from dataclasses import asdict
from typing import Any

from node.clock import time_text
from node.services import approvals, foreseeing, payments
from node.services.timeline import Entry
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
        "deadline": time_text(waiting.deadline),
        "created_at": time_text(waiting.created_at),
    }


def timeline_fields(entry: Entry) -> dict[str, Any]:
    """Return the fields of `schemas.TimelineEntry`."""
    return asdict(entry) | {
        "at": time_text(entry.at),
        "transaction_hash": hexadecimal(entry.transaction_hash),
    }
