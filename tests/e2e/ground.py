"""What an end-to-end test stands on: a network on anvil, and one bank's node as a process of its own."""

import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import httpx2

from node.chain.deployment import write_deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import engine
from node.chain.rpc import RpcChain
from node.clock import SystemClock
from node.keys.keystore import Keystore
from tests.chains import Anvil
from tests.scenario import Member, Network, deployed, populated

PASSWORD = "of a test"
WAIT_SECONDS_MAX = 120.0
_RPC_SECONDS_MAX = 30
# A guess at these passwords may be cheap, so that a node starts quickly.
_SCRYPT_N = 1024
_LISTENING = re.compile(r"listening on (\S+)\n")
_PROGRAM = "from node.cli import main; main()"


@contextmanager
def founded_on(anvil: Anvil, *, delay: int = 0) -> Iterator[Network]:
    """Give the network of the scenario, founded on an anvil; `delay` is the seconds gaining power takes."""
    clock = SystemClock()
    endpoint = Endpoint(anvil.url, _RPC_SECONDS_MAX)
    with closing(RpcChain(endpoint, engine("anvil"))) as chain:
        yield populated(chain, clock, deployed(chain, clock, delay=delay))


class Process(Protocol):
    """What is asked of a process that runs a node, however it was started."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


class Commands:
    """The commands of one node, each a program of its own, with the same settings."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        self.environment = environment
        self._log = log
        self._process: Process | None = None

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; with `check` it must succeed."""
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS_MAX,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def start(self) -> str:
        """Start `vostro run` and return its URL once it listens."""
        self.launch()
        url = self.url()
        assert url, self.log()
        return url

    def launch(self) -> None:
        """Start `vostro run` without waiting for anything."""
        with self._log.open("wb") as log:
            self._process = self._spawn(log)

    def url(self) -> str | None:
        """Wait until it listens and return its URL; None when it has ended before."""
        until(lambda: _LISTENING.search(self.log()) or self._ended())
        listening = _LISTENING.search(self.log())
        return listening[1] if listening else None

    def _spawn(self, log: IO[bytes]) -> Process:
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, "run"], env=self.environment, stdout=log, stderr=log
        )

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """End it politely, and return its exit status."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Stop it where it is, as a machine that swaps or a snapshot of it does."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on where it was paused."""
        self._signal(signal.SIGCONT)

    def limit_files(self, size: int) -> None:
        """Let it write no file beyond this size (bytes), as on a full disk; -1: as it likes."""
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def writes_no_core(self) -> bool:
        """Tell whether a crash of it would leave its memory in no file."""
        assert self._process is not None
        limits = Path(f"/proc/{self._process.pid}/limits").read_text()
        return re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE) is not None

    def process_told(self) -> dict[str, bytes]:
        """What everybody sees of it and of the processes it has started, and what they were given."""
        assert self._process is not None
        found = {}
        waiting = [self._process.pid]
        while waiting:
            process = Path(f"/proc/{waiting.pop()}")
            for told in ("cmdline", "environ"):
                found[f"{told} of process {process.name}"] = (process / told).read_bytes()
            for children in process.glob("task/*/children"):
                waiting += map(int, children.read_text().split())
        return found

    def log(self) -> str:
        """What it has logged since its last start."""
        return self._log.read_text()

    def _ended(self) -> bool:
        process = self._process
        return process is None or process.poll() is not None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(how)
        status = self._process.wait(WAIT_SECONDS_MAX)
        self._process = None
        return status


class Bank(Commands):
    """One bank's node, its keys and its deployment file in a folder of its own."""

    def __init__(self, folder: Path, member: Member, network: Network, anvil: Anvil, **settings: str) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "password").write_text(PASSWORD)
        write_deployment(folder / "deployment.json", network.contracts.deployment)
        keystore = Keystore(folder / "home" / "keys", scrypt_n=_SCRYPT_N)
        for use in ("pay", "administer"):
            keystore.add(member.secret(use), PASSWORD.encode())
        super().__init__(
            folder / "run.log",
            {
                "VOSTRO_BIC": member.bic,
                "VOSTRO_HOME": str(folder / "home"),
                "VOSTRO_ENGINE": "anvil",
                "VOSTRO_RPC_URL": anvil.url,
                "VOSTRO_DEPLOYMENT_FILE": str(folder / "deployment.json"),
                "VOSTRO_KEY_PASSWORD_FILE": str(folder / "password"),
                "VOSTRO_DEMO": "true",
                "VOSTRO_PORT": "0",
                "VOSTRO_TICK_SECONDS": "0.02",
                **settings,
            },
        )


@contextmanager
def client_of(url: str, token: str) -> Iterator[httpx2.Client]:
    """Give an HTTP client that shows a token."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=WAIT_SECONDS_MAX) as client:
        yield client


def until(condition: Callable[[], Any], *, seconds: float = WAIT_SECONDS_MAX) -> None:
    """Wait until something holds; fail when it does not in time."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)
