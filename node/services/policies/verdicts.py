"""What the rules say of payments at the door, and keeping it with them.

A rule without an answer holds the payment: it never allows, and a fault of ours refuses nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, select

from node.services.policies.facts import Facts, facts_of
from node.services.policies.language import ConditionFailed, InvalidCondition, compiled
from node.services.policies.rules import Rule, rules_in_force
from node.services.policies.screened import Screened, screened_now
from node.services.requests import Prepared
from node.services.screening.lists import Hit, hit_on
from node.store.bulk import insert_rows
from node.store.tables import policy_verdicts
from settlement.instruction import InstructionKind
from settlement.policy import Outcome, Verdict, strictest

_COLUMNS = (
    "instruction_id", "outcome", "rule", "version", "why", "facts", "list_version", "list_entry",
    "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A payment's verdict, and the facts it was reached by.

    `list_version`: of the names list it was held against (None: there was none), `list_entry`: whom it hit.
    """

    verdict: Verdict
    facts: Facts
    list_version: int | None = None
    list_entry: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVerdict:
    """A verdict as it was kept with an instruction."""

    outcome: str
    rule: str | None
    version: int | None
    why: str
    facts: dict[str, int | str | bool]
    list_version: int | None
    list_entry: str | None


def judge(
    connection: Connection,
    items: Sequence[Prepared],
    screened: Screened,
    *,
    kind: InstructionKind,
    payer: int,
    at: int,
) -> list[Judged]:
    """Return the verdict of each item, in order; none at all where there are no rules, or for no payments.

    The caller holds the series of sequences while velocity must not change. `screened`: what the names list
    said of them before that; where there is a newer one it is asked.
    """
    if kind is not InstructionKind.PAYMENT or not items:
        return []
    rules = rules_in_force(connection)
    if not rules:
        return []
    screened = screened_now(connection, items, screened)
    hits = [screened.hits.get(item.uetr) for item in items]
    return [
        Judged(
            verdict=verdict_of(rules, facts),
            facts=facts,
            list_version=screened.version,
            list_entry=hit.entry if hit else None,
        )
        for facts, hit in zip(facts_of(connection, items, hits, payer=payer, at=at), hits, strict=True)
    ]


def verdict_of(rules: Sequence[Rule], facts: Facts) -> Verdict:
    """Return the strictest of what the rules say of one payment."""
    return strictest(said for rule in rules if (said := _said(rule, facts)) is not None)


def keep_verdicts(connection: Connection, judged: Sequence[Judged], ids: Sequence[str], *, at: int) -> None:
    """Keep what the rules said of each instruction, `ids` in the same order."""
    rows = [
        (
            identifier, each.verdict.outcome.value, each.verdict.rule, each.verdict.version, each.verdict.why,
            orjson.dumps(each.facts.shown()).decode(), each.list_version, each.list_entry, at,
        )
        for identifier, each in zip(ids, judged, strict=True)
    ]  # fmt: skip
    insert_rows(connection, policy_verdicts, _COLUMNS, rows)


def verdict_kept(connection: Connection, instruction_id: str) -> KeptVerdict | None:
    """Return what the rules said of an instruction; None where there were none."""
    query = select(policy_verdicts).where(policy_verdicts.c.instruction_id == instruction_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    names = ("outcome", "rule", "version", "why", "list_version", "list_entry")
    return KeptVerdict(**{name: row[name] for name in names}, facts=orjson.loads(row["facts"]))


def hits_of(connection: Connection, ids: Sequence[str]) -> dict[str, Hit]:
    """Return whom on the names list each of these instructions hit when it was accepted, where it did."""
    query = select(policy_verdicts).where(
        policy_verdicts.c.instruction_id.in_(ids), policy_verdicts.c.list_entry.is_not(None)
    )
    return {
        row["instruction_id"]: hit_on(
            connection,
            row["list_entry"],
            version=row["list_version"],
            score=orjson.loads(row["facts"])["list_score"],
        )
        for row in connection.execute(query).mappings()
    }


def _said(rule: Rule, facts: Facts) -> Verdict | None:
    try:
        if not compiled(rule.condition).holds(facts):
            return None
        outcome, why = rule.outcome, rule.reason
    except (ConditionFailed, InvalidCondition) as error:
        outcome, why = Outcome.HOLD, f"the rule could not be asked: {error}"
    return Verdict(outcome=outcome, rule=rule.name, version=rule.version, why=why)
