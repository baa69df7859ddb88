"""A whole node whose keys lie on a token: killed, the token taken away, and nothing is lost or shown."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from node.chain.calls import KeyTerms
from node.chain.own_calls import add_key
from settlement.participant import KeyRole
from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.e2e.leaks import leaks
from tests.scenario import BANKS, USD, Network
from tests.tokens import MODULE, SoftHsm

FUNDS = 10**9
CANARY_PIN = "canary-pin-7d20b9e4"
_PER_STEP = 20


@pytest.fixture
def soft_hsm(tmp_path: Path) -> SoftHsm:
    """The tokens of the bank's machine."""
    return SoftHsm(tmp_path / "softhsm")


@pytest.fixture
def bank(anvil: Callable[..., Anvil], tmp_path: Path, soft_hsm: SoftHsm) -> Iterator[tuple[Bank, Network]]:
    """The first bank's node with one pay key, which was made on a token and registered on the chain."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        made = Bank(
            tmp_path / "bank",
            BANKS[0],
            network,
            chain,
            VOSTRO_SIGNER="pkcs11",
            VOSTRO_TOKEN_MODULE=str(MODULE),
            VOSTRO_TOKEN_LABEL=soft_hsm.new_token(CANARY_PIN.encode()),
            **soft_hsm.variables,
        )
        (made.folder / "password").write_text(CANARY_PIN)
        for file in (made.folder / "home" / "keys").iterdir():
            file.unlink()
        _register(made, network)
        yield made, network
        made.kill()
        print(made.log())  # noqa: T201 - what a failed run is understood by


def _register(bank: Bank, network: Network) -> None:
    """Make a key on the token, and register it by two administer keys that lie elsewhere."""
    address = bank.command("keys", "new").stdout.split()[-1].removeprefix("0x")
    call = add_key(network.contracts, KeyTerms(address=bytes.fromhex(address), role=KeyRole.PAY))
    for use in ("administer", "administer too"):
        network.send(BANKS[0].key(use), call)


def _pay(client: httpx2.Client, first: int) -> None:
    for number in range(first, first + _PER_STEP):
        body = {
            "payee": {"bic": BANKS[1].bic},
            "amount": "1",
            "currency": "USD",
            "end_to_end_id": f"T{number}",
        }
        answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": f"t-{number}"})
        assert 202 == answer.status_code, answer.text


def _settled(client: httpx2.Client) -> int:
    shown = client.get("/v1/payments", params={"state": "settled", "limit": "500"})
    return len(shown.json()["payments"])


def _workers(client: httpx2.Client) -> str:
    checks: list[dict[str, Any]] = client.get("/readyz").json()["checks"]
    return str(next(check["reason"] for check in checks if check["name"] == "workers"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_keys_on_a_token(bank: tuple[Bank, Network], soft_hsm: SoftHsm) -> None:
    """It pays, is killed and goes on; without the token it takes payments and says why they wait."""
    node, network = bank
    token = node.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    places: dict[str, bytes] = {}
    with client_of(node.start(), token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        assert node.writes_no_core()
        _pay(client, 0)
        places |= node.process_told()
        node.kill()
    places["log until killed"] = node.log().encode()
    with client_of(node.start(), token) as client:
        until(lambda: _settled(client) == _PER_STEP)
        soft_hsm.take_away()
        until(lambda: "token_" in _workers(client))
        _pay(client, _PER_STEP)
        places["readyz without the token"] = client.get("/readyz").content
        assert 503 == client.get("/readyz").status_code
        soft_hsm.bring_back()
        until(lambda: _settled(client) == 2 * _PER_STEP)
        until(lambda: client.get("/readyz").status_code == 200)
        soft_hsm.take_away()
        until(lambda: "token_" in _workers(client))
        _pay(client, 2 * _PER_STEP)
        node.kill()
    places["log of the second"] = node.log().encode()
    refused = node.command("run", check=False)
    assert (1, "token_absent") == (refused.returncode, refused.stderr.splitlines()[-1].partition(":")[0])
    soft_hsm.bring_back()
    with client_of(node.start(), token) as client:
        until(lambda: _settled(client) == 3 * _PER_STEP)
        places["answer"] = client.get("/v1/payments").content
    assert 0 == node.stop()
    places["log of the third"] = node.log().encode() + refused.stderr.encode()

    held = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
    assert 3 * _PER_STEP == held
    for command in ("reconcile", "audit verify", "keys check", "keys list --json"):
        done = node.command(*command.split())
        places[f"vostro {command}"] = (done.stdout + done.stderr).encode()
    home = [path for path in (node.folder / "home").rglob("*") if path.is_file()]
    places |= {f"file {path.name}": path.read_bytes() for path in home}
    assert "file vostro.sqlite" in places
    assert [] == leaks({"PIN": CANARY_PIN.encode()}, places)
