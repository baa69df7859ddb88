"""A rule tried on payments that were accepted: asked of each as it was then, and kept nowhere.

Of the names list it is asked as that is now: whether somebody who was paid is on it today is the question.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from node.errors import PeriodRefused
from node.services.circumstances import own_participant
from node.services.identifiers import numbered_id
from node.services.policies.facts import Facts, facts_then
from node.services.policies.language import ConditionFailed, compiled, validate_condition
from node.services.policies.rules import Rule, outcome_of, rules_in_force
from node.services.policies.screened import index_now, names_in
from node.services.policies.verdicts import verdict_of
from node.services.screening.matching import Index, Match
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions
from settlement.errors import InvalidDocument
from settlement.instruction import InstructionKind
from settlement.policy import Outcome

ROWS_MAX = 1_000
LISTED_MAX = 100
_DAY_MILLISECONDS = 86_400_000
_PREFIX = "pay"
_TIME_BITS = 80  # an id begins with its milliseconds
_COLUMNS = ("id", "sequence", "asset", "payee", "amount", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A payment of which the rule is true, or has no answer (`true` None), and the facts it had then.

    `present`: what the rules in force say of it; `together`: what they would with this one.
    """

    id: str
    facts: Facts
    true: bool | None
    present: Outcome
    together: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a rule would have done to a page of payments: counts, and the first that it concerns.

    `present` and `together` by outcome, as of `Tried`; `after`: the id to go on behind, None at the end.
    """

    payments: int
    true: int
    unanswered: int
    present: Mapping[Outcome, int]
    together: Mapping[Outcome, int]
    listed: Sequence[Tried]
    after: str | None


def try_rule(
    store: Store,
    settings: Settings,
    *,
    condition: str,
    outcome: str,
    first: date,
    last: date,
    after: str = "",
    limit: int = ROWS_MAX,
) -> Trial:
    """Return what a rule says of payments accepted from a UTC day to another, oldest first, behind an id.

    At most `ROWS_MAX` are looked at. Raise `InvalidCondition`, `InvalidRule`, `PeriodRefused`.
    """
    validate_condition(condition)
    wanted, limit = outcome_of(outcome), max(1, min(limit, ROWS_MAX))
    with store.snapshot() as connection:
        index, rules = index_now(connection), rules_in_force(connection)
        rows = _rows(connection, first, last, after=after, limit=limit, with_documents=index is not None)
        hits, crowded = _hits(index, rows)
        payer = own_participant(connection, settings).id
        facts = facts_then(connection, rows, hits, payer=payer)
    tried = [
        _tried(row.id, each, rules, condition, wanted, crowded=row.id in crowded)
        for row, each in zip(rows, facts, strict=True)
    ]
    concerned = [each for each in tried if each.true is not False]
    return Trial(
        payments=len(tried),
        true=sum(each.true is True for each in tried),
        unanswered=sum(each.true is None for each in tried),
        present=Counter(each.present for each in tried),
        together=Counter(each.together for each in tried),
        listed=concerned[:LISTED_MAX],
        after=rows[-1].id if len(rows) == limit else None,
    )


def _rows(
    connection: Connection, first: date, last: date, *, after: str, limit: int, with_documents: bool
) -> Sequence[Row[Any]]:
    """Return the payments whose ids begin with the times of these days."""
    if last < first:
        raise PeriodRefused(f"{first} to {last} is no period", param="until")
    columns = [instructions.c[name] for name in (*_COLUMNS, *(["document"] if with_documents else []))]
    query = select(*columns).where(
        instructions.c.kind == InstructionKind.PAYMENT.value,
        instructions.c.id >= _first_id(first),
        instructions.c.id < _first_id(last, days=1),
        instructions.c.id > after,
    )
    return connection.execute(query.order_by(instructions.c.id).limit(limit)).all()


def _first_id(day: date, *, days: int = 0) -> str:
    """Return what is before every id that is made on a day, or so many days later, and behind all before."""
    since = day.toordinal() + days - date(1970, 1, 1).toordinal()
    return numbered_id(_PREFIX, max(0, since) * _DAY_MILLISECONDS << _TIME_BITS)


def _hits(index: Index | None, rows: Sequence[Row[Any]]) -> tuple[list[Match | None], frozenset[str]]:
    """Return whom each payment hits, and the ids of those that name more than can be looked at."""
    hits: list[Match | None] = []
    crowded = set()
    for row in rows:
        try:
            hits.append(None if index is None else index.best(names_in(row.document)))
        except InvalidDocument:
            hits.append(None)
            crowded.add(row.id)
    return hits, frozenset(crowded)


def _tried(
    identifier: str,
    facts: Facts,
    rules: Sequence[Rule],
    condition: str,
    outcome: Outcome,
    *,
    crowded: bool,
) -> Tried:
    present = verdict_of(rules, facts).outcome
    try:
        true = None if crowded else compiled(condition).holds(facts)
    except ConditionFailed:
        true = None
    said = {True: outcome, False: Outcome.ALLOW, None: Outcome.HOLD}[true]
    together = max(present, said, key=lambda each: each.strictness)
    return Tried(id=identifier, facts=facts, true=true, present=present, together=together)
