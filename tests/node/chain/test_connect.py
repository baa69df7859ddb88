"""From settings to a chain, or to a word about which setting is wrong."""

import pytest

from node.chain.connect import connect
from node.chain.engines import ENGINES
from node.errors import SettingsInvalid
from tests.clocks import SetClock


def test_each_engine_connects() -> None:
    """Every engine that can be named gives a chain of that name; connecting asks nothing of the node."""
    for name, engine in ENGINES.items():
        url = None if engine.embedded else "http://127.0.0.1:1"
        assert name == connect(engine=name, rpc_url=url, timeout=1, clock=SetClock(0)).engine


@pytest.mark.parametrize(
    ("engine", "url", "setting"),
    [
        ("geht", None, "VOSTRO_ENGINE"),
        ("anvil", None, "VOSTRO_RPC_URL"),
        ("eth-tester", "http://h", "VOSTRO_RPC_URL"),
    ],
)
def test_settings_that_do_not_fit(engine: str, url: str | None, setting: str) -> None:
    """An unknown engine, a missing URL and a superfluous one are told by the setting's name."""
    with pytest.raises(SettingsInvalid, match=setting):
        connect(engine=engine, rpc_url=url, timeout=1, clock=SetClock(0))
