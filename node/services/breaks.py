"""Breaks: what reconciliation found to differ, each with an age and an owner until a person clears it.

Rows are never edited: a break is opened, assigned, cleared, each a row of its own and in the audit log. One
that is cleared and still there is found again by the next run, as a new break.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, RowMapping, Select, func, insert, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.errors import NotFound
from node.services.audit import append_audit
from node.services.circumstances import own_participant
from node.services.reconciliation import Break, Kind, Reconciliation, reconcile
from node.services.versions import Seen, require_version, version_of
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.incidents import raise_incident
from node.store.session import Store
from node.store.tables import break_steps, breaks, reconciliations
from settlement.errors import BrokenRule, InvalidValue

NAME_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 500
PAGE_ROWS_MAX = 500
# With so many open something is wrong at large: further ones are counted, and no rows.
OPEN_MAX = 10_000
WRITER = "reconciliation"
# So often all there is gets compared, and not only what is new.
EVERYTHING_SECONDS = 86_400
# What breaks R4 or R5 where it differs.
_BOOKS = frozenset({Kind.ACCOUNT, Kind.SUPPLY, Kind.POSTING})
_SERIES, _RUNS = "break", "reconciliation"
_ASSIGNED, _CLEARED = "assigned", "cleared"


class BooksDiffer(BrokenRule):
    """Chain, postings and balances are not one: a rule of the ledger does not hold (R4, R5)."""


class InvalidNote(InvalidValue):
    """A person's name, or a reason, that is empty or too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBreak:
    """A break with its life so far: times in UTC seconds, `height` where it was first found."""

    id: int
    kind: str
    subject: str
    field: str
    expected: str
    found: str
    height: int
    opened_at: int
    owner: str | None
    cleared_at: int | None
    cleared_by: str | None
    reason: str | None

    @property
    def version(self) -> str:
        """What of it people change."""
        return version_of(self.owner, self.cleared_at, self.cleared_by, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreaks:
    """How many breaks are open, and when the oldest was opened (UTC seconds)."""

    count: int
    oldest_at: int | None


def reconcile_and_record(
    store: Store,
    chain: Chain,
    contracts: Contracts,
    settings: Settings,
    *,
    actor: str,
    at: int,
    everything: bool = True,
) -> Reconciliation:
    """Compare, and open a break for each difference that is new.

    Not `everything`: of postings and settlements, which never change, what is new since the last run, if that
    one found nothing and everything was compared within a day.

    Raise `UnknownParticipant` until this node's bank is admitted, and what `reconcile` raises.
    """
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
        above = -1 if everything else _compared_until(connection, at)
    found = reconcile(store, chain, contracts, participant=own.id, above=above)
    record(store, found.breaks, height=found.height, actor=actor, at=at, run=found)
    return found


def record(
    store: Store, found: Iterable[Break], *, height: int, actor: str, at: int, run: Reconciliation | None
) -> list[int]:
    """Open a break for each difference that is not open already; return the new numbers.

    `run`: the comparison of everything that they come from, which is remembered too; where it says that the
    books differ, an incident is opened.
    """
    with store.transaction() as connection:
        _hold(connection)
        known = {(row.kind, row.subject, row.field) for row in connection.execute(_open())}
        wanted = {(each.kind.value, each.subject, each.field): each for each in found}
        new = [each for key, each in wanted.items() if key not in known]
        kept = new[: max(0, OPEN_MAX - len(known))]
        first = take_numbers(connection, _SERIES, len(kept))
        rows = [
            asdict(each) | {"id": first + place, "kind": each.kind.value, "height": height, "opened_at": at}
            for place, each in enumerate(kept)
        ]
        if rows:
            connection.execute(insert(breaks), rows)
        if run is not None:
            _remember(connection, run, at)
            _stop(connection, run, at)
        if new:
            append_audit(
                connection,
                at=at,
                actor=actor,
                action="breaks_opened",
                subject=f"block {height}",
                detail={"breaks": [row["id"] for row in rows], "left_out": len(new) - len(kept)},
            )
    return [row["id"] for row in rows]


def assign(
    connection: Connection, break_id: int, *, owner: str, actor: str, at: int, seen: Seen = None
) -> OpenedBreak:
    """Make somebody answer for an open break; raise `NotFound`, `InvalidNote`, `PreconditionFailed`."""
    return _step(
        connection, break_id, step=_ASSIGNED, owner=owner, reason=None, actor=actor, at=at, seen=seen
    )


def clear(
    connection: Connection, break_id: int, *, by: str, reason: str, actor: str, at: int, seen: Seen = None
) -> OpenedBreak:
    """End a break: a person has found out why, and answers for it.

    Raise `NotFound`, `InvalidNote`, `PreconditionFailed`.
    """
    _validate(reason, "reason", REASON_CHARACTERS_MAX)
    return _step(connection, break_id, step=_CLEARED, owner=by, reason=reason, actor=actor, at=at, seen=seen)


def list_breaks(
    store: Store, *, also_cleared: bool = False, after: int = 0, limit: int = PAGE_ROWS_MAX
) -> list[OpenedBreak]:
    """Return breaks above the number `after`, oldest first, at most `limit`."""
    query = _state() if also_cleared else _open()
    with store.snapshot() as connection:
        page = query.where(breaks.c.id > after).order_by(breaks.c.id).limit(limit)
        return [_shown(row) for row in connection.execute(page).mappings()]


def open_breaks(connection: Connection) -> OpenBreaks:
    """Count what is open."""
    each = _open().subquery()
    row = connection.execute(select(func.count(), func.min(each.c.opened_at)).select_from(each)).one()
    return OpenBreaks(count=row[0], oldest_at=row[1])


def last_run(connection: Connection) -> int | None:
    """Return when was compared last (UTC seconds); None: never."""
    at: int | None = connection.scalar(select(func.max(reconciliations.c.at)))
    return at


def _compared_until(connection: Connection, at: int) -> int:
    """Return up to which height postings and settlements need no second look today; -1: none."""
    runs = reconciliations
    newest = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1)).one_or_none()
    complete = connection.scalar(select(func.max(runs.c.at)).where(runs.c.above == -1))
    if newest is None or newest.breaks or complete is None or not 0 <= at - complete < EVERYTHING_SECONDS:
        return -1
    return int(newest.height)


