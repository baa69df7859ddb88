"""What is stuck is replaced, explicitly, within limits, and pays nothing twice."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from node.chain.calls import void
from node.errors import NotFound, TransactionRefused
from node.services.audit import verify_audit
from node.services.transactions import cancel, in_flight
from node.store.incidents import clear_incident, open_incidents
from node.store.session import Store
from node.store.tables import audit, receipts, transactions
from node.submitter.replacer import LOOK_SECONDS, REPLACEMENTS_MAX
from node.submitter.submitter import LEASE_SECONDS
from tests.node.chain_of_events import CONTRACTS
from tests.simulation.chain import Carried
from tests.simulation.faults import Crash, Faults
from tests.simulation.world import World, world

_NOTHING = void(CONTRACTS, []).calldata


def _stuck(store: Store, *, price: int = 1000, **settings: int) -> World:
    """A payment in the pool that offers less than the chain asks by now."""
    made = world(store, bump_after_seconds=60, **settings)
    made.chain.price = price
    made.accept(1)
    made.submitter().tick()
    made.clock.sleep(LEASE_SECONDS + 1)
    made.chain.price = price * 2
    return made


def _cancel(made: World) -> None:
    (transaction, *_) = in_flight(made.store, made.clock)
    cancel(made.store, made.clock, transaction.hash, by="a person", actor="terminal")


def _versions(made: World) -> list[Carried]:
    """What was sent, each of different bytes once, in their order."""
    return list(dict.fromkeys(made.sent))


def _actions(made: World) -> list[str]:
    with made.store.snapshot() as connection:
        verify_audit(connection)
        return [
            action
            for action in connection.scalars(select(audit.c.action).order_by(audit.c.position))
            if action.startswith(("transaction", "cancel"))
        ]


def test_stuck_transaction_is_bumped(store: Store) -> None:
    """After its time the same payload goes again at what the chain asks now, and that is what settles."""
    made = _stuck(store)
    submitter = made.submitter()
    submitter.tick()
    assert 1 == len(_versions(made))
    made.clock.sleep(60)
    submitter.tick()
    assert [1000, 2000] == [carried.price for carried in _versions(made)]
    assert made.sent[0].data == made.sent[-1].data
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert ["transaction_signed", "transaction_replaced"] == _actions(made)
    with made.store.snapshot() as connection:
        mined = connection.scalar(select(transactions.c.hash))
        assert mined in set(connection.scalars(select(receipts.c.hash)))
    assert _versions(made)[1].hash == mined


def test_first_version_may_still_be_mined(store: Store) -> None:
    """When the chain takes the first of two versions, the payment settles all the same, once."""
    made = _stuck(store)
    submitter = made.submitter()
    made.clock.sleep(60)
    submitter.tick()
    first, second = _versions(made)
    made.chain.pool[first.sender, first.nonce] = first
    made.chain.price = 0
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert [1] == made.chain.paid
    assert second.hash not in {receipt.hash for block in made.chain.mined for receipt in block.receipts}


def test_bumps_have_limits(store: Store) -> None:
    """Neither more than the operator allows is offered, nor more often than the limit, without an alarm."""
    made = _stuck(store, gas_price_max=5000)
    made.chain.price = 10**6
    submitter = made.submitter()
    for _ in range(3):
        made.clock.sleep(60)
        submitter.tick()
    assert [1000] == [carried.price for carried in _versions(made)]
    made.chain.price = 1001
    made.settings = made.settings.model_copy(update={"gas_price_max": 10**9})
    made.clock.sleep(LEASE_SECONDS + 1)
    submitter = made.submitter()
    for _ in range(2 * REPLACEMENTS_MAX):
        made.clock.sleep(60)
        submitter.tick()
        made.chain.price = made.sent[-1].price + 1
    prices = sorted({carried.price for carried in made.sent})
    assert 1 + REPLACEMENTS_MAX == len(prices)
    assert all(later >= earlier * 9 / 8 for earlier, later in pairwise(prices))


def test_halted_chain_costs_nothing(store: Store) -> None:
    """While no block comes and the chain asks no more than was offered, nothing more is offered."""
    made = _stuck(store)
    made.chain.price = 1000
    submitter = made.submitter()
    for _ in range(5):
        made.clock.sleep(60)
        submitter.tick()
    assert 1 == len(_versions(made))


def test_free_transaction_is_never_bumped(store: Store) -> None:
    """Where gas is free nothing waits for its price: the same bytes stay."""
    made = world(store, bump_after_seconds=60)
    made.accept(1)
    submitter = made.submitter()
    for _ in range(4):
        submitter.tick()
        made.clock.sleep(60)
    assert 1 == len({carried.raw for carried in made.sent})


def test_mined_transaction_is_not_bumped(store: Store) -> None:
    """What has a receipt waits for its block to be final, however long that takes."""
    made = _stuck(store)
    made.chain.price = 0
    made.chain.mine_pool()
    submitter = made.submitter()
    for _ in range(3):
        made.clock.sleep(60 + LOOK_SECONDS)
        submitter.tick()
    assert ["transaction_signed"] == _actions(made)


def test_cancel_frees_the_nonce_and_the_payment_goes_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are refused for ever block their nonce until it is cancelled; the payment takes the next."""
    made = world(store)
    made.accept(1)
    submitter, send = made.submitter(), made.chain.send

    def refuse(raw: bytes) -> None:
        if _NOTHING.hex().encode() not in raw:
            raise TransactionRefused("exceeds block gas limit")
        send(raw)

    with monkeypatch.context() as patched:
        patched.setattr(made.chain, "send", refuse)
        with pytest.raises(TransactionRefused):
            submitter.tick()
        _cancel(made)
        with made.store.transaction() as connection:
            (found,) = open_incidents(connection)
            clear_incident(connection, found.id, by="a person", at=int(made.clock.now()))
        submitter.tick()
        assert [_NOTHING] == [carried.data for carried in made.sent]
    made.mine()
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert [0, 1] == [carried.nonce for carried in _versions(made)]
    assert [
        "transaction_signed", "cancel_asked", "transaction_cancelled", "transaction_signed"
    ] == _actions(made)  # fmt: skip


