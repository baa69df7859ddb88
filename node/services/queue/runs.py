"""Runs: the queue is resolved, and what can settle is proposed to the chain, which decides (R3).

A proposal is made on a snapshot. Before it is sent the chain is asked whether it would take it; on its way
it may become stale, so smaller parts of it follow in the same call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from node.chain import own_calls
from node.chain.contracts import Contracts, refusal_name
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.errors import QueueRunRefused
from node.mirror.registry import asset_of_currency
from node.outbox.attempts import attempts_of_rows
from node.services.administration import ask_in
from node.services.answers import Answer, Request, first_answer, keep_answer, request_of
from node.services.audit import append_audit
from node.services.highs import Highs
from node.services.identifiers import new_id
from node.services.queue.book import Book, read_book
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import queue_proposals, queue_runs
from settlement.liquidity.obstacles import obstacles
from settlement.liquidity.parts import Proposal, after, cut, propose
from settlement.liquidity.resolve import Resolution, resolve
from settlement.money import currency
from settlement.participant import KeyRole

# What one call carries, by what a transaction may be long (node/submitter/batch.py): with its parts, alone.
INSTRUCTIONS_MAX = 300
_WITH_FALLBACKS_MAX = 150
# So many of what is left are explained.
_EXPLAINED_MAX = 1_000
_COLUMNS = ("run_id", "position", "fallback_of", "row", "set_index", "instructions", "value", "refusal")
_NOBODY = bytes(20)


class Trigger(StrEnum):
    """Why a run was made."""

    DEMAND = "demand"
    AGE = "age"
    DEPTH = "depth"
    TIME = "time"
    EARLIEST = "earliest"


@dataclass(slots=True, kw_only=True)
class _Set:
    """A set on its way: `fallback_of` the position of the one that it is a part of."""

    names: tuple[str, ...]
    fallback_of: int | None
    refusal: str | None
    row: int | None = None
    set_index: int | None = None


def ask_run(
    store: Store,
    chain: Chain,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    *,
    code: str,
    actor: str,
    key: str,
) -> Answer:
    """Run the queue of a currency for somebody, or return the first answer; raise as `run_queue` does."""
    request = request_of(actor=actor, key=key, operation=f"queue run {code}", body=b"")
    with store.snapshot() as connection:
        answered = first_answer(connection, request)
    if answered is not None:
        return answered
    identifier = run_queue(
        store, chain, contracts, clock, random,
        code=code, trigger=Trigger.DEMAND, actor=actor, request=request,
    )  # fmt: skip
    assert identifier is not None, "a run that was asked for is kept"
    return _answer(identifier)


def _answer(identifier: str) -> Answer:
    return Answer(status=HTTPStatus.ACCEPTED, body=orjson.dumps({"run_id": identifier}))


def run_queue(
    store: Store,
    chain: Chain,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    *,
    code: str,
    trigger: Trigger,
    actor: str,
    request: Request | None = None,
) -> str | None:
    """Resolve the queue of a currency, propose what settles, and return the run's id.

    One that nobody asked for and that finds nothing is not kept: None. It may take a minute. `request`: what
    it answers.
    Raise `QueueRunRefused` while a proposal of the run before is on its way, `AssetNotFound`,
    `UnknownCurrency`, `MirrorBehind`.
    """
    at = int(clock.now())
    with store.snapshot() as connection:
        asset = asset_of_currency(connection, currency(code))
        _require_none_on_its_way(connection, asset.id)
    book = read_book(store, chain, contracts, asset, now=at)
    found = resolve(book.queue, Highs())
    sets = _sets(book, found, lambda names: _refusal(chain, contracts, book, names))
    if not sets and trigger is not Trigger.DEMAND:
        return None
    identifier = new_id("run", clock, random)
    with store.transaction() as connection:
        _require_none_on_its_way(connection, asset.id)
        for call in _calls(sets):
            _send(connection, contracts, book, call, actor=actor, at=at)
        _record(connection, book, found, sets, identifier=identifier, trigger=trigger, actor=actor, at=at)
        if request is not None:
            keep_answer(connection, request, _answer(identifier), at=at)
    return identifier


def is_on_its_way(connection: Connection, asset: int) -> bool:
    """Tell whether what the last run proposed has no end yet."""
    last = (
        select(queue_runs.c.id).where(queue_runs.c.asset == asset).order_by(queue_runs.c.id.desc()).limit(1)
    )
    sent = select(queue_proposals.c.row).where(
        queue_proposals.c.run_id == last.scalar_subquery(), queue_proposals.c.row.is_not(None)
    )
    rows = sorted({row for row in connection.scalars(sent) if row is not None})
    return any(
        attempt.end is None and attempt.refused_at is None and not attempt.abandoned
        for attempt in attempts_of_rows(connection, rows)
    )


def _require_none_on_its_way(connection: Connection, asset: int) -> None:
    if is_on_its_way(connection, asset):
        raise QueueRunRefused("what the last run proposed is on its way; run again once it is final")


def _sets(book: Book, found: Resolution, refusal_of: Any) -> list[_Set]:
    """Return what is proposed, in the order in which it is to settle, each followed by its own parts."""
    proposals = list(propose(book.queue, found.settled, payments_max=_WITH_FALLBACKS_MAX))
    covered = {name for proposal in proposals for name in proposal.payments}
    rest = [name for name in found.settled if name not in covered]
    # What has to settle at once and is larger goes without its parts.
    larger = cut(after(book.queue, covered), rest, payments_max=INSTRUCTIONS_MAX)
    sets: list[_Set] = []
    for proposal in (*proposals, *(Proposal(payments=part, fallbacks=()) for part in larger)):
        place = len(sets)
        # Only the first can be asked of the chain as it is now; those behind count on it.
        refusal = refusal_of(proposal.payments) if not sets else None
        sets.append(_Set(names=proposal.payments, fallback_of=None, refusal=refusal))
        sets += [_Set(names=part, fallback_of=place, refusal=None) for part in proposal.fallbacks]
    return sets


def _refusal(chain: Chain, contracts: Contracts, book: Book, names: Sequence[str]) -> str | None:
    words = _words(book, names)
    number = contracts.read(chain, "Settlement", "setRefusalOf", (words,), _NOBODY)
    name = refusal_name(number) if number else None
    # The book knows what is early by the clock; the latest block may only be older than its time.
    return None if name == "NotYetValid" else name


def _words(book: Book, names: Iterable[str]) -> list[own_calls.Words]:
    """Return instructions as a set has them: in the order of their digests."""
    found = (book.waiting[name] for name in names)
    return [each.words for each in sorted(found, key=lambda each: each.digest)]


def _calls(sets: Sequence[_Set]) -> Iterable[list[_Set]]:
    """Yield sets that go together in one call, in order."""
    call: list[_Set] = []
    for each in sets:
        if each.refusal is not None:
            continue
        if call and sum(len(one.names) for one in call) + len(each.names) > INSTRUCTIONS_MAX:
            yield call
            call = []
        call.append(each)
    if call:
        yield call


def _send(
    connection: Connection, contracts: Contracts, book: Book, call: Sequence[_Set], *, actor: str, at: int
) -> None:
    made = own_calls.settle(contracts, [_words(book, each.names) for each in call])
    row = ask_in(connection, made, role=KeyRole.PAY, actor=actor, action="queue_settle", at=at)
    for index, each in enumerate(call):
        each.row, each.set_index = row, index


def _record(
    connection: Connection,
    book: Book,
    found: Resolution,
    sets: Sequence[_Set],
    *,
    identifier: str,
    trigger: Trigger,
    actor: str,
    at: int,
) -> None:
    amounts = {payment.id: payment.amount for payment in book.queue.payments}
    connection.execute(
        insert(queue_runs).values(
            id=identifier,
            asset=book.asset.id,
            trigger=trigger.value,
            created_at=at,
            created_by=actor,
            height=book.height,
            waiting=len(book.waiting),
            barred=len(book.barred),
            queued_value=sum(amounts.values()),
            bound=found.bound,
            method=found.method,
            left=orjson.dumps(_left(book, sets)).decode(),
        )
    )
    rows = [
        (
            identifier,
            position,
            each.fallback_of,
            each.row,
            each.set_index,
            orjson.dumps(each.names).decode(),
            sum(amounts[name] for name in each.names),
            each.refusal,
        )
        for position, each in enumerate(sets)
    ]
    insert_rows(connection, queue_proposals, _COLUMNS, rows)
    proposed = sum(len(each.names) for each in sets if each.fallback_of is None)
    append_audit(
        connection, at=at, actor=actor, action="queue_run", subject=identifier,
        detail={"asset": book.asset.currency.code, "trigger": trigger.value, "proposed": proposed},
    )  # fmt: skip


def _left(book: Book, sets: Sequence[_Set]) -> list[dict[str, Any]]:
    """Return what is not proposed, and why, the oldest first."""
    gone = {name for each in sets for name in each.names}
    reasons = obstacles(after(book.queue, gone))
    left = []
    for name in book.waiting:
        if name in gone:
            continue
        obstacle = reasons.get(name)
        if name in book.barred:
            left.append({"instruction": name, "reason": book.barred[name], "waits_for": None, "short": 0})
        elif obstacle is not None:
            left.append(
                {
                    "instruction": name,
                    "reason": obstacle.breach.value,
                    "waits_for": obstacle.waits_for,
                    "short": obstacle.short,
                }
            )
    return left[:_EXPLAINED_MAX]
