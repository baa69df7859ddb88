"""`scripts/bench restart`: from the start of `vostro run` until `/readyz` says yes, with a full store.

A million payments, all settled. Baseline of the same run: the same node with one payment alone.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from node.store.session import Store
from scripts.benches.full import BANK, PAYMENTS, fill, pay_one
from scripts.benches.place import anvil, network_on, running_node
from tests.chains import Anvil
from tests.scenario import USD, Network
from tests.stores import PostgresqlServer

TRANSACTIONS = 2_000
STARTS = 5


def run() -> Iterator[dict[str, Any]]:
    """Yield the seconds of starts on both stores."""
    with _postgresql() as url:
        yield from _starts("PostgreSQL", url)
    with TemporaryDirectory() as folder:
        yield from _starts("SQLite", f"sqlite:///{Path(folder) / 'vostro.sqlite'}")


@contextmanager
def _postgresql() -> Iterator[str]:
    with PostgresqlServer(durable=True) as server:
        yield server.url(server.create_database())


def _starts(name: str, url: str) -> Iterator[dict[str, Any]]:
    with anvil(20_270_001) as chain:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        with running_node(network, BANK, chain, url) as node:
            pay_one(node.client)
        yield from _figures(f"baseline: {name}, one payment", _ready(network, chain, url), 1)
        with closing(Store(url)) as store:
            fill(store, network, chain, batches=TRANSACTIONS)
        filled = 1 + TRANSACTIONS * PAYMENTS
        yield from _figures(name, _ready(network, chain, url), filled)


def _figures(case: str, starts: Sequence[tuple[float, float]], settled: int) -> Iterator[dict[str, Any]]:
    for what, seconds in zip(("start to ready", "of it on a core"), zip(*starts, strict=True), strict=True):
        spread = f"median of {len(seconds)}, worst {max(seconds):.2f}"
        yield {
            "case": f"{case}, {what} ({spread})",
            "value": round(statistics.median(seconds), 2),
            "unit": "s",
            "n": settled,
        }


def _ready(network: Network, chain: Anvil, url: str) -> list[tuple[float, float]]:
    """Start a few times; return the seconds until it was ready, and those that it had a core."""
    found = []
    for _ in range(STARTS):
        with running_node(network, BANK, chain, url) as node:
            found.append((node.seconds, node.processor_seconds))
            page = node.client.get("/v1/payments", params={"limit": "500"}).json()["payments"]
            if {"settled"} != {payment["state"] for payment in page}:
                raise RuntimeError("not all of the newest payments are settled")
    return found
