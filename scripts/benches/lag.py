"""How far the mirror is behind the chain's head while payments come; among the cases of `mirror`.

A node runs as an operator starts it, on a chain with a block a second; another bank pays. Looked at all the
time: the newest block of the chain, and the newest that the node's own database has.
"""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from scripts.benches import paid
from scripts.benches.place import anvil, network_on, running_node
from tests.chains import Anvil
from tests.scenario import Network
from tests.stores import PostgresqlServer

BLOCK_SECONDS = 1
TRANSACTIONS_A_BLOCK, BATCH = 4, 500
SECONDS = 60
_LOOK_SECONDS = 0.02


def run(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    """Yield the 99th percentile of the blocks by which the mirror is behind."""
    with anvil(20_269_005) as chain:
        network = network_on(chain)
        url = server.url(server.create_database())
        bank = network.banks[1]
        with (
            running_node(network, bank, chain, url),
            psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as ledger,
        ):
            behind = _watched(network, chain, ledger)
    rate = TRANSACTIONS_A_BLOCK * BATCH // BLOCK_SECONDS
    title = f"behind the head at {rate:,} payments/s, a block a second, PostgreSQL, level full"
    for name, value in (
        ("mean", round(statistics.mean(behind), 2)),
        ("p99", statistics.quantiles(behind, n=100)[98]),
        ("worst", max(behind)),
    ):
        yield {"case": f"{title}, {name}", "value": value, "unit": "blocks", "n": len(behind)}


def _watched(network: Network, chain: Anvil, ledger: psycopg.Connection) -> list[int]:
    """Look again and again while another thread pays; return by how many blocks the mirror was behind."""
    behind: list[int] = []
    with ThreadPoolExecutor(max_workers=1) as other:
        paying = other.submit(_pay, network, chain)
        while not paying.done():
            # The mirror first: a block that comes between the two looks counts against it.
            row = ledger.execute("SELECT coalesce(max(height), 0) FROM blocks").fetchone()
            assert row is not None
            behind.append(network.chain.final_height() - int(row[0]))
            time.sleep(_LOOK_SECONDS)
        paying.result()
    return behind


def _pay(network: Network, chain: Anvil) -> None:
    paid.bring(
        network,
        chain,
        blocks=SECONDS // BLOCK_SECONDS,
        transactions=TRANSACTIONS_A_BLOCK,
        payments=BATCH,
        every=BLOCK_SECONDS,
    )
