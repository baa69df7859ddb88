"""The fixtures of tests/conftest.py give what they promise."""

import json
import signal
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import sqlalchemy
from sqlalchemy import text

from tests.chains import Anvil
from tests.stores import PostgresqlServer


def _call(chain: Anvil, method: str, *parameters: object) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    answer = httpx2.post(chain.url, content=body, headers={"content-type": "application/json"})
    return answer.json()["result"]


@pytest.mark.parametrize("turn", [1, 2])
def test_store_is_fresh(store_url: str, turn: int) -> None:
    """Each test gets an empty database, on both stores."""
    engine = sqlalchemy.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE turns (turn INTEGER)"))
        connection.execute(text("INSERT INTO turns VALUES (:turn)"), {"turn": turn})
    with engine.connect() as connection:
        assert [(turn,)] == connection.execute(text("SELECT turn FROM turns")).all()
    engine.dispose()


def test_postgresql_survives_a_crash() -> None:
    """A server can be crashed and started again on the same address with the same data."""
    with PostgresqlServer() as server:
        engine = sqlalchemy.create_engine(server.url())
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 1 AS one"))
        server.stop(signal.SIGQUIT)
        engine.dispose()
        with pytest.raises(sqlalchemy.exc.OperationalError):
            engine.connect()
        server.start()
        with engine.connect() as connection:
            assert 1 == connection.execute(text("SELECT one FROM kept")).scalar_one()
        engine.dispose()


def test_anvils_are_apart(anvil: Callable[..., Anvil]) -> None:
    """Two anvils of one test have their own ports and chain ids."""
    first, second = anvil(), anvil()

    assert first.port != second.port
    assert hex(first.chain_id) == _call(first, "eth_chainId")
    assert hex(second.chain_id) == _call(second, "eth_chainId")


def test_anvil_asks_nothing_for_gas(anvil: Callable[..., Anvil]) -> None:
    """A transaction at gas price zero is mined, and its sender pays nothing."""
    chain = anvil()
    sender = _call(chain, "eth_accounts")[0]
    before = _call(chain, "eth_getBalance", sender, "latest")

    sent = _call(chain, "eth_sendTransaction", {"from": sender, "to": sender, "gasPrice": "0x0"})

    assert "0x1" == _call(chain, "eth_getTransactionReceipt", sent)["status"]
    assert before == _call(chain, "eth_getBalance", sender, "latest")


def test_anvil_returns_to_its_port(anvil: Callable[..., Anvil]) -> None:
    """A killed anvil can come back under the same address, with an empty chain."""
    first = anvil()
    _call(first, "anvil_mine", 3)
    first.kill()

    second = anvil(chain_id=first.chain_id, port=first.port)

    assert first.url == second.url
    assert "0x0" == _call(second, "eth_blockNumber")
