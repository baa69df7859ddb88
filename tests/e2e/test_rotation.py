"""A pay key is rotated while its bank pays: the new one takes over, the old one ends, and nothing is lost."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from node.keys.keystore import Keystore
from tests.chains import Anvil
from tests.e2e.ground import PASSWORD, Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Network

FUNDS = 10**9
OVERLAP_SECONDS = 10
DELAY_SECONDS = 15
_PAUSE_SECONDS = 0.1
_WAIT = ("--wait", "60")


@pytest.fixture(params=[0, DELAY_SECONDS], ids=["at once", "after a delay"])
def bank(
    request: pytest.FixtureRequest, anvil: Callable[..., Anvil], tmp_path: Path
) -> Iterator[tuple[Bank, Network]]:
    """The first bank's node with all its keys, and money, on an anvil that mines by the clock."""
    chain = anvil()
    with founded_on(chain, delay=request.param) as network:
        network.issue(BANKS[0], USD, FUNDS)
        for method, argument in (("evm_setAutomine", False), ("evm_setIntervalMining", 1)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [argument]}
            assert "error" not in httpx2.post(chain.url, json=body).json()
        made = Bank(tmp_path / "bank", BANKS[0], network, chain)
        keystore = Keystore(made.folder / "home" / "keys", scrypt_n=1024)
        keystore.add(BANKS[0].secret("administer too"), PASSWORD.encode())
        yield made, network
        made.kill()
        print(made.log())  # noqa: T201 - what a failed run is understood by


class Load:
    """Pays one unit after the other, wherever the node listens, until it is told to stop."""

    def __init__(self, token: str) -> None:
        self.url = ""
        self.taken = 0
        self._token = token
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            try:
                with client_of(self.url, self._token) as client:
                    answer = client.post("/v1/payments", json=_body(), headers=_key(self.taken))
            except httpx2.TransportError:
                continue  # between stop and start: the same request again
            if answer.status_code == 202:
                self.taken += 1


def _body() -> dict[str, Any]:
    return {
        "payments": [{"payee": {"bic": BANKS[1].bic}, "amount": "1", "currency": "USD", "end_to_end_id": "L"}]
    }


def _key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"load-{number}"}


def _keys(bank: Bank) -> dict[str, dict[str, Any]]:
    listed = json.loads(bank.command("keys", "list", "--json").stdout)
    return {each["address"]: each for each in listed}


def _payers(network: Network) -> dict[str, int]:
    """How many payments each address has brought on the chain, read without the node."""
    found: dict[str, int] = {}
    for block in network.chain.blocks(0, network.chain.final_height()):
        for receipt in block.receipts:
            events = (network.contracts.decode(log) for log in receipt.logs)
            paid = sum(event is not None and event.name == "Paid" for event in events)
            if paid:
                sender = "0x" + receipt.sender.hex()
                found[sender] = found.get(sender, 0) + paid
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_rotated_under_load(bank: tuple[Bank, Network]) -> None:
    """Two administer keys rotate, the node runs on: each payment settles once, by the old key or the new."""
    node, network = bank
    token = node.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    old = "0x" + BANKS[0].key("pay").hex()
    load = Load(token)
    load.url = node.start()
    with client_of(load.url, token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
    with load:
        until(lambda: load.taken >= 10)
        new = json.loads(node.command("keys", "new", "--json").stdout)[0]["address"]
        assert "not registered on the chain" == _keys(node)[new]["differs"]
        rotate = ("keys", "rotate", str(_keys(node)[old]["number"]), new, "--role", "pay")
        overlap = ("--overlap", str(OVERLAP_SECONDS), *_WAIT)
        for signer in ("administer", "administer too"):
            node.command(*rotate, *overlap, "--signer", "0x" + BANKS[0].key(signer).hex())
        if not network.contracts.deployment.demo:
            # Nothing has changed yet; after the delay either of the two asks once more.
            assert "not registered on the chain" == _keys(node)[new]["differs"]
            agreed = time.time()
            until(lambda: time.time() > agreed + DELAY_SECONDS + 1)
            assert {old} == set(_payers(network))
            node.command(*rotate, *overlap, "--signer", "0x" + BANKS[0].key("administer").hex())
        until(lambda: _keys(node)[new]["differs"] is None)
        until(lambda: new in _payers(network))
        until(lambda: time.time() > _keys(node)[old]["valid_until"])
        before = load.taken
        until(lambda: load.taken >= before + 10)
    with client_of(load.url, token) as client:
        # One may have been taken without its answer coming back: the same request has the same answer.
        assert 202 == client.post("/v1/payments", json=_body(), headers=_key(load.taken)).status_code
        until(lambda: sum(_payers(network).values()) == load.taken + 1)
        for state in ("accepted", "submitted", "rejected", "unknown", "cancelled"):
            until(lambda: client.get("/v1/payments", params={"state": state}).json()["payments"] == [])  # noqa: B023

    paid = _payers(network)
    assert {old, new} == set(paid)
    account = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)
    assert load.taken + 1 == sum(paid.values()) == account[0]
    assert "expired" == _keys(node)[old]["differs"]
    node.command("keys", "revoke", str(_keys(node)[old]["number"]), *_WAIT)
    until(lambda: _keys(node)[old]["differs"] == "revoked")
    node.command("keys", "remove", old)
    assert not _keys(node)[old]["held"]
    until(lambda: "key_let_go" in node.log())
    node.command("reconcile")
    node.command("audit", "verify")
    assert [] == json.loads(node.command("incidents", "--json").stdout)
    assert 0 == node.stop()
