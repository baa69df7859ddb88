"""A hundred listen to the feed while payments settle: how late each hears of it, and what `GET /livez` takes.

From the moment at which the block is there (on anvil it is final then) to the moment at which a listener has
the event. Baseline of the same run: `GET /livez` while the same payments settle and nobody listens.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from node.chain.protocol import Chain
from scripts.benches.place import Running, anvil, network_on, running_node
from tests.scenario import BANKS, USD
from tests.stores import PostgresqlServer

LISTENERS = 100
PAYMENTS, PER_SECOND = 400, 20
_LOOK_SECONDS = 0.005
_LIVEZ_SECONDS = 0.02
_WAIT_SECONDS_MAX = 60
BANK = BANKS[0]


def figures() -> Iterator[dict[str, Any]]:
    """Yield the delay of events to a hundred listeners, and of `GET /livez` with and without them."""
    with PostgresqlServer(durable=True) as server, anvil(20_280_001) as chain:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        url = server.url(server.create_database())
        with running_node(network, BANK, chain, url) as node:
            alone = _settle(node, network.chain, listeners=0, round_number=0)
            crowded = _settle(node, network.chain, listeners=LISTENERS, round_number=1)
    yield _figure("baseline: GET /livez, nobody listens, p99", alone.livez, "ms")
    yield _figure(f"GET /livez, {LISTENERS} listeners, p99", crowded.livez, "ms")
    yield _figure(f"block to listener, {LISTENERS} listeners, median", crowded.delays, "ms", share=50)
    yield _figure(f"block to listener, {LISTENERS} listeners, p99", crowded.delays, "ms")


class _Round:
    """What was measured while payments settled: seconds."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.heard: list[tuple[int, float]] = []
        self.livez: list[float] = []
        self.ended = Event()

    @property
    def delays(self) -> list[float]:
        """From each block to each listener."""
        return [at - self.seen[height] for height, at in self.heard]


def _settle(node: Running, chain: Chain, *, listeners: int, round_number: int) -> _Round:
    measured = _Round()
    watching = [
        Thread(target=_watch_blocks, args=(chain, measured)),
        Thread(target=_ask_livez, args=(str(node.client.base_url), measured)),
    ]
    for thread in watching:
        thread.start()
    try:
        asyncio.run(_listen_and_pay(node, measured, listeners, round_number))
    finally:
        measured.ended.set()
        for thread in watching:
            thread.join()
    return measured


async def _listen_and_pay(node: Running, measured: _Round, listeners: int, round_number: int) -> None:
    listening = [asyncio.create_task(_listen(node, measured)) for _ in range(listeners)]
    await asyncio.sleep(1)
    await asyncio.to_thread(_pay, node.client, round_number)
    async with asyncio.timeout(_WAIT_SECONDS_MAX):
        if listening:
            await asyncio.gather(*listening)
        else:
            await asyncio.to_thread(_wait_settled, node.client, (round_number + 1) * PAYMENTS)


async def _listen(node: Running, measured: _Round) -> None:
    """Note when each payment's settlement is heard of, until all are."""
    place = urlsplit(str(node.client.base_url))
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    token = node.client.headers["authorization"]
    asked = "GET /v1/events/stream?types=payment.settled HTTP/1.1"
    writer.write(f"{asked}\r\nhost: {place.netloc}\r\nauthorization: {token}\r\n\r\n".encode())
    heard = 0
    while heard < PAYMENTS:
        line = await reader.readline()
        if not line:
            raise RuntimeError("a stream has ended")
        if line.startswith(b"data: "):
            measured.heard.append((orjson.loads(line[6:])["data"]["height"], time.monotonic()))
            heard += 1
    writer.close()


def _pay(client: httpx2.Client, round_number: int) -> None:
    started = time.monotonic()
    for number in range(PAYMENTS):
        body = {"payee": {"bic": BANKS[1].bic}, "amount": "100", "currency": "USD"}
        body |= {"end_to_end_id": f"E{round_number}-{number}"}
        headers = {"idempotency-key": f"{round_number}-{number}"}
        client.post("/v1/payments", json=body, headers=headers).raise_for_status()
        time.sleep(max(0.0, started + (number + 1) / PER_SECOND - time.monotonic()))


def _wait_settled(client: httpx2.Client, count: int) -> None:
    while True:
        page = client.get("/v1/payments", params={"state": "settled", "limit": "500"}).json()["payments"]
        if len(page) >= min(count, 500):
            return
        time.sleep(0.2)


def _watch_blocks(chain: Chain, measured: _Round) -> None:
    """Note when each block was first there."""
    known = chain.final_height()
    while not measured.ended.wait(_LOOK_SECONDS):
        height = chain.final_height()
        for new in range(known + 1, height + 1):
            measured.seen[new] = time.monotonic()
        known = height


def _ask_livez(url: str, measured: _Round) -> None:
    with httpx2.Client(base_url=url, trust_env=False) as client:
        while not measured.ended.wait(_LIVEZ_SECONDS):
            started = time.monotonic()
            client.get("/livez").raise_for_status()
            measured.livez.append(time.monotonic() - started)


def _figure(case: str, seconds: list[float], unit: str, *, share: int = 99) -> dict[str, Any]:
    value = statistics.quantiles(seconds, n=100)[share - 1] * 1000
    return {"case": case, "value": round(value, 1), "unit": unit, "n": len(seconds)}
