"""Gross payments and calls as they are shown, and the proof of a payment whose cycle has settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, case, select

from node.errors import EvidenceMissing, NotFound
from node.mirror.cycles import cycle_history, proposed_cycle
from node.mirror.registry import directory, registered_assets
from node.services.circumstances import own_participant
from node.services.cycles.affirmation import why_not_now
from node.services.cycles.book import SETTLED, TAKEN, call_row, entries_of, note_of
from node.services.cycles.subtrees import subtree_of
from node.services.cycles.words import Call, Note, Paths, Proposal
from node.settings import Settings
from node.store.session import Store
from node.store.tables import cycle_calls, cycle_entries, gross_payments, letters_sent
from settlement.evidence.cycle import CyclePayment, PaymentProof, write_cycle_payment
from settlement.participant import Directory
from settlement.subtree import CycleTree, payment_path

PAGE_ROWS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GrossView:
    """A gross payment as it is shown. Amount in minor units; times in UTC seconds.

    `state`: told (its payee has not answered yet) · refused (by it) · open · in_cycle · settled · withdrawn.
    `call` and `counter`: of the last call that has it.
    """

    id: str
    state: str
    payer: str
    payee: str
    currency: str
    amount: int
    uetr: str
    end_to_end_id: str
    value_date: str
    created_at: int
    call: str | None
    counter: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call as it is shown. `net`: what this bank receives less what it pays; None until its sum is made.

    `state`: lists · sums · to_propose · proposed, or how it ended. `affirmed`: by whom, so far;
    `waits_for`: why this bank can't affirm it now, None when it can.
    """

    id: str
    state: str
    coordinator: str
    currency: str
    attempt: int
    members: tuple[str, ...]
    cycle: bytes | None
    payments: int | None
    net: int | None
    affirmed: tuple[str, ...]
    waits_for: str | None
    created_at: int
    valid_until: int


def list_gross(
    store: Store, settings: Settings, *, call: str | None = None, after: str = "", limit: int = 100
) -> list[GrossView]:
    """Return gross payments, the oldest first, from behind the id `after`; `call`: those of one call."""
    query = _GROSS.where(gross_payments.c.id > after).order_by(gross_payments.c.id)
    if call is not None:
        query = query.join(
            cycle_entries,
            (cycle_entries.c.payer == gross_payments.c.payer)
            & (cycle_entries.c.payment == gross_payments.c.id)
            & (cycle_entries.c.call == call),
        )
    with store.snapshot() as connection:
        own_participant(connection, settings)
        rows = connection.execute(query.limit(max(1, min(limit, PAGE_ROWS_MAX)))).mappings().all()
        return _shown(connection, rows)


def get_gross(store: Store, payment_id: str) -> GrossView:
    """Return one gross payment; raise `NotFound`."""
    with store.snapshot() as connection:
        return _shown(connection, [_one(connection, payment_id)])[0]


_GROSS = select(
    gross_payments,
    letters_sent.c.ended_at.label("answered_at"),
    letters_sent.c.refusal.label("refusal"),
    case((SETTLED, "settled"), (TAKEN, "in_cycle"), else_="open").label("standing"),
).outerjoin(letters_sent, letters_sent.c.id == gross_payments.c.letter)


def _one(connection: Connection, payment_id: str) -> RowMapping:
    query = _GROSS.where(gross_payments.c.id == payment_id).limit(2)
    rows = connection.execute(query).mappings().all() if payment_id.isprintable() else []
    if len(rows) != 1:
        raise NotFound(f"this node knows no single gross payment {payment_id!r}")
    return rows[0]


def _shown(connection: Connection, rows: Sequence[RowMapping]) -> list[GrossView]:
    names = directory(connection)
    codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}
    query = (
        select(cycle_entries)
        .where(cycle_entries.c.payment.in_([row["id"] for row in rows]))
        .order_by(cycle_entries.c.call)
    )
    entries = {(row.payer, row.payment): row for row in connection.execute(query)}
    return [_gross_view(row, names, codes, entries.get((row["payer"], row["id"]))) for row in rows]


def _gross_view(row: RowMapping, names: Directory, codes: dict[int, str], entry: Any) -> GrossView:
    same = ("id", "amount", "uetr", "end_to_end_id", "value_date", "created_at")
    return GrossView(
        state=_state(row),
        payer=names.get(row["payer"]).bic,
        payee=names.get(row["payee"]).bic,
        currency=codes.get(row["asset"], str(row["asset"])),
        call=None if entry is None else entry.call,
        counter=None if entry is None else entry.counter,
        **{name: row[name] for name in same},
    )


