"""`vostro transactions`: what is in flight as a person sees it, and giving it up, on both stores."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select

from node.store.session import Store
from node.store.tables import audit
from node.submitter.submitter import LEASE_SECONDS
from tests.node.cli.terminal import Terminal
from tests.simulation.chain import PAY_KEY, PAYER, bic
from tests.simulation.world import World, world

_COLUMNS = ["hash", "key", "nonce", "age_seconds", "rows", "versions", "gas_price", "cancel_asked"]


@pytest.fixture
def stuck(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two payments in one transaction that offers less than the chain asks; the terminal is its node's."""
    monkeypatch.setenv("VOSTRO_STORE_URL", store_url)
    monkeypatch.setenv("VOSTRO_BIC", bic(PAYER))
    with closing(Store(store_url)) as store:
        store.migrate()
        made = world(store, bump_after_seconds=60)
        made.chain.price = 1000
        made.accept(1, 2)
        made.submitter().tick()
        made.chain.price = 2000
        made.clock.sleep(LEASE_SECONDS + 1)
        yield made


def test_nothing_in_flight(terminal: Terminal) -> None:
    """A node that has signed nothing shows nothing, and there is nothing to cancel."""
    assert [] == terminal.json("transactions", "list")
    status, output, errors = terminal.run("transactions", "cancel", "0x" + "ab" * 32, "--by", "Erika")
    assert (1, "") == (status, output)
    assert "not_found: no transaction in flight has the hash 0xabab" in errors


def test_list_shows_each_once(terminal: Terminal, stuck: World) -> None:
    """A transaction is one row: its first hash, who signed it, what it carries, what it offers by now."""
    (before,) = terminal.json("transactions", "list")

    assert _COLUMNS == list(before)
    assert before["age_seconds"] > 0
    assert {
        "hash": "0x" + stuck.sent[0].hash.hex(),
        "key": "0x" + PAY_KEY.hex(),
        "nonce": 0,
        "rows": 2,
        "versions": 1,
        "gas_price": 1000,
        "cancel_asked": False,
    } == {name: value for name, value in before.items() if name != "age_seconds"}
    stuck.clock.sleep(60)
    stuck.submitter().tick()
    (after,) = terminal.json("transactions", "list")
    assert (before["hash"], 2, 2000) == (after["hash"], after["versions"], after["gas_price"])
    shown = terminal.run("transactions", "list")[1]
    assert all(name.replace("_", " ") in shown for name in _COLUMNS)
    assert after["hash"] in shown


def test_cancel_is_asked_by_somebody_and_done(terminal: Terminal, stuck: World) -> None:
    """It is noted with a name, shown, and done by the submitter: the payments go again and settle once."""
    (found,) = terminal.json("transactions", "list")

    (answer,) = terminal.json("transactions", "cancel", found["hash"], "--by", "Erika")

    assert {"hash": found["hash"], "asked_by": "Erika"} == answer
    assert terminal.json("transactions", "list")[0]["cancel_asked"]
    with stuck.store.snapshot() as connection:
        (entry,) = connection.execute(select(audit).where(audit.c.action == "cancel_asked")).mappings()
    assert ("terminal", found["hash"][2:]) == (entry["actor"], entry["subject"])
    assert "Erika" in str(entry["detail"])
    stuck.run(stuck.submitter())
    assert {"E0": "settled", "E1": "settled"} == stuck.states()
    assert [1, 2] == sorted(stuck.chain.paid)
    assert [] == terminal.json("transactions", "list")
    assert 1 == terminal.run("transactions", "cancel", found["hash"], "--by", "Erika")[0]


def test_cancel_is_refused(terminal: Terminal, stuck: World) -> None:
    """What is no hash, or comes without a name, changes nothing."""
    (found,) = terminal.json("transactions", "list")

    status, _, errors = terminal.run("transactions", "cancel", "the first", "--by", "Erika")
    assert (2, True) == (status, "no hash" in errors)
    assert 2 == terminal.run("transactions", "cancel", found["hash"])[0]
    assert not terminal.json("transactions", "list")[0]["cancel_asked"]
    assert stuck.chain.pool
