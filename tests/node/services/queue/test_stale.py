"""A proposal that became stale on its way costs only the part that is stale, whoever made it so."""

from collections.abc import Callable

import pytest

from node.chain import own_calls
from node.chain.calls import Call
from node.chain.own_calls import Words
from node.clock import SystemRandom
from node.services.queue.histories import get_run
from node.services.queue.runs import Trigger, run_queue
from node.store.session import Store
from settlement.instruction import OneLeg, keccak
from tests.embedded import FUNDS, embedded_network
from tests.node.bank import Bank
from tests.scenario import BANKS, USD, Network

PAIRS = 45


def _owe(network: Network) -> list[Words]:
    """Two banks owe each other pair by pair more than they have; return the first one's payments."""
    first: list[Words] = []
    for payer, payee in (BANKS[:2], BANKS[1::-1]):
        payments = []
        for at in range(PAIRS):
            terms = network.terms(payer, payee, USD, FUNDS + 1 + at)
            payments.append((OneLeg(terms=terms), keccak(terms.encoded())))
        network.send(payer.key("pay"), own_calls.submit(network.contracts, payments))
        first = first or [(each.head, commitment, [each.leg.word()]) for each, commitment in payments]
    return first


def _hold(network: Network, payments: list[Words]) -> Call:
    return own_calls.hold(network.contracts, payments[PAIRS // 2])


def _spend(network: Network, payments: list[Words]) -> Call:
    """Raise the reserve, so that what is not urgent finds less than the snapshot had."""
    assert payments
    return own_calls.set_reserve(network.contracts, asset=USD, amount=FUNDS - 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("act", "reason"), [(_hold, "Held"), (_spend, None)], ids=["one is held", "less money"]
)
def test_stale_costs_its_part(
    stores: Callable[[str], Store],
    act: Callable[[Network, list[Words]], Call],
    reason: str | None,
) -> None:
    """The whole set is refused where something in it changed; most of its value settles by its own parts."""
    with embedded_network() as network:
        bank = Bank(store=stores("sqlite"), network=network, member=BANKS[2])
        payments = _owe(network)
        bank.follow()
        run_id = run_queue(
            bank.store, network.chain, network.contracts, network.clock, SystemRandom(),
            code="USD", trigger=Trigger.DEMAND, actor="tok_1",
        )  # fmt: skip
        assert run_id is not None
        network.send(BANKS[0].key("pay"), act(network, payments))
        bank.run()
        found = get_run(bank.store, run_id)
    whole = [each for each in found.proposals if each.fallback_of is None]
    assert sum(len(each.instructions) for each in whole) == 2 * PAIRS
    if reason is None:
        # What nets to nothing needs no money: it settles all the same.
        assert found.settled_value == found.proposed_value
        return
    assert [("refused", reason)] == [(each.state, each.reason) for each in whole]
    assert found.proposed_value > found.settled_value > found.proposed_value // 2
    parts = [each for each in found.proposals if each.fallback_of is not None]
    assert {"settled", "refused"} == {each.state for each in parts}
