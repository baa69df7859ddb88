"""Letters between nodes: those that this node sends, each with its receipt, and those that it took."""

from sqlalchemy import Column, Index, Table, UniqueConstraint, text

from node.store.tables.metadata import APPEND_ONLY, Name, RowNumber, Whole, metadata

_OPEN = text("ended_at IS NULL")

# In the order of `number`; one participant's letters reach it in that order.
letters_sent = Table(
    "letters_sent",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("id", Name, nullable=False, unique=True),  # letter_…
    Column("recipient", Whole, nullable=False),
    Column("kind", Name, nullable=False),
    Column("content", Name, nullable=False),  # JSON
    Column("created_at", Whole, nullable=False),
    Column("until", Whole, nullable=False),  # it is given up after this
    Column("attempts", Whole, nullable=False, default=0),
    Column("next_at", Whole, nullable=False),
    Column("error", Name),  # why the last attempt failed
    Column("ended_at", Whole),  # when it was answered, or given up
    Column("receipt", Name),  # the recipient's, signed; None: given up
    Column("refusal", Name),  # the code by which the recipient refuses it, or `undeliverable`
    Index("ix_letters_sent_open", "recipient", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

letters_received = Table(
    "letters_received",
    metadata,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    Column("sender", Whole, nullable=False),
    Column("id", Name, nullable=False),  # the sender's own
    Column("kind", Name, nullable=False),
    Column("letter", Name, nullable=False),  # as it came, signed
    Column("received_at", Whole, nullable=False),
    Column("said", Name, nullable=False),  # JSON: what the receipt says
    UniqueConstraint("sender", "id"),
    info=APPEND_ONLY,
)
