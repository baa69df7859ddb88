"""The queue resolved while payments go on: from the trigger until what was proposed is final and mirrored.

Three hundred payments among three banks, each larger than what its payer has; beside them one bank pays a
hundred a second gross. anvil, PostgreSQL with fsync and `vostro run` are processes of their own.
"""

import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from node.chain import own_calls
from scripts.benches.place import anvil, network_on, running_node
from settlement.instruction import OneLeg, keccak
from tests.scenario import USD, Network
from tests.stores import PostgresqlServer

ROUNDS = 7
SET = 300
GROSS_A_SECOND = 100
_GROSS_REQUEST = 10
_FUNDS = 10**12
_SUBMITTED_AT_ONCE = 50
_SECONDS_MAX = 120
_POLL_SECONDS = 0.02
_ENDED = {"settled", "refused", "reverted", "not_sent"}


def run() -> Iterator[dict[str, Any]]:
    """Yield the seconds from trigger to final, and how much of the value settled at the first try."""
    chance = random.Random(7)  # noqa: S311 - a bench, no secret
    with PostgresqlServer(durable=True) as server, anvil(20_268_007) as chain:
        network = network_on(chain)
        for bank in network.banks:
            network.issue(bank, USD, _FUNDS)
        store_url = server.url(server.create_database())
        with running_node(network, network.banks[0], chain, store_url) as node, _paying(node.client) as paid:
            rounds = [_round(network, node.client, chance, number) for number in range(ROUNDS)]
    seconds, firsts = zip(*rounds, strict=True)
    case = f"a set of {SET} beside {paid()} gross payments/s: trigger to final"
    yield {"case": f"{case}, median", "value": round(statistics.median(seconds), 2), "unit": "s", "n": ROUNDS}
    yield {"case": f"{case}, slowest", "value": round(max(seconds), 2), "unit": "s", "n": ROUNDS}
    least = round(100 * min(firsts), 1)
    yield {
        "case": "of the proposed value settled at the first try, least",
        "value": least,
        "unit": "%",
        "n": ROUNDS,
    }


def _round(
    network: Network, client: httpx2.Client, chance: random.Random, number: int
) -> tuple[float, float]:
    _fill(network, client, chance, number)
    _until(lambda: _get(client, "/v1/queue", currency="USD")["waiting"] == SET)
    started = time.perf_counter()
    answer = client.post(
        "/v1/queue/runs", json={"currency": "USD"}, headers={"Idempotency-Key": f"run-{number}"}
    )
    answer.raise_for_status()
    path = f"/v1/queue/runs/{answer.json()['run_id']}"
    _until(lambda: {each["state"] for each in _get(client, path)["proposals"]} <= _ENDED)
    seconds = time.perf_counter() - started
    found = _get(client, path)
    first = sum(
        int(each["value"])
        for each in found["proposals"]
        if each["fallback_of"] is None and each["state"] == "settled"
    )
    _until(lambda: _emptied(client, number))
    return seconds, first / int(found["proposed_value"])


def _emptied(client: httpx2.Client, number: int) -> bool:
    """Tell whether nothing waits; what was left is proposed again."""
    if _get(client, "/v1/queue", currency="USD")["waiting"] == 0:
        return True
    client.post(
        "/v1/queue/runs",
        json={"currency": "USD"},
        headers={"Idempotency-Key": f"again-{number}-{time.monotonic_ns()}"},
    )
    return False


def _fill(network: Network, client: httpx2.Client, chance: random.Random, number: int) -> None:
    """Bring the payments to the queue: the node's bank's by its API, the others' by their keys."""
    amounts = [2 * _FUNDS + chance.randrange(_FUNDS // 1_000) for _ in range(SET)]
    own = [
        {
            "payee": {"bic": network.banks[1].bic},
            "amount": str(amount),
            "currency": "USD",
            "end_to_end_id": f"Q{number}-{at}",
            "queue": True,
        }
        for at, amount in enumerate(amounts[0::3])
    ]
    answer = client.post(
        "/v1/payments", json={"payments": own}, headers={"Idempotency-Key": f"fill-{number}"}
    )
    answer.raise_for_status()
    for place in (1, 2):
        payer, payee = network.banks[place], network.banks[(place + 1) % 3]
        terms = [network.terms(payer, payee, USD, amount) for amount in amounts[place::3]]
        payments = [(OneLeg(terms=each), keccak(each.encoded())) for each in terms]
        for first in range(0, len(payments), _SUBMITTED_AT_ONCE):
            some = payments[first : first + _SUBMITTED_AT_ONCE]
            network.send(payer.key("pay"), own_calls.submit(network.contracts, some))


@contextmanager
def _paying(client: httpx2.Client) -> Iterator[Any]:
    """Pay gross all the while; gives a function that returns how many a second that were."""
    stopped, count, started = threading.Event(), 0, time.perf_counter()

    def pay() -> None:
        nonlocal count
        while not stopped.is_set():
            payments = [
                {
                    "payee": {"bic": "VOBBUS33XXX"},
                    "amount": "1",
                    "currency": "USD",
                    "end_to_end_id": f"G{count + at}",
                }
                for at in range(_GROSS_REQUEST)
            ]
            headers = {"Idempotency-Key": f"gross-{count}"}
            client.post("/v1/payments", json={"payments": payments}, headers=headers).raise_for_status()
            count += _GROSS_REQUEST
            due = started + count / GROSS_A_SECOND
            stopped.wait(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=pay, name="gross payments")
    thread.start()
    ended = 0.0
    try:
        yield lambda: round(count / (ended - started))
    finally:
        stopped.set()
        thread.join()
        ended = time.perf_counter()


def _get(client: httpx2.Client, path: str, **query: str) -> Any:
    answer = client.get(path, params=query)
    answer.raise_for_status()
    return answer.json()


def _until(condition: Any) -> None:
    give_up = time.monotonic() + _SECONDS_MAX
    while not condition():
        if time.monotonic() > give_up:
            raise RuntimeError(f"not so after {_SECONDS_MAX} s")
        time.sleep(_POLL_SECONDS)
