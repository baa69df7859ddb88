"""Rules as they are kept: in versions that nobody edits, with who wrote them."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from node.errors import Forbidden, NotFound, PreconditionFailed, RulesFull
from node.services.actors import Actor, Role
from node.services.policies import rules
from node.services.policies.language import InvalidCondition
from node.services.policies.rules import InvalidRule, Rule, list_rules, retire_rule, versions_of, write_rule
from node.store.session import Store
from node.store.tables import audit

_OPERATOR = Actor(id="usr_1", name="otto", roles=frozenset({Role.OPERATOR}))
_RULE = {"name": "large", "condition": "amount > 100", "outcome": "hold", "reason": "large amounts"}


def _write(store: Store, *, seen: Any = None, **changed: str) -> Rule:
    with store.transaction() as connection:
        return write_rule(connection, **_RULE | changed, actor=_OPERATOR, at=1_000, seen=seen)


def _retire(store: Store, name: str = "large", *, seen: Any = None) -> Rule:
    with store.transaction() as connection:
        return retire_rule(connection, name=name, actor=_OPERATOR, at=2_000, seen=seen)


def _listed(store: Store) -> list[Rule]:
    with store.snapshot() as connection:
        return list_rules(connection)


def test_change_is_a_version(store: Store) -> None:
    """Each change is a further version; the newest is the rule, and all are kept."""
    _write(store)
    second = _write(store, condition="amount > 200")
    retired = _retire(store)

    assert [retired] == _listed(store)
    assert (3, False, "amount > 200") == (retired.version, retired.in_force, retired.condition)
    with store.snapshot() as connection:
        assert [1, 2, 3] == [each.version for each in versions_of(connection, "large")]
        assert second == versions_of(connection, "large")[1]


def test_author_is_kept_and_audited(store: Store) -> None:
    """Who wrote which version is kept with it, and in the audit log with what was written."""
    written = _write(store)
    _retire(store)

    assert ("usr_1", "otto", 1_000) == (written.author, written.author_name, written.created_at)
    with store.snapshot() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.position)).all()
    assert [("policy_rule_written", 1), ("policy_rule_retired", 2)] == [
        (row.action, orjson.loads(row.detail)["version"]) for row in rows
    ]
    assert {("usr_1", "large")} == {(row.actor, row.subject) for row in rows}


def test_version_seen_is_the_one_there_is(store: Store) -> None:
    """Who changes what somebody else has changed since is told so, and nothing is written."""
    _write(store, seen=("0",))
    with pytest.raises(PreconditionFailed):
        _write(store, seen=("0",), condition="amount > 7")
    with pytest.raises(PreconditionFailed):
        _retire(store, seen=("2",))

    assert [1] == [rule.version for rule in _listed(store)]


def test_retiring_twice_is_once(store: Store) -> None:
    """A rule that is not in force is left as it is; one that there is not is not found."""
    _write(store)

    assert _retire(store) == _retire(store)
    for name in ("other", "nul\0"):
        with pytest.raises(NotFound):
            _retire(store, name)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": "Large"}, InvalidRule),
        ({"name": "large\n"}, InvalidRule),
        ({"name": "x" * 65}, InvalidRule),
        ({"outcome": "maybe"}, InvalidRule),
        ({"reason": ""}, InvalidRule),
        ({"reason": "x" * 201}, InvalidRule),
        ({"condition": "amounts > 1"}, InvalidCondition),
    ],
)
def test_wrong_rules_are_refused(store: Store, changed: dict[str, str], error: type[Exception]) -> None:
    """What is no rule is refused, and nothing is kept."""
    with pytest.raises(error):
        _write(store, **changed)

    assert [] == _listed(store)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.INTEGRATION])
def test_who_enters_payments_changes_no_rule(store: Store, role: Role) -> None:
    """Who may enter payments can't change what holds them, whatever other roles that account has."""
    _write(store)
    both = replace(_OPERATOR, roles=frozenset({Role.OPERATOR, role}))

    with store.transaction() as connection:
        with pytest.raises(Forbidden):
            write_rule(connection, **_RULE | {"condition": "false"}, actor=both, at=1_000)
        with pytest.raises(Forbidden):
            retire_rule(connection, name="large", actor=both, at=1_000)

    assert [1] == [rule.version for rule in _listed(store)]


def test_there_are_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are so many rules and no more, and so many versions of each."""
    monkeypatch.setattr(rules, "RULES_MAX", 1)
    monkeypatch.setattr(rules, "VERSIONS_MAX", 2)
    _write(store)
    _write(store)

    with pytest.raises(RulesFull):
        _write(store, name="other")
    with pytest.raises(RulesFull):
        _write(store)
