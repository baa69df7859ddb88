"""From settings to a chain, or to a word about which setting is wrong."""

import pytest

from node.chain.connect import Gas, connect
from node.chain.engines import ENGINES
from node.chain.failover import FailoverChain
from node.errors import ChainUnavailable, SettingsInvalid
from tests.clocks import SetClock


def test_each_engine_connects() -> None:
    """Every engine that can be named gives a chain of that name; connecting asks nothing of the node."""
    for name, engine in ENGINES.items():
        url = None if engine.embedded else "http://127.0.0.1:1"
        assert name == connect(engine=name, rpc_url=url, timeout=1, clock=SetClock(0)).engine


def test_several_endpoints_connect() -> None:
    """URLs between commas give one chain of all of them, asked nothing yet; credentials are in no name."""
    urls = "http://user:secret@127.0.0.1:1, http://127.0.0.1:2"
    chain = connect(engine="anvil", rpc_url=urls, timeout=1, clock=SetClock(0))
    assert isinstance(chain, FailoverChain)
    with pytest.raises(ChainUnavailable) as failed:
        chain.chain_id()
    assert "secret" not in failed.value.detail
    chain.close()


@pytest.mark.parametrize(
    ("engine", "url", "setting"),
    [
        ("geht", None, "VOSTRO_ENGINE"),
        ("anvil", None, "VOSTRO_RPC_URL"),
        ("eth-tester", "http://h", "VOSTRO_RPC_URL"),
        ("anvil", "http://h,", "VOSTRO_RPC_URL"),
        ("anvil", "http://h,http://h", "each once"),
        ("anvil", ",".join(f"http://h{number}" for number in range(9)), "8 endpoints at most"),
    ],
)
def test_settings_that_do_not_fit(engine: str, url: str | None, setting: str) -> None:
    """An unknown engine, a missing URL and a superfluous one are told by the setting's name."""
    with pytest.raises(SettingsInvalid, match=setting):
        connect(engine=engine, rpc_url=url, timeout=1, clock=SetClock(0))


def test_fee_rule_that_is_none() -> None:
    """A fee rule nobody knows is told by the setting's name."""
    with pytest.raises(SettingsInvalid, match="VOSTRO_FEE_RULE"):
        connect(engine="anvil", rpc_url="http://h", timeout=1, clock=SetClock(0), gas=Gas(rule="cheap"))
