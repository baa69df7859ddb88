"""What a deployment from settings asks for before it touches a chain."""

from pathlib import Path

import pytest

from node.bootstrap.deployment import deploy_contracts
from node.errors import SettingsInvalid
from node.settings import Settings
from settlement.instruction import keccak

_SOMEBODY = keccak(b"somebody")[12:]


@pytest.mark.parametrize(
    ("guardians", "delay", "said"),
    [([], 3600, "--guardian"), ([_SOMEBODY], 0, "VOSTRO_DEMO")],
    ids=["guardian", "delay"],
)
def test_production_asks_for_more(tmp_path: Path, guardians: list[bytes], delay: int, said: str) -> None:
    """Outside a demonstration a guardian is named, and there is a delay."""
    settings = Settings(bic="BANBDEFFXXX", home=tmp_path, engine="anvil", rpc_url="http://127.0.0.1:1")

    with pytest.raises(SettingsInvalid, match=said):
        deploy_contracts(
            settings,
            b"password",
            operators=[_SOMEBODY],
            guardians=guardians,
            members=[],
            threshold=None,
            delay=delay,
        )

    assert [] == list(tmp_path.iterdir())
