"""A statement of one account: what it opened with, every posting, what it closed with.

Pure arithmetic over what the mirror holds. A statement that does not add up is not drawn up (R5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from settlement.document import Json
from settlement.errors import MirrorGap
from settlement.money import Currency
from settlement.participant import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A posting on the account: `amount` is negative for a debit, `balance` the account's after it.
    `counterparty` is None where there is no single one: in a cycle.

    Both in minor units. `height` and `log_index` say where on chain, `booked_at` is the block's time
    (UTC seconds), `event` the name of the event, `leg` which movement of it this is (from 0). `document`
    is None while it has not arrived, and with it the references, which only the document tells.
    """

    height: int
    log_index: int
    booked_at: int
    amount: int
    balance: int
    event: str
    transaction_hash: bytes
    counterparty: Participant | None
    leg: int = 0
    uetr: str | None = None
    end_to_end_id: str | None = None
    instruction_id: str | None = None
    transaction_id: str | None = None
    document: Mapping[str, Json] | None = None

    @property
    def reference(self) -> str:
        """Return the ledger's own reference: block and log, ``1207-3``; of a further leg ``1207-3.1``."""
        return f"{self.height}-{self.log_index}" + (f".{self.leg}" if self.leg else "")

    @property
    def document_missing(self) -> bool:
        """Tell whether only the chain's side is known: amount, parties and time, no names or purpose."""
        return self.document is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """How many entries in one direction, and their sum in minor units (never negative)."""

    count: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account's entries from `from_time` to `to_time` (UTC seconds, both included).

    The account is what `owner` holds of `asset`, kept by `servicer`, the asset's issuer. `height` is
    the mirrored height it was drawn up at, `verification` how much was checked of the blocks up to there
    (full, headers, off). Balances in minor units, negative where credit is used.
    """

    identification: str
    owner: Participant
    servicer: Participant
    asset: int
    currency: Currency
    from_time: int
    to_time: int
    height: int
    verification: str
    opening: int
    closing: int
    entries: tuple[Entry, ...]

    @property
    def account(self) -> str:
        """Return the account's name: asset and holder, ``840-7``."""
        return f"{self.asset}-{self.owner.id}"

    @property
    def credits(self) -> Turnover:
        """Return what came in."""
        return _turnover(entry.amount for entry in self.entries if entry.amount > 0)

    @property
    def debits(self) -> Turnover:
        """Return what went out."""
        return _turnover(-entry.amount for entry in self.entries if entry.amount < 0)


def draw_up(
    *,
    identification: str,
    owner: Participant,
    servicer: Participant,
    asset: int,
    currency: Currency,
    from_time: int,
    to_time: int,
    height: int,
    verification: str,
    opening: int,
    closing: int,
    entries: Iterable[Entry],
) -> Statement:
    """Return the statement; raise `MirrorGap` when an entry is out of order, out of the period or missing.

    `opening` and `closing` come from the mirror by themselves, not from the entries: that they meet
    is the proof that no entry is missing.
    """
    statement = Statement(
        identification=identification,
        owner=owner,
        servicer=servicer,
        asset=asset,
        currency=currency,
        from_time=from_time,
        to_time=to_time,
        height=height,
        verification=verification,
        opening=opening,
        closing=closing,
        entries=tuple(entries),
    )
    _check(statement)
    return statement


def _check(statement: Statement) -> None:
    balance, key = statement.opening, (-1, -1, -1)
    for entry in statement.entries:
        if (entry.height, entry.log_index, entry.leg) <= key:
            raise MirrorGap(f"account {statement.account}: entry {entry.reference} does not follow {key}")
        key = entry.height, entry.log_index, entry.leg
        if entry.height > statement.height:
            raise MirrorGap(f"account {statement.account}: {entry.reference} is above {statement.height}")
        if not statement.from_time <= entry.booked_at <= statement.to_time:
            raise MirrorGap(f"account {statement.account}: {entry.reference} is outside the period")
        balance += entry.amount
        if entry.amount == 0 or balance != entry.balance:
            detail = f"{entry.reference} leaves {entry.balance}, the entries before it and it make {balance}"
            raise MirrorGap(f"account {statement.account}: {detail}")
    if balance != statement.closing:
        detail = f"the entries make {balance}, the mirror says {statement.closing}"
        raise MirrorGap(f"account {statement.account}: {detail}")


def _turnover(amounts: Iterable[int]) -> Turnover:
    found = list(amounts)
    return Turnover(count=len(found), total=sum(found))
