"""`scripts/bench pay`: accepted by the API → settled → final → mirrored in PostgreSQL, on anvil.

Every process is real: anvil, PostgreSQL with fsync, and `vostro run`. A payment counts as mirrored when
the bank's own database has its event. Baselines of the same run: web3.py's loop (build, sign, send, wait).
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
from web3 import Web3
from web3.types import Wei

from node.chain.compiled import artifact
from scripts.benches.place import anvil, network_on, running_node
from settlement.instruction import keccak
from tests.scenario import USD, Network
from tests.stores import PostgresqlServer

PAYMENTS = 20_000
REQUEST_PAYMENTS = 1_000
PACED_REQUEST_PAYMENTS = 50
PACED_SECONDS = 20
BASELINE_SINGLES = 200
BASELINE_BATCHES = 10
BATCH = 500
POLL_SECONDS = 0.01
STALL_SECONDS_MAX = 60


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures of the node, then those of the baselines."""
    with PostgresqlServer(durable=True) as server, anvil(20_268_001) as chain:
        database = server.create_database()
        network = network_on(chain)
        bank = network.banks[0]
        network.issue(bank, USD, 10**15)
        store_url = server.url(database)
        with (
            psycopg.connect(store_url.replace("+psycopg", ""), autocommit=True) as ledger,
            running_node(network, bank, chain, store_url) as node,
        ):
            client = node.client
            rate = _sustained(client, ledger)
            yield {
                "case": "sustained, accepted to mirrored",
                "value": round(rate),
                "unit": "payments/s",
                "n": PAYMENTS,
            }
            yield from _latencies(client, ledger, rate / 2)
    with anvil(20_268_002) as chain:
        yield from _baselines(network_on(chain), chain.url)


def _sustained(client: httpx2.Client, ledger: psycopg.Connection) -> float:
    """Return payments a second from the first request to the last payment in the mirror."""
    before = _mirrored(ledger)
    started = time.perf_counter()
    for number in range(PAYMENTS // REQUEST_PAYMENTS):
        _post(client, f"sustained-{number}", REQUEST_PAYMENTS)
    _wait_for(ledger, before + PAYMENTS)
    return PAYMENTS / (time.perf_counter() - started)


def _latencies(client: httpx2.Client, ledger: psycopg.Connection, rate: float) -> Iterator[dict[str, Any]]:
    """Post at a steady `rate` and yield how long after its acceptance a payment was mirrored."""
    pause = PACED_REQUEST_PAYMENTS / rate
    requests = int(PACED_SECONDS / pause)
    before = _mirrored(ledger)
    waiting: list[tuple[int, float]] = []  # (sequences mirrored when it is done, accepted at)
    latencies: list[float] = []
    started = time.perf_counter()
    number = 0
    progress = started
    while number < requests or waiting:
        if number < requests and time.perf_counter() >= started + number * pause:
            _post(client, f"paced-{number}", PACED_REQUEST_PAYMENTS)
            number += 1
            waiting.append((before + number * PACED_REQUEST_PAYMENTS, time.perf_counter()))
        mirrored, now = _mirrored(ledger), time.perf_counter()
        while waiting and waiting[0][0] <= mirrored:
            latencies.append(now - waiting.pop(0)[1])
            progress = now
        if now - progress > STALL_SECONDS_MAX:
            raise RuntimeError(f"nothing was mirrored for {STALL_SECONDS_MAX} s")
        time.sleep(POLL_SECONDS)
    n = requests * PACED_REQUEST_PAYMENTS
    at = f"accepted to mirrored at {round(rate)} payments/s"
    for name, value in (
        ("p50", statistics.median(latencies)),
        ("p99", statistics.quantiles(latencies, n=100)[98]),
    ):
        yield {"case": f"{at}, {name}", "value": round(value, 3), "unit": "s", "n": n}


def _post(client: httpx2.Client, key: str, count: int) -> None:
    payments = [
        {
            "payee": {"bic": "VOBBUS33XXX" if position % 2 else "VOCCDEFFXXX"},
            "amount": str(100 + position),
            "currency": "USD",
            "end_to_end_id": f"{key}-{position}",
        }
        for position in range(count)
    ]
    answer = client.post("/v1/payments", json={"payments": payments}, headers={"Idempotency-Key": key})
    answer.raise_for_status()


def _mirrored(ledger: psycopg.Connection) -> int:
    """Return the highest sequence in the mirror; one key sends in order, so all below are there too."""
    row = ledger.execute("SELECT coalesce(max(sequence), 0) FROM events WHERE initiator = 2").fetchone()
    assert row is not None
    return int(row[0])


def _wait_for(ledger: psycopg.Connection, sequence: int) -> None:
    seen, progress = 0, time.monotonic()
    while (now := _mirrored(ledger)) < sequence:
        if now > seen:
            seen, progress = now, time.monotonic()
        if time.monotonic() - progress > STALL_SECONDS_MAX:
            raise RuntimeError(f"the mirror stands at sequence {now}, {sequence} was awaited")
        time.sleep(POLL_SECONDS)


def _baselines(network: Network, url: str) -> Iterator[dict[str, Any]]:
    """Yield web3.py's loop with single payments, and the same loop with batches."""
    network.issue(network.banks[0], USD, 10**15)
    for case, transactions, size in (
        ("web3.py build-sign-send-wait, single payments", BASELINE_SINGLES, 1),
        (f"web3.py build-sign-send-wait, batches of {BATCH}", BASELINE_BATCHES, BATCH),
    ):
        seconds = _web3_loop(network, url, transactions, size)
        n = transactions * size
        yield {"case": f"baseline: {case}", "value": round(n / seconds, 1), "unit": "payments/s", "n": n}


def _web3_loop(network: Network, url: str, transactions: int, size: int) -> float:
    payer, payee = network.banks[0], network.banks[1]
    web3 = Web3(Web3.HTTPProvider(url))
    account = web3.eth.account.from_key(payer.secret("pay"))
    contract = web3.eth.contract(
        address=Web3.to_checksum_address(network.contracts.address("Payments")), abi=artifact("Payments").abi
    )
    started = time.perf_counter()
    for _ in range(transactions):
        terms = [network.terms(payer, payee, USD, 100) for _ in range(size)]
        payments = [(each.word(), keccak(each.encoded())) for each in terms]
        transaction = contract.functions.pay(payments, []).build_transaction(
            {
                "from": account.address,
                "nonce": web3.eth.get_transaction_count(account.address),
                "gas": 100_000 + 60_000 * min(size, 400),
                "gasPrice": Wei(0),
            }
        )
        signed = account.sign_transaction(transaction)
        receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(signed.raw_transaction))
        assert len(receipt["logs"]) == size
    return time.perf_counter() - started
