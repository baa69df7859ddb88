"""A node that is killed again and again while it pays loses nothing and pays nothing twice (R1, R2)."""

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Member, Network

PAYMENTS = 1000
KILLS = 10
PER_REQUEST = 20
FUNDS = 10**9
_REQUESTS = range(0, PAYMENTS, PER_REQUEST)
# Small batches and a block a second, so that every kill hits something in flight.
_SETTINGS = {"VOSTRO_BATCH_PAYMENTS_MAX": "7", "VOSTRO_PIPELINE_TRANSACTIONS_MAX": "4"}
_BLOCK_SECONDS = 1
_PAUSE_SECONDS = 0.1


@pytest.fixture(params=["sqlite", "postgresql"])
def bank(
    request: pytest.FixtureRequest, anvil: Callable[..., Anvil], tmp_path: Path
) -> Iterator[tuple[Bank, Network]]:
    """The first bank's node, with money, on an anvil of its own that mines by the clock."""
    chain = anvil()
    settings = dict(_SETTINGS)
    if request.param == "postgresql":
        settings["VOSTRO_STORE_URL"] = request.getfixturevalue("postgresql_url")
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        for method, argument in (("evm_setAutomine", False), ("evm_setIntervalMining", _BLOCK_SECONDS)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [argument]}
            assert "error" not in httpx2.post(chain.url, json=body).json()
        bank = Bank(tmp_path / "bank", BANKS[0], network, chain, **settings)
        yield bank, network
        bank.kill()
        print(bank.log())  # noqa: T201 - what a failed run is understood by


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_ten_times(bank: tuple[Bank, Network]) -> None:
    """Killed ten times while it takes and pays 1,000 payments, each settles exactly once, to the cent."""
    node, network = bank
    token = node.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    chance = random.Random(1)
    amounts = [chance.randint(1, 100_000) for _ in range(PAYMENTS)]
    answers: dict[int, Any] = {}
    for number in range(KILLS):
        with client_of(node.start(), token) as client:
            if number == 0:
                # Until the registry is mirrored nobody can be paid, and the node says so.
                until(lambda: client.get("/readyz").status_code == 200)
            killer = threading.Timer(chance.uniform(0.3, 3.0), node.kill)
            killer.start()
            _send_until_killed(client, amounts, answers, chance, killer)
    with client_of(node.start(), token) as client:
        for first in _REQUESTS:
            _send(client, first, amounts, answers)
        until(lambda: PAYMENTS == len(_listed(client, state="settled")), seconds=300)
        shown = _listed(client)
    assert 0 == node.stop()
    assert {f"P{number}": str(amount) for number, amount in enumerate(amounts)} == {
        each["end_to_end_id"]: each["amount"] for each in shown
    }
    assert PAYMENTS == len(shown)
    for member, expected in _expected(amounts).items():
        account = network.contracts.read(network.chain, "Ledger", "accountOf", USD, member.id)
        assert expected == account[0], member.bic
    assert list(range(1, PAYMENTS + 1)) == _settled_sequences(network)
    node.command("reconcile")
    node.command("rebuild")
    node.command("audit", "verify")


def _send_until_killed(
    client: httpx2.Client,
    amounts: list[int],
    answers: dict[int, Any],
    chance: random.Random,
    killer: threading.Timer,
) -> None:
    """Send what has no answer yet, and now and then what has one, until the node is gone."""
    try:
        while killer.is_alive():
            waiting = [first for first in _REQUESTS if first not in answers]
            again = not waiting or chance.random() < 0.2
            first = chance.choice(list(answers)) if again and answers else waiting[0]
            _send(client, first, amounts, answers)
            killer.join(_PAUSE_SECONDS)
    except httpx2.TransportError:
        pass  # killed with this request in hand: whether it was taken shows when it is sent again
    killer.join()


def _send(client: httpx2.Client, first: int, amounts: list[int], answers: dict[int, Any]) -> None:
    """Send one request under its own key; it has the same answer each time."""
    payments = [
        {
            "payee": {"bic": _payee(number).bic},
            "amount": str(amounts[number]),
            "currency": "USD",
            "end_to_end_id": f"P{number}",
        }
        for number in range(first, first + PER_REQUEST)
    ]
    headers = {"Idempotency-Key": f"request-{first}"}
    answer = client.post("/v1/payments", json={"payments": payments}, headers=headers)
    assert 202 == answer.status_code, answer.text
    assert answer.content == answers.setdefault(first, answer.content)


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