@pytest.mark.parametrize("which", ["payment", "cancellation"])
def test_chain_decides_what_is_mined(store: Store, which: str) -> None:
    """Cancelled in flight, either the payment settles as it is, or its nonce is used and it goes again."""
    made = _stuck(store)
    _cancel(made)
    submitter = made.submitter()
    submitter.tick()
    payment, cancellation = _versions(made)
    chosen = payment if which == "payment" else cancellation
    made.chain.pool[chosen.sender, chosen.nonce] = chosen
    made.chain.price = 0
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert [1] == made.chain.paid
    assert {0} | ({1} if which == "cancellation" else set()) == {carried.nonce for carried in made.sent}


def test_stuck_cancellation_is_bumped(store: Store) -> None:
    """A cancellation that waits for its own price is bumped like anything else, and stays a cancellation."""
    made = _stuck(store)
    _cancel(made)
    submitter = made.submitter()
    submitter.tick()
    made.chain.price *= 2
    made.clock.sleep(60 + LOOK_SECONDS)
    submitter.tick()
    assert [False, True, True] == [carried.data == _NOTHING for carried in _versions(made)]
    made.run(submitter)
    assert {"E0": "settled"} == made.states()


def test_only_what_is_in_flight_can_be_cancelled(store: Store) -> None:
    """A hash that is not in flight is refused; asking twice is asking once."""
    made = world(store)
    with pytest.raises(NotFound):
        cancel(made.store, made.clock, bytes(32), by="a person", actor="terminal")
    made.accept(1)
    made.submitter().tick()
    (found,) = in_flight(made.store, made.clock)
    assert (0, 1, 1, 0, False) == (
        found.nonce,
        found.rows,
        found.versions,
        found.gas_price,
        found.cancel_asked,
    )
    _cancel(made)
    _cancel(made)
    (found,) = in_flight(made.store, made.clock)
    assert found.cancel_asked
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(made.submitter())
    assert [] == in_flight(made.store, made.clock)
    with pytest.raises(NotFound):
        cancel(made.store, made.clock, found.hash, by="a person", actor="terminal")


@given(point=st.integers(0, 60), cancels=st.booleans())
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_dying_anywhere_while_replacing_is_a_pause(
    stores: Callable[[str], Store], point: int, *, cancels: bool
) -> None:
    """Whatever call the process dies at while it bumps or cancels, every payment settles once."""
    made = _stuck(stores("sqlite"))
    made.accept(2, 3)
    if cancels:
        _cancel(made)
    made.clock.sleep(60)
    try:
        made.submitter(Faults({point: Crash})).tick()
    except Crash:
        made.check()
        made.clock.sleep(LEASE_SECONDS + 1)
    made.run(made.submitter())
    assert {"settled": 3} == Counter(made.states().values())
    assert [1, 2, 3] == sorted(made.chain.paid)
