"""A day of 1,100,000 payments, rebuilt from the chain at level `full`: how long, and in how much memory.

The rebuild is a process of its own: its memory is nobody else's.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from node.chain.contracts import Contracts
from node.chain.deployment import read_deployment, write_deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import engine
from node.chain.rpc import RpcChain
from node.clock import SystemClock
from node.follower.rebuild import rebuild
from node.store.session import Store
from scripts.benches import paid
from scripts.benches.place import anvil, network_on
from scripts.proving.place import ROOT
from tests.stores import PostgresqlServer

# The design's day: about what a large value system of a currency area settles.
PAYMENTS = 1_100_000
BATCH = 500
# anvil keeps blocks and receipts; states of the past are of no use here and fill memory.
_ANVIL = ("--prune-history",)
_KILOBYTES = 1024


def run(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    """Yield the seconds and the largest memory of a rebuild into an empty PostgreSQL."""
    with anvil(20_269_004, *_ANVIL) as chain, TemporaryDirectory() as folder:
        network = network_on(chain)
        paid.bring(network, chain, blocks=PAYMENTS // BATCH, transactions=1, payments=BATCH)
        deployment = Path(folder) / "deployment.json"
        write_deployment(deployment, network.contracts.deployment)
        url = server.url(server.create_database())
        command = [sys.executable, "-m", __name__, str(deployment), chain.url, url]
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise RuntimeError(f"the rebuild ended with status {status}")
    title = "a day of 1,100,000 payments rebuilt, PostgreSQL, level full"
    yield {"case": f"{title}: time", "value": round(seconds, 1), "unit": "s", "n": PAYMENTS}
    yield {
        "case": f"{title}: largest memory of the process",
        "value": round(used.ru_maxrss / _KILOBYTES),
        "unit": "MB",
        "n": PAYMENTS,
    }


def _rebuild(deployment: str, chain_url: str, store_url: str) -> None:
    chain = RpcChain(Endpoint(chain_url, 60), engine("anvil"))
    store = Store(store_url)
    store.migrate()
    contracts = Contracts(read_deployment(Path(deployment)))
    for _ in rebuild(store, chain, contracts, SystemClock(), height=chain.final_height()):
        pass
    store.close()


if __name__ == "__main__":
    _rebuild(*sys.argv[1:])
