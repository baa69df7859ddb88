"""The calls that this node knows, and which gross payments are in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from node.services.cycles.words import Note, Outcome, Pair, list_digest
from node.store.tables import (
    cycle_affirmations,
    cycle_calls,
    cycle_entries,
    cycle_lists,
    cycle_notes,
    gross_payments,
    letters_sent,
)
from settlement.netting import GrossPayment

# Of one payer's open payments, so many are looked at for a call.
_LOOKED_AT_MAX = 20_000
_SETTLED = cycle_calls.c.outcome == "settled"


def _in_call(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that a gross payment is in a call of which something is true."""
    found = (
        select(cycle_entries.c.payment)
        .join(cycle_calls, cycle_calls.c.id == cycle_entries.c.call)
        .where(
            cycle_entries.c.payer == gross_payments.c.payer,
            cycle_entries.c.payment == gross_payments.c.id,
            condition,
        )
    )
    return found.correlate(gross_payments).exists()


# Conditions of a gross payment: a cycle with it has settled; or a call that has it has not ended either.
SETTLED = _in_call(_SETTLED)
TAKEN = _in_call(cycle_calls.c.ended_at.is_(None) | _SETTLED)


def call_row(connection: Connection, call: str) -> RowMapping | None:
    """Return a call; None when this node does not know it."""
    return connection.execute(select(cycle_calls).where(cycle_calls.c.id == call)).mappings().one_or_none()


def live_calls(connection: Connection) -> Sequence[RowMapping]:
    """Return the calls that have not ended, the oldest first."""
    query = select(cycle_calls).where(cycle_calls.c.ended_at.is_(None)).order_by(cycle_calls.c.id)
    return connection.execute(query).mappings().all()


def live_call(connection: Connection) -> RowMapping | None:
    """Return the call that this node is in."""
    return next(iter(live_calls(connection)), None)


def has_affirmed(connection: Connection, call: str) -> bool:
    """Tell whether this bank has consented to the cycle of a call."""
    query = select(cycle_affirmations.c.call).where(cycle_affirmations.c.call == call)
    return connection.execute(query).first() is not None


def note(
    connection: Connection, call: str, participant: int, kind: Note, content: Mapping[str, Any], *, at: int
) -> None:
    """Keep what a participant said of a call, or this node did about it."""
    text = json.dumps(content, separators=(",", ":"))
    connection.execute(
        insert(cycle_notes).values(call=call, participant=participant, kind=kind.value, content=text, at=at)
    )


def note_of(connection: Connection, call: str, participant: int, kind: Note) -> Mapping[str, Any] | None:
    """Return what was kept; None when nothing was."""
    return notes(connection, call, kind, participant).get(participant)


def notes(
    connection: Connection, call: str, kind: Note, participant: int | None = None
) -> dict[int, Mapping[str, Any]]:
    """Return what was kept of one kind, by participant."""
    query = select(cycle_notes).where(cycle_notes.c.call == call, cycle_notes.c.kind == kind.value)
    if participant is not None:
        query = query.where(cycle_notes.c.participant == participant)
    return {row.participant: json.loads(row.content) for row in connection.execute(query)}


def open_payments(
    connection: Connection, *, payer: int, asset: int, payee: int | None = None, acknowledged: bool = True
) -> Sequence[RowMapping]:
    """Return a payer's payments that no cycle has, the oldest first.

    `acknowledged`: those only that their payee has taken; what others promise, they need not tell.
    """
    query = (
        select(gross_payments)
        .where(
            gross_payments.c.payer == payer,
            gross_payments.c.asset == asset,
            gross_payments.c.withdrawn_at.is_(None),
            ~TAKEN,
        )
        .order_by(gross_payments.c.id)
        .limit(_LOOKED_AT_MAX)
    )
    if payee is not None:
        query = query.where(gross_payments.c.payee == payee)
    if acknowledged:
        query = query.join(letters_sent, letters_sent.c.id == gross_payments.c.letter).where(
            letters_sent.c.receipt.is_not(None), letters_sent.c.refusal.is_(None)
        )
    return connection.execute(query).mappings().all()


def entries_of(connection: Connection, call: str, *, payer: int | None = None) -> list[GrossPayment]:
    """Return the payments that this node knows of a call, with their counters."""
    columns = (gross_payments.c.payee, gross_payments.c.amount, gross_payments.c.commitment)
    query = (
        select(cycle_entries.c.counter, cycle_entries.c.payer, *columns)
        .join(
            gross_payments,
            (gross_payments.c.payer == cycle_entries.c.payer)
            & (gross_payments.c.id == cycle_entries.c.payment),
        )
        .where(cycle_entries.c.call == call)
    )
    if payer is not None:
        query = query.where(cycle_entries.c.payer == payer)
    return [GrossPayment(**row) for row in connection.execute(query).mappings()]


def listed_pairs(connection: Connection, call: str) -> list[Pair]:
    """Return what each list that this node made or took comes to."""
    query = select(cycle_lists).where(cycle_lists.c.call == call)
    return [list_pair(row) for row in connection.execute(query).mappings()]


def list_pair(row: RowMapping) -> Pair:
    """Return what a list comes to."""
    return Pair(
        payer=row["payer"], payee=row["payee"], count=row["count"], total=str(row["total"]),
        digest=row["digest"].hex(),
    )  # fmt: skip


def pair_of(payments: Sequence[GrossPayment], ids: Sequence[str]) -> Pair:
    """Return what the payments of one payer to one payee come to."""
    return Pair(
        payer=payments[0].payer,
        payee=payments[0].payee,
        count=len(payments),
        total=str(sum(each.amount for each in payments)),
        digest=list_digest(payments, ids).hex(),
    )


def end_call(connection: Connection, call: str, outcome: Outcome, *, at: int) -> None:
    """Write that a call is over."""
    connection.execute(
        update(cycle_calls)
        .where(cycle_calls.c.id == call, cycle_calls.c.ended_at.is_(None))
        .values(ended_at=at, outcome=outcome.value)
    )
