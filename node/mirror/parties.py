"""Who is a party to each trade, so that a bank finds those that concern it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.mirror.queue import LEGS_AT
from node.mirror.words import signed, unsigned
from node.store.bulk import insert_rows
from node.store.tables import trade_parties
from settlement.events import WORD_BYTES
from settlement.trade import Trade, legs_of

Row: TypeAlias = tuple[int, int, int, bytes, int, int]
_COLUMNS = ("participant", "initiator", "sequence", "digest", "height", "log_index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Where a trade was proposed; its sequence is signed, as the columns have it."""

    digest: bytes
    initiator: int
    sequence: int
    height: int
    log_index: int

    @property
    def number(self) -> int:
        """Return its initiator's number of it."""
        return unsigned(self.sequence)


def of_submitted(contracts: Contracts, data: bytes, height: int, log_index: int) -> list[Row]:
    """Return a row for each party to the trade that a `Submitted` event tells of; none for a payment."""
    trade = Trade(
        head=int.from_bytes(data[:WORD_BYTES], "big"),
        commitment=data[WORD_BYTES : 2 * WORD_BYTES],
        legs=legs_of(data[LEGS_AT:]),
    )
    if trade.is_payment:
        return []
    digest = trade.digest(chain_id=contracts.deployment.chain_id, ledger=contracts.address("Ledger"))
    place = trade.initiator, signed(trade.sequence), digest, height, log_index
    return [(party, *place) for party in trade.parties]


def write(connection: Connection, rows: Sequence[Row]) -> None:
    """Write the parties of what some blocks tell of."""
    insert_rows(connection, trade_parties, _COLUMNS, rows)


def proposed_to(
    connection: Connection, participant: int, *, before: tuple[int, int] | None = None, limit: int
) -> list[Proposed]:
    """Return the newest trades that a participant is a party to, before a place (height, log index)."""
    table = trade_parties.c
    query = _PROPOSED.where(table.participant == participant)
    if before is not None:
        height, log_index = before
        query = query.where(
            (table.height < height) | ((table.height == height) & (table.log_index < log_index))
        )
    newest_first = query.order_by(table.height.desc(), table.log_index.desc()).limit(limit)
    return [Proposed(**row) for row in connection.execute(newest_first).mappings()]


def proposed(connection: Connection, digest: bytes) -> Proposed | None:
    """Return where a trade was proposed; None while it was not."""
    query = _PROPOSED.where(trade_parties.c.digest == digest).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Proposed(**row)


_PROPOSED = select(*(trade_parties.c[name] for name in _COLUMNS[1:]))
