"""A statement of 100,000 entries, from the store of a bank that paid them; the last case of `evidence`."""

import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from node.clock import SystemClock
from node.services.statements import ENTRIES_MAX, statement
from node.store.session import Store
from scripts.benches.full import BANK, PAYMENTS, fill, pay_one
from scripts.benches.place import anvil, network_on, running_node
from settlement.iso20022 import camt053
from tests.scenario import USD, Network
from tests.stores import PostgresqlServer

# With the money issued and the one payment that is real not above what a statement may have.
BATCHES = ENTRIES_MAX // PAYMENTS - 1
RUNS = 5


def run() -> Iterator[dict[str, Any]]:
    """Yield the seconds of a camt.053, from the store to its bytes, on both stores."""
    with PostgresqlServer(durable=True) as server:
        yield from _statements("PostgreSQL", server.url(server.create_database()))
    with TemporaryDirectory() as folder:
        yield from _statements("SQLite", f"sqlite:///{Path(folder) / 'vostro.sqlite'}")


def _statements(name: str, url: str) -> Iterator[dict[str, Any]]:
    with anvil(20_271_001) as chain, closing(Store(url)) as store:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        with running_node(network, BANK, chain, url) as node:
            pay_one(node.client)
        first = datetime.fromtimestamp(network.clock.now(), UTC).date()
        fill(store, network, chain, batches=BATCHES)
        entries, size = _write(store, network, first)
        taken = []
        for _ in range(RUNS):
            started = time.perf_counter()
            _write(store, network, first)
            taken.append(time.perf_counter() - started)
    case = f"camt.053 of {entries:,} entries, {size:,} bytes, {name} (worst {max(taken):.2f})"
    yield {"case": case, "value": round(statistics.median(taken), 2), "unit": "s", "n": RUNS}


def _write(store: Store, network: Network, first: date) -> tuple[int, int]:
    """Return how many entries it has, and how many bytes."""
    clock = SystemClock()
    last = datetime.fromtimestamp(clock.now(), UTC).date()
    drawn = statement(store, network.chain, clock, owner=BANK.id, asset=USD, first=first, last=last)
    return len(drawn.entries), len(camt053.write(drawn, created_at=int(clock.now())))
