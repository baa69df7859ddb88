"""Two processes with one key, and whoever holds its lease is stopped until the other has it (R1, R6).

Each time the stopped one wakes with whatever it had in hand. All that either sends is written down on its way
to the chain.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import rlp
from sqlalchemy import select

from node.store.session import Store
from node.store.tables import leases
from tests.chains import Anvil
from tests.e2e.forked import ForkedBank
from tests.e2e.ground import client_of, founded_on, until
from tests.proxy import Proxy
from tests.scenario import BANKS, USD, Network

_PAYMENTS = 4
_BLOCK_SECONDS = 1
# Stopped inside a transaction it holds its rows: then nobody can take over until it wakes.
_TAKEN_SECONDS_MAX = 5.0
_MOMENT_SECONDS_MAX = 0.3
# What was on its way to the database when a process was stopped is there by then.
_SETTLE_SECONDS = 0.05
_SETTINGS = {
    "VOSTRO_BATCH_PAYMENTS_MAX": "3",
    "VOSTRO_PIPELINE_TRANSACTIONS_MAX": "2",
}


@pytest.fixture
def ground(anvil: Callable[..., Anvil]) -> Iterator[tuple[Anvil, Network]]:
    """The network on an anvil that mines by the clock, the first bank with money."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, 10**9)
        for method, argument in (("evm_setAutomine", False), ("evm_setIntervalMining", _BLOCK_SECONDS)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [argument]}
            assert "error" not in httpx2.post(chain.url, json=body).json()
        yield chain, network


@pytest.mark.slow
def test_ten_rounds(ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str) -> None:
    """Ten times the writer is stopped past its lease: no nonce is used twice, each payment settles once."""
    _split(ground, tmp_path, postgresql_url, rounds=10, seed=0)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_hundred_rounds(
    ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str, seed: int
) -> None:
    """The same a hundred times under each of five seeds."""
    _split(ground, tmp_path, postgresql_url, rounds=100, seed=seed)


class _Pair:
    """Two nodes of one bank on one store, and which of them holds the lease."""

    def __init__(self, banks: list[ForkedBank], clients: list[httpx2.Client], store: Store) -> None:
        self.banks = banks
        self.clients = clients
        self._store = store
        self._asked = 0
        self._holders: dict[str, int] = {}

    def pay(self, number: int) -> None:
        """Ask one of them for a few payments."""
        first = self._asked
        self._asked += _PAYMENTS
        payments = [
            {"payee": {"bic": BANKS[1].bic}, "amount": "1", "currency": "USD", "end_to_end_id": f"P{each}"}
            for each in range(first, first + _PAYMENTS)
        ]
        headers = {"Idempotency-Key": f"k{first}"}
        answer = self.clients[number].post("/v1/payments", json={"payments": payments}, headers=headers)
        assert 202 == answer.status_code, answer.text

    @property
    def asked(self) -> int:
        return self._asked

    def writer(self, chance: random.Random) -> int:
        """Which of them holds the lease of the pay key; any, as long as it is not known."""
        return self._holders.get(self.lease()[0], chance.randrange(2))

    def may_write(self, number: int) -> bool:
        """Tell whether one of them may hold the lease: it does, or it is not known who does."""
        return self._holders.get(self.lease()[0], number) == number

    def has_taken_over(self, number: int, before: tuple[str, int]) -> bool:
        """Tell whether one of them has the lease that another had; the other stands still."""
        holder, fence = self.lease()
        if fence == before[1] or holder == before[0]:
            return False
        self._holders[holder] = number
        return True

    def lease(self) -> tuple[str, int]:
        """The holder and the fence of the pay key's lease."""
        query = select(leases.c.holder, leases.c.fence).where(leases.c.key == BANKS[0].key("pay"))
        with self._store.snapshot() as connection:
            row = connection.execute(query).one_or_none()
        return (row.holder, row.fence) if row else ("", 0)

    def settled(self) -> list[dict[str, Any]]:
        """All that is settled, by the first node."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            query = {"state": "settled", "limit": "500", **cursor}
            page = self.clients[0].get("/v1/payments", params=query).json()
            found += page["payments"]
            if page["cursor"] is None:
                return found
            cursor = {"cursor": page["cursor"]}


def _split(ground: tuple[Anvil, Network], folder: Path, store_url: str, *, rounds: int, seed: int) -> None:
    anvil, network = ground
    chance = random.Random(seed)
    with ExitStack() as stack:
        proxy = stack.enter_context(Proxy(anvil.port, timeout=60))
        settings = _SETTINGS | {"VOSTRO_STORE_URL": store_url, "VOSTRO_RPC_URL": proxy.url}
        banks = [ForkedBank(folder / f"{each}", BANKS[0], network, anvil, **settings) for each in range(2)]
        token = banks[0].command("tokens", "new", "till", "--role", "officer").stdout.strip()
        clients = []
        for bank in banks:
            stack.callback(bank.kill)
            clients.append(stack.enter_context(client_of(bank.start(), token)))
        pair = _Pair(banks, clients, stack.enter_context(closing(Store(store_url))))
        until(lambda: all(client.get("/readyz").status_code == 200 for client in clients))
        done = 0
        while done < rounds:
            done += _round(pair, chance)
        until(lambda: pair.asked == len(pair.settled()), seconds=300)
        shown = pair.settled()
        assert {200} == {client.get("/readyz").status_code for client in clients}
        assert {f"P{number}" for number in range(pair.asked)} == {each["end_to_end_id"] for each in shown}
        assert pair.asked == len(shown) == len({each["sequence"] for each in shown})
        assert pair.asked == network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
        _require_each_nonce_once(proxy.sent)
        assert "0 breaks" in banks[0].command("reconcile").stdout


def _round(pair: _Pair, chance: random.Random) -> bool:
    """Stop whoever writes at any moment until the other has taken over; tell whether it has."""
    pair.pay(chance.randrange(2))
    time.sleep(chance.uniform(0, _MOMENT_SECONDS_MAX))
    stopped = pair.writer(chance)
    pair.banks[stopped].pause()
    time.sleep(_SETTLE_SECONDS)
    before, taken = pair.lease(), False
    give_up = time.monotonic() + _TAKEN_SECONDS_MAX
    while not taken and pair.may_write(stopped) and time.monotonic() < give_up:
        time.sleep(0.02)
        taken = pair.has_taken_over(1 - stopped, before)
    time.sleep(chance.uniform(0, _MOMENT_SECONDS_MAX))
    pair.banks[stopped].go_on()
    return taken


def _require_each_nonce_once(sent: set[bytes]) -> None:
    """All that was ever sent for one nonce is one transaction; there is no nonce without."""
    by_nonce: defaultdict[int, set[bytes]] = defaultdict(set)
    for raw in sent:
        # All are legacy transactions of one key: anvil is asked for no fees.
        by_nonce[int.from_bytes(rlp.decode(raw)[0], "big")].add(raw)
    assert {} == {nonce: raws for nonce, raws in by_nonce.items() if len(raws) > 1}
    assert list(range(len(by_nonce))) == sorted(by_nonce)
