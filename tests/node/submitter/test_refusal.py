"""What the signer refuses ends, and what waits behind it is signed; nobody's queue stands still for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from node.chain.own_calls import stop_outgoing
from node.errors import DayLimitReached, PolicyRefused
from node.keys.limits import DayLimits
from node.keys.signer import SignedTransaction, UnsignedTransaction
from node.outbox.rows import waiting_count
from node.services.administration import ask, progress
from node.services.audit import verify_audit
from node.services.payments import get_payment
from node.store.incidents import clear_incident, open_incidents
from node.store.session import Store
from node.store.spending import SpendingBook
from settlement.participant import KeyRole
from tests.node.chain_of_events import CONTRACTS
from tests.simulation.chain import PAY_KEY, PlainSigner
from tests.simulation.faults import Crash, Faults
from tests.simulation.world import World, world

Check = Callable[[bytes, UnsignedTransaction], None]


class ChoosySigner(PlainSigner):
    """Signs what a check lets through."""

    def __init__(self, check: Check) -> None:
        super().__init__(PAY_KEY)
        self._check = check

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        self._check(address, transaction)
        return super().sign(address, transaction)


def _limited(made: World, path: Path, limit: int) -> None:
    limits = DayLimits({840: limit}, contracts=CONTRACTS, clock=made.clock, book=SpendingBook(path))
    made.signer = ChoosySigner(limits.count)


def _refuse_all(_: bytes, transaction: UnsignedTransaction) -> None:
    if transaction.data[:4] != CONTRACTS.selector("Ledger", "void"):
        raise PolicyRefused("not this")


def test_payments_above_the_limit_are_rejected(store: Store, tmp_path: Path) -> None:
    """What a day's limit leaves no room for is rejected with the reason; what fits settles."""
    made = world(store)
    _limited(made, tmp_path / "spending.sqlite", 100)
    made.accept(60, 41, 30, 500, 10, 1)

    made.run(made.submitter())

    expected = ["settled", "rejected", "settled", "rejected", "settled", "rejected"]
    assert expected == [made.states()[f"E{place}"] for place in range(6)]
    assert 100 == sum(payment.amount for payment in made.payments() if payment.state == "settled")
    rejected = next(payment for payment in made.payments() if payment.state == "rejected")
    history = get_payment(store, made.settings, made.clock, rejected.id)
    assert "DayLimitReached" == history.payment.reason
    assert ["accepted", "unsigned", "signed", "voided"] == [entry.event for entry in history.timeline]
    with store.snapshot() as connection:
        assert () == open_incidents(connection)
        verify_audit(connection)


@pytest.mark.slow
def test_a_crash_around_a_refusal_ends_the_same(stores: Callable[[str], Store], tmp_path: Path) -> None:
    """Killed at any call while a payment is refused, the next process comes to the same end (R1, R2)."""

    def limited(name: str) -> World:
        made = world(stores("sqlite"))
        _limited(made, tmp_path / name, 100)
        made.accept(60, 41)
        return made

    faults, made = Faults(), limited("all")
    made.run(made.submitter(faults))
    for place in range(0, len(faults.passed), 2):
        made = limited(str(place))
        made.run_past_crashes(Faults({place: Crash}))
        assert {"E0": "settled", "E1": "rejected"} == made.states(), faults.passed[place]


def test_what_policy_refuses_waits_for_a_person_once(store: Store) -> None:
    """A row that the policy refuses stops the writer; cleared, it ends, and what is behind it is signed."""
    made = world(store)
    made.accept(5)
    made.signer = ChoosySigner(_refuse_all)
    submitter = made.submitter()
    with pytest.raises(PolicyRefused):
        submitter.tick()
    with store.snapshot() as connection:
        (incident,) = open_incidents(connection)
    assert ("policy_refused", "outbox rows 1") == (incident.code, incident.subject)

    with store.transaction() as connection:
        clear_incident(connection, incident.id, by="a person", at=int(made.clock.now()))
    made.run(submitter)

    assert {"E0": "rejected"} == made.states()
    assert "PolicyRefused" == made.payments()[0].reason


def test_a_call_that_policy_refuses_does_not_block_its_key(store: Store) -> None:
    """An administrative call that is refused shows as refused, and the key's next row is signed."""
    made = world(store)
    row = ask(
        store,
        made.clock,
        stop_outgoing(CONTRACTS),
        role=KeyRole.PAY,
        actor="terminal",
        action="outgoing_stopped",
    )
    made.accept(5)

    def refuse_calls(_: bytes, transaction: UnsignedTransaction) -> None:
        if transaction.to == CONTRACTS.address("Participants"):
            raise PolicyRefused("not this")

    made.signer = ChoosySigner(refuse_calls)
    submitter = made.submitter()
    with pytest.raises(PolicyRefused):
        submitter.tick()
    with store.transaction() as connection:
        (incident,) = open_incidents(connection)
        clear_incident(connection, incident.id, by="a person", at=int(made.clock.now()))
    made.run(submitter)

    found = progress(store, row)
    assert ("refused", "PolicyRefused") == (found.state, found.reason)
    assert {"E0": "settled"} == made.states()
    with store.snapshot() as connection:
        assert 0 == waiting_count(connection)


def test_a_limit_refuses_a_call_at_once(store: Store) -> None:
    """A call that spends above the limit is refused like a payment, without waiting for a person."""
    made = world(store)
    row = ask(store, made.clock, stop_outgoing(CONTRACTS), role=KeyRole.PAY, actor="terminal", action="asked")

    def limit(_: bytes, __: UnsignedTransaction) -> None:
        raise DayLimitReached("too much", words=frozenset())

    made.signer = ChoosySigner(limit)
    made.run(made.submitter())

    assert "refused" == progress(store, row).state
