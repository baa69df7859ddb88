"""Reconciliation: chain against ledger, ledger against itself, instructions against events.

Each difference is a break. Nothing is mended here: the chain is right, and a person finds out why (R10).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain as chained
from itertools import islice

from sqlalchemy import Connection, RowMapping, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.errors import MirrorBehind
from node.mirror.head import head
from node.mirror.ledger import Account, accounts_of
from node.mirror.proof import Gap, Unbalanced, gaps, unbalanced
from node.mirror.registry import Asset, registered_assets
from node.mirror.words import TERMS, signed
from node.services.ledger_reading import LedgerReading
from node.store.session import Store
from node.store.tables import events, instructions, trades
from settlement.instruction import InstructionKind
from settlement.posting import SETTLING, Bucket

BREAKS_MAX = 1000
_ROWS_AT_ONCE = 5000
_WORD_BYTES = 32
# What an instruction's row has of its terms, each in a column of its own.
_TERMS_FIELDS = ("payer", "sequence", "asset", "payee", "amount", "urgent")
# No instruction of this node settles by another event.
_COMPARED = ("id", "kind", "terms", "commitment", "head", "digest")
_KIND_OF_EVENT = {
    "Paid": InstructionKind.PAYMENT.value,
    "Settled": InstructionKind.PAYMENT.value,
    "Issued": InstructionKind.ISSUE.value,
    "RedemptionRequested": InstructionKind.REDEMPTION.value,
}


class Kind(StrEnum):
    """Which two records differ."""

    ACCOUNT = "account"  # an account on chain and in the ledger
    SUPPLY = "supply"  # an asset on chain, what was issued less redeemed, and what is held
    POSTING = "posting"  # an entry that does not sum to zero, a balance that does not follow
    INSTRUCTION = "instruction"  # an accepted instruction and the event that settled it
    STATEMENT = "statement"  # a statement that came in and ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Two records of one thing that differ: `expected` is what stands on chain, or was accepted."""

    kind: Kind
    subject: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was compared at which block, and every break found, up to `BREAKS_MAX` of each kind.

    Of postings and settlements those above the height `above`, -1: all; `settled` counts those settlements.
    """

    height: int
    above: int
    accounts: int
    assets: int
    settled: int
    breaks: tuple[Break, ...]


def reconcile(
    store: Store, chain: Chain, contracts: Contracts, *, participant: int, above: int = -1
) -> Reconciliation:
    """Compare what there is at the mirrored height; `participant` is who this node's instructions are of.

    Accounts and assets always, postings and settlements above a height: below it they were compared before.
    Raise `MirrorBehind` when nothing is mirrored yet, `ChainError` when the chain can't be asked.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        assets, accounts = registered_assets(connection), accounts_of(connection)
        within = list(
            _within(
                gaps(connection, BREAKS_MAX, above=above), unbalanced(connection, BREAKS_MAX, above=above)
            )
        )
        settled, broken = _settled(connection, participant, above)
    reading = LedgerReading(chain, contracts, mirrored.height)
    against = chained(_accounts(reading, accounts), _assets(reading, assets, accounts))
    return Reconciliation(
        height=mirrored.height,
        above=above,
        accounts=len(accounts),
        assets=len(assets),
        settled=settled,
        breaks=(*islice(against, BREAKS_MAX), *within, *broken),
    )


