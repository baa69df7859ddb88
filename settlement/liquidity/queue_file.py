"""A queue as JSON: read strictly, and what was found of it written.

`{"asset": "USD", "accounts": [{"participant": "A", "balance": "300", "reserve": "0", "credit": "0"}],
"queue": [{"id": "T1", "from": "A", "to": "B", "amount": "500", "priority": "NORM"}]}`, amounts as text of
minor units.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from settlement.errors import InvalidQueue
from settlement.evidence.files import minor_units, read_json, require_fields
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.liquidity.resolve import Resolution

QUEUE_BYTES_MAX = 32 * 2**20
_ACCOUNTS_MAX, _PAYMENTS_MAX = 10_000, 200_000
_NAME_CHARACTERS_MAX = 100
_PRIORITIES = {"NORM": False, "URGT": True}

Entry = TypeVar("Entry")


def read_queue(content: bytes) -> Queue:
    """Return the queue of a file; raise `InvalidQueue`.

    Fields of an account or a payment that are not known here are refused: they could change the answer.
    What else stands beside `asset`, `accounts` and `queue` is the file's own affair.
    """
    found = read_json(content, bytes_max=QUEUE_BYTES_MAX, refused=InvalidQueue)
    for name in ("asset", "accounts", "queue"):
        if name not in found:
            raise InvalidQueue(f"the field {name!r} is missing", param=name)
    queue = Queue(
        asset=read_name(found, "asset"),
        accounts=read_each(found, "accounts", read_account, count_max=_ACCOUNTS_MAX),
        payments=read_each(found, "queue", read_payment, count_max=_PAYMENTS_MAX),
    )
    queue.validate()
    return queue


def resolution_fields(found: Resolution, *, seconds: float) -> dict[str, Any]:
    """Return what was found as JSON has it: amounts as text of minor units."""
    return {
        "settled": list(found.settled),
        "value": str(found.value),
        "bound": str(found.bound),
        "method": found.method,
        "seconds": round(seconds, 3),
        "balances": {participant: str(balance) for participant, balance in found.balances.items()},
    }


def read_each(
    found: dict[str, Any], name: str, read: Callable[[dict[str, Any]], Entry], *, count_max: int
) -> tuple[Entry, ...]:
    """Return a field that is a list of objects, each read; raise `InvalidQueue`."""
    entries = found[name]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidQueue(f"{name} is no list of objects", param=name)
    if len(entries) > count_max:
        raise InvalidQueue(f"{name} has {len(entries)} entries; at most {count_max} are read", param=name)
    return tuple(read(entry) for entry in entries)


def read_account(entry: dict[str, Any]) -> Account:
    """Return an account of a file; raise `InvalidQueue`."""
    entry = {"reserve": "0", "credit": "0", **entry}
    require_fields(entry, ("participant", "balance", "reserve", "credit"), refused=InvalidQueue)
    return Account(
        participant=read_name(entry, "participant"),
        balance=minor_units(entry, "balance", refused=InvalidQueue),
        reserve=minor_units(entry, "reserve", refused=InvalidQueue),
        credit=minor_units(entry, "credit", refused=InvalidQueue),
    )


def read_payment(entry: dict[str, Any]) -> Payment:
    """Return a payment of a file; raise `InvalidQueue`."""
    require_fields(entry, ("id", "from", "to", "amount", "priority"), refused=InvalidQueue)
    priority = entry["priority"]
    if not isinstance(priority, str) or priority not in _PRIORITIES:
        raise InvalidQueue(f"priority {priority!r} is neither NORM nor URGT", param="priority")
    return Payment(
        id=read_name(entry, "id"),
        payer=read_name(entry, "from"),
        payee=read_name(entry, "to"),
        amount=minor_units(entry, "amount", refused=InvalidQueue),
        urgent=_PRIORITIES[priority],
    )


def read_name(entry: dict[str, Any], name: str) -> str:
    """Return a field that is a name; raise `InvalidQueue`."""
    value = entry[name]
    if not isinstance(value, str) or not 0 < len(value) <= _NAME_CHARACTERS_MAX:
        raise InvalidQueue(f"{name} is no text of 1 to {_NAME_CHARACTERS_MAX} characters", param=name)
    return value
