"""Which validators sealed which blocks, where a contract keeps them: each set from its first block."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from node.store.tables import validator_sets
from settlement.evidence.seals import ADDRESS_BYTES

Validators = tuple[bytes, ...]


def insert_changes(connection: Connection, sets: Iterable[tuple[int, Validators]]) -> None:
    """Remember each set that is another than that of the block before; heights ascend."""
    rows: list[dict[str, object]] = []
    known: Validators | None = None
    for height, validators in sets:
        if known is None:
            known = validators_at(connection, height)
        if validators != known:
            rows.append({"height": height, "validators": b"".join(validators)})
        known = validators
    if rows:
        connection.execute(insert(validator_sets), rows)


def validators_at(connection: Connection, height: int) -> Validators:
    """Return who sealed a block by the contract, by address; none where its header lists them."""
    query = select(validator_sets.c.validators).where(validator_sets.c.height <= height)
    joined = connection.scalar(query.order_by(validator_sets.c.height.desc()).limit(1)) or b""
    return tuple(joined[place : place + ADDRESS_BYTES] for place in range(0, len(joined), ADDRESS_BYTES))


def changed_after(connection: Connection, height: int) -> int | None:
    """Return from which block after this one other validators seal; None: the same ones still do."""
    query = select(func.min(validator_sets.c.height)).where(validator_sets.c.height > height)
    found: int | None = connection.scalar(query)
    return found
