"""What the node itself did: accepted, signed, and what it has had no answer to for too long."""

from collections.abc import Iterable
from itertools import takewhile

from sqlalchemy import RowMapping, exists, func, select

from node.mirror.instructions import outcomes
from node.outbox.actions import ACTION_OF_KIND
from node.outbox.attempts import attempts_of
from node.services.alerts.raised import SERIES as ALERTS
from node.services.alerts.raised import list_alerts
from node.services.facts import state, subject_of
from node.services.streams.feed import Draft, Place
from node.services.streams.told import Told, place_in
from node.services.streams.view import View
from node.services.timeline import last_reason
from node.store.counters import numbers_taken
from node.store.tables import events, instructions, leases, outbox, transactions
from settlement.lifecycle import State
from settlement.posting import SETTLING

ACCEPTED, SIGNED, AGED, RAISED = "accepted", "signed", "aged", "raised"
_ALERTS_MAX = 500
_ACCEPTED_MAX = 1_000
# A transaction carries 500 at most.
_TRANSACTIONS_MAX = 4
# By far most of them have settled, which one question tells of all.
_AGED_MAX = 2_000
_BRINGING = [action.value for action in ACTION_OF_KIND.values()]


def begin_asked(view: View) -> dict[str, Place]:
    """Return where these sources are now: what was before is history, and is not told."""
    last: int | None = view.connection.scalar(
        select(func.max(instructions.c.sequence)).where(instructions.c.payer == view.own)
    )
    nonces = select(transactions.c.key, func.max(transactions.c.nonce)).group_by(transactions.c.key)
    signed = {f"{SIGNED}:{key.hex()}": (nonce, 0) for key, nonce in view.connection.execute(nonces)}
    alerts = {RAISED: (numbers_taken(view.connection, ALERTS), 0)}
    return {ACCEPTED: (last or 0, 0), AGED: (last or 0, 0)} | alerts | signed


def accepted(view: View, places: dict[str, Place]) -> Told:
    """Tell what was accepted, in the order of its sequences: that is the order of the commits."""
    query = (
        select(instructions)
        .where(instructions.c.payer == view.own, instructions.c.sequence > places[ACCEPTED][0])
        .order_by(instructions.c.sequence)
        .limit(_ACCEPTED_MAX)
    )
    rows = view.connection.execute(query).mappings().all()
    if not rows:
        return Told()
    return Told(
        drafts=[_draft(view, row, State.ACCEPTED, at=row["created_at"]) for row in rows],
        places={ACCEPTED: (rows[-1]["sequence"], 0)},
        full=len(rows) == _ACCEPTED_MAX,
    )


def signed(view: View, places: dict[str, Place]) -> Told:
    """Tell what was signed for the first lane, key by key in the order of its nonces.

    A nonce is taken in the transaction that locks its key's lease, so that none is committed after a higher.
    """
    told = Told()
    for key in view.connection.scalars(select(leases.c.key).order_by(leases.c.key)):
        name = f"{SIGNED}:{key.hex()}"
        query = (
            select(transactions.c.id, transactions.c.nonce)
            .where(transactions.c.key == key, transactions.c.nonce > place_in(places, name)[0])
            .order_by(transactions.c.nonce)
            .limit(_TRANSACTIONS_MAX)
        )
        found = view.connection.execute(query).all()
        for row in found:
            told.drafts += _signed(view, row.id)
            told.places[name] = (row.nonce, 0)
        told.full = told.full or len(found) == _TRANSACTIONS_MAX
    return told


def aged(view: View, places: dict[str, Place]) -> Told:
    """Tell what became `unknown` by its age; each is looked at once, when it is old enough."""
    query = (
        select(instructions.c.sequence, instructions.c.created_at)
        .where(instructions.c.payer == view.own, instructions.c.sequence > places[AGED][0])
        .order_by(instructions.c.sequence)
        .limit(_AGED_MAX)
    )
    born = view.now - view.patience.unknown_after_seconds
    old = list(takewhile(lambda row: row.created_at <= born, view.connection.execute(query).all()))
    if not old:
        return Told()
    settled = exists().where(
        events.c.initiator == instructions.c.payer,
        events.c.sequence == instructions.c.sequence,
        events.c.name.in_(sorted(SETTLING)),
    )
    unsettled = select(instructions).where(
        instructions.c.payer == view.own,
        instructions.c.sequence > places[AGED][0],
        instructions.c.sequence <= old[-1].sequence,
        ~settled,
    )
    rows = view.connection.execute(unsettled.order_by(instructions.c.sequence)).mappings().all()
    return Told(drafts=_unknown(view, rows), places={AGED: (old[-1].sequence, 0)}, full=len(old) == _AGED_MAX)


def raised(view: View, places: dict[str, Place]) -> Told:
    """Tell which alerts were raised, in the order of their numbers."""
    found = list_alerts(
        view.connection, also_acknowledged=True, after=place_in(places, RAISED)[0], limit=_ALERTS_MAX
    )
    if not found:
        return Told()
    drafts = [
        Draft(
            key=f"alert:{each.id}",
            type="alert.raised",
            asset=each.asset,
            at=each.raised_at,
            data={
                "alert_id": each.id,
                "rule": each.rule,
                "subject": each.subject,
                "explanation": each.explanation,
                "details": each.data,
            },
        )
        for each in found
    ]
    return Told(drafts=drafts, places={RAISED: (found[-1].id, 0)}, full=len(found) == _ALERTS_MAX)


def _signed(view: View, transaction: int) -> Iterable[Draft]:
    query = (
        select(instructions, transactions.c.signed_at, transactions.c.hash.label("transaction_hash"))
        .join(outbox, outbox.c.instruction_id == instructions.c.id)
        .join(transactions, transactions.c.id == outbox.c.transaction_id)
        .where(outbox.c.transaction_id == transaction, outbox.c.action.in_(_BRINGING))
        .order_by(outbox.c.id)
    )
    for row in view.connection.execute(query).mappings():
        yield Draft(
            key=f"signed:{row['id']}:{transaction}",
            type=f"{row['kind']}.{State.SUBMITTED.shown}",
            asset=row["asset"],
            at=row["signed_at"],
            data=view.payment(row, State.SUBMITTED)
            | {"transaction_hash": "0x" + row["transaction_hash"].hex()},
        )


def _unknown(view: View, rows: Iterable[RowMapping]) -> list[Draft]:
    rows = list(rows)
    tried = attempts_of(view.connection, (row["id"] for row in rows))
    said = outcomes(view.connection, ((row["payer"], row["sequence"]) for row in rows))
    drafts = []
    for row in rows:
        subject, found = subject_of(row), said[row["payer"], row["sequence"]]
        if state(subject, tried[row["id"]], found, patience=view.patience, now=view.now) is State.UNKNOWN:
            reason = last_reason(subject.identity, tried[row["id"]], found)
            drafts.append(_draft(view, row, State.UNKNOWN, at=view.now, reason=reason))
    return drafts


def _draft(view: View, row: RowMapping, state_: State, *, at: int, reason: str | None = None) -> Draft:
    return Draft(
        key=f"{state_.shown}:{row['id']}",
        type=f"{row['kind']}.{state_.shown}",
        asset=row["asset"],
        at=at,
        data=view.payment(row, state_, reason),
    )
