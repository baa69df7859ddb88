"""`scripts/bench evidence`: what proving costs: receipts and their root, a bundle made, checked; a statement.

In this process, best of a few runs. Baseline of the same run: the `rlp`, `eth_bloom` and `trie` libraries.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import rlp as library
import structlog
from eth_bloom.bloom import BloomFilter
from trie.hexary import HexaryTrie

from node.chain.tester import TesterChain
from node.services.evidence import evidence_of, make_checkpoint
from node.store.session import Store
from scripts.benches import statement
from settlement.evidence import receipts, trie
from settlement.evidence.receipts import ReceiptLog
from settlement.evidence.verify import verify
from settlement.instruction import keccak
from tests.embedded import embedded_network
from tests.node.bank import Bank, request

EVENTS = 500
PAYMENTS = 500
HEADERS = 100
RUNS = 10


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures an event, then those of a bundle."""
    logs = [
        ReceiptLog(address=b"\x11" * 20, topics=(keccak(b"Paid"),), data=keccak(bytes([number % 256])) * 2)
        for number in range(EVENTS)
    ]
    for case, each in (
        ("500 events in a receipt", [logs]),
        ("an event in each of 500", [[log] for log in logs]),
    ):
        yield _an_event(f"receipts, bloom and root, {case}", partial(_root, each))
        yield _an_event(f"baseline: the libraries, {case}", partial(_by_libraries, each))
    yield from _bundles()
    yield from statement.run()


def _root(block: list[list[ReceiptLog]]) -> bytes:
    return trie.root([receipts.encode(kind=0, succeeded=True, gas_used=1, logs=logs)[0] for logs in block])


def _by_libraries(block: list[list[ReceiptLog]]) -> bytes:
    found = HexaryTrie({}, prune=True)
    for index, logs in enumerate(block):
        bloom = BloomFilter()
        for log in logs:
            bloom.extend([log.address, *log.topics])
        entries = [[log.address, list(log.topics), log.data] for log in logs]
        encoded = library.encode([b"\1", 1, int(bloom).to_bytes(256, "big"), entries])
        found[library.encode(index)] = encoded
    return bytes(found.root_hash)


def _bundles() -> Iterator[dict[str, Any]]:
    """Make and check the evidence of one payment of a batch, a hundred headers before the checkpoint."""
    # Standard output is for the figures.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with TemporaryDirectory() as folder, embedded_network() as network:
        store = Store(f"sqlite:///{folder}/vostro.sqlite")
        store.migrate()
        bank = Bank(store=store, network=network)
        bank.accept(*(request(number) for number in range(PAYMENTS)))
        bank.run()
        assert isinstance(network.chain, TesterChain)
        for _ in range(HEADERS):
            network.chain.mine()
        bank.follow()
        payment = bank.payments()[0].id
        checkpoint = make_checkpoint(store, bank.settings, network.contracts, network.chain)
        content = evidence_of(store, bank.settings, network.contracts, payment)
        made = _best(lambda: evidence_of(store, bank.settings, network.contracts, payment))
        checked = _best(lambda: list(verify(content, checkpoint)))
        store.close()
    for case, seconds in (("made and checked", made), ("checked", checked)):
        title = f"a bundle {case}, of 500 payments, {HEADERS} headers, {len(content):,} bytes"
        yield {"case": title, "value": round(seconds * 1000, 1), "unit": "ms", "n": RUNS}


def _an_event(case: str, work: Callable[[], object]) -> dict[str, Any]:
    return {
        "case": case,
        "value": round(_best(work) / EVENTS * 1_000_000, 2),
        "unit": "µs an event",
        "n": EVENTS,
    }


def _best(work: Callable[[], object]) -> float:
    """Return the seconds of the quickest of a few runs: the machine may be busy with something else."""
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)
