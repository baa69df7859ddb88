"""The next nonce of a key: after everything this store has signed, and never one that was used without it."""

from sqlalchemy import Connection, func, select

from node.errors import EndpointBehind, ForeignTransaction
from node.store.incidents import was_cleared
from node.store.tables import transactions

WRITER = "submitter"


def next_nonce(connection: Connection, *, key: bytes, chain_id: int, mined: int) -> int:
    """Return the next nonce of a key that has `mined` transactions on chain.

    The chain may be behind (by what is in flight), never ahead: everything the key ever sent was committed
    here first. Else raise `ForeignTransaction`, until a person has seen this and cleared its incident. Nor
    is it behind what was final: else raise `EndpointBehind`.
    """
    ours = transactions.c.key == key, transactions.c.chain_id == chain_id
    highest: int | None = connection.scalar(select(func.max(transactions.c.nonce)).where(*ours))
    if highest is None:
        return mined
    is_ended = transactions.c.concluded_at.is_not(None)
    ended: int | None = connection.scalar(select(func.max(transactions.c.nonce)).where(*ours, is_ended))
    if ended is not None and mined <= ended:
        raise EndpointBehind(
            f"key 0x{key.hex()} has {mined} transactions at the RPC node, but nonce {ended} was final: "
            "the RPC node is not in step; waiting until it has caught up"
        )
    if highest + 1 >= mined:
        return highest + 1
    code, subject = ForeignTransaction.code, subject_of(key, mined)
    if was_cleared(connection, writer=WRITER, code=code, subject=subject):
        return mined
    raise ForeignTransaction(
        f"key 0x{key.hex()} has {mined} transactions on chain, this store signed up to nonce {highest}: "
        "revoke the key unless you know who sent the others"
    )


def subject_of(key: bytes, mined: int) -> str:
    """Name the finding that a key has more transactions on chain than are known."""
    return f"key 0x{key.hex()} with {mined} transactions"