def _remember(connection: Connection, run: Reconciliation, at: int) -> None:
    values = {name: getattr(run, name) for name in ("height", "above", "accounts", "assets", "settled")}
    number = take_numbers(connection, _RUNS, 1)
    connection.execute(insert(reconciliations).values(id=number, at=at, breaks=len(run.breaks), **values))


def _stop(connection: Connection, run: Reconciliation, at: int) -> None:
    """Open an incident while the books differ: nothing is signed until a person has looked (R10).

    A statement from outside or an instruction that differs is somebody's to find out, and stops nobody.
    """
    broken = [each for each in run.breaks if each.kind in _BOOKS]
    if not broken:
        return
    first = broken[0]
    error = BooksDiffer(
        f"at block {run.height} {len(broken)} breaks of chain, postings and balances, first {first.subject}: "
        f"{first.field} is {first.found}, not {first.expected}; see `vostro breaks list`"
    )
    raise_incident(connection, writer=WRITER, subject="books", error=error, at=at)


def _step(
    connection: Connection,
    break_id: int,
    *,
    step: str,
    owner: str,
    reason: str | None,
    actor: str,
    at: int,
    seen: Seen,
) -> OpenedBreak:
    _validate(owner, "name", NAME_CHARACTERS_MAX)
    _hold(connection)
    found = connection.execute(_open().where(breaks.c.id == break_id)).mappings().first()
    if found is None:
        raise NotFound(f"no open break has the number {break_id}; `vostro breaks list` shows them")
    require_version(seen, _shown(found).version)
    taken = connection.scalar(
        select(func.coalesce(func.max(break_steps.c.number), 0)).where(break_steps.c.break_id == break_id)
    )
    connection.execute(
        insert(break_steps).values(
            break_id=break_id,
            number=(taken or 0) + 1,
            at=at,
            step=step,
            owner=owner,
            reason=reason,
            actor=actor,
        )
    )
    detail = {"by" if step == _CLEARED else "owner": owner} | ({"reason": reason} if reason else {})
    append_audit(
        connection, at=at, actor=actor, action=f"break_{step}", subject=f"break {break_id}", detail=detail
    )
    return _shown(connection.execute(_state().where(breaks.c.id == break_id)).mappings().one())


def _hold(connection: Connection) -> None:
    """Let nobody else open, assign or clear until the caller's transaction ends."""
    take_numbers(connection, _SERIES, 0)


def _validate(text: str, param: str, characters_max: int) -> None:
    if not text.strip() or len(text) > characters_max or "\0" in text:
        raise InvalidNote(f"a {param} has 1 to {characters_max} characters", param=param)


def _state() -> Select[tuple[object, ...]]:
    """Every break with its last step."""
    later = break_steps.alias("later")
    newest = (
        select(func.max(later.c.number)).where(later.c.break_id == break_steps.c.break_id).scalar_subquery()
    )
    of_break = (break_steps.c.break_id == breaks.c.id) & (break_steps.c.number == newest)
    steps = [break_steps.c[name] for name in ("step", "owner", "reason", "at")]
    return select(breaks, *steps).select_from(breaks.outerjoin(break_steps, of_break))


def _open() -> Select[tuple[object, ...]]:
    return _state().where(func.coalesce(break_steps.c.step, "") != _CLEARED)


def _shown(row: RowMapping) -> OpenedBreak:
    values = dict(row)
    step, name, at = values.pop("step"), values.pop("owner"), values.pop("at")
    cleared = step == _CLEARED
    return OpenedBreak(
        **values,
        owner=None if cleared else name,
        cleared_at=at if cleared else None,
        cleared_by=name if cleared else None,
    )
