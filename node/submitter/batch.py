"""What the next transaction carries: as many rows as fit the wire, the contracts and a third of a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from node.chain.calls import void
from node.chain.contracts import Contracts
from node.outbox.actions import Action
from node.outbox.work import Row
from settlement.instruction import keccak

# GoQuorum refuses a transaction above 64 KB, geth above 128 KB: this leaves room for all that is around it.
CALLDATA_BYTES_MAX = 60 * 1024
# The contract's own limit (contracts/src/Payments.sol).
PAYMENTS_MAX = 500
# A third of the block of every engine we know (30,000,000), so that nobody's batch fills a block.
GAS_MAX = 10_000_000

# Above the dearest measured, fresh storage throughout (tests/node/submitter/test_gas.py holds them).
_GAS_BASE = 150_000
_GAS_PAYMENT = 8_000
_GAS_NEW_PAYEE = 30_000
_GAS_VOID = 10_000
_GAS_SINGLE = 400_000
_GAS_CALL = 3_000_000
_CALLDATA_PAYMENT = 64
_CALLDATA_VOID = 32


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
        alike = _fitting(alike[: min(payments_max, PAYMENTS_MAX)])
    elif action is Action.VOID:
        alike = alike[: min((GAS_MAX - _GAS_BASE) // _GAS_VOID, CALLDATA_BYTES_MAX // _CALLDATA_VOID - 3)]
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


def _fitting(rows: Sequence[Row]) -> list[Row]:
    """Return as many payments as fit; at least one always does."""
    taken: list[Row] = []
    payees: set[tuple[int, int]] = set()
    gas, size = _GAS_BASE, 5 * 32
    for row in rows:
        account = (row.due.terms.asset, row.due.terms.payee)
        gas += _GAS_PAYMENT + (0 if account in payees else _GAS_NEW_PAYEE)
        size += _CALLDATA_PAYMENT
        if taken and (gas > GAS_MAX or size > CALLDATA_BYTES_MAX):
            break
        payees.add(account)
        taken.append(row)
    return taken


def _gas(action: Action, rows: Sequence[Row]) -> int:
    if action is Action.PAY:
        payees = {(row.due.terms.asset, row.due.terms.payee) for row in rows}
        return _GAS_BASE + _GAS_PAYMENT * len(rows) + _GAS_NEW_PAYEE * len(payees)
    if action is Action.VOID:
        return _GAS_BASE + _GAS_VOID * len(rows)
    return _GAS_CALL if action is Action.CALL else _GAS_SINGLE


def _calldata(contracts: Contracts, action: Action, rows: Sequence[Row]) -> bytes:
    if action is Action.CALL:
        calldata = rows[0].calldata
        assert calldata is not None
        return calldata
    orders = [row.due for row in rows]
    if action is Action.PAY:
        return contracts.pay_calldata([(order.terms, order.commitment) for order in orders])
    if action is Action.VOID:
        return void(contracts, [order.terms.sequence for order in orders]).calldata
    function = "issue" if action is Action.ISSUE else "requestRedemption"
    return contracts.calldata("Ledger", function, orders[0].terms.word(), orders[0].commitment, [])
