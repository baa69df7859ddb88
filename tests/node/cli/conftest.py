"""The commands of `vostro`, run in this process with the settings of one bank."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from node import cli
from tests.node.cli.terminal import PASSWORD, Terminal
from tests.scenario import BANKS


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """A terminal of the first bank."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    for name, value in {
        "BIC": BANKS[0].bic,
        "HOME": str(tmp_path / "home"),
        "KEY_PASSWORD_FILE": str(tmp_path / "password"),
        "DEPLOYMENT_FILE": str(tmp_path / "deployment.json"),
    }.items():
        monkeypatch.setenv(f"VOSTRO_{name}", value)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vostro", *arguments])
        capsys.readouterr()
        try:
            cli.main()
            status: object = 0
        except SystemExit as left:
            status = left.code or 0
        assert isinstance(status, int)
        output, errors = capsys.readouterr()
        return status, output, errors

    yield Terminal(home=tmp_path / "home", run=run)
    # `vostro run` sends the log to what was standard error then, which is closed after this test.
    structlog.reset_defaults()
