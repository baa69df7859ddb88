"""`scripts/bench mirror`: payment events from an anvil into PostgreSQL and SQLite, fetched, decoded, written.

The follower itself runs, from the genesis block into an empty store, both stores with every commit on disk.
Medians of a few runs. Baseline of the same run: web3.py's event reader on a sample, which writes nothing.
"""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from web3 import Web3

from node.chain.compiled import artifact
from node.clock import SystemClock
from node.follower.checking import Checks, Level
from node.follower.follower import Follower
from node.store.session import Store
from scripts.benches.place import anvil, network_on
from tests.scenario import USD, Network
from tests.stores import PostgresqlServer

TRANSACTIONS = 200
PAYMENTS = 500
RUNS = 3
BASELINE_TRANSACTIONS = 4


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures of both stores, then the baseline."""
    with anvil(20_269_001) as chain:
        network = network_on(chain)
        first = _pay(network)
        with PostgresqlServer(durable=True) as server:
            for level in (Level.FULL, Level.OFF):
                urls = [server.url(server.create_database()) for _ in range(RUNS)]
                yield _figure(f"PostgreSQL, level {level}", [_mirror(network, url, level) for url in urls])
        with TemporaryDirectory() as folder:
            urls = [f"sqlite:///{Path(folder) / f'{number}.sqlite'}" for number in range(RUNS)]
            yield _figure("SQLite, level full", [_mirror(network, url, Level.FULL) for url in urls])
        yield _figure("baseline: web3.py get_logs and process_log", [_web3(network, chain.url, first)])


def _figure(case: str, rates: list[float]) -> dict[str, Any]:
    transactions = BASELINE_TRANSACTIONS if case.startswith("baseline") else TRANSACTIONS
    return {
        "case": case,
        "value": round(statistics.median(rates)),
        "unit": "events/s",
        "n": transactions * PAYMENTS,
    }


def _pay(network: Network) -> int:
    """Put the payments on chain; return the height of the first block of them."""
    payer, *payees = network.banks
    network.issue(payer, USD, 10**15)
    first = network.chain.final_height() + 1
    for _ in range(TRANSACTIONS):
        network.pay(payer, [(payees[number % len(payees)], USD, 1 + number) for number in range(PAYMENTS)])
    return first


def _mirror(network: Network, url: str, level: Level) -> float:
    """Return events a second of a follower that fills an empty store, checking blocks at a level."""
    store = Store(url)
    store.migrate()
    follower = Follower(store, network.chain, network.contracts, SystemClock(), checks=Checks(level=level))
    started = time.perf_counter()
    while follower.tick():
        pass
    seconds = time.perf_counter() - started
    store.close()
    return TRANSACTIONS * PAYMENTS / seconds


def _web3(network: Network, url: str, first: int) -> float:
    """Return events a second of web3.py, on a sample of the blocks."""
    web3 = Web3(Web3.HTTPProvider(url))
    address = Web3.to_checksum_address(network.contracts.address("Payments"))
    paid = web3.eth.contract(address=address, abi=artifact("Payments").abi).events.Paid()
    started = time.perf_counter()
    found = [
        paid.process_log(log)
        for height in range(first, first + BASELINE_TRANSACTIONS)
        for log in web3.eth.get_logs({"address": address, "fromBlock": height, "toBlock": height})
    ]
    seconds = time.perf_counter() - started
    assert len(found) == BASELINE_TRANSACTIONS * PAYMENTS
    return len(found) / seconds
