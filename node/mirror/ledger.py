"""The reporting ledger: what each account holds, held at a time, and every posting that led there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from node.mirror.words import unsigned
from node.store.tables import accounts, balances, blocks, events, postings, receipts
from settlement.posting import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a participant holds of an asset, in minor units, with what its issuer and itself have set.

    `balances` by bucket, 0 where nothing was ever posted. Not `open`: only an issuer's side of the asset.
    """

    asset: int
    participant: int
    open: bool
    frozen: bool
    reserve: int
    credit: int
    limit_instruction: int
    limit_day: int
    balances: dict[Bucket, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where value is: a participant's holding of an asset, in one bucket."""

    asset: int
    participant: int
    bucket: Bucket = Bucket.AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A posting on one bucket of an account, with the event it comes from. Time in UTC seconds.

    `initiator` and `sequence` are None where the event speaks of no instruction.
    """

    height: int
    log_index: int
    line: int
    timestamp: int
    counterparty: int
    amount: int
    balance: int
    event: str
    initiator: int | None
    sequence: int | None
    transaction_hash: bytes


def accounts_of(connection: Connection, participant: int | None = None) -> list[Account]:
    """Return every account of a participant (None: of all), by asset and participant."""
    query, held = select(accounts), _balances(connection, participant)
    if participant is not None:
        query = query.where(accounts.c.participant == participant)
    registered = {(row["asset"], row["participant"]): row for row in connection.execute(query).mappings()}
    return [_account(key, registered.get(key), held[key]) for key in sorted({*registered, *held})]


def balance_at(connection: Connection, place: Place, *, height: int) -> int:
    """Return the balance of a bucket after a block; 0 before its first posting."""
    query = (
        select(postings.c.balance)
        .where(*_at(place), postings.c.height <= height)
        .order_by(postings.c.height.desc(), postings.c.log_index.desc(), postings.c.line.desc())
    )
    found: int | None = connection.scalar(query.limit(1))
    return found or 0


def lines(connection: Connection, place: Place, *, above: int, until: int, limit: int) -> list[Line]:
    """Return the first `limit` postings of a bucket in the blocks `above` < height ≤ `until`, in order."""
    order = (postings.c.height, postings.c.log_index, postings.c.line)
    query = (
        select(
            *order,
            blocks.c.timestamp,
            postings.c.counterparty,
            postings.c.amount,
            postings.c.balance,
            events.c.name.label("event"),
            events.c.initiator,
            events.c.sequence,
            receipts.c.hash.label("transaction_hash"),
        )
        .join(blocks, blocks.c.height == postings.c.height)
        .join(
            events,
            (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index),
        )
        .join(
            receipts,
            (receipts.c.height == events.c.height)
            & (receipts.c.transaction_index == events.c.transaction_index),
        )
        .where(*_at(place), postings.c.height > above, postings.c.height <= until)
        .order_by(*order)
        .limit(limit)
    )
    return [_line(row) for row in connection.execute(query)]


def _line(row: Sequence[Any]) -> Line:
    # By place: a statement may have a hundred thousand, and a look for a name costs as much as all else.
    height, log_index, line, timestamp, counterparty, amount, balance, event, *of, transaction_hash = row
    initiator, sequence = of
    return Line(
        height=height,
        log_index=log_index,
        line=line,
        timestamp=timestamp,
        counterparty=counterparty,
        amount=amount,
        balance=balance,
        event=event,
        initiator=initiator,
        sequence=None if sequence is None else unsigned(sequence),
        transaction_hash=transaction_hash,
    )


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        postings.c.asset == place.asset,
        postings.c.participant == place.participant,
        postings.c.bucket == place.bucket.value,
    )


def _balances(
    connection: Connection, participant: int | None
) -> defaultdict[tuple[int, int], dict[Bucket, int]]:
    query = select(balances)
    if participant is not None:
        query = query.where(balances.c.participant == participant)
    held: defaultdict[tuple[int, int], dict[Bucket, int]] = defaultdict(lambda: dict.fromkeys(Bucket, 0))
    for row in connection.execute(query):
        held[row.asset, row.participant][Bucket(row.bucket)] = row.balance
    return held


def _account(key: tuple[int, int], row: RowMapping | None, held: dict[Bucket, int]) -> Account:
    if row is not None:
        return Account(**row, open=True, balances=held)
    asset, participant = key
    return Account(
        asset=asset,
        participant=participant,
        open=False,
        frozen=False,
        reserve=0,
        credit=0,
        limit_instruction=0,
        limit_day=0,
        balances=held,
    )
