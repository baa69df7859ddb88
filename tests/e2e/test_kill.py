"""A node that is killed again and again while it pays loses nothing and pays nothing twice (R1, R2).

Ten times as an operator starts it; a thousand times, also while it starts, forked and by a fast clock.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.chains import Anvil
from tests.e2e.forked import ForkedBank
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Member, Network

PER_REQUEST = 20
FUNDS = 10**9
# Small batches and a block a second, so that every kill hits something in flight.
_SETTINGS = {"VOSTRO_BATCH_PAYMENTS_MAX": "7", "VOSTRO_PIPELINE_TRANSACTIONS_MAX": "4"}
_BLOCK_SECONDS = 1
_PAUSE_SECONDS = 0.1


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """The node's settings, on each store."""
    if request.param == "sqlite":
        return _SETTINGS
    return {**_SETTINGS, "VOSTRO_STORE_URL": request.getfixturevalue("postgresql_url")}


@pytest.fixture
def ground(anvil: Callable[..., Anvil]) -> Iterator[tuple[Anvil, Network]]:
    """The network on an anvil of its own that mines by the clock; the first bank has money."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        for method, argument in (("evm_setAutomine", False), ("evm_setIntervalMining", _BLOCK_SECONDS)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [argument]}
            assert "error" not in httpx2.post(chain.url, json=body).json()
        yield chain, network


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_ten_times(ground: tuple[Anvil, Network], settings: dict[str, str], tmp_path: Path) -> None:
    """Killed ten times while it takes and pays 1,000 payments, each settles exactly once, to the cent."""
    chain, network = ground
    with _running(Bank(tmp_path / "bank", BANKS[0], network, chain, **settings), 1000, seed=1) as till:
        for number in range(10):
            url = till.node.start()
            if number == 0:
                # Until the registry is mirrored nobody can be paid, and the node says so.
                with client_of(url, till.token) as client:
                    until(lambda: client.get("/readyz").status_code == 200)
            till.send_until_killed(0.3, 3.0)
        till.require_each_once(network)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(5))
def test_killed_a_hundred_times(
    ground: tuple[Anvil, Network], settings: dict[str, str], tmp_path: Path, seed: int
) -> None:
    """Killed a hundred times at any moment, also while it starts, it pays 2,000 payments once each.

    Five seeds on two stores: a thousand kills.
    """
    chain, network = ground
    bank = ForkedBank(tmp_path / "bank", BANKS[0], network, chain, **settings)
    with _running(bank, 2000, seed=seed) as till:
        with client_of(bank.start(), till.token) as client:
            until(lambda: client.get("/readyz").status_code == 200)
        bank.kill()
        for _ in range(100):
            bank.launch()
            till.send_until_killed(0.0, 1.5)
        till.require_each_once(network)


@dataclass(kw_only=True)
class _Till:
    """A bank's own system: it sends each request until it has an answer, and sometimes once more."""

    node: Bank
    token: str
    chance: random.Random
    amounts: list[int]
    answers: dict[int, Any] = field(default_factory=dict)

    @property
    def requests(self) -> range:
        return range(0, len(self.amounts), PER_REQUEST)

    def send_until_killed(self, shortest: float, longest: float) -> None:
        """Kill the node after a time between these (seconds), and send what has no answer until then."""
        killer = threading.Timer(self.chance.uniform(shortest, longest), self.node.kill)
        killer.start()
        url = self.node.url()
        if url is not None:
            try:
                with client_of(url, self.token) as client:
                    while killer.is_alive():
                        self._send(client, self._next())
                        killer.join(_PAUSE_SECONDS)
            except httpx2.TransportError:
                pass  # killed with a request in hand: whether it was taken shows when it is sent again
        killer.join()

    def require_each_once(self, network: Network) -> None:
        """Send all of it once more; every payment has settled once, by the node, the chain and the books."""
        with client_of(self.node.start(), self.token) as client:
            for first in self.requests:
                self._send(client, first)
            until(lambda: len(self.amounts) == len(_listed(client, state="settled")), seconds=300)
            shown = _listed(client)
        assert 0 == self.node.stop()
        assert len(self.amounts) == len(shown)
        assert {f"P{number}": str(amount) for number, amount in enumerate(self.amounts)} == {
            each["end_to_end_id"]: each["amount"] for each in shown
        }
        for member, expected in _expected(self.amounts).items():
            account = network.contracts.read(network.chain, "Ledger", "accountOf", USD, member.id)
            assert expected == account[0], member.bic
        assert list(range(1, len(self.amounts) + 1)) == _settled_sequences(network)
        self.node.command("reconcile")
        self.node.command("rebuild")
        self.node.command("audit", "verify")

    def _next(self) -> int:
        waiting = [first for first in self.requests if first not in self.answers]
        again = self.answers and (not waiting or self.chance.random() < 0.2)
        return self.chance.choice(list(self.answers)) if again else waiting[0]

    def _send(self, client: httpx2.Client, first: int) -> None:
        """Send one request under its own key; it has the same answer each time."""
        payments = [
            {
                "payee": {"bic": _payee(number).bic},
                "amount": str(self.amounts[number]),
                "currency": "USD",
                "end_to_end_id": f"P{number}",
            }
            for number in range(first, first + PER_REQUEST)
        ]
        headers = {"Idempotency-Key": f"request-{first}"}
        answer = client.post("/v1/payments", json={"payments": payments}, headers=headers)
        assert 202 == answer.status_code, answer.text
        assert answer.content == self.answers.setdefault(first, answer.content)


@contextmanager
def _running(node: Bank, payments: int, *, seed: int) -> Iterator[_Till]:
    chance = random.Random(seed)
    token = node.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    amounts = [chance.randint(1, 100_000) for _ in range(payments)]
    try:
        yield _Till(node=node, token=token, chance=chance, amounts=amounts)
    finally:
        node.kill()
        print(node.log())  # noqa: T201 - what a failed run is understood by


def _listed(client: httpx2.Client, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/payments", params={"limit": "500", **params, **cursor}).json()
        found += page["payments"]
        if page["cursor"] is None:
            return found
        cursor = {"cursor": page["cursor"]}


def _payee(number: int) -> Member:
    return BANKS[1 + number % 2]


def _expected(amounts: list[int]) -> dict[Member, int]:
    expected = {BANKS[0]: FUNDS - sum(amounts), BANKS[1]: 0, BANKS[2]: 0}
    for number, amount in enumerate(amounts):
        expected[_payee(number)] += amount
    return expected


def _settled_sequences(network: Network) -> list[int]:
    """The sequences of every payment event on chain, read without the node."""
    found = []
    for block in network.chain.blocks(0, network.chain.final_height()):
        for receipt in block.receipts:
            events = (network.contracts.decode(log) for log in receipt.logs)
            found += [event.terms.sequence for event in events if event and event.name == "Paid"]
    return sorted(found)
