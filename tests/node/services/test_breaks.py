"""A break is opened once, belongs to somebody, and ends only with a name and a reason."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from node.errors import NotFound, WriterStopped
from node.services import breaks as service
from node.services.audit import verify_audit
from node.services.breaks import (
    EVERYTHING_SECONDS,
    InvalidNote,
    OpenedBreak,
    assign,
    clear,
    last_run,
    list_breaks,
    open_breaks,
    reconcile_and_record,
    record,
)
from node.services.reconciliation import Break, Kind, Reconciliation
from node.settings import Settings
from node.store.incidents import clear_incident, open_incidents, require_no_incident
from node.store.session import Store
from node.store.tables import audit, balances, postings, reconciliations
from tests.embedded import FUNDS
from tests.node.services.ledgers import Ledger
from tests.scenario import BANKS, USD

_AT = 1_795_000_000


def _break(number: int = 0, **changed: Any) -> Break:
    fields: dict[str, Any] = {
        "kind": Kind.ACCOUNT,
        "subject": f"account 840-{number}",
        "field": "available",
        "expected": "1",
        "found": "2",
    }
    return Break(**fields | changed)


def _record(store: Store, *found: Break, at: int = _AT) -> list[int]:
    return record(store, found, height=7, actor="keeper", at=at, run=None)


def _assign(store: Store, number: int, owner: str = "Erika") -> OpenedBreak:
    with store.transaction() as connection:
        return assign(connection, number, owner=owner, actor="tok_1", at=_AT + 5)


def _clear(store: Store, number: int, by: str = "Erika", reason: str = "a late block") -> OpenedBreak:
    with store.transaction() as connection:
        return clear(connection, number, by=by, reason=reason, actor="tok_1", at=_AT + 9)


def _actions(store: Store) -> list[str]:
    with store.snapshot() as connection:
        verify_audit(connection)
        return list(connection.scalars(select(audit.c.action).order_by(audit.c.position)))


def test_a_difference_is_one_break_while_it_is_open(store: Store) -> None:
    """Found again and again, with whatever values, it is the break that is open already, with its age."""
    assert [1, 2] == _record(store, _break(1), _break(2))
    assert [3] == _record(store, _break(1, found="9"), _break(3), _break(3), at=_AT + 60)

    found = list_breaks(store)

    assert [(1, "2", _AT), (2, "2", _AT), (3, "2", _AT + 60)] == [
        (each.id, each.found, each.opened_at) for each in found
    ]
    with store.snapshot() as connection:
        assert (3, _AT) == (open_breaks(connection).count, open_breaks(connection).oldest_at)


def test_a_break_lives_until_it_is_cleared(store: Store) -> None:
    """Assigned, assigned to another, cleared: the list tells who and why, the audit log tells each step."""
    _record(store, _break(1))
    assert "Erika" == _assign(store, 1).owner
    assert "Omar" == _assign(store, 1, "Omar").owner
    assert ["Omar"] == [each.owner for each in list_breaks(store)]

    cleared = _clear(store, 1)

    assert (_AT + 9, "Erika", "a late block") == (cleared.cleared_at, cleared.cleared_by, cleared.reason)
    assert [] == list_breaks(store)
    assert [cleared] == list_breaks(store, also_cleared=True)
    with store.snapshot() as connection:
        assert (0, None) == (open_breaks(connection).count, open_breaks(connection).oldest_at)
    assert ["breaks_opened", "break_assigned", "break_assigned", "break_cleared"] == _actions(store)


def test_what_still_differs_is_found_anew(store: Store) -> None:
    """Clearing hides nothing: the next run opens a new break for what is still there."""
    _record(store, _break(1))
    _clear(store, 1)

    assert [2] == _record(store, _break(1), at=_AT + 60)
    assert [(2, _AT + 60)] == [(each.id, each.opened_at) for each in list_breaks(store)]


@pytest.mark.parametrize("act", [_assign, _clear])
def test_only_open_breaks_have_steps(store: Store, act: Any) -> None:
    """What is cleared or was never there can be neither assigned nor cleared."""
    _record(store, _break(1))
    _clear(store, 1)
    before = _actions(store)

    for number in (1, 2):
        with pytest.raises(NotFound, match="vostro breaks list"):
            act(store, number)
    assert before == _actions(store)


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "a\0b"])
def test_a_name_and_a_reason_are_needed(store: Store, text: str) -> None:
    """Nobody clears or takes on a break without a name, and none is cleared without a reason."""
    _record(store, _break(1))

    with pytest.raises(InvalidNote):
        _assign(store, 1, text)
    with pytest.raises(InvalidNote):
        _clear(store, 1, by=text)
    with pytest.raises(InvalidNote):
        _clear(store, 1, reason=text)
    assert 1 == len(list_breaks(store))


def test_rows_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit no further break becomes a row, and the audit log says how many were left out."""
    monkeypatch.setattr(service, "OPEN_MAX", 3)
    _record(store, *(_break(number) for number in range(2)))

    assert [3] == _record(store, *(_break(number) for number in range(10)))
    assert [] == _record(store, _break(77))
    with store.snapshot() as connection:
        details = list(connection.scalars(select(audit.c.detail).order_by(audit.c.position)))
    assert '{"breaks":[3],"left_out":7}' == details[1]
    assert '{"breaks":[],"left_out":1}' == details[2]


