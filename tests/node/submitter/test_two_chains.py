"""One key on two chains, with the same nonces: what was signed for one does nothing on the other."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from node.chain.tester import TesterChain
from node.errors import ChainError, TransactionRefused
from node.store.session import Store
from node.store.tables import transactions
from tests.clocks import SetClock
from tests.embedded import NOON
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD, found


@pytest.mark.slow
def test_same_nonces_on_two_chains(stores: Callable[[str], Store]) -> None:
    """Each chain takes its own transactions only, also where the key and the nonce are the same."""
    clock = SetClock(NOON)
    banks = []
    for number in (1, 2):
        network = found(TesterChain(clock, chain_id=20_290_000 + number), clock)
        network.issue(BANKS[0], USD, 10**6)
        banks.append(Bank(store=stores("sqlite"), network=network))
    raws = []
    for bank in banks:
        bank.accept(request())
        bank.run()
        with bank.store.snapshot() as connection:
            raws.append(connection.execute(select(transactions.c.nonce, transactions.c.raw)).one())
    assert raws[0].nonce == raws[1].nonce
    assert raws[0].raw != raws[1].raw
    for bank, other in ((banks[0], raws[1]), (banks[1], raws[0])):
        height = bank.network.chain.final_height()
        with pytest.raises(ChainError) as refused:
            bank.network.chain.send(other.raw)
        assert TransactionRefused is type(refused.value)
        assert height == bank.network.chain.final_height()
        bank.accept(request(1), key="second")
        bank.run()
        assert {"E0": "settled", "E1": "settled"} == bank.states()
