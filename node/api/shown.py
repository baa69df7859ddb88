"""How values of the services are written in answers."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from node.services import approvals, payments
from node.services.timeline import Entry
from settlement.iso20022.statuses import transaction_status


def time_text(seconds: int) -> str:
    """Return UTC seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    }


def waiting_fields(waiting: approvals.Waiting) -> dict[str, Any]:
    """Return the fields of `schemas.WaitingPayment`."""
    return asdict(waiting) | {
        "amount": str(waiting.amount),
        "digest": hexadecimal(waiting.digest),
        "deadline": time_text(waiting.deadline),
        "created_at": time_text(waiting.created_at),
    }


def timeline_fields(entry: Entry) -> dict[str, Any]:
    """Return the fields of `schemas.TimelineEntry`."""
    return asdict(entry) | {
        "at": time_text(entry.at),
        "transaction_hash": hexadecimal(entry.transaction_hash),
    }
