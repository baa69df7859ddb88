"""Payments that give another one back: which settlement each returns, named as the ledger names it."""

from sqlalchemy import Column, ForeignKey, Index, Table

from node.store.tables.inbound import instructions
from node.store.tables.metadata import APPEND_ONLY, Name, Whole, metadata

returns = Table(
    "returns",
    metadata,
    Column("payment_id", Name, ForeignKey(instructions.c.id), primary_key=True),
    # Of the settlement: its event, and which of its legs.
    Column("height", Whole, nullable=False),
    Column("log_index", Whole, nullable=False),
    Column("leg", Whole, nullable=False),
    Index("ix_returns_original", "height", "log_index", "leg"),
    info=APPEND_ONLY,
)
