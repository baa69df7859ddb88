"""What a rule may ask of a payment, and where the store knows it from.

Of velocity counts what this bank accepted for that payee in that money within 24 hours, whatever became of
it; a new payee is one to whom no payment of this bank has settled.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, func, select

from node.mirror.registry import directory, registered_assets
from node.services.requests import Prepared
from node.services.screening.matching import Match
from node.store.tables import events, instructions
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
    names = directory(connection)
    codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}
    new = {payee: not _was_paid(connection, payer, payee) for payee in {item.payee for item in items}}
    before = {
        pair: _before(connection, payer, *pair, at=at)
        for pair in {(item.payee, item.asset) for item in items}
    }
    found = []
    for item, hit in zip(items, hits, strict=True):
        bic = names.get(item.payee).bic
        count, total = before[item.payee, item.asset]
        before[item.payee, item.asset] = count + 1, total + item.amount
        found.append(
            Facts(
                amount=item.amount, currency=codes[item.asset], counterparty=bic, country=bic[_COUNTRY],
                hour=at % WINDOW_SECONDS // _HOUR_SECONDS, velocity_count=count, velocity_sum=total,
                new_payee=new[item.payee], list_hit=hit is not None, list_score=hit.score if hit else 0,
            )
        )  # fmt: skip
    return found


def _before(connection: Connection, payer: int, payee: int, asset: int, *, at: int) -> tuple[int, int]:
    row = connection.execute(
        select(func.count(), func.sum(instructions.c.amount)).where(
            instructions.c.kind == InstructionKind.PAYMENT.value,
            instructions.c.payer == payer,
            instructions.c.payee == payee,
            instructions.c.asset == asset,
            instructions.c.created_at > at - WINDOW_SECONDS,
        )
    ).one()
    return row[0], int(row[1] or 0)


def _was_paid(connection: Connection, payer: int, payee: int) -> bool:
    query = (
        select(instructions.c.id)
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
    return connection.scalar(query.limit(1)) is not None
