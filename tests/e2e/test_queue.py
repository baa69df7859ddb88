"""A bank's terminal and its queue, on anvil: seen, ordered, resolved, explained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.chain import own_calls
from settlement.instruction import OneLeg, keccak
from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.scenario import BANKS, USD, Network

FUNDS = 10**6


def _owe(network: Network, payer: int, payee: int, amount: int) -> None:
    """Bring a payment to the queue that its payer has no money for."""
    terms = network.terms(BANKS[payer], BANKS[payee], USD, amount)
    call = own_calls.submit(network.contracts, [(OneLeg(terms=terms), keccak(terms.encoded()))])
    network.send(BANKS[payer].key("pay"), call)


@pytest.mark.slow
def test_a_gridlock_at_the_terminal(anvil: Callable[..., Anvil], tmp_path: Path, postgresql_url: str) -> None:
    """`vostro queue` shows what waits and for what, holds and releases it, unlocks it and tells how,
    and replays the day without one of its banks.
    """
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        bank = Bank(tmp_path / "bank", BANKS[0], network, chain, VOSTRO_STORE_URL=postgresql_url)
        try:
            _play(bank, network)
        finally:
            bank.kill()


def _play(bank: Bank, network: Network) -> None:
    def shown(*arguments: str) -> Any:
        return json.loads(bank.command("queue", *arguments, "--json").stdout)

    token = bank.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    url = bank.start()
    with client_of(url, token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        body = {
            "payee": {"bic": BANKS[1].bic},
            "amount": str(FUNDS + 500),
            "currency": "USD",
            "end_to_end_id": "E1",
            "queue": True,
        }
        answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"})
        (taken,) = answer.json()["payments"]

        def state() -> object:
            return client.get(f"/v1/payments/{taken['id']}").json()["state"]

        until(lambda: state() == "queued")
        _owe(network, 1, 0, 600)
        _owe(network, 2, 0, 5 * FUNDS)
        until(lambda: shown("list")["waiting"] == 3)
        (out,), incoming = (shown("list")[side] for side in ("outgoing", "incoming"))
        assert (taken["id"], "InsufficientFunds", 500) == (out["payment_id"], out["reason"], out["short"])
        assert [600, 5 * FUNDS] == [each["amount"] for each in incoming]

        for order, wanted in (("hold", "held"), ("release", "queued")):
            shown("order", taken["id"], order)
            until(lambda wanted=wanted: state() == wanted)  # type: ignore[misc]
        assert 1 == bank.command("queue", "order", taken["id"], "release", check=False).returncode
        assert 2 == bank.command("queue", "order", taken["id"], "nonsense", check=False).returncode

        (made,) = shown("run")
        until(lambda: state() == "settled")
        run = shown("runs", made["run_id"])
        assert [made["run_id"]] == [each["id"] for each in shown("runs")]
    assert (FUNDS + 1100, ["settled"]) == (
        run["settled_value"], [each["state"] for each in run["proposals"]],
    )  # fmt: skip
    stressed = shown("stress", "--date", "today", "--default", BANKS[2].bic)
    closing = {each["participant"]: each["closing"] for each in stressed["participants"]}
    assert (1, [], "100") == (len(stressed["unsent"]), stressed["left"], closing[BANKS[0].bic])
    told = bank.command("queue", "runs", made["run_id"]).stdout
    assert f"waits for {BANKS[2].bic}: 50000.00 short" in told
    assert 1 == bank.command("queue", "runs", "run_0", check=False).returncode
    assert "0 breaks" in bank.command("reconcile").stdout
