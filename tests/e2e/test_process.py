"""One bank's node as a process of its own, on anvil and PostgreSQL, through HTTP."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from tests.chains import Anvil
from tests.e2e.ground import PASSWORD, Bank, client_of, founded_on, until
from tests.messages import DATE, file_of
from tests.scenario import BANKS, USD, Network
from tests.stores import PostgresqlServer

FUNDS = 10**9


@pytest.fixture
def ground(anvil: Callable[..., Anvil]) -> Iterator[tuple[Anvil, Network]]:
    """A network on an anvil, the first bank with money."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        yield chain, network


@pytest.fixture
def bank(ground: tuple[Anvil, Network], tmp_path: Path, postgresql_url: str) -> Iterator[Bank]:
    """The first bank's node on PostgreSQL."""
    anvil, network = ground
    bank = Bank(tmp_path / "bank", BANKS[0], network, anvil, VOSTRO_STORE_URL=postgresql_url)
    yield bank
    bank.kill()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _officer(bank: Bank) -> str:
    return bank.command("tokens", "new", "till", "--role", "officer").stdout.strip()


@pytest.mark.slow
def test_from_file_to_statement(bank: Bank, ground: tuple[Anvil, Network]) -> None:
    """A file sent over HTTP settles on anvil; camt.053 and reconciliation agree; SIGTERM ends it with 0."""
    _, network = ground
    token = _officer(bank)
    url = bank.start()
    with client_of(url, token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        today = _today()
        text = file_of("1.00", "2.50", "99.99").replace(DATE, today)
        answer = client.post("/v1/files", content=text.encode(), headers={"Idempotency-Key": "a"})
        assert 202 == answer.status_code, answer.text
        params = {"file_id": answer.json()["file_id"], "state": "settled"}
        until(lambda: len(client.get("/v1/payments", params=params).json()["payments"]) == 3)
        statement = client.get("/v1/statements", params={"currency": "USD", "date": today})
    amounts = [each.text for each in etree.fromstring(statement.content).findall(".//{*}Ntry/{*}Amt")]
    assert ["1.00", "2.50", "99.99"] == amounts[-3:]
    held = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)[0]
    assert 10349 == held
    assert "0 breaks" in bank.command("reconcile").stdout
    assert 0 == bank.stop()
    for secret in (PASSWORD, token, BANKS[0].secret("pay").hex()):
        assert secret not in bank.log()


@pytest.mark.slow
def test_the_chain_goes_away_and_comes_back(bank: Bank, ground: tuple[Anvil, Network]) -> None:
    """With the RPC node away at start and in mid-flight nothing is lost, and the health page says why."""
    anvil, _ = ground
    token = _officer(bank)
    os.kill(anvil.pid, signal.SIGSTOP)
    bank.environment["VOSTRO_RPC_TIMEOUT_SECONDS"] = "1"
    url = bank.start()
    with client_of(url, token) as client:
        until(lambda: "chain" in _failing(client.get("/readyz").json()))
        os.kill(anvil.pid, signal.SIGCONT)
        until(lambda: client.get("/readyz").status_code == 200)
        for number in range(10):
            if number == 5:
                os.kill(anvil.pid, signal.SIGSTOP)
            body = {
                "payee": {"bic": BANKS[1].bic},
                "amount": "1",
                "currency": "USD",
                "end_to_end_id": f"P{number}",
            }
            answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": f"k{number}"})
            assert 202 == answer.status_code
        time.sleep(2.5)
        assert "chain" in _failing(client.get("/readyz").json())
        os.kill(anvil.pid, signal.SIGCONT)
        settled = {"state": "settled"}
        until(lambda: len(client.get("/v1/payments", params=settled).json()["payments"]) == 10)


@pytest.mark.slow
def test_the_database_goes_away_and_comes_back(ground: tuple[Anvil, Network], tmp_path: Path) -> None:
    """While the database is away requests are answered 503 and nothing is half done; then all goes on."""
    anvil, network = ground
    with PostgresqlServer() as server:
        url = server.url(server.create_database())
        bank = Bank(tmp_path / "bank", BANKS[0], network, anvil, VOSTRO_STORE_URL=url)
        token = _officer(bank)
        try:
            with client_of(bank.start(), token) as client:
                until(lambda: client.get("/readyz").status_code == 200)
                body = {
                    "payee": {"bic": BANKS[1].bic},
                    "amount": "1",
                    "currency": "USD",
                    "end_to_end_id": "P",
                }
                server.stop(signal.SIGQUIT)
                refused = client.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"})
                assert (503, "store_unavailable") == (refused.status_code, refused.json()["code"])
                assert "retry-after" in refused.headers
                assert "store" in _failing(client.get("/readyz").json())
                assert 200 == client.get("/livez").status_code
                server.start()
                until(lambda: client.get("/readyz").status_code == 200)
                taken = client.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"})
                (payment,) = taken.json()["payments"]
                where = f"/v1/payments/{payment['id']}"
                until(lambda: client.get(where).json()["state"] == "settled")
        finally:
            bank.kill()


@pytest.mark.slow
def test_does_not_start(bank: Bank, ground: tuple[Anvil, Network], anvil: Callable[..., Anvil]) -> None:
    """With a wrong password, another chain, a demo's contracts or no database it ends with 1 and says why."""
    first, _ = ground
    (bank.folder / "wrong").write_text("wrong")
    other = anvil()
    # Two anvils of one number that start within the same second have the same genesis.
    same_number = anvil("--timestamp", "1600000000", chain_id=first.chain_id)
    for code, change in {
        "wrong_password": {"VOSTRO_KEY_PASSWORD_FILE": str(bank.folder / "wrong")},
        "wrong_chain": {"VOSTRO_RPC_URL": other.url},
        "wrong_genesis": {"VOSTRO_RPC_URL": same_number.url},
        "demo_deployment": {"VOSTRO_DEMO": "false"},
        "store_unavailable": {"VOSTRO_STORE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
    }.items():
        kept = dict(bank.environment)
        bank.environment |= change
        done = bank.command("run", check=False)
        assert 1 == done.returncode, done.stderr
        assert done.stderr.splitlines()[-1].startswith(f"{code}: "), done.stderr
        bank.environment = kept


def _failing(ready: dict[str, list[dict[str, object]]]) -> set[object]:
    return {check["name"] for check in ready["checks"] if not check["passed"]}
