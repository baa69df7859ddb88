"""What a rule may ask of a payment, and where the store knows it from.

Of velocity counts what this bank accepted for that payee in that money within 24 hours, whatever became of
it; a new payee is one to whom no payment of this bank has settled.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from node.mirror.registry import directory, registered_assets
from node.services.requests import Prepared
from node.services.screening.matching import Match
from node.store.tables import blocks, events, instructions
from settlement.instruction import InstructionKind

WINDOW_SECONDS = 86_400
_HOUR_SECONDS = 3_600
_COUNTRY = slice(4, 6)  # of a BIC (ISO 9362)
_SETTLED = ("Paid", "Settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One payment as rules see it. Amounts in minor units; the hour (0 to 23) in UTC.

    `velocity_count` and `velocity_sum` are of what went before it; `country` is the payee's, from its BIC;
    `list_score` how like the likest of its names is to one on the names list, 0 where that is no hit.
    """

    amount: int
    currency: str
    counterparty: str
    country: str
    hour: int
    velocity_count: int
    velocity_sum: int
    new_payee: bool
    list_hit: bool
    list_score: int

    def shown(self) -> dict[str, int | str | bool]:
        """Return them by name."""
        return asdict(self)

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names that rules use."""
        return frozenset(field.name for field in fields(cls))

    @classmethod
    def example(cls) -> "Facts":
        """Return an ordinary payment, of which every rule that is taken has an answer."""
        return cls(
            amount=125_000, currency="USD", counterparty="BANKUS33XXX", country="US", hour=12,
            velocity_count=1, velocity_sum=50_000, new_payee=False, list_hit=False, list_score=0,
        )  # fmt: skip


def facts_of(
    connection: Connection, items: Sequence[Prepared], hits: Sequence[Match | None], *, payer: int, at: int
) -> list[Facts]:
    """Return the facts of each item, in order, `hits` likewise; each has those before it as gone before."""
    named = _naming(connection)
    new = {payee: not _was_paid(connection, payer, payee) for payee in {item.payee for item in items}}
    before = {
        pair: _before(connection, payer, *pair, at=at)
        for pair in {(item.payee, item.asset) for item in items}
    }
    found = []
    for item, hit in zip(items, hits, strict=True):
        count, total = before[item.payee, item.asset]
        before[item.payee, item.asset] = count + 1, total + item.amount
        found.append(named(item, hit, at=at, gone=(count, total), new_payee=new[item.payee]))
    return found


def facts_then(
    connection: Connection, rows: Sequence[Row[Any]], hits: Sequence[Match | None], *, payer: int
) -> list[Facts]:
    """Return the facts of payments that were accepted, as they were then; of the list as `hits` says."""
    named = _naming(connection)
    first = {payee: _paid_first(connection, payer, payee) for payee in {row.payee for row in rows}}
    return [
        named(
            row,
            hit,
            at=row.created_at,
            gone=_before(connection, payer, row.payee, row.asset, at=row.created_at, below=row.sequence),
            new_payee=(paid := first[row.payee]) is None or paid >= row.created_at,
        )
        for row, hit in zip(rows, hits, strict=True)
    ]


def _naming(connection: Connection) -> Callable[..., Facts]:
    """Return what makes facts of a payment, by the names that the mirror has."""
    names = directory(connection)
    codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}

    def named(
        item: Prepared | Row[Any], hit: Match | None, *, at: int, gone: tuple[int, int], new_payee: bool
    ) -> Facts:
        bic = names.get(item.payee).bic
        return Facts(
            amount=item.amount, currency=codes[item.asset], counterparty=bic, country=bic[_COUNTRY],
            hour=at % WINDOW_SECONDS // _HOUR_SECONDS, velocity_count=gone[0], velocity_sum=gone[1],
            new_payee=new_payee, list_hit=hit is not None, list_score=hit.score if hit else 0,
        )  # fmt: skip

    return named


def _before(
    connection: Connection, payer: int, payee: int, asset: int, *, at: int, below: int | None = None
) -> tuple[int, int]:
    """Return count and sum of what went to a payee within the window; of sequences `below` one only."""
    query = select(func.count(), func.sum(instructions.c.amount)).where(
        instructions.c.kind == InstructionKind.PAYMENT.value,
        instructions.c.payer == payer,
        instructions.c.payee == payee,
        instructions.c.asset == asset,
        instructions.c.created_at > at - WINDOW_SECONDS,
    )
    if below is not None:
        query = query.where(instructions.c.sequence < below)
    row = connection.execute(query).one()
    return row[0], int(row[1] or 0)


def _was_paid(connection: Connection, payer: int, payee: int) -> bool:
    query = _settled(select(instructions.c.id), payer, payee)
    return connection.scalar(query.limit(1)) is not None


def _paid_first(connection: Connection, payer: int, payee: int) -> int | None:
    """Return the time of the first block in which a payment to a payee settled."""
    query = _settled(select(func.min(blocks.c.timestamp)), payer, payee)
    found: int | None = connection.scalar(query.join(blocks, blocks.c.height == events.c.height))
    return found


def _settled(query: Select[Any], payer: int, payee: int) -> Select[Any]:
    return (
        query.select_from(instructions)
        .join(
            events,
            (events.c.initiator == instructions.c.payer) & (events.c.sequence == instructions.c.sequence),
        )
        .where(
            instructions.c.kind == InstructionKind.PAYMENT.value,
            instructions.c.payer == payer,
            instructions.c.payee == payee,
            events.c.name.in_(_SETTLED),
        )
    )
