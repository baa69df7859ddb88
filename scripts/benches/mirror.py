"""`scripts/bench mirror`: payment events from an anvil into PostgreSQL and SQLite, fetched, checked, written.

The follower itself runs, from the genesis block into an empty store, both stores with every commit on disk.
Medians of a few runs. Baselines of the same run, on the same chains: Ponder into the same PostgreSQL, which
checks no block and keeps no proof; web3.py's event reader on a sample, which writes nothing.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from web3 import Web3

from node.chain.compiled import artifact
from node.clock import SystemClock
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.follower.rebuild import rebuild
from node.mirror.levels import Level
from node.store.session import Store
from node.store.tables import balances
from scripts.benches import day, lag, paid
from scripts.benches.place import anvil, network_on
from scripts.benches.ponder.run import index, install
from settlement.posting import Bucket
from tests.chains import Anvil
from tests.scenario import Network
from tests.stores import PostgresqlServer

EVENTS = 100_000
BATCH, SMALL_BATCH = 500, 40
SINGLES, SINGLES_A_BLOCK = 20_000, 100
RUNS = 3
SAMPLE_BLOCKS = 4


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures of each shape of traffic with its baselines, then those of a day."""
    install()
    with PostgresqlServer(durable=True) as server:
        yield from _batches(server)
        yield from _small_batches(server)
        yield from _singles(server)
        yield from lag.run(server)
        yield from day.run(server)


def _batches(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    title = f"{BATCH} a transaction, a transaction a block"
    with anvil(20_269_001) as chain:
        network = network_on(chain)
        first = network.chain.final_height() + 2  # after the block that issues the money
        paid.bring(network, chain, blocks=EVENTS // BATCH, transactions=1, payments=BATCH)
        rates = {level: _postgresql(server, network, level, EVENTS) for level in (Level.FULL, Level.OFF)}
        for level, found in rates.items():
            yield _figure(f"{title}: PostgreSQL, level {level}", found, EVENTS)
        with TemporaryDirectory() as folder:
            urls = [f"sqlite:///{Path(folder) / f'{number}.sqlite'}" for number in range(RUNS)]
            found = [_mirror(network, url, Level.FULL, EVENTS) for url in urls]
        yield _figure(f"{title}: SQLite, level full", found, EVENTS)
        yield from _ponder(title, server, network, chain, rates[Level.FULL])
        yield _web3(network, chain.url, first)


def _small_batches(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    title = f"{SMALL_BATCH} a transaction, a transaction a block"
    with anvil(20_269_002) as chain:
        network = network_on(chain)
        paid.bring(network, chain, blocks=EVENTS // SMALL_BATCH, transactions=1, payments=SMALL_BATCH)
        rates = _postgresql(server, network, Level.FULL, EVENTS)
        yield _figure(f"{title}: PostgreSQL, level full", rates, EVENTS)
        yield from _ponder(title, server, network, chain, rates)


def _singles(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    title = f"one a transaction, {SINGLES_A_BLOCK} transactions a block"
    with anvil(20_269_003) as chain:
        network = network_on(chain)
        blocks = SINGLES // SINGLES_A_BLOCK
        paid.bring(network, chain, blocks=blocks, transactions=SINGLES_A_BLOCK, payments=1)
        rates = _postgresql(server, network, Level.FULL, SINGLES)
        yield _figure(f"{title}: PostgreSQL, level full", rates, SINGLES)


def _figure(case: str, rates: Sequence[float], events: int) -> dict[str, Any]:
    spread = f"median of {len(rates)}, {round(min(rates)):,} to {round(max(rates)):,}"
    return {
        "case": f"{case} ({spread})",
        "value": round(statistics.median(rates)),
        "unit": "events/s",
        "n": events,
    }


def _postgresql(server: PostgresqlServer, network: Network, level: Level, events: int) -> list[float]:
    urls = [server.url(server.create_database()) for _ in range(RUNS)]
    return [_mirror(network, url, level, events) for url in urls]


def _mirror(network: Network, url: str, level: Level, events: int) -> float:
    """Return events a second of a follower that fills an empty store, checking blocks at a level."""
    store = Store(url)
    store.migrate()
    checks, height = Checks(level=level), network.chain.final_height()
    started = time.perf_counter()
    for _ in rebuild(store, network.chain, network.contracts, SystemClock(), height=height, checks=checks):
        pass
    seconds = time.perf_counter() - started
    store.close()
    return events / seconds


def _ponder(
    title: str, server: PostgresqlServer, network: Network, chain: Anvil, ours: Sequence[float]
) -> Iterator[dict[str, Any]]:
    """Yield Ponder's rate on the same chain, and ours over it; its balances must be ours."""
    wanted = _balances(server, network)
    rates = []
    for _ in range(RUNS):
        found = index(network, chain.url, server.url(server.create_database()))
        if found.payments != EVENTS or found.balances != wanted:
            raise RuntimeError(f"Ponder has {found.payments} payments and other balances than the mirror")
        rates.append(EVENTS / found.seconds)
    yield _figure(f"{title}: baseline: Ponder 0.16.10", rates, EVENTS)
    ratio = statistics.median(ours) / statistics.median(rates)
    yield {
        "case": f"{title}: level full over Ponder",
        "value": round(ratio, 1),
        "unit": "times",
        "n": EVENTS,
    }


def _balances(server: PostgresqlServer, network: Network) -> dict[tuple[int, int], int]:
    store = Store(server.url(server.create_database()))
    store.migrate()
    follower = Follower(store, network.chain, network.contracts, SystemClock())
    while follower.tick():
        pass
    with store.snapshot() as connection:
        rows = connection.execute(select(balances).where(balances.c.bucket == Bucket.AVAILABLE.value)).all()
    store.close()
    return {(row.asset, row.participant): row.balance for row in rows}


def _web3(network: Network, url: str, first: int) -> dict[str, Any]:
    """Return the rate of web3.py on a sample of the blocks."""
    web3 = Web3(Web3.HTTPProvider(url))
    address = Web3.to_checksum_address(network.contracts.address("Payments"))
    paid_event = web3.eth.contract(address=address, abi=artifact("Payments").abi).events.Paid()
    started = time.perf_counter()
    found = [
        paid_event.process_log(log)
        for height in range(first, first + SAMPLE_BLOCKS)
        for log in web3.eth.get_logs({"address": address, "fromBlock": height, "toBlock": height})
    ]
    seconds = time.perf_counter() - started
    events = SAMPLE_BLOCKS * BATCH
    if len(found) != events:
        raise RuntimeError(f"web3.py read {len(found)} events, {events} were there")
    return _figure("baseline: web3.py get_logs and process_log", [events / seconds], events)
