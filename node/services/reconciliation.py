"""Reconciliation: chain against ledger, ledger against itself, instructions against events.

Each difference is a break. Nothing is mended here: the chain is right, and a person finds out why (R10).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain as chained
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.errors import MirrorBehind
from node.mirror.head import head
from node.mirror.ledger import Account, accounts_of
from node.mirror.proof import Gap, Unbalanced, gaps, unbalanced
from node.mirror.registry import Asset, registered_assets
from node.store.session import Store
from node.store.tables import events, instructions
from settlement.instruction import InstructionKind
from settlement.posting import SETTLING, Bucket

BREAKS_MAX = 1000
_ROWS_AT_ONCE = 5000
_WORD_BYTES = 32
# No instruction of this node settles by another event.
_KIND_OF_EVENT = {
    "Paid": InstructionKind.PAYMENT.value,
    "Settled": InstructionKind.PAYMENT.value,
    "Issued": InstructionKind.ISSUE.value,
    "RedemptionRequested": InstructionKind.REDEMPTION.value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Two records of one thing that differ: `expected` is what stands on chain, or was accepted."""

    subject: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was compared at which block, and every break found, up to `BREAKS_MAX` of each kind."""

    height: int
    accounts: int
    assets: int
    settled: int
    breaks: tuple[Break, ...]


class _ChainAccount(NamedTuple):
    """`IAccounts.Account`, in its order."""

    balance: int
    reserve: int
    credit: int
    open: bool
    frozen: bool
    bilateral: bool
    urgent_waiting: int
    per_instruction: int
    per_day: int
    outflow: int
    outflow_day: int


class _ChainAsset(NamedTuple):
    """`IAssets.Asset`, in its order."""

    kind: int
    day_rule: int
    currency: int
    issuer: int
    business_day: int
    supply: int
    credit: int
    is_cut_off: bool
    lapses_with_day: bool
    asks_acceptance: bool


def reconcile(store: Store, chain: Chain, contracts: Contracts, *, participant: int) -> Reconciliation:
    """Compare all there is at the mirrored height; `participant` is who this node's instructions are of.

    Raise `MirrorBehind` when nothing is mirrored yet, `ChainError` when the chain can't be asked.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        assets, accounts = registered_assets(connection), accounts_of(connection)
        within = list(_within(gaps(connection, BREAKS_MAX), unbalanced(connection, BREAKS_MAX)))
        settled, broken = _settled(connection, participant)
    reading = _Reading(chain, contracts, mirrored.height)
    against = chained(_accounts(reading, accounts), _assets(reading, assets, accounts))
    return Reconciliation(
        height=mirrored.height,
        accounts=len(accounts),
        assets=len(assets),
        settled=settled,
        breaks=(*islice(against, BREAKS_MAX), *within, *broken),
    )


class _Reading:
    """The Ledger as it was after one block."""

    def __init__(self, chain: Chain, contracts: Contracts, height: int) -> None:
        self._chain = chain
        self._contracts = contracts
        self._height = height

    def account(self, asset: int, holder: int) -> _ChainAccount:
        return _ChainAccount(*self._read("accountOf", asset, holder))

    def locked(self, asset: int, holder: int) -> int:
        return int(self._read("lockedOf", asset, holder))

    def asset(self, asset: int) -> _ChainAsset:
        return _ChainAsset(*self._read("assetOf", asset))

    def _read(self, function: str, *arguments: int) -> Any:
        return self._contracts.read(self._chain, "Ledger", function, *arguments, height=self._height)


def _accounts(reading: _Reading, accounts: Iterable[Account]) -> Iterator[Break]:
    for account in accounts:
        held = reading.account(account.asset, account.participant)
        yield from _differences(
            f"account {account.asset}-{account.participant}",
            {
                "available": (held.balance, account.balances[Bucket.AVAILABLE]),
                "locked": (
                    reading.locked(account.asset, account.participant),
                    account.balances[Bucket.LOCKED],
                ),
                "open": (held.open, account.open),
                "frozen": (held.frozen, account.frozen),
                "reserve": (held.reserve, account.reserve),
                "credit": (held.credit, account.credit),
                "limit of an instruction": (held.per_instruction, account.limit_instruction),
                "limit of a day": (held.per_day, account.limit_day),
            },
        )


