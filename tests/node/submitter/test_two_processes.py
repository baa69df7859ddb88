"""Two submitters of one key at once, the lease changing hands all the time, on real stores and contracts."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from node.clock import SystemRandom
from node.store.session import Store
from node.store.tables import transactions
from node.submitter.submitter import LEASE_SECONDS, Submitter
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import Network

_PAYMENTS = 60
_ROUNDS_MAX = 200


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


def _submitter(bank: Bank) -> Submitter:
    return Submitter(
        bank.store,
        bank.network.chain,
        contracts=bank.network.contracts,
        signer=bank.network.signer(bank.member),
        clock=bank.network.clock,
        random=SystemRandom(),
        settings=bank.settings,
    )


@pytest.mark.slow
def test_pay_each_once(store: Store, network: Network) -> None:
    """However often the key changes hands, each nonce is signed once and each payment settles once."""
    bank = Bank(store=store, network=network)
    bank.set(batch_payments_max=3, pipeline_transactions_max=2)
    bank.accept(*(request(number) for number in range(_PAYMENTS)))
    stopping, failures = threading.Event(), list[Exception]()

    def work(submitter: Submitter) -> None:
        while not stopping.is_set():
            try:
                submitter.tick()
            except Exception as failure:  # noqa: BLE001 - whatever it is, the test must see it
                failures.append(failure)
                return

    threads = [threading.Thread(target=work, args=(_submitter(bank),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(_ROUNDS_MAX):
        bank.follow()
        network.clock.sleep(LEASE_SECONDS + 1)
        if {"settled": _PAYMENTS} == Counter(bank.states().values()):
            break
    stopping.set()
    for thread in threads:
        thread.join()
    assert [] == failures
    assert {"settled": _PAYMENTS} == Counter(bank.states().values())
    with store.snapshot() as connection:
        rows = connection.execute(select(transactions.c.nonce, transactions.c.fence)).all()
    assert sorted({row.nonce for row in rows}) == list(range(len(rows)))
    assert len({row.fence for row in rows}) > 1
