"""Runs Ponder against a chain with payments: into PostgreSQL, a row a payment and a balance an account."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg

from node.chain.endpoint import Endpoint
from scripts.proving.place import ROOT
from tests.scenario import Network

PROJECT = Path(__file__).parent
PLACE = ROOT / ".cache" / "ponder"
_FILES = ("package.json", "package-lock.json", ".npmrc", "ponder.config.ts", "ponder.schema.ts", "src")
# 30 on a chain that it doesn't know.
_UNFINAL_BLOCKS = 40
_POLL_SECONDS = 0.05
_SECONDS_MAX = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What a run came to: payments, the balance of each (asset, participant), seconds until caught up."""

    payments: int
    balances: dict[tuple[int, int], int]
    seconds: float


def install() -> None:
    """Bring Ponder's packages where they are kept between runs."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        source, target = PROJECT / name, PLACE / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    lock, installed = PROJECT / "package-lock.json", PLACE / "installed"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        # Not `npm ci`: it fails where a registry lacks an optional package of another machine's kind.
        subprocess.run(["npm", "install", "--loglevel=error"], cwd=PLACE, check=True, stdout=sys.stderr)
        shutil.copyfile(lock, installed)


def index(network: Network, chain_url: str, database_url: str) -> Indexed:
    """Let Ponder follow a chain to its head, into an empty database; end it, and return what it found."""
    url = database_url.replace("+psycopg", "")
    port = _free_port()
    contracts, last = network.contracts, network.chain.final_height()
    # Its quick way is for blocks that it takes for final: so many below the newest.
    Endpoint(chain_url, 60).request("anvil_mine", hex(_UNFINAL_BLOCKS))
    variables = {
        "PATH": os.pathsep.join([str(Path(shutil.which("node") or "node").parent), os.defpath]),
        "CHAIN_ID": str(contracts.deployment.chain_id),
        "DATABASE_URL": url,
        "END_BLOCK": str(last),
        "LEDGER": "0x" + contracts.address("Ledger").hex(),
        "PAYMENTS": "0x" + contracts.address("Payments").hex(),
        "PONDER_LOG_LEVEL": "warn",
        "PONDER_TELEMETRY_DISABLED": "true",
        "RPC_URL": chain_url,
    }
    shutil.rmtree(PLACE / ".ponder", ignore_errors=True)
    command = [str(PLACE / "node_modules/.bin/ponder"), "start", "--schema", "bench", "--port", str(port)]
    with (PLACE / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PLACE, env=variables, stdout=log, stderr=log)
    try:
        seconds = _seconds(process, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=60)
    return _found(url, seconds)


def _seconds(process: subprocess.Popen[bytes], url: str) -> float:
    """Return the seconds from when it is up (`/health`) until it has caught up with the chain (`/ready`)."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        _wait(process, client, "/health")
        started = time.perf_counter()
        _wait(process, client, "/ready")
        return time.perf_counter() - started


def _wait(process: subprocess.Popen[bytes], client: httpx2.Client, path: str) -> None:
    give_up = time.monotonic() + _SECONDS_MAX
    while process.poll() is None and time.monotonic() < give_up:
        with suppress(httpx2.HTTPError):
            if client.get(path).status_code == httpx2.codes.OK:
                return
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"Ponder did not answer {path}:\n{(PLACE / 'log').read_text()[-2_000:]}")


def _found(url: str, seconds: float) -> Indexed:
    with psycopg.connect(url) as connection:
        counted = connection.execute("SELECT count(*) FROM bench.payment").fetchone()
        assert counted is not None
        accounts = connection.execute("SELECT asset, participant, balance FROM bench.account").fetchall()
    balances = {(asset, participant): int(balance) for asset, participant, balance in accounts}
    return Indexed(payments=int(counted[0]), balances=balances, seconds=seconds)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