def _state(row: RowMapping) -> str:
    standing: str = row["standing"]
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    if standing != "open" or row["letter"] is None:
        return standing
    if row["answered_at"] is None:
        return "told"
    return "open" if row["refusal"] is None else "refused"


def list_calls(store: Store, settings: Settings, *, limit: int = 20) -> list[CallView]:
    """Return the newest calls."""
    with store.snapshot() as connection:
        query = select(cycle_calls).order_by(cycle_calls.c.id.desc()).limit(limit)
        rows = connection.execute(query).mappings().all()
        return [_call_view(connection, settings, row) for row in rows]


def get_call(store: Store, settings: Settings, call: str) -> CallView:
    """Return one call; raise `NotFound`."""
    with store.snapshot() as connection:
        row = call_row(connection, call) if call.isprintable() else None
        if row is None:
            raise NotFound(f"this node knows no call {call!r}")
        return _call_view(connection, settings, row)


def _call_view(connection: Connection, settings: Settings, row: RowMapping) -> CallView:
    names, own = directory(connection), own_participant(connection, settings).id
    codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}
    call = Call.model_validate_json(row["content"])
    history = None if row["digest"] is None else cycle_history(connection, row["digest"])
    closed = note_of(connection, row["id"], own, Note.CLOSED) is not None
    summary = subtree_of(connection, row["id"], own).summary if closed else None
    state = "proposed" if history and history.proposed else "to_propose" if history else "sums"
    return CallView(
        id=row["id"],
        state=row["outcome"] or (state if closed or history else "lists"),
        coordinator=names.get(row["coordinator"]).bic,
        currency=codes.get(row["asset"], str(row["asset"])),
        attempt=call.attempt,
        members=tuple(names.get(each).bic for each in call.members),
        cycle=row["digest"],
        payments=None if summary is None else summary.count,
        net=None if summary is None else summary.net,
        affirmed=tuple(names.get(each).bic for each in sorted(history.affirmed)) if history else (),
        waits_for=why_not_now(connection, row, own),
        created_at=row["created_at"],
        valid_until=call.valid_until,
    )


def proof_of(store: Store, settings: Settings, payment_id: str, *, with_document: bool) -> bytes:
    """Return what proves that a gross payment settled, as `vostro evidence cycle-payment` takes it.

    Raise `NotFound`, `EvidenceMissing` until its cycle has settled.
    """
    with store.snapshot() as connection:
        row = _one(connection, payment_id)
        own = own_participant(connection, settings).id
        query = (
            select(cycle_calls, cycle_entries.c.counter)
            .join(cycle_entries, cycle_entries.c.call == cycle_calls.c.id)
            .where(
                cycle_entries.c.payer == row["payer"],
                cycle_entries.c.payment == payment_id,
                cycle_calls.c.outcome == "settled",
            )
        )
        call = connection.execute(query).mappings().one_or_none()
        if call is None:
            raise EvidenceMissing(f"{payment_id} has settled in no cycle")
        proof = _proof(connection, call, own=own, payer=row["payer"])
        cycle = CyclePayment(cycle=proposed_cycle(connection, call["digest"]), proof=proof)
    written = write_cycle_payment(cycle)
    del written["words"]
    has_document = with_document and row["document"] is not None
    return orjson.dumps(
        written
        | {
            "cycle": "0x" + call["digest"].hex(),
            "document": orjson.loads(row["document"]) if has_document else None,
            "salt": "0x" + row["salt"].hex() if has_document else None,
        }
    )


def _proof(connection: Connection, call: RowMapping, *, own: int, payer: int) -> PaymentProof:
    summaries = [each.summary() for each in Proposal.model_validate_json(call["summaries"]).summaries]
    tree, by_member = CycleTree(summaries), {each.participant: each for each in summaries}
    entries = entries_of(connection, call["id"], payer=payer)
    payment = next(each for each in entries if each.counter == call["counter"])
    index, path = subtree_of(connection, call["id"], own).paths()[payer, payment.counter]
    ours = payment_path(tree, by_member[own], index=index, path=path)
    other = payment.payee if payer == own else payer
    said = Paths.model_validate(note_of(connection, call["id"], other, Note.PATHS))
    their = next(each for each in said.paths if (each.payer, each.counter) == (payer, payment.counter))
    nodes = [bytes.fromhex(node) for node in their.path]
    theirs = payment_path(tree, by_member[other], index=their.index, path=nodes)
    of_payer, of_payee = (ours, theirs) if payer == own else (theirs, ours)
    return PaymentProof(payment=payment, of_payer=of_payer, of_payee=of_payee)