def _assets(reading: _Reading, assets: Iterable[Asset], accounts: Iterable[Account]) -> Iterator[Break]:
    held: dict[int, int] = defaultdict(int)
    issued: dict[int, int] = defaultdict(int)
    for account in accounts:
        held[account.asset] += account.balances[Bucket.AVAILABLE] + account.balances[Bucket.LOCKED]
        issued[account.asset] -= account.balances[Bucket.ISSUED]
    for asset in assets:
        registered = reading.asset(asset.id)
        yield from _differences(
            f"asset {asset.id}",
            {
                "issued less redeemed": (registered.supply, issued[asset.id]),
                "held": (registered.supply, held[asset.id]),
                "kind": (registered.kind, asset.kind.value),
                "day rule": (registered.day_rule, asset.day_rule.value),
                "currency": (registered.currency, asset.currency.number),
                "issuer": (registered.issuer, asset.issuer),
                "business day": (registered.business_day, asset.business_day),
            },
        )


def _within(gaps_found: Iterable[Gap], unbalanced_found: Iterable[Unbalanced]) -> Iterator[Break]:
    for gap in gaps_found:
        place = gap.place
        where = "the last posting" if gap.height is None else f"posting {gap.height}-{gap.log_index}"
        yield Break(
            subject=f"account {place.asset}-{place.participant}",
            field=f"{place.bucket} after {where}",
            expected=str(gap.expected),
            found=str(gap.found),
        )
    for entry in unbalanced_found:
        yield Break(
            subject=f"event {entry.height}-{entry.log_index}",
            field=f"sum of the postings in asset {entry.asset}",
            expected="0",
            found=str(entry.total),
        )


def _settled(connection: Connection, participant: int) -> tuple[int, list[Break]]:
    """Compare every settling event of a participant with the instruction this node accepted for it."""
    of_instruction = (instructions.c.payer == events.c.initiator) & (
        instructions.c.sequence == events.c.sequence
    )
    query = (
        select(
            events.c.height,
            events.c.log_index,
            events.c.name,
            events.c.data,
            instructions.c.id,
            instructions.c.kind,
            instructions.c.terms,
            instructions.c.commitment,
            instructions.c.head,
            instructions.c.digest,
        )
        .join(instructions, of_instruction, isouter=True)
        .where(events.c.initiator == participant, events.c.name.in_(sorted(SETTLING)))
        .order_by(events.c.height, events.c.log_index)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    count = 0
    breaks: list[Break] = []
    for row in connection.execute(query).mappings():
        count += 1
        if len(breaks) < BREAKS_MAX:
            breaks += _settlement(row)
    return count, breaks


def _settlement(row: RowMapping) -> Iterator[Break]:
    if row["id"] is None:
        event = f"event {row['height']}-{row['log_index']}"
        yield Break(subject=event, field="instruction", expected="accepted by this node", found="none")
        return
    # The queue names an instruction by its head, and by a digest over all of it.
    first, second = ("head", "digest") if row["name"] == "Settled" else ("terms", "commitment")
    yield from _differences(
        f"instruction {row['id']}",
        {
            "kind": (row["kind"], _KIND_OF_EVENT.get(row["name"], row["name"])),
            first: (_hexadecimal(row[first]), row["data"][:_WORD_BYTES].hex()),
            second: (_hexadecimal(row[second]), row["data"][_WORD_BYTES : 2 * _WORD_BYTES].hex()),
        },
    )


def _hexadecimal(word: bytes | None) -> str:
    return "none" if word is None else word.hex()


def _differences(subject: str, fields: Mapping[str, tuple[object, object]]) -> Iterator[Break]:
    for field, (expected, found) in fields.items():
        if expected != found:
            yield Break(subject=subject, field=field, expected=str(expected), found=str(found))
