"""What the next transaction carries: as many rows as fit the wire, the contracts and a third of a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from node.chain.calls import Call, void
from node.chain.contracts import Contracts
from node.chain.own_calls import cancel, submit, sweep, withdraw
from node.outbox.actions import Action
from node.outbox.work import Order, Row
from settlement.instruction import keccak

# GoQuorum refuses a transaction above 64 KB, geth above 128 KB: this leaves room for all that is around it.
CALLDATA_BYTES_MAX = 60 * 1024
# The contracts' own limits (contracts/src/Payments.sol, Settlement.sol).
PAYMENTS_MAX = 500
QUEUE_MAX = 256
# A third of the block of every engine we know (30,000,000), so that nobody's batch fills a block.
GAS_MAX = 10_000_000

# Each above the dearest measured, with every limit set and all storage fresh: gas.py's test holds them.
_GAS_BASE = 150_000
_GAS_PAYMENT = 12_000
_GAS_VOID = 5_000
_GAS_SUBMISSION = 62_000
_GAS_SWEEP = 30_000  # before the chain gives back what clearing storage earns
_GAS_SETTLED = 30_000  # an instruction of a set, before what clearing storage gives back
_GAS_ACCOUNT = 30_000  # a payee's account in an asset, first touched by this transaction
_GAS_ASSET = 30_000  # the payer's own account in an asset
_GAS_WORD = 36_000  # 256 sequences share a word of the ledger's bits
_GAS_APPROVAL = 25_000
_GAS_SINGLE = 400_000
_GAS_CALL = 3_000_000
# The actions whose rows go together.
_GAS_EACH = {
    Action.PAY: _GAS_PAYMENT,
    Action.SUBMIT: _GAS_SUBMISSION,
    Action.SWEEP: _GAS_SWEEP,
    Action.VOID: _GAS_VOID,
}
_SEQUENCES_PER_WORD = 256
_CALLDATA_PAYMENT = 64
_CALLDATA_VOID = 32
_CALLDATA_QUEUE = 6 * 32  # where it begins, head, commitment, where the legs begin, how many, the leg
_CALLDATA_AROUND = 5 * 32
_CALLDATA_APPROVAL = (
    8 * 32
)  # where it begins, index, deadline, where the signature begins, its length, 65 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one action for one transaction, and what is to be signed for them."""

    action: Action
    rows: tuple[Row, ...]
    to: bytes
    calldata: bytes
    gas: int

    @property
    def payload_digest(self) -> bytes:
        """Return keccak-256 of target and calldata: what a nonce is given to (R6)."""
        return keccak(self.to + self.calldata)


def next_batch(contracts: Contracts, rows: Sequence[Row], *, payments_max: int) -> Batch | None:
    """Return the next transaction's content: the first of the waiting rows, and what may go with it.

    Rows are never overtaken by rows of another action, so what was asked first is sent first.
    """
    if not rows:
        return None
    action = rows[0].action
    alike = list(takewhile(lambda row: row.action is action, rows))
    if action is Action.PAY:
        alike = _fitting(alike[: min(payments_max, PAYMENTS_MAX)], _CALLDATA_PAYMENT)
    elif action in (Action.SUBMIT, Action.SWEEP):
        alike = _fitting(alike[: min(payments_max, QUEUE_MAX)], _CALLDATA_QUEUE)
    elif action is Action.VOID:
        alike = _fitting(alike, _CALLDATA_VOID)
    else:
        alike = alike[:1]
    return batch_of(contracts, alike)


def batch_of(contracts: Contracts, rows: Sequence[Row]) -> Batch:
    """Return the transaction content for exactly these rows, all of one action."""
    first = rows[0]
    return Batch(
        action=first.action,
        rows=tuple(rows),
        to=contracts.address(first.contract),
        calldata=_calldata(contracts, first.action, rows),
        gas=_gas(first.action, rows),
    )


