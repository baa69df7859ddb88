"""What reconciliation found: each run, each break, and what people did about it. Never edited."""

from sqlalchemy import Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Name, RowNumber, Whole, metadata

# One comparison at one mirrored height; `breaks` counts what it found, known or new. Of postings and
# settlements those above the height `above`, -1: all.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=False),
    Column("at", Whole, nullable=False),
    Column("height", Whole, nullable=False),
    Column("accounts", Whole, nullable=False),
    Column("assets", Whole, nullable=False),
    Column("settled", Whole, nullable=False),
    Column("breaks", Whole, nullable=False),
    Column("above", Whole, nullable=False),
    info=APPEND_ONLY,
)

# Two records of one thing that differ, as they were first found to.
breaks = Table(
    "breaks",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=False),
    Column("kind", Name, nullable=False),  # node.services.reconciliation.Kind
    Column("subject", Name, nullable=False),
    Column("field", Name, nullable=False),
    Column("expected", Name, nullable=False),
    Column("found", Name, nullable=False),
    Column("height", Whole, nullable=False),
    Column("opened_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# Who took a break on, and who cleared it and why. The last step is how it stands; none: open, nobody's.
break_steps = Table(
    "break_steps",
    metadata,
    Column("break_id", RowNumber, ForeignKey(breaks.c.id), primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("at", Whole, nullable=False),
    Column("step", Name, nullable=False),  # assigned · cleared
    Column("owner", Name, nullable=False),  # whose it is, or who cleared it
    Column("reason", Name),  # of what was cleared
    Column("actor", Name, nullable=False),  # the token or terminal that wrote it
    info=APPEND_ONLY,
)
