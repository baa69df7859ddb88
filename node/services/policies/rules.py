"""Rules as they are kept: a change is a further version, by whom and when, and in the audit log."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from node.errors import Forbidden, NotFound, RulesFull
from node.services.actors import Actor, Role
from node.services.audit import append_audit
from node.services.policies.language import validate_condition
from node.services.versions import Seen, require_version
from node.store.counters import take_numbers
from node.store.tables import policy_rules
from settlement.errors import InvalidValue
from settlement.policy import Outcome

NAME_PATTERN = "^[a-z0-9][a-z0-9_-]{0,63}$"
REASON_CHARACTERS_MAX = 200
RULES_MAX = 100
VERSIONS_MAX = 1000
_SERIES = "policy rules"
_ENTER_PAYMENTS = frozenset({Role.OFFICER, Role.INTEGRATION})
_LATEST = (
    select(policy_rules.c.name, func.max(policy_rules.c.version).label("version"))
    .group_by(policy_rules.c.name)
    .subquery()
)
# Built once: it is asked with every payment.
_NEWEST = (
    select(policy_rules)
    .join(_LATEST, (policy_rules.c.name == _LATEST.c.name) & (policy_rules.c.version == _LATEST.c.version))
    .order_by(policy_rules.c.name)
)


class InvalidRule(InvalidValue):
    """A rule whose name, outcome or reason is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of a rule. Time in UTC seconds; the newest version of a name is the rule."""

    name: str
    version: int
    condition: str
    outcome: Outcome
    reason: str
    in_force: bool
    author: str
    author_name: str
    created_at: int


def rules_in_force(connection: Connection) -> list[Rule]:
    """Return the rules that are asked of each payment, by name."""
    return [rule for rule in list_rules(connection) if rule.in_force]


def list_rules(connection: Connection) -> list[Rule]:
    """Return the newest version of every rule, by name."""
    return _read(connection, _NEWEST)


def versions_of(connection: Connection, name: str) -> list[Rule]:
    """Return every version of a rule, oldest first; raise `NotFound`."""
    query = select(policy_rules).where(policy_rules.c.name == name).order_by(policy_rules.c.version)
    found = _read(connection, query) if re.match(NAME_PATTERN, name) else []
    if not found:
        raise NotFound(f"there is no rule {name!r}")
    return found


def write_rule(
    connection: Connection,
    *,
    name: str,
    condition: str,
    outcome: str,
    reason: str,
    actor: Actor,
    at: int,
    seen: Seen = None,
) -> Rule:
    """Put a rule in force, in place of its version so far, for every payment accepted from now on.

    Raise `Forbidden` for who may enter payments, `InvalidRule`, `InvalidCondition`, `RulesFull`,
    `PreconditionFailed`.
    """
    require_author(actor)
    _validate(name, outcome, reason)
    validate_condition(condition)
    take_numbers(connection, _SERIES, 1)
    rules = {rule.name: rule for rule in list_rules(connection)}
    before = rules.get(name)
    require_version(seen, str(before.version) if before else "0")
    if before is None and len(rules) >= RULES_MAX:
        raise RulesFull(f"there are {RULES_MAX} rules; write one that is not in force anew")
    return _append(
        connection,
        Rule(
            name=name, version=before.version + 1 if before else 1, condition=condition,
            outcome=Outcome(outcome), reason=reason, in_force=True, author=actor.id, author_name=actor.name,
            created_at=at,
        ),
    )  # fmt: skip


def retire_rule(connection: Connection, *, name: str, actor: Actor, at: int, seen: Seen = None) -> Rule:
    """Ask a rule of no payment any more.

    Raise `Forbidden` for who may enter payments, `NotFound`, `PreconditionFailed`.
    """
    require_author(actor)
    take_numbers(connection, _SERIES, 1)
    newest = versions_of(connection, name)[-1]
    require_version(seen, str(newest.version))
    if not newest.in_force:
        return newest
    return _append(
        connection,
        Rule(
            name=name, version=newest.version + 1, condition=newest.condition, outcome=newest.outcome,
            reason=newest.reason, in_force=False, author=actor.id, author_name=actor.name, created_at=at,
        ),
    )  # fmt: skip


def outcome_of(text: str) -> Outcome:
    """Return an outcome by its name; raise `InvalidRule`."""
    if text not in set(Outcome):
        raise InvalidRule(f"{text!r} is no outcome; there are {', '.join(Outcome)}", param="outcome")
    return Outcome(text)


def require_author(actor: Actor) -> None:
    """Raise `Forbidden` for who may enter payments: nobody changes what they are held to themselves."""
    if not actor.roles.isdisjoint(_ENTER_PAYMENTS):
        raise Forbidden("who may enter payments can't change what they are held to")


def _append(connection: Connection, rule: Rule) -> Rule:
    if rule.version > VERSIONS_MAX:
        raise RulesFull(f"{rule.name} has {VERSIONS_MAX} versions; go on under another name")
    values: dict[str, Any] = {column.name: getattr(rule, column.name) for column in policy_rules.c}
    connection.execute(insert(policy_rules).values(values | {"outcome": rule.outcome.value}))
    append_audit(
        connection,
        at=rule.created_at,
        actor=rule.author,
        action="policy_rule_written" if rule.in_force else "policy_rule_retired",
        subject=rule.name,
        detail={"version": rule.version, "condition": rule.condition, "outcome": rule.outcome.value},
    )
    return rule


def _read(connection: Connection, query: Select[Any]) -> list[Rule]:
    return [_rule(row) for row in connection.execute(query)]


def _rule(row: Row[Any]) -> Rule:
    return Rule(**row._asdict() | {"outcome": Outcome(row.outcome)})


def _validate(name: str, outcome: str, reason: str) -> None:
    if not re.fullmatch(NAME_PATTERN, name):
        raise InvalidRule(
            "a rule's name has 1 to 64 small letters, digits, - and _, and begins with no sign", param="name"
        )
    outcome_of(outcome)
    if not 1 <= len(reason) <= REASON_CHARACTERS_MAX or not reason.isprintable():
        raise InvalidRule(
            f"a rule's reason has 1 to {REASON_CHARACTERS_MAX} printable characters", param="reason"
        )