def test_pages(store: Store) -> None:
    """A list is given a page at a time, after a number."""
    _record(store, *(_break(number) for number in range(5)))

    assert [3, 4] == [each.id for each in list_breaks(store, after=2, limit=2)]


def _run(ledger: Ledger, *, at: int = _AT, everything: bool = True) -> int:
    return len(_found(ledger, at=at, everything=everything).breaks)


def _found(ledger: Ledger, *, at: int, everything: bool = False) -> Reconciliation:
    network = ledger.network
    settings = Settings(bic=ledger.member.bic)
    return reconcile_and_record(
        ledger.store, network.chain, network.contracts, settings, actor="keeper", at=at, everything=everything
    )


def test_a_sound_ledger_opens_none(ledger: Ledger) -> None:
    """A run over a sound network is remembered, and opens nothing."""
    ledger.accept(ledger.pay(5))
    ledger.mirror()

    assert 0 == _run(ledger)

    assert [] == list_breaks(ledger.store)
    with ledger.store.snapshot() as connection:
        assert _AT == last_run(connection)
        (row,) = connection.execute(select(reconciliations)).mappings().all()
    assert (1, 3, 1, 0) == (row["id"], row["assets"], row["settled"], row["breaks"])


def test_each_kind_is_opened_and_kept(ledger: Ledger) -> None:
    """An edited balance, an invented posting and a payment nobody accepted become breaks of their kinds."""
    ledger.pay(5)
    ledger.mirror()
    with ledger.store.transaction() as connection:
        connection.execute(
            update(balances).where(balances.c.asset == USD, balances.c.participant == 3).values(balance=1)
        )
        connection.execute(
            insert(postings).values(
                height=10**6, log_index=0, line=0, asset=USD, participant=BANKS[2].id, bucket="available",
                counterparty=0, amount=1, balance=FUNDS + 1,
            )
        )  # fmt: skip

    count = _run(ledger)

    assert count == len(list_breaks(ledger.store))
    assert {"account", "supply", "posting", "instruction"} == {
        each.kind for each in list_breaks(ledger.store)
    }
    assert count == _run(ledger) == len(list_breaks(ledger.store))


