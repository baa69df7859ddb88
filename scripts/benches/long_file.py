"""A file of a hundred thousand, read in the background: how quick, in how much memory, who waits for it."""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.services.uploads.progress import UploadState
from scripts.benches.full import BANK
from scripts.benches.place import Running, anvil, network_on, running_node
from tests.messages import DATE, file_of
from tests.scenario import BANKS, USD
from tests.stores import PostgresqlServer

TRANSFERS = 100_000
_PAUSE_SECONDS = 0.1
_SECONDS_MAX = 1_800


def figures() -> Iterator[dict[str, Any]]:
    """Yield rate, memory, and how long single payments take meanwhile."""
    today = datetime.now(UTC).date().isoformat()
    text = file_of(*["1.00"] * TRANSFERS, message_id="LONG", uetrs=False).replace(DATE, today)
    with PostgresqlServer(durable=True) as server, anvil(20_281_004) as chain:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        with running_node(network, BANK, chain, server.url(server.create_database())) as node:
            yield from _sent(node, text.encode())


def _sent(node: Running, body: bytes) -> Iterator[dict[str, Any]]:
    case = f"pacs.008 of {TRANSFERS:,} ({len(body) / 1e6:.0f} MB) in the background"
    before, started = _peak_bytes(node), time.perf_counter()
    headers = {"content-type": "application/xml", "idempotency-key": "long", "prefer": "respond-async"}
    kept = node.client.post("/v1/files", content=body, headers=headers).raise_for_status()
    yield _figure(f"{case}, POST to 202", round(time.perf_counter() - started, 2), "s", 1)
    singles: list[float] = []
    while (found := _progress(node, kept.headers["location"]))["state"] != UploadState.ACCEPTED:
        if found["state"] == UploadState.REFUSED or time.perf_counter() - started > _SECONDS_MAX:
            raise RuntimeError(f"the file stands at {found}")
        singles.append(_single(node, len(singles)))
        time.sleep(_PAUSE_SECONDS)
    rate = TRANSFERS / (time.perf_counter() - started)
    grown = (_peak_bytes(node) - before) / 1e6
    yield _figure(f"{case}, POST to accepted", round(rate), "payments/s", TRANSFERS)
    yield _figure(f"{case}, memory at its highest grew by", round(grown), "MB", 1)
    p99 = statistics.quantiles(singles, n=100)[98] * 1000
    yield _figure("POST of one meanwhile, p99", round(p99, 1), "ms", len(singles))


def _progress(node: Running, place: str) -> dict[str, Any]:
    found: dict[str, Any] = node.client.get(place).raise_for_status().json()
    return found


def _single(node: Running, number: int) -> float:
    started = time.perf_counter()
    payment = {
        "payee": {"bic": BANKS[1].bic},
        "amount": "1",
        "currency": "USD",
        "end_to_end_id": f"S{number}",
    }
    headers = {"idempotency-key": f"single {number}"}
    node.client.post("/v1/payments", json=payment, headers=headers).raise_for_status()
    return time.perf_counter() - started


def _peak_bytes(node: Running) -> int:
    """Return the most memory that the node's process has had (VmHWM, proc(5))."""
    (pid,) = node.pids
    (line,) = (each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in each)
    return int(line.split()[1]) * 1024


def _figure(case: str, value: float, unit: str, count: int) -> dict[str, Any]:
    return {"case": case, "value": value, "unit": unit, "n": count}
