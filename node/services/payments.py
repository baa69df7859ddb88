"""Reading instructions back: one with its timeline, many by filter and page.

The state of each is derived from facts (`services.facts`); the filter by state asks the same of the
database (`services.states`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.clock import Clock
from node.errors import NotFound
from node.mirror.days import NO_DAY, Days
from node.mirror.instructions import Outcome, outcomes
from node.mirror.registry import Asset, directory, registered_assets
from node.outbox.attempts import Attempt, attempts_of
from node.outbox.work import not_before_of
from node.services.facts import Patience, concerns, state, subject_of
from node.services.filters import Filter, cursor_at, filtered, position_of
from node.services.policies.verdicts import KeptVerdict, verdict_kept
from node.services.reviews import answers_of
from node.services.timeline import Entry, last_reason, timeline
from node.services.versions import version_of
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions, returns
from settlement.lifecycle import State
from settlement.participant import Directory
from settlement.posting import SETTLING

PAGE_ROWS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An instruction as it is shown. `amount` in minor units, times in UTC seconds.

    `state` is the public word. `reason` tells, unless it settled, why it was refused or reverted last, by the
    contracts' name, or by which code it was cancelled in the queue; `age_seconds`: only while `unknown`.
    `business_day`, `business_date`: of its settlement (`node.mirror.days`).
    """

    id: str
    kind: str
    state: str
    reason: str | None
    payer: str
    payee: str
    currency: str
    amount: int
    urgent: bool
    uetr: str
    end_to_end_id: str
    value_date: str
    not_before: int | None
    deadline: int
    queue: bool
    sequence: int
    commitment: bytes
    file_id: str | None
    file_position: int | None
    created_at: int
    created_by: str
    age_seconds: int | None
    business_day: int | None
    business_date: str | None

    @property
    def version(self) -> str:
        """Where it stands: what else is shown of it never changes, or by itself."""
        return version_of(self.state, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentHistory:
    """A payment with everything that happened to it, oldest first, and the document it commits to.

    `returns`: the reference of the settlement that it gives back, if it does.
    """

    payment: Payment
    timeline: tuple[Entry, ...]
    document: str
    policy: KeptVerdict | None
    returns: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, newest first; `cursor` leads to the next one, None at the end."""

    payments: tuple[Payment, ...]
    cursor: str | None


def patience_of(settings: Settings) -> Patience:
    """Return when this node shows an instruction as `unknown`."""
    return Patience(attempts_max=settings.attempts_max, unknown_after_seconds=settings.unknown_after_seconds)


def get_payment(store: Store, settings: Settings, clock: Clock, payment_id: str) -> PaymentHistory:
    """Return one instruction by its id or UETR, with its timeline; raise `NotFound`."""
    query = select(instructions).where(
        (instructions.c.id == payment_id) | (instructions.c.uetr == payment_id)
    )
    with store.snapshot() as connection:
        row = connection.execute(query).mappings().one_or_none() if payment_id.isprintable() else None
        if row is None:
            raise NotFound(f"no payment of this node has the id or UETR {payment_id!r}")
        view = _View(connection, settings, clock)
        (payment,) = view.show([row])
        return PaymentHistory(
            payment=payment,
            timeline=timeline(
                created_at=row["created_at"],
                created_by=row["created_by"],
                identity=subject_of(row).identity,
                attempts=view.attempts[row["id"]],
                outcomes=view.outcomes[row["payer"], row["sequence"]],
                answers=answers_of(connection, row["id"]),
            ),
            document=row["document"],
            policy=verdict_kept(connection, row["id"]),
            returns=_returned_by(connection, row["id"]),
        )


def _returned_by(connection: Connection, payment_id: str) -> str | None:
    """Return the reference of the settlement that a payment gives back; None for any other payment."""
    row = connection.execute(select(returns).where(returns.c.payment_id == payment_id)).mappings().first()
    if row is None:
        return None
    leg = f".{row['leg']}" if row["leg"] else ""
    return f"{row['height']}-{row['log_index']}{leg}"


def payment_in(connection: Connection, settings: Settings, clock: Clock, row: RowMapping) -> Payment:
    """Return the payment of a row of `instructions` as it stands in a transaction."""
    (payment,) = _View(connection, settings, clock).show([row])
    return payment


def list_payments(
    store: Store,
    settings: Settings,
    clock: Clock,
    filters: Filter,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page:
    """Return the payments a filter leaves, newest first, from `cursor` on.

    Raise `InvalidCursor`, `InvalidFilter`, and what is wrong with a currency or a bank's name.
    """
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    with store.snapshot() as connection:
        query = select(instructions).order_by(instructions.c.id.desc()).limit(limit + 1)
        query = filtered(connection, query, filters, patience=patience_of(settings), now=clock.now())
        if cursor is not None:
            query = query.where(instructions.c.id < position_of(cursor))
        rows = connection.execute(query).mappings().all()
        payments = _View(connection, settings, clock).show(rows[:limit])
    more = len(rows) > limit
    return Page(payments=tuple(payments), cursor=cursor_at(payments[-1].id) if more else None)


class _View:
    """How rows of `instructions` are shown, at one moment of the store."""

    def __init__(self, connection: Connection, settings: Settings, clock: Clock) -> None:
        self._connection = connection
        self._patience = patience_of(settings)
        self._now = clock.now()
        self.attempts: dict[str, list[Attempt]] = {}
        self.outcomes: dict[tuple[int, int], list[Outcome]] = {}

    def show(self, rows: Sequence[RowMapping]) -> list[Payment]:
        """Return the payments of these rows, in their order."""
        self.attempts = attempts_of(self._connection, (row["id"] for row in rows))
        self.outcomes = outcomes(self._connection, ((row["payer"], row["sequence"]) for row in rows))
        names = directory(self._connection)
        assets = {asset.id: asset for asset in registered_assets(self._connection)}
        settled = {row["id"]: found for row in rows if (found := self._settling(row))}
        days = Days(self._connection, assets, settled.values())
        return [self._show(row, names, assets[row["asset"]], days, settled.get(row["id"])) for row in rows]

    def _settling(self, row: RowMapping) -> Outcome | None:
        """Return the event by which an instruction settled."""
        identity = subject_of(row).identity
        found = self.outcomes[row["payer"], row["sequence"]]
        return next((each for each in found if each.name in SETTLING and concerns(identity, each)), None)

    def _show(
        self, row: RowMapping, names: Directory, asset: Asset, days: Days, settling: Outcome | None
    ) -> Payment:
        attempts = self.attempts[row["id"]]
        events = self.outcomes[row["payer"], row["sequence"]]
        subject = subject_of(row)
        found = state(subject, attempts, events, patience=self._patience, now=self._now)
        day = days.of(asset, settling) if settling and found is State.SETTLED else NO_DAY
        return Payment(
            state=found.shown,
            # What a settled one was refused for on its way would only confuse.
            reason=None if found is State.SETTLED else last_reason(subject.identity, attempts, events),
            payer=names.get(row["payer"]).bic,
            payee=names.get(row["payee"]).bic,
            currency=asset.currency.code,
            not_before=not_before_of(row["head"]) or None,
            age_seconds=int(self._now) - row["created_at"] if found is State.UNKNOWN else None,
            business_day=day.number,
            business_date=day.date,
            **{name: row[name] for name in _SHOWN_AS_THEY_ARE},
        )


_SHOWN_AS_THEY_ARE = (
    "id", "kind", "amount", "urgent", "uetr", "end_to_end_id", "value_date", "deadline", "queue", "sequence",
    "commitment", "file_id", "file_position", "created_at", "created_by",
)  # fmt: skip
