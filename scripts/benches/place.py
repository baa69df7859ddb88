"""Where a bench happens: a real anvil, and a bank's node as its own process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from node.bootstrap.node import Part
from node.bootstrap.opening import open_store
from node.chain.deployment import write_deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import engine
from node.chain.rpc import RpcChain
from node.clock import SystemClock, SystemRandom
from node.keys.keystore import Keystore
from node.services.actors import Role
from node.services.tokens import new_token
from node.settings import Settings
from scripts.proving.place import ROOT
from tests.chains import Anvil
from tests.scenario import Member, Network, found

# Of this checkout: the installed `vostro` may be another's.
_PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from node.cli import main; main()"
PASSWORD = b"a bench keeps no secrets"
_START_SECONDS_MAX = 60
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A node that is ready, and a client of its API.

    `seconds`: from its start until it was ready; `processor_seconds`: of them, its own work on a core.
    """

    client: httpx2.Client
    seconds: float
    processor_seconds: float
    pids: tuple[int, ...]


@contextmanager
def anvil(chain_id: int, *options: str) -> Iterator[Anvil]:
    """Start an anvil and end it."""
    chain = Anvil(*options, chain_id=chain_id)
    try:
        yield chain
    finally:
        chain.stop()


def network_on(chain: Anvil) -> Network:
    """Found the small network of the tests on an anvil."""
    return found(RpcChain(Endpoint(chain.url, 60), engine("anvil")), SystemClock())


@contextmanager
def running_node(
    network: Network, bank: Member, chain: Anvil, store_url: str, *, apart: Sequence[Part] = ()
) -> Iterator[Running]:
    """Run `vostro run` for a bank until it is left; the client has an officer's token.

    `apart`: these parts alone, each in a process of its own.
    """
    with TemporaryDirectory() as home:
        folder = Path(home)
        write_deployment(folder / "deployment.json", network.contracts.deployment)
        (folder / "password").write_bytes(PASSWORD)
        Keystore(folder / "keys").add(bank.secret("pay"), PASSWORD)
        variables = {
            "VOSTRO_BIC": bank.bic,
            "VOSTRO_HOME": home,
            "VOSTRO_STORE_URL": store_url,
            "VOSTRO_ENGINE": "anvil",
            "VOSTRO_RPC_URL": chain.url,
            "VOSTRO_DEPLOYMENT_FILE": str(folder / "deployment.json"),
            "VOSTRO_KEY_PASSWORD_FILE": str(folder / "password"),
            "VOSTRO_DEMO": "true",
            "VOSTRO_PORT": str(free_port()),
        }
        token = _officer_token(Settings(bic=bank.bic, store_url=store_url))
        started = time.perf_counter()
        commands = [["--only", part] for part in apart] or [[]]
        with (folder / "log").open("wb") as log:
            processes = [
                subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM, "run", *options], env=variables, stdout=log, stderr=log
                )
                for options in commands
            ]
        try:
            client = httpx2.Client(
                base_url=f"http://127.0.0.1:{variables['VOSTRO_PORT']}",
                headers={"Authorization": f"Bearer {token}"},
                timeout=120,
            )
            _wait_until_ready(client, processes, folder / "log")
            yield Running(
                client=client,
                seconds=time.perf_counter() - started,
                processor_seconds=sum(_processor_seconds(process.pid) for process in processes),
                pids=tuple(process.pid for process in processes),
            )
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


def _officer_token(settings: Settings) -> str:
    store = open_store(settings)
    try:
        clock, random = SystemClock(), SystemRandom()
        _, secret = new_token(store, clock, random, name="bench", role=Role.OFFICER, by="bench")
    finally:
        store.close()
    return secret


def _processor_seconds(pid: int) -> float:
    """Return the time that all threads of a process have had on a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_until_ready(client: httpx2.Client, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < give_up and all(process.poll() is None for process in processes):
        try:
            if client.get("/readyz").status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            pass
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"the node did not get ready:\n{log.read_text()}")
