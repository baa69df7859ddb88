"""What a debtor may change about its payment while that waits in the queue: hold, release, urgency.

The chain decides: until the call is final the payment may still settle as it was.
"""

from enum import StrEnum

from sqlalchemy import Connection, select

from node.chain import own_calls
from node.chain.calls import Call
from node.chain.contracts import Contracts
from node.clock import Clock
from node.errors import QueueOrderRefused
from node.mirror.queue import Waiting, waiting_one
from node.outbox.rows import IS_WAITING
from node.services.administration import ask_in
from node.services.payments import Payment, payment_in
from node.services.versions import Seen, require_version
from node.services.voids import instruction_in
from node.settings import Settings
from node.store.tables import outbox
from settlement.participant import KeyRole


class QueueOrder(StrEnum):
    """What is asked of a payment that queues."""

    HOLD = "hold"
    RELEASE = "release"
    URGENT = "urgent"
    NORMAL = "normal"


_ASKED = {
    QueueOrder.HOLD: "it is held already",
    QueueOrder.RELEASE: "this bank does not hold it",
    QueueOrder.URGENT: "it is urgent already",
    QueueOrder.NORMAL: "it is not urgent",
}


def order_in(
    connection: Connection,
    settings: Settings,
    contracts: Contracts,
    clock: Clock,
    payment_id: str,
    *,
    order: QueueOrder,
    actor: str,
    seen: Seen = None,
) -> Payment:
    """Ask for it on chain, and return the payment as it is; asked again before it is signed, once.

    Raise `NotFound`, `QueueOrderRefused` when it does not queue or is so already, `PreconditionFailed`.
    """
    row = instruction_in(connection, payment_id)
    shown = payment_in(connection, settings, clock, row)
    require_version(seen, shown.version)
    found = waiting_one(connection, row["payer"], row["sequence"])
    if found is None:
        raise QueueOrderRefused(f"{row['id']} is {shown.state}; only what queues is held or made urgent")
    call = _call(contracts, found, order)
    if _waits_already(connection, call):
        return shown
    if _is_so(found, row["payer"], order):
        raise QueueOrderRefused(f"{row['id']}: {_ASKED[order]}")
    ask_in(connection, call, role=KeyRole.PAY, actor=actor, action=f"queue_{order}", at=int(clock.now()))
    return shown


def _call(contracts: Contracts, found: Waiting, order: QueueOrder) -> Call:
    if order is QueueOrder.HOLD:
        return own_calls.hold(contracts, found.words)
    if order is QueueOrder.RELEASE:
        return own_calls.release(contracts, found.words)
    return own_calls.set_urgency(contracts, found.words, urgent=order is QueueOrder.URGENT)


def _is_so(found: Waiting, payer: int, order: QueueOrder) -> bool:
    if order in (QueueOrder.HOLD, QueueOrder.RELEASE):
        return (payer in found.held) is (order is QueueOrder.HOLD)
    return (payer in found.urgent) is (order is QueueOrder.URGENT)


def _waits_already(connection: Connection, call: Call) -> bool:
    """Tell whether the same call waits to be signed; signed twice the chain takes one."""
    query = select(outbox.c.id).where(
        IS_WAITING, outbox.c.role == KeyRole.PAY.value, outbox.c.calldata == call.calldata
    )
    return connection.execute(query.limit(1)).first() is not None
