"""A node whose machine stands still or whose disk is full, with real processes and signals (R1, R2, R6)."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from node.submitter.submitter import LEASE_SECONDS
from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Network

_PAYMENTS = 40
_ROUNDS = 3
_FILE_BYTES = 64 * 1024


@pytest.fixture
def ground(anvil: Callable[..., Anvil]) -> Iterator[tuple[Anvil, Network]]:
    """A network on an anvil that mines by the clock, the first bank with money."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, 10**9)
        for method, argument in (("evm_setAutomine", False), ("evm_setIntervalMining", 1)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [argument]}
            assert "error" not in httpx2.post(chain.url, json=body).json()
        yield chain, network


def _pay(client: httpx2.Client, first: int, count: int) -> httpx2.Response:
    payments = [
        {"payee": {"bic": BANKS[1].bic}, "amount": "1", "currency": "USD", "end_to_end_id": f"P{number}"}
        for number in range(first, first + count)
    ]
    return client.post("/v1/payments", json={"payments": payments}, headers={"Idempotency-Key": f"k{first}"})


def _settled(client: httpx2.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        "/v1/payments", params={"state": "settled", "limit": "500"}
    ).json()["payments"]
    return found


def _held(network: Network) -> int:
    held: int = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
    return held


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stopped_past_its_lease(ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str) -> None:
    """Two processes with one key; each in turn stands still for longer than its lease, and wakes up."""
    anvil, network = ground
    settings = {
        "VOSTRO_STORE_URL": postgresql_url,
        "VOSTRO_BATCH_PAYMENTS_MAX": "3",
        "VOSTRO_PIPELINE_TRANSACTIONS_MAX": "2",
    }
    banks = [Bank(tmp_path / f"bank{number}", BANKS[0], network, anvil, **settings) for number in range(2)]
    with ExitStack() as stack:
        token = banks[0].command("tokens", "new", "till", "--role", "officer").stdout.strip()
        clients = []
        for bank in banks:
            stack.callback(bank.kill)
            clients.append(stack.enter_context(client_of(bank.start(), token)))
        until(lambda: all(client.get("/readyz").status_code == 200 for client in clients))
        for number in range(2 * _ROUNDS):
            stopped, awake = banks[number % 2], clients[1 - number % 2]
            assert 202 == _pay(awake, number * _PAYMENTS, _PAYMENTS).status_code
            until(lambda awake=awake, number=number: len(_settled(awake)) > number * _PAYMENTS)  # type: ignore[misc]
            stopped.pause()
            time.sleep(LEASE_SECONDS + 1)
            stopped.go_on()
        expected = 2 * _ROUNDS * _PAYMENTS
        until(lambda: len(_settled(clients[0])) == expected, seconds=300)
        shown = _settled(clients[0])
        assert {f"P{number}" for number in range(expected)} == {each["end_to_end_id"] for each in shown}
        assert expected == len({each["sequence"] for each in shown}) == _held(network)
        assert {200} == {client.get("/readyz").status_code for client in clients}
        assert "0 breaks" in banks[0].command("reconcile").stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_files_that_can_not_grow(ground: tuple[Anvil, Network], tmp_path: Path) -> None:
    """With a full disk a request is refused and nothing is half done; with room again all settles once."""
    anvil, network = ground
    bank = Bank(tmp_path / "bank", BANKS[0], network, anvil)
    with ExitStack() as stack:
        stack.callback(bank.kill)
        token = bank.command("tokens", "new", "till", "--role", "officer").stdout.strip()
        client = stack.enter_context(client_of(bank.start(), token))
        until(lambda: client.get("/readyz").status_code == 200)
        for number in range(_ROUNDS):
            assert 202 == _pay(client, 2 * number * _PAYMENTS, _PAYMENTS).status_code
            bank.limit_files(_FILE_BYTES)
            refused = _pay(client, (2 * number + 1) * _PAYMENTS, _PAYMENTS)
            assert refused.status_code in {503, 507}, refused.text
            assert 200 == client.get("/livez").status_code
            bank.limit_files(-1)
            until(lambda: client.get("/readyz").status_code == 200)
            taken = _pay(client, (2 * number + 1) * _PAYMENTS, _PAYMENTS)
            assert 202 == taken.status_code, taken.text
        expected = 2 * _ROUNDS * _PAYMENTS
        until(lambda: len(_settled(client)) == expected, seconds=300)
        assert expected == _held(network)
        assert "0 breaks" in bank.command("reconcile").stdout