def _stopped(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.store.snapshot() as connection:
        return [(each.writer, each.code) for each in open_incidents(connection)]


def test_books_that_differ_stop_the_signer(ledger: Ledger) -> None:
    """A balance that is not the chain's is a broken rule: one incident until a person clears it, and anew
    when it still differs.
    """
    ledger.accept(ledger.pay(5))
    ledger.mirror()
    with ledger.store.transaction() as connection:
        connection.execute(update(balances).where(balances.c.participant == BANKS[1].id).values(balance=7))

    _run(ledger)
    _run(ledger)

    assert [("reconciliation", "books_differ")] == _stopped(ledger)
    with ledger.store.transaction() as connection:
        with pytest.raises(WriterStopped, match="account 840-3"):
            require_no_incident(connection)
        require_no_incident(connection, writer="follower")
        clear_incident(connection, open_incidents(connection)[0].id, by="Erika", at=_AT)
    _run(ledger)
    assert 1 == len(_stopped(ledger))


@pytest.mark.parametrize("amount", [1, -1])
def test_supply_that_differs_stops_the_signer(ledger: Ledger, amount: int) -> None:
    """More or less held than was issued and not redeemed is one, too."""
    ledger.mirror()
    issuer = (balances.c.asset == USD) & (balances.c.bucket == "issued")
    with ledger.store.transaction() as connection:
        connection.execute(update(balances).where(issuer).values(balance=balances.c.balance + amount))

    _run(ledger)

    assert "supply" in {each.kind for each in list_breaks(ledger.store)}
    assert [("reconciliation", "books_differ")] == _stopped(ledger)


def test_what_others_say_stops_nobody(ledger: Ledger) -> None:
    """Nor do a statement that differs and a settled payment that this node did not accept."""
    ledger.pay(5)
    ledger.mirror()
    _record(ledger.store, _break(1, kind=Kind.STATEMENT))

    _run(ledger)

    assert {"statement", "instruction"} == {each.kind for each in list_breaks(ledger.store)}
    assert [] == _stopped(ledger)


def test_what_was_compared_is_not_compared_each_hour(ledger: Ledger) -> None:
    """After a run without breaks the next one takes what is new; everything again after a day."""
    ledger.accept(ledger.pay(5))
    ledger.mirror()

    first = _found(ledger, at=_AT)
    ledger.accept(ledger.pay(6))
    ledger.mirror()
    second, third = _found(ledger, at=_AT + 3600), _found(ledger, at=_AT + 7200)
    next_day = _found(ledger, at=_AT + EVERYTHING_SECONDS)

    assert [-1, first.height, second.height, -1] == [each.above for each in (first, second, third, next_day)]
    assert [1, 1, 0, 2] == [each.settled for each in (first, second, third, next_day)]


def test_a_break_among_the_new_is_found_and_found_again(ledger: Ledger) -> None:
    """A run that found something is no ground to leave out what it compared."""
    assert 0 == _run(ledger, everything=False)
    ledger.pay(7)
    ledger.mirror()

    found = [_found(ledger, at=_AT + hour * 3600) for hour in (1, 2)]

    assert ["instruction", "instruction"] == [each.field for run in found for each in run.breaks]
    assert -1 < found[0].above
    assert -1 == found[1].above


def test_a_new_posting_must_follow_an_old_one(ledger: Ledger) -> None:
    """Also where only the new is compared, its balance is held against the last that was compared before."""
    assert 0 == _run(ledger, everything=False)
    height = _found(ledger, at=_AT + 60).height
    with ledger.store.transaction() as connection:
        (last,) = connection.execute(
            select(postings)
            .where(postings.c.asset == USD, postings.c.participant == 2)
            .order_by(postings.c.height.desc(), postings.c.log_index.desc(), postings.c.line.desc())
            .limit(1)
        ).mappings()
        invented = dict(last) | {"height": height + 1, "amount": 5, "balance": last["balance"] + 6}
        connection.execute(insert(postings).values(invented))

    fields = {each.field for each in _found(ledger, at=_AT + 3600).breaks}

    assert f"available after posting {height + 1}-{last['log_index']}" in fields
    assert "available after the last posting" in fields
    assert "sum of the postings in asset 840" in fields