class _Meter:
    """Adds up the gas of rows of one action that go together."""

    def __init__(self, action: Action) -> None:
        self.gas = _GAS_BASE
        self._each = _GAS_EACH[action]
        self._moves = action in (Action.PAY, Action.SUBMIT)
        self._seen: set[tuple[str, int, int]] = set()

    def add(self, row: Row) -> None:
        """Add a row: its own cost, and that of the storage no row before it touches."""
        terms = row.due.terms
        self.gas += self._each
        if _is_approved(row):
            self.gas += _GAS_APPROVAL
        self._touch(("word", 0, terms.sequence // _SEQUENCES_PER_WORD), _GAS_WORD)
        if self._moves:
            self._touch(("asset", terms.asset, 0), _GAS_ASSET)
            self._touch(("account", terms.asset, terms.payee), _GAS_ACCOUNT)

    def _touch(self, place: tuple[str, int, int], gas: int) -> None:
        if place not in self._seen:
            self._seen.add(place)
            self.gas += gas


def _fitting(rows: Sequence[Row], calldata_bytes: int) -> list[Row]:
    """Return as many of the rows, from the first, as fit; at least one always does."""
    meter = _Meter(rows[0].action)
    count, size = 0, _CALLDATA_AROUND
    for row in rows:
        meter.add(row)
        size += calldata_bytes + (_CALLDATA_APPROVAL if _is_approved(row) else 0)
        if meter.gas > GAS_MAX or size > CALLDATA_BYTES_MAX:
            break
        count += 1
    return list(rows[:count])


def _gas(action: Action, rows: Sequence[Row]) -> int:
    if action not in _GAS_EACH:
        return _call_gas(rows[0]) if action is Action.CALL else _GAS_SINGLE
    meter = _Meter(action)
    for row in rows:
        meter.add(row)
    return meter.gas


def _call_gas(row: Row) -> int:
    """Return enough for any call; the longest of them settle sets from the queue."""
    assert row.calldata is not None
    return max(_GAS_CALL, _GAS_BASE + len(row.calldata) // _CALLDATA_QUEUE * _GAS_SETTLED)


def _calldata(contracts: Contracts, action: Action, rows: Sequence[Row]) -> bytes:
    if action is Action.CALL:
        calldata = rows[0].calldata
        assert calldata is not None
        return calldata
    orders = [row.due for row in rows]
    if action is Action.PAY:
        # One asset after the other: the contract writes the payer's account when the asset changes.
        orders.sort(key=lambda order: order.terms.asset)
        return contracts.pay_calldata(
            [(order.terms, order.commitment) for order in orders], _approvals(action, orders)
        )
    if action is Action.VOID:
        return void(contracts, [order.terms.sequence for order in orders]).calldata
    if action.contract == "Settlement":
        return _queue_call(contracts, action, orders).calldata
    function = "issue" if action is Action.ISSUE else "requestRedemption"
    return contracts.calldata("Ledger", function, *_of_one(action, orders[0]))


def _queue_call(contracts: Contracts, action: Action, orders: Sequence[Order]) -> Call:
    payments = [(order.one_leg, order.commitment) for order in orders]
    if action is Action.SUBMIT:
        return submit(contracts, payments, _approvals(action, orders))
    if action is Action.SWEEP:
        return sweep(contracts, payments)
    return (cancel if action is Action.CANCEL else withdraw)(contracts, *payments[0])


def _of_one(action: Action, order: Order) -> tuple[int, bytes, list[tuple[int, int, bytes]]]:
    return order.terms.word(), order.commitment, _approvals(action, [order])


def _is_approved(row: Row) -> bool:
    return row.action.instructs and row.due.approval is not None


def _approvals(action: Action, orders: Sequence[Order]) -> list[tuple[int, int, bytes]]:
    """Return the second consents that go along: (index, deadline, signature) each, by index."""
    found = []
    for place, order in enumerate(orders):
        signature = consent_of(action, order)
        if order.approval is not None and signature is not None:
            found.append((place, order.approval.deadline, signature))
    return found


def consent_of(action: Action, order: Order) -> bytes | None:
    """Return the signature of an order's approval that is for this action; None when there is none."""
    if order.approval is None:
        return None
    return order.approval.queue_signature if action is Action.SUBMIT else order.approval.signature
