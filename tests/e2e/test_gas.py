"""Where the chain charges for gas: a key that runs low is told, one that is empty waits, and is funded."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from node.submitter.batch import GAS_MAX
from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Network

FUNDS = 10**9
_PRICE = 10**9
_MIN = 10
_PAY_KEY = "0x" + BANKS[0].key("pay").hex()


@pytest.fixture
def ground(anvil: Callable[..., Anvil], tmp_path: Path) -> Iterator[tuple[Bank, Network, Anvil]]:
    """The first bank's node on an anvil that charges for gas since its network was founded."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        _tell(chain, "anvil_setNextBlockBaseFeePerGas", hex(_PRICE))
        _tell(chain, "evm_mine")
        _fund(chain, "administer", 10**24)
        settings = {"VOSTRO_GAS_TRANSACTIONS_MIN": str(_MIN)}
        bank = Bank(tmp_path / "bank", BANKS[0], network, chain, **settings)
        yield bank, network, chain
        bank.kill()
        print(bank.log())  # noqa: T201 - what a failed run is understood by


def _tell(chain: Anvil, method: str, *params: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    assert "error" not in httpx2.post(chain.url, json=body).json()


def _fund(chain: Anvil, use: str, wei: int) -> None:
    _tell(chain, "anvil_setBalance", "0x" + BANKS[0].key(use).hex(), hex(wei))


def _funds(client: httpx2.Client) -> tuple[bool, str]:
    checks: list[dict[str, Any]] = client.get("/readyz").json()["checks"]
    (found,) = (check for check in checks if check["name"] == "funds")
    return found["passed"], str(found["reason"])


def _number(client: httpx2.Client) -> float | None:
    text = client.get("/metrics").text
    found = re.search(rf'^vostro_key_gas_transactions{{key="{_PAY_KEY}"}} (\S+)$', text, re.MULTILINE)
    return found and float(found[1])


def _pay(client: httpx2.Client, name: str) -> Callable[[], str]:
    """Have a payment taken, and return what asks for its state."""
    body = {"payee": {"bic": BANKS[1].bic}, "amount": "1", "currency": "USD", "end_to_end_id": name}
    answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": name})
    assert 202 == answer.status_code, answer.text
    where = f"/v1/payments/{answer.json()['payments'][0]['id']}"
    return lambda: str(client.get(where).json()["state"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_low_empty_funded(ground: tuple[Bank, Network, Anvil]) -> None:
    """Low: ready, with words, a number and a line in the log. Empty: not ready, and payments wait for it."""
    node, network, chain = ground
    officer = node.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    operator = node.command("tokens", "new", "watch", "--role", "operator").stdout.strip()
    _fund(chain, "pay", 6 * GAS_MAX * 3 * _PRICE)
    url = node.start()
    with client_of(url, officer) as client, client_of(url, operator) as watch:
        until(lambda: client.get("/readyz").status_code == 200)
        until(lambda: "fund them" in _funds(client)[1])
        assert _funds(client)[0]
        assert _PAY_KEY in _funds(client)[1]
        until(lambda: "check_attention" in node.log())
        # Nobody has to ask `/readyz` for the number to be there.
        until(lambda: (_number(watch) or _MIN) < _MIN)
        paid = _pay(client, "low")
        until(lambda: paid() == "settled")

        _fund(chain, "pay", 0)
        until(lambda: client.get("/readyz").status_code == 503)
        assert (False, "gas_unfunded") == (_funds(client)[0], _funds(client)[1].partition(":")[0])
        until(lambda: "check_failed" in node.log() and "gas_unfunded" in node.log())
        until(lambda: _number(watch) == 0)
        waiting = _pay(client, "empty")
        until(lambda: waiting() == "submitted")

        _fund(chain, "pay", 10**24)
        until(lambda: waiting() == "settled")
        until(lambda: _funds(client) == (True, "None"))
        until(lambda: "check_well" in node.log())
        assert (_number(watch) or 0) >= _MIN
    assert 0 == node.stop()
    assert 2 == network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
    assert "[]" == node.command("incidents", "--json").stdout.strip()