def _accounts(reading: LedgerReading, accounts: Iterable[Account]) -> Iterator[Break]:
    for account in accounts:
        held = reading.account(account.asset, account.participant)
        yield from differences(
            Kind.ACCOUNT,
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


def _assets(reading: LedgerReading, assets: Iterable[Asset], accounts: Iterable[Account]) -> Iterator[Break]:
    held: dict[int, int] = defaultdict(int)
    issued: dict[int, int] = defaultdict(int)
    for account in accounts:
        held[account.asset] += account.balances[Bucket.AVAILABLE] + account.balances[Bucket.LOCKED]
        issued[account.asset] -= account.balances[Bucket.ISSUED]
    for asset in assets:
        registered = reading.asset(asset.id)
        yield from differences(
            Kind.SUPPLY,
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
            kind=Kind.POSTING,
            subject=f"account {place.asset}-{place.participant}",
            field=f"{place.bucket} after {where}",
            expected=str(gap.expected),
            found=str(gap.found),
        )
    for entry in unbalanced_found:
        yield Break(
            kind=Kind.POSTING,
            subject=f"event {entry.height}-{entry.log_index}",
            field=f"sum of the postings in asset {entry.asset}",
            expected="0",
            found=str(entry.total),
        )


def _settled(connection: Connection, participant: int, above: int) -> tuple[int, list[Break]]:
    """Compare each settling event of a participant above a height with what was accepted for it here."""
    of_instruction = (instructions.c.payer == events.c.initiator) & (
        instructions.c.sequence == events.c.sequence
    )
    of_trade = (trades.c.initiator == events.c.initiator) & (trades.c.sequence == events.c.sequence)
    query = (
        select(
            events.c.height,
            events.c.log_index,
            events.c.name,
            events.c.data,
            *(instructions.c[name] for name in (*_COMPARED, *_TERMS_FIELDS)),
            trades.c.head.label("trade_head"),
            trades.c.digest.label("trade_digest"),
        )
        .join(instructions, of_instruction, isouter=True)
        .join(trades, of_trade, isouter=True)
        .where(
            events.c.initiator == participant, events.c.height > above, events.c.name.in_(sorted(SETTLING))
        )
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
    """Yield each field in which an event differs from the instruction that was accepted for it."""
    if row["id"] is None and row["trade_digest"] is not None:
        # Its digest is over every leg.
        said = row["data"][:_WORD_BYTES], row["data"][_WORD_BYTES : 2 * _WORD_BYTES]
        yield from differences(
            Kind.INSTRUCTION,
            f"trade 0x{row['trade_digest'].hex()}",
            {
                "head": (row["trade_head"].hex(), said[0].hex()),
                "digest": (row["trade_digest"].hex(), said[1].hex()),
            },
        )
        return
    if row["id"] is None:
        yield Break(
            kind=Kind.INSTRUCTION,
            subject=f"event {row['height']}-{row['log_index']}",
            field="instruction",
            expected="accepted by this node",
            found="none",
        )
        return
    yield from differences(
        Kind.INSTRUCTION,
        f"instruction {row['id']}",
        {
            "kind": (row["kind"], _KIND_OF_EVENT.get(row["name"], row["name"])),
            **(_said_by_queue(row) if row["name"] == "Settled" else _said(row)),
        },
    )


def _said(row: RowMapping) -> dict[str, tuple[object, object]]:
    """Pair each field of the terms with what the event says."""
    word, commitment = row["data"][:_WORD_BYTES], row["data"][_WORD_BYTES:]
    flags, sequence, asset, payer, payee, amount = TERMS.unpack(word)
    said = dict(zip(_TERMS_FIELDS, (payer, signed(sequence), asset, payee, amount, bool(flags)), strict=True))
    return {
        **{name: (row[name], value) for name, value in said.items()},
        "terms": (row["terms"].hex(), word.hex()),
        "commitment": (row["commitment"].hex(), commitment.hex()),
    }


def _said_by_queue(row: RowMapping) -> dict[str, tuple[object, object]]:
    """The same of the queue's event: it names an instruction by its head, and by a digest over all of it."""
    return {
        "head": (_hexadecimal(row["head"]), row["data"][:_WORD_BYTES].hex()),
        "digest": (_hexadecimal(row["digest"]), row["data"][_WORD_BYTES : 2 * _WORD_BYTES].hex()),
    }


def _hexadecimal(word: bytes | None) -> str:
    return "none" if word is None else word.hex()


def differences(kind: Kind, subject: str, fields: Mapping[str, tuple[object, object]]) -> Iterator[Break]:
    """Yield a break for each field whose two values, the expected and the found, are not equal."""
    for field, (expected, found) in fields.items():
        if expected != found:
            yield Break(kind=kind, subject=subject, field=field, expected=str(expected), found=str(found))
