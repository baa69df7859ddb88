"""A real token for tests: SoftHSM, in a folder of its own, used by this process or by another."""

import subprocess
from itertools import count
from pathlib import Path

import pkcs11
import pytest

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = b"481516"
_OFFICER_PIN = "2342108"
_labels = count(1)


class SoftHsm:
    """The tokens of one folder. `variables` are what another process needs to see them."""

    def __init__(self, folder: Path) -> None:
        assert MODULE.exists(), "SoftHSM is missing: scripts/setup installs Debian's softhsm2"
        self._tokens = folder / "tokens"
        self._tokens.mkdir(parents=True)
        self._away = folder / "away"
        configuration = folder / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.variables = {"SOFTHSM2_CONF": str(configuration)}

    def new_token(self, pin: bytes = PIN) -> str:
        """Make an empty token that opens with the PIN; return its label."""
        label = f"vostro-{next(_labels)}"
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label,
             "--pin", pin.decode(), "--so-pin", _OFFICER_PIN],
            env=self.variables | {"PATH": "/usr/bin:/bin"}, check=True, capture_output=True,
        )  # fmt: skip
        return label

    def take_away(self) -> None:
        """Let every process find the folder empty, as a token is that was pulled out."""
        self._tokens.rename(self._away)
        self._tokens.mkdir()

    def bring_back(self) -> None:
        """Undo `take_away`."""
        self._tokens.rmdir()
        self._away.rename(self._tokens)

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process see the tokens that there are now; every open session ends."""
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)
        pkcs11.lib(str(MODULE)).reinitialize()
