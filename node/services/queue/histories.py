"""Runs read back: what each proposed, and what the chain made of it, read off the mirror."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select

from node.chain.contracts import refusal_name
from node.errors import NotFound
from node.mirror.registry import registered_assets
from node.outbox.attempts import Attempt, attempts_of_rows
from node.store.session import Store
from node.store.tables import events, queue_proposals, queue_runs
from settlement.events import WORD_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalHistory:
    """A set. `state`: not_sent · waiting · sent · settled · refused · reverted; `reason` why, by the
    contract's name. `value` in minor units.
    """

    fallback_of: int | None
    instructions: tuple[str, ...]
    value: int
    state: str
    reason: str | None
    transaction_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """A run and what became of it. Values in minor units; `settled_value` final. `left`: what it left."""

    id: str
    currency: str
    trigger: str
    created_at: int
    created_by: str
    height: int
    waiting: int
    barred: int
    queued_value: int
    bound: int
    method: str
    proposed_value: int
    settled_value: int
    proposals: tuple[ProposalHistory, ...]
    left: tuple[Mapping[str, Any], ...]


def get_run(store: Store, run_id: str) -> RunHistory:
    """Return a run with its proposals; raise `NotFound`."""
    with store.snapshot() as connection:
        found = _histories(connection, select(queue_runs).where(queue_runs.c.id == run_id))
    if not found:
        raise NotFound(f"no run of this node's queue resolution has the id {run_id!r}")
    return found[0]


def list_runs(store: Store, *, limit: int) -> list[RunHistory]:
    """Return the newest runs."""
    with store.snapshot() as connection:
        return _histories(connection, select(queue_runs).order_by(queue_runs.c.id.desc()).limit(limit))


def _histories(connection: Connection, query: Any) -> list[RunHistory]:
    runs = connection.execute(query).mappings().all()
    codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}
    return [_history(connection, run, codes[run["asset"]]) for run in runs]


def _history(connection: Connection, run: RowMapping, code: str) -> RunHistory:
    query = select(queue_proposals).where(queue_proposals.c.run_id == run["id"])
    rows = connection.execute(query.order_by(queue_proposals.c.position)).mappings().all()
    sent = sorted({row["row"] for row in rows if row["row"] is not None})
    attempts = {attempt.row: attempt for attempt in attempts_of_rows(connection, sent)}
    refusals = {row: _refusals(connection, attempt) for row, attempt in attempts.items()}
    proposals = tuple(_proposal(row, attempts.get(row["row"]), refusals.get(row["row"], {})) for row in rows)
    return RunHistory(
        id=run["id"],
        currency=code,
        trigger=run["trigger"],
        created_at=run["created_at"],
        created_by=run["created_by"],
        height=run["height"],
        waiting=run["waiting"],
        barred=run["barred"],
        queued_value=run["queued_value"],
        bound=run["bound"],
        method=run["method"],
        proposed_value=sum(each.value for each in proposals if each.fallback_of is None),
        settled_value=sum(each.value for each in proposals if each.state == "settled"),
        proposals=proposals,
        left=tuple(orjson.loads(run["left"])),
    )


def _refusals(connection: Connection, attempt: Attempt) -> dict[int, str]:
    """Return which sets of a call the chain refused, by their place, and why."""
    if attempt.end is None:
        return {}
    query = select(events.c.data).where(
        events.c.height == attempt.end.height,
        events.c.transaction_index == attempt.end.transaction_index,
        events.c.name == "SetRefused",
    )
    words = ((data[:WORD_BYTES], data[WORD_BYTES:]) for data in connection.scalars(query))
    return {
        int.from_bytes(index, "big"): refusal_name(int.from_bytes(reason, "big")) for index, reason in words
    }


def _proposal(row: RowMapping, attempt: Attempt | None, refusals: Mapping[int, str]) -> ProposalHistory:
    state, reason = _state(row, attempt, refusals)
    return ProposalHistory(
        fallback_of=row["fallback_of"],
        instructions=tuple(orjson.loads(row["instructions"])),
        value=row["value"],
        state=state,
        reason=reason,
        transaction_hash=None if attempt is None else attempt.transaction_hash,
    )


def _state(row: RowMapping, attempt: Attempt | None, refusals: Mapping[int, str]) -> tuple[str, str | None]:
    if attempt is None:
        return "not_sent", row["refusal"]
    if attempt.refused_at is not None or attempt.reverted:
        return "reverted", attempt.refusal or attempt.error
    if attempt.end is None:
        return ("waiting" if attempt.transaction_hash is None else "sent"), None
    refusal = refusals.get(row["set_index"])
    return ("settled", None) if refusal is None else ("refused", refusal)


def sentence_of(left: Mapping[str, Any], amount_text: str) -> str:
    """Return why something waits, for people: ``BANADEFFXXX-17 waits for BANADEFFXXX: 300.00 short``."""
    if left["waits_for"] is None:
        return f"{left['instruction']} can't settle now: {left['reason']}"
    short = f"{amount_text} short" if left["short"] else left["reason"]
    return f"{left['instruction']} waits for {left['waits_for']}: {short}"
