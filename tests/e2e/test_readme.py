"""The README's commands, typed as they are written, on a chain and a database that know nothing yet."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from node.chain.contracts import Contracts
from node.chain.deployment import read_deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import engine
from node.chain.rpc import RpcChain
from node.clock import SystemClock
from node.keys.keystore import Keystore
from tests import scenario
from tests.chains import Anvil
from tests.messages import DATE, file_of

_PASSWORD = b"as in the README"
_SCRYPT_N = 1024  # quick to open; the strength of passwords is not what is tested here
_READY_SECONDS_MAX = 60
_COMMAND_SECONDS_MAX = 120


def _commands(root: Path) -> list[str]:
    """The README's shell lines after its marker, comments cut off, continued lines joined."""
    text = (root / "README.md").read_text().partition("<!-- commands:")[2]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.partition("   #")[0].strip() for line in lines if line.strip()]


class Terminal:
    """A shell in a folder of its own, with a bank's settings."""

    def __init__(self, folder: Path, chain: Anvil) -> None:
        self.folder = folder
        self.variables = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "VOSTRO_BIC": scenario.BANKS[0].bic,
            "VOSTRO_HOME": str(folder / "home"),
            "VOSTRO_ENGINE": "anvil",
            "VOSTRO_RPC_URL": chain.url,
            "VOSTRO_KEY_PASSWORD_FILE": str(folder / "password"),
            "GUARDIAN": "0x" + scenario.OPERATOR.key("administer too").hex(),
        }

    def type(self, command: str) -> str:
        """Type a command and return what it prints; it must succeed."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS_MAX,
            check=False,
        )
        assert 0 == done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def left_running(self, command: str, url: str) -> Iterator[None]:
        """Type a command that stays, until it is ready; end it at the end."""
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.variables, stdout=log, stderr=log
            )
        try:
            give_up = time.monotonic() + _READY_SECONDS_MAX
            while not _is_ready(url):
                assert process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < give_up, (self.folder / "log").read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            assert 0 == process.wait(timeout=_READY_SECONDS_MAX)


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


def _program(root: Path) -> str:
    """The README's Python, as it stands."""
    (program,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    return str(program)


@pytest.mark.slow
def test_the_commands_of_the_readme_do_what_it_says(
    root: Path, tmp_path: Path, anvil: Callable[..., Anvil]
) -> None:
    """Deployed, run, paid by file, curl and client, stated, reconciled: by the README's own lines."""
    deploy, run, pay, statement, reconcile, token, curl = _commands(root)
    terminal = Terminal(tmp_path, anvil())
    _furnish(tmp_path)

    terminal.type(deploy)
    _populate(tmp_path, terminal.variables["VOSTRO_RPC_URL"])
    terminal.type(token)
    with terminal.left_running(run, "http://127.0.0.1:8080"):
        terminal.type(pay)
        accepted = json.loads(terminal.type(curl))
        terminal.type(f"{root}/scripts/client vostro-client")
        (tmp_path / "program.py").write_text(_program(root))
        shown = terminal.type(f"PYTHONPATH=vostro-client {root}/.venv-client/bin/python program.py")
        stated = terminal.type(statement)
        terminal.type(reconcile)

    assert ["INV-7731"] == [payment["end_to_end_id"] for payment in accepted["payments"]]
    assert shown.startswith("INV-7732 ")
    assert "camt.053.001" in stated
    assert "12.34" in stated


def _furnish(folder: Path) -> None:
    """Lay out what the reader of the README has: a password, the keys, a file of payments for today."""
    (folder / "password").write_bytes(_PASSWORD)
    keystore = Keystore(folder / "home" / "keys", scrypt_n=_SCRYPT_N)
    for member, use in ((scenario.OPERATOR, "administer"), (scenario.BANKS[0], "pay")):
        keystore.add(member.secret(use), _PASSWORD)
    today = datetime.now(UTC).date().isoformat()
    (folder / "payments.xml").write_text(file_of("12.34", "7.00").replace(DATE, today))


def _populate(folder: Path, rpc_url: str) -> None:
    """Do what the operator does after deploying: admit everybody, and issue the bank some money."""
    chain, clock = RpcChain(Endpoint(rpc_url, 20), engine("anvil")), SystemClock()
    network = scenario.populated(chain, clock, Contracts(read_deployment(folder / "deployment.json")))
    network.issue(network.banks[0], scenario.USD, 10**9)
    chain.close()
