"""What the API takes in a second: payments one by one and in files; and how long a page of a million takes.

Beside anvil and a node that brings everything on chain meanwhile. Baseline of the same run: a bare FastAPI
route that writes the same row.
"""

import http.client
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from node.bootstrap.node import Part
from node.store.session import Store
from scripts.benches import bare
from scripts.benches.full import BANK, fill, pay_one
from scripts.benches.place import Running, anvil, network_on, running_node
from tests.messages import DATE, file_of
from tests.scenario import BANKS, USD
from tests.stores import PostgresqlServer

CALLERS = 16
PAYMENTS, PACED_SECONDS = 4_000, 20
FILES, TRANSFERS = 4, 10_000
BATCHES, PAGE, PAGES = 2_000, 100, 1_000
_TIMEOUT_SECONDS = 60
_SETTLED_SECONDS_MAX = 600


def figures() -> Iterator[dict[str, Any]]:
    """Yield what comes in, with its baseline, then what is read."""
    with PostgresqlServer(durable=True) as server:
        with _node(server, 20_281_001) as node:
            yield from _singles("", _asking(node, _payment))
            yield _files(node)
        with _node(server, 20_281_003, apart=tuple(Part)) as node:
            yield from _singles("a process for each part: ", _asking(node, _payment))
        with bare.running(server.url(server.create_database())) as address:
            yield from _singles("baseline: bare FastAPI route, same row: ", _Caller(address, _bare).ask)
        yield from _pages(server)


@contextmanager
def _node(server: PostgresqlServer, chain_id: int, *, apart: Sequence[Part] = ()) -> Iterator[Running]:
    """Run a bank with money on a chain of its own."""
    with anvil(chain_id) as chain:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        url = server.url(server.create_database())
        with running_node(network, BANK, chain, url, apart=apart) as node:
            yield node


class _Caller:
    """Asks one web server the same kind of thing again and again; each thread has a connection of its own."""

    def __init__(self, url: str, request: Callable[[int], tuple[str, str, bytes, dict[str, str]]]) -> None:
        self._place = urlsplit(url).netloc
        self._request = request
        self._open: dict[int, http.client.HTTPConnection] = {}

    def ask(self, caller: int, number: int) -> float:
        """Ask once and return the seconds until the whole answer was there; it must be a success."""
        method, path, body, headers = self._request(number)
        if caller not in self._open:
            self._open[caller] = http.client.HTTPConnection(self._place, timeout=_TIMEOUT_SECONDS)
        connection = self._open[caller]
        started = time.perf_counter()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - started
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return seconds


_Ask = Callable[[int, int], float]


def _asking(node: Running, request: Callable[[int], tuple[str, str, bytes, dict[str, str]]]) -> _Ask:
    token = {"authorization": str(node.client.headers["authorization"])}

    def signed(number: int) -> tuple[str, str, bytes, dict[str, str]]:
        method, path, body, headers = request(number)
        return method, path, body, headers | token

    return _Caller(str(node.client.base_url), signed).ask


def _payment(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    body = {"payee": {"bic": BANKS[1].bic}, "amount": "100", "currency": "USD", "end_to_end_id": f"E{number}"}
    headers = {"content-type": "application/json", "idempotency-key": f"single {number}"}
    return "POST", "/v1/payments", orjson.dumps(body), headers


def _bare(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    method, _, body, headers = _payment(number)
    return method, "/payments", body, headers


def _singles(case: str, ask: _Ask) -> Iterator[dict[str, Any]]:
    """As many as go from a few callers at once, then half of that rate by the clock."""
    numbers = itertools.count()
    started = time.perf_counter()
    _at_once(ask, [next(numbers) for _ in range(PAYMENTS)])
    rate = PAYMENTS / (time.perf_counter() - started)
    yield {
        "case": f"{case}POST of one, {CALLERS} callers", "value": round(rate), "unit": "1/s", "n": PAYMENTS
    }  # fmt: skip
    count = int(rate / 2 * PACED_SECONDS)
    begun = time.perf_counter()
    due = {next(numbers): begun + place * 2 / rate for place in range(count)}

    def paced(caller: int, number: int) -> float:
        time.sleep(max(0.0, due[number] - time.perf_counter()))
        ask(caller, number)
        # From when it was due: waiting for a caller to be free is waiting, too.
        return time.perf_counter() - due[number]

    found = _at_once(paced, list(due))
    yield from _quantiles(f"{case}POST of one at {rate / 2:.0f}/s", found)


def _at_once(ask: _Ask, numbers: Sequence[int]) -> list[float]:
    """Share the questions out among the callers, in order, and return what each took."""
    waiting = iter(numbers)

    def call(caller: int) -> list[float]:
        return [ask(caller, number) for number in _taken(waiting)]

    with ThreadPoolExecutor(CALLERS) as threads:
        return list(itertools.chain.from_iterable(threads.map(call, range(CALLERS))))


def _taken(numbers: Iterator[int]) -> Iterator[int]:
    """Yield what nobody else has taken: a list's iterator gives each number once, to whichever thread."""
    while (number := next(numbers, None)) is not None:
        yield number


def _files(node: Running) -> dict[str, Any]:
    """From the first byte of the first file to the answer that the last is accepted."""
    today = datetime.now(UTC).date().isoformat()
    bodies = [
        file_of(*["1.00"] * TRANSFERS, message_id=f"M{number}", uetrs=False).replace(DATE, today).encode()
        for number in range(FILES)
    ]
    started = time.perf_counter()
    for number, body in enumerate(bodies):
        headers = {"content-type": "application/xml", "idempotency-key": f"file {number}"}
        node.client.post("/v1/files", content=body, headers=headers).raise_for_status()
    rate = FILES * TRANSFERS / (time.perf_counter() - started)
    case = f"pacs.008 of {TRANSFERS:,}, POST to accepted"
    return {"case": case, "value": round(rate), "unit": "payments/s", "n": FILES * TRANSFERS}


def _pages(server: PostgresqlServer) -> Iterator[dict[str, Any]]:
    """Page after page of a million settled payments, newest first."""
    with anvil(20_281_002) as chain:
        network = network_on(chain)
        network.issue(BANK, USD, 10**15)
        url = server.url(server.create_database())
        with running_node(network, BANK, chain, url) as node:
            pay_one(node.client)
        with closing(Store(url)) as store:
            fill(store, network, chain, batches=BATCHES)
        # Alone: the feeder would have a million events to tell meanwhile.
        with running_node(network, BANK, chain, url, apart=(Part.API,)) as node:
            found, cursor = [], ""
            for _ in range(PAGES):
                started = time.perf_counter()
                asked = {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
                answer = node.client.get("/v1/payments", params=asked).raise_for_status()
                found.append(time.perf_counter() - started)
                cursor = answer.json()["cursor"]
    yield from _quantiles(f"GET of {PAGE} of {1 + BATCHES * 500:,}", found)


def _quantiles(case: str, seconds: list[float]) -> Iterator[dict[str, Any]]:
    for name, value in (
        ("p50", statistics.median(seconds)), ("p99", statistics.quantiles(seconds, n=100)[98])
    ):  # fmt: skip
        yield {"case": f"{case}, {name}", "value": round(value * 1000, 1), "unit": "ms", "n": len(seconds)}
