"""Only what is unknown is voided by hand."""

from collections.abc import Callable

import pytest

from node.errors import NotFound, VoidRefused
from node.services.audit import verify_audit
from node.services.voids import void_payment
from node.store.session import Store
from settlement.instruction import Terms
from tests.node.bank import Bank, request
from tests.node.chain_of_events import CONTRACTS, commitment
from tests.scenario import Network
from tests.simulation.chain import ASSET, PAYEES, PAYER, SECOND_KEY
from tests.simulation.world import world


@pytest.fixture
def bank(stores: Callable[[str], Store], network: Network) -> Bank:
    """The first bank."""
    return Bank(store=stores("sqlite"), network=network)


def _void(bank: Bank, payment: str) -> None:
    void_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")


def test_what_is_under_way_or_ended_is_refused(bank: Bank) -> None:
    """Accepted, submitted and settled payments are not voided by hand."""
    bank.accept(request())
    (payment,) = bank.payments()
    for step in (bank.submitter.tick, bank.follow, bank.run):
        with pytest.raises(VoidRefused):
            _void(bank, payment.id)
        step()
    assert {"E0": "settled"} == bank.states()


@pytest.mark.parametrize("payment", ["pay_none", "\x00"])
def test_nothing_has_this_id(bank: Bank, payment: str) -> None:
    """An id that no payment has is not found."""
    with pytest.raises(NotFound):
        _void(bank, payment)


def test_is_in_the_audit_log_once(bank: Bank) -> None:
    """Asking twice is one void and one audit entry."""
    bank.accept(request())
    bank.network.clock.sleep(bank.settings.unknown_after_seconds)
    (payment,) = bank.payments()
    for _ in range(2):
        _void(bank, payment.id)
    with bank.store.snapshot() as connection:
        assert 2 == verify_audit(connection)[0]
    bank.run()
    assert {"E0": "cancelled"} == bank.states()


def test_used_sequence_is_not_voided(stores: Callable[[str], Store]) -> None:
    """Where something else settled under its sequence there is nothing to burn: no void is sent in vain."""
    made = world(stores("sqlite"), unknown_after_seconds=60)
    made.accept(1)
    (payment,) = made.payments()
    usurper = Terms(sequence=payment.sequence, asset=ASSET, payer=PAYER, payee=PAYEES[0], amount=2)
    data = CONTRACTS.pay_calldata([(usurper, commitment(usurper))])
    made.chain.usurp(SECOND_KEY, CONTRACTS.address("Payments"), data)
    made.follow()
    made.clock.sleep(61)

    with pytest.raises(VoidRefused, match="something else has the sequence"):
        void_payment(made.store, made.settings, made.clock, payment.id, actor="tok")
