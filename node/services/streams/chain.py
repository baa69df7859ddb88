"""What the chain said of this node's instructions and accounts, in final blocks, in its order."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, RowMapping, Select, Table, literal, select, tuple_

from node.mirror.head import head
from node.mirror.instructions import Outcome, outcomes
from node.mirror.words import unsigned
from node.outbox.attempts import Attempt, attempts_of
from node.services.facts import Patience, state, subject_of
from node.services.streams.feed import Draft, Place
from node.services.streams.told import Told
from node.services.streams.view import View
from node.services.timeline import last_reason
from node.store.tables import blocks, events, postings, receipts
from settlement.document import Json
from settlement.instruction import terms_from_word
from settlement.lifecycle import State
from settlement.posting import SETTLING
from settlement.recognition import is_about

CHAIN = "chain"
# How many events of the whole network are looked at once.
_EVENTS_MAX = 2_000
# A place further without anything to tell is worth a write.
_BLOCKS_UNTOLD_MAX = 500
_LAST = 2**62
_WORD_BYTES = 32
# Only the chain is asked: age and attempts are told of by another source.
_PATIENCE = Patience(attempts_max=2**31, unknown_after_seconds=2**62)
# What is said of a redemption after it was asked for: its sequence is used then.
_ANSWERS = {
    "Redeemed": "redemption.redeemed",
    "RedemptionRefused": "redemption.refused",
    "RedemptionWithdrawn": "redemption.withdrawn",
}
# What is said of an account: its second topic is the asset, the third its holder.
ACCOUNT_EVENTS = {
    "AccountOpened": "account.opened",
    "AccountFrozen": "account.frozen",
    "AccountUnfrozen": "account.unfrozen",
    "LimitsSet": "account.limits_set",
    "ReserveSet": "account.reserve_set",
    "CreditSet": "account.credit_set",
}
# What is said of a participant: its second topic.
PARTICIPANT_EVENTS = {
    "ParticipantSuspended": "participant.suspended",
    "ParticipantResumed": "participant.resumed",
    "OutgoingStopped": "participant.outgoing_stopped",
    "OutgoingResumed": "participant.outgoing_resumed",
}
_REQUESTED = "RedemptionRequested"
# In one event, what became of the instruction is told before what it moved.
_Ranked: TypeAlias = tuple[int, int, int]
# The state after an event, and why.
_Change: TypeAlias = tuple[State, str | None]
_SETTLED: _Change = (State.SETTLED, None)


def chain(view: View, places: dict[str, Place]) -> Told:
    """Tell what final blocks say behind a place; nothing while a mirror that was made anew is before it."""
    found = head(view.connection)
    start = places[CHAIN]
    if found is None or found.height < start[0]:
        return Told()
    query = select(events.c.height, events.c.log_index).where(_behind(events, start))
    row = view.connection.execute(_ordered(query).limit(1).offset(_EVENTS_MAX - 1)).one_or_none()
    end = (found.height, _LAST) if row is None else (row.height, row.log_index)
    drafts = sorted(
        [*_instructions(view, start, end), *_postings(view, start, end), *_others(view, start, end)],
        key=lambda each: each[0],
    )
    if not drafts and row is None and end[0] - start[0] < _BLOCKS_UNTOLD_MAX:
        return Told()
    return Told(drafts=[draft for _, draft in drafts], places={CHAIN: end}, full=row is not None)


def begin_chain(height: int) -> dict[str, Place]:
    """Return where this source is when `height` is final: what was before is history, and is not told."""
    return {CHAIN: (height, _LAST)}


def _behind(table: Table, start: Place) -> ColumnElement[bool]:
    place = tuple_(table.c.height, table.c.log_index)
    # The first says the same more roughly, for the index.
    return (table.c.height >= start[0]) & (place > tuple_(literal(start[0]), literal(start[1])))


def _within(table: Table, start: Place, end: Place) -> ColumnElement[bool]:
    place = tuple_(table.c.height, table.c.log_index)
    until = (table.c.height <= end[0]) & (place <= tuple_(literal(end[0]), literal(end[1])))
    return _behind(table, start) & until


def _ordered(query: Select[Any]) -> Select[Any]:
    return query.order_by(events.c.height, events.c.log_index)


def _said(start: Place, end: Place) -> Select[Any]:
    """Events between two places, with block and transaction."""
    return _ordered(
        select(events, blocks.c.timestamp, receipts.c.hash)
        .join(blocks, blocks.c.height == events.c.height)
        .join(
            receipts,
            (receipts.c.height == events.c.height)
            & (receipts.c.transaction_index == events.c.transaction_index),
        )
        .where(_within(events, start, end))
    )


def _instructions(view: View, start: Place, end: Place) -> Iterator[tuple[_Ranked, Draft]]:
    said = view.connection.execute(_said(start, end).where(events.c.initiator == view.own)).mappings().all()
    known = view.instructions_of([unsigned(row["sequence"]) for row in said])
    doubtful = [
        known[row["sequence"]] for row in said if row["sequence"] in known and not _settles(row, known)
    ]
    tried = attempts_of(view.connection, {each["id"] for each in doubtful})
    told = outcomes(view.connection, {(each["payer"], each["sequence"]) for each in doubtful})
    for row in said:
        instruction = known.get(row["sequence"])
        if instruction is None:
            continue
        if row["name"] in _ANSWERS:
            yield _draft(view, row, instruction, _SETTLED, word=_ANSWERS[row["name"]])
        elif _settles(row, known):
            yield _draft(view, row, instruction, _SETTLED)
        else:
            key = instruction["payer"], instruction["sequence"]
            change = _change(row, instruction, tried[instruction["id"]], told[key])
            if change is not None:
                yield _draft(view, row, instruction, change)


def _settles(row: RowMapping, known: dict[int, RowMapping]) -> bool:
    identity = subject_of(known[row["sequence"]]).identity
    about = is_about(identity, contract=row["contract"], name=row["name"], data=row["data"])
    return about and (row["name"] in SETTLING or row["name"] in _ANSWERS)


def _change(
    row: RowMapping, instruction: RowMapping, attempts: Sequence[Attempt], said: Sequence[Outcome]
) -> _Change | None:
    """Return the state after an event, and its reason; None when people see the same one as before."""
    place, subject = (row["height"], row["log_index"]), subject_of(instruction)
    until = [each for each in said if (each.height, each.log_index) <= place]
    before = [each for each in until if (each.height, each.log_index) < place]
    later = [each for each in said if (each.height, each.log_index) > place]
    if row["name"] == "Submitted" and later and later[0].transaction_hash == row["hash"]:
        # What comes next says what came of it at the same moment.
        return None
    old, new = (state(subject, attempts, each, patience=_PATIENCE, now=0) for each in (before, until))
    if old.shown == new.shown:
        return None
    return new, last_reason(subject.identity, attempts, until)


def _draft(
    view: View, row: RowMapping, instruction: RowMapping, change: _Change, *, word: str | None = None
) -> tuple[_Ranked, Draft]:
    word = word or f"{instruction['kind']}.{change[0].shown}"
    return (row["height"], row["log_index"], -1), Draft(
        key=f"chain:{row['height']}:{row['log_index']}:{word}",
        type=word,
        asset=instruction["asset"],
        at=row["timestamp"],
        data=view.payment(instruction, *change) | _where(row),
    )


def _where(row: RowMapping) -> dict[str, Json]:
    return {
        "height": row["height"],
        "log_index": row["log_index"],
        "transaction_hash": "0x" + row["hash"].hex(),
    }


def _postings(view: View, start: Place, end: Place) -> Iterator[tuple[_Ranked, Draft]]:
    query = (
        select(
            postings,
            blocks.c.timestamp,
            events.c.name,
            events.c.initiator,
            events.c.sequence,
            receipts.c.hash,
        )
        .join(blocks, blocks.c.height == postings.c.height)
        .join(events, (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index))
        .join(
            receipts,
            (receipts.c.height == events.c.height)
            & (receipts.c.transaction_index == events.c.transaction_index),
        )
        .where(_within(postings, start, end), postings.c.participant == view.own)
    )
    for row in view.connection.execute(query).mappings():
        yield (
            (row["height"], row["log_index"], row["line"]),
            Draft(
                key=f"chain:{row['height']}:{row['log_index']}:line {row['line']}",
                type="account.credited" if row["amount"] > 0 else "account.debited",
                asset=row["asset"],
                at=row["timestamp"],
                data=_posting(view, row) | _where(row),
            ),
        )


def _posting(view: View, row: RowMapping) -> dict[str, Json]:
    sequence = row["sequence"]
    return {
        "asset": row["asset"],
        "currency": view.code(row["asset"]),
        "bucket": row["bucket"],
        "amount": str(abs(row["amount"])),
        "balance": str(row["balance"]),
        "counterparty": view.bic(row["counterparty"]),
        "event": row["name"],
        "initiator": None if row["initiator"] is None else view.bic(row["initiator"]),
        "sequence": None if sequence is None else str(unsigned(sequence)),
        "line": row["line"],
    }


def _others(view: View, start: Place, end: Place) -> Iterator[tuple[_Ranked, Draft]]:
    wanted = [*ACCOUNT_EVENTS, *PARTICIPANT_EVENTS, _REQUESTED]
    for row in view.connection.execute(_said(start, end).where(events.c.name.in_(wanted))).mappings():
        draft = _asked_back(view, row) if row["name"] == _REQUESTED else _set(view, row)
        if draft is not None:
            yield (row["height"], row["log_index"], -2), draft


def _set(view: View, row: RowMapping) -> Draft | None:
    topics = row["topics"]
    words = [
        int.from_bytes(topics[at : at + _WORD_BYTES], "big") for at in range(0, len(topics), _WORD_BYTES)
    ]
    of_account = row["name"] in ACCOUNT_EVENTS
    asset, participant = (words[1], words[2]) if of_account else (None, words[1])
    if participant != view.own:
        return None
    about: dict[str, Json] = {"asset": asset, "currency": view.code(asset)} if asset is not None else {}
    return Draft(
        key=f"chain:{row['height']}:{row['log_index']}",
        type=(ACCOUNT_EVENTS | PARTICIPANT_EVENTS)[row["name"]],
        asset=asset,
        at=row["timestamp"],
        data=about | _where(row),
    )


def _asked_back(view: View, row: RowMapping) -> Draft | None:
    terms = terms_from_word(int.from_bytes(row["data"][:_WORD_BYTES], "big"))
    if terms.payee != view.own:
        return None
    return Draft(
        key=f"chain:{row['height']}:{row['log_index']}:requested",
        type="redemption.requested",
        asset=terms.asset,
        at=row["timestamp"],
        data={
            "holder": view.bic(terms.payer),
            "currency": view.code(terms.asset),
            "amount": str(terms.amount),
            "sequence": str(terms.sequence),
        }
        | _where(row),
    )
