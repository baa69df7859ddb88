"""A row of the outbox is given to one transaction, once, and only as what it asked for."""

import pytest

from node.chain.protocol import Fees
from node.errors import LeaseLost, StoreInconsistent
from node.outbox.actions import Action
from node.outbox.leases import Lease, take_lease
from node.outbox.nonces import next_nonce
from node.outbox.replacements import Version
from node.outbox.rows import enqueue_call, waiting_count
from node.outbox.transactions import conclude, record_signed, unconcluded
from node.store.session import Store
from settlement.participant import KeyRole

_KEY = b"\x11" * 20


def _lease(store: Store) -> Lease:
    with store.transaction() as connection:
        lease = take_lease(connection, key=_KEY, holder="me", now=1, seconds=5)
    assert lease is not None
    return lease


def _row(store: Store) -> int:
    with store.transaction() as connection:
        return enqueue_call(connection, contract="Ledger", calldata=b"", role=KeyRole.PAY, at=1)


def _sign(
    store: Store,
    lease: Lease,
    nonce: int,
    rows: list[int],
    action: Action = Action.CALL,
    *,
    chain_id: int = 1,
    raw: bytes = b"\1",
) -> int:
    with store.transaction() as connection:
        return record_signed(
            connection,
            lease,
            Version(hash=bytes([chain_id, nonce]) * 15 + raw * 2, raw=raw, fees=Fees(price=0), signed_at=1),
            chain_id=chain_id,
            nonce=nonce,
            payload_digest=bytes(32),
            rows=rows,
            action=action,
        ).id


def test_row_is_given_once(store: Store) -> None:
    """A second transaction for a row that has one is not written at all."""
    lease, row, other = _lease(store), _row(store), _row(store)
    _sign(store, lease, 0, [row])
    with pytest.raises(LeaseLost):
        _sign(store, lease, 1, [other, row])
    with store.snapshot() as connection:
        assert [0] == [sent.nonce for sent in unconcluded(connection, key=_KEY, chain_id=1)]
        assert 1 == waiting_count(connection)


def test_nonce_is_of_one_chain(store: Store) -> None:
    """A key has its nonces on each chain anew, sees only that chain's transactions, and gives none twice."""
    lease = _lease(store)
    first, second = (_sign(store, lease, 0, [_row(store)], chain_id=chain) for chain in (1, 2))
    with store.snapshot() as connection:
        for chain, number in ((1, first), (2, second)):
            assert [number] == [sent.id for sent in unconcluded(connection, key=_KEY, chain_id=chain)]
            assert 1 == next_nonce(connection, key=_KEY, chain_id=chain, mined=0)
        assert 7 == next_nonce(connection, key=_KEY, chain_id=3, mined=7)
    with pytest.raises(StoreInconsistent):
        _sign(store, lease, 0, [_row(store)], chain_id=2)


def test_nonce_is_signed_once(store: Store) -> None:
    """The database itself refuses other bytes for a nonce that it has, whoever writes them (R6)."""
    lease = _lease(store)
    _sign(store, lease, 0, [_row(store)])
    with pytest.raises(StoreInconsistent):
        _sign(store, lease, 0, [_row(store)], raw=b"\2")


def test_row_that_asks_for_something_else_now_is_not_given(store: Store) -> None:
    """A row that became a void while its payment was being signed stays waiting."""
    lease, row = _lease(store), _row(store)
    with pytest.raises(LeaseLost):
        _sign(store, lease, 0, [row], Action.PAY)
    with store.snapshot() as connection:
        assert 1 == waiting_count(connection)


def test_another_holder_writes_nothing(store: Store) -> None:
    """Who has lost the lease, even to an equal holder with a newer fence, writes nothing."""
    lease, row = _lease(store), _row(store)
    with store.transaction() as connection:
        take_lease(connection, key=_KEY, holder="me", now=100, seconds=5)
    with pytest.raises(LeaseLost):
        _sign(store, lease, 0, [row])


def test_is_concluded_once(store: Store) -> None:
    """The second who concludes a transaction is told that it is done."""
    number = _sign(store, _lease(store), 0, [_row(store)])
    with store.transaction() as connection:
        assert conclude(connection, number, at=1, error=None)
    with store.transaction() as connection:
        assert not conclude(connection, number, at=1, error=None)
        assert [] == unconcluded(connection, key=_KEY, chain_id=1)
