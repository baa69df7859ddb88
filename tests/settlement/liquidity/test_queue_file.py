"""What a file of a queue may say, and how the rest is refused."""

import json
from typing import Any

import pytest

from settlement.errors import InvalidQueue
from settlement.liquidity.queue import Account, Payment
from settlement.liquidity.queue_file import QUEUE_BYTES_MAX, read_queue


def _file(**changes: Any) -> dict[str, Any]:
    return {
        "asset": "USD",
        "accounts": [
            {"participant": "A", "balance": "-300", "reserve": "2", "credit": "400"},
            {"participant": "B", "balance": "0"},
        ],
        "queue": [
            {"id": "T1", "from": "A", "to": "B", "amount": "500", "priority": "NORM"},
            {"id": "T2", "from": "B", "to": "A", "amount": "1", "priority": "URGT"},
        ],
        **changes,
    }


def _refusal(content: bytes) -> InvalidQueue:
    with pytest.raises(InvalidQueue) as refused:
        read_queue(content)
    return refused.value


def test_a_file_is_read() -> None:
    """A missing reserve or credit is 0, a balance may be negative, and the order of the queue is kept."""
    queue = read_queue(json.dumps(_file()).encode())

    assert (
        Account(participant="A", balance=-300, reserve=2, credit=400),
        Account(participant="B", balance=0),
    ) == queue.accounts
    assert (
        Payment(id="T1", payer="A", payee="B", amount=500),
        Payment(id="T2", payer="B", payee="A", amount=1, urgent=True),
    ) == queue.payments


_FIRST = _file()["queue"][0]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"asset": 840}, "asset"),
        ({"accounts": {}}, "accounts"),
        ({"accounts": ["A"]}, "accounts"),
        ({"accounts": [{"participant": "A", "balance": 300}]}, "balance"),
        ({"accounts": [{"participant": "A", "balance": "1.00"}]}, "balance"),
        ({"accounts": [{"participant": "A", "balance": "1", "reserv": "1"}]}, "reserv"),
        ({"accounts": [{"participant": "A", "balance": "1", "credit": "-1"}]}, "credit"),
        ({"accounts": [{"participant": "A", "balance": "1"}] * 2}, "participant"),
        ({"accounts": [{"participant": "", "balance": "1"}]}, "participant"),
        ({"queue": [{**_FIRST, "amount": "0"}]}, "amount"),
        ({"queue": [{**_FIRST, "amount": "-1"}]}, "amount"),
        ({"queue": [{**_FIRST, "amount": str(2**63)}]}, "amount"),
        ({"queue": [{**_FIRST, "priority": "HIGH"}]}, "priority"),
        ({"queue": [{**_FIRST, "priority": ["NORM"]}]}, "priority"),
        ({"queue": [{**_FIRST, "to": "A"}]}, "payee"),
        ({"queue": [{**_FIRST, "to": "Z"}]}, "payee"),
        ({"queue": [{**_FIRST, "held": True}]}, "held"),
        ({"queue": [_FIRST, _FIRST]}, "id"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], param: str) -> None:
    """Each thing that is wrong is refused as `invalid_queue`, with the field that is."""
    refused = _refusal(json.dumps(_file(**changes)).encode())

    assert ("invalid_queue", param) == (refused.code, refused.param)


@pytest.mark.parametrize("name", ["asset", "accounts", "queue"])
def test_what_is_missing_is_named(name: str) -> None:
    """A file without one of its three parts is refused."""
    found = _file()
    del found[name]

    assert name == _refusal(json.dumps(found).encode()).param


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"asset":"A","asset":"B"}', b" " * (QUEUE_BYTES_MAX + 1)]
)
def test_what_is_no_queue_is_refused(content: bytes) -> None:
    """What is no JSON object, names a field twice or is too large is refused before it is looked into."""
    assert "invalid_queue" == _refusal(content).code


def test_too_many_are_refused() -> None:
    """More payments than are ever resolved at once are refused by their number."""
    assert "queue" == _refusal(json.dumps(_file(queue=[{}] * 200_001)).encode()).param
