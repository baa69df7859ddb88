"""The same payments submitted again and again by several clients at once settle once each (R1).

Half of the repeats come under the first one's idempotency key, half under their own with the same UETR.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Network

_PAYMENTS = 200
_CLIENTS = 4
_RETRIES_MAX = 10


@pytest.fixture
def ground(anvil: Callable[..., Anvil]) -> Iterator[tuple[Anvil, Network]]:
    """The network on an anvil, the first bank with money."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, 10**9)
        yield chain, network


@pytest.mark.slow
def test_two_thousand_submits(ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str) -> None:
    """200 payments, submitted ten times each by four clients at once, have one answer and settle once."""
    _submit_again_and_again(ground, tmp_path, postgresql_url, submits=2_000, seed=0)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1, 21))
def test_five_thousand_submits(
    ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str, seed: int
) -> None:
    """The same, submitted 25 times each, under each of twenty seeds: 100,000 submits."""
    _submit_again_and_again(ground, tmp_path, postgresql_url, submits=5_000, seed=seed)


def _submit_again_and_again(
    ground: tuple[Anvil, Network], folder: Path, store_url: str, *, submits: int, seed: int
) -> None:
    anvil, network = ground
    chance = random.Random(seed)
    bank = Bank(folder / "bank", BANKS[0], network, anvil, VOSTRO_STORE_URL=store_url)
    token = bank.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    numbers = [submit % _PAYMENTS for submit in range(submits)]
    chance.shuffle(numbers)
    shares = [numbers[client::_CLIENTS] for client in range(_CLIENTS)]
    with ExitStack() as stack:
        stack.callback(bank.kill)
        url = bank.start()
        client = stack.enter_context(client_of(url, token))
        until(lambda: client.get("/readyz").status_code == 200)
        threads = stack.enter_context(ThreadPoolExecutor(_CLIENTS))
        seeds = [chance.getrandbits(64) for _ in shares]
        found = list(threads.map(lambda share, seed: _submit(url, token, share, seed), shares, seeds))
        named = {number: {answers[number] for answers in found if number in answers} for number in numbers}
        assert {1} == {len(ids) for ids in named.values()}
        until(lambda: len(_settled(client)) == _PAYMENTS)
        assert set().union(*named.values()) == {each["id"] for each in _settled(client)}
        assert _PAYMENTS == len(client.get("/v1/payments", params={"limit": "500"}).json()["payments"])
    expected = sum(1 + number for number in range(_PAYMENTS))
    assert expected == network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
    assert "0 breaks" in bank.command("reconcile").stdout


def _submit(url: str, token: str, numbers: list[int], seed: int) -> dict[int, str]:
    """Submit these payments in turn; return the id of each, which is the same in all its answers."""
    chance, found = random.Random(seed), dict[int, str]()
    with client_of(url, token) as client:
        for number in numbers:
            key = f"k{number}" if chance.random() < 0.5 else f"k{number}-{chance.getrandbits(64):x}"
            body = {
                "payee": {"bic": BANKS[1].bic},
                "amount": str(1 + number),
                "currency": "USD",
                "end_to_end_id": f"P{number}",
                "uetr": str(UUID(int=number, version=4)),
            }
            answer = _answered(client, key, body)
            assert 202 == answer.status_code, answer.text
            (payment,) = answer.json()["payments"]
            assert payment["id"] == found.setdefault(number, payment["id"])
    return found


def _answered(client: httpx2.Client, key: str, body: dict[str, Any]) -> httpx2.Response:
    """Submit, and again when told to: another client may have just this submit in flight."""
    answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": key})
    for _ in range(_RETRIES_MAX):
        if answer.status_code != 409 or answer.json()["code"] != "in_flight":
            break
        time.sleep(float(answer.headers["Retry-After"]))
        answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": key})
    return answer


def _settled(client: httpx2.Client) -> list[dict[str, str]]:
    query = {"state": "settled", "limit": "500"}
    found: list[dict[str, str]] = client.get("/v1/payments", params=query).json()["payments"]
    return found
