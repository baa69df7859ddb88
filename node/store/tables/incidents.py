"""Rules found broken: while a row of a writer is open, that writer does nothing (R10)."""

from sqlalchemy import Column, ForeignKey, Index, Table, text

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, RowNumber, Whole, metadata

# Remembered across restarts until a person clears it; nothing else ever closes one.
incidents = Table(
    "incidents",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("writer", Name, nullable=False),  # who found it: submitter · follower · reconciliation
    Column("code", Name, nullable=False),  # the error's code
    Column("subject", Name, nullable=False),  # what was found broken: a transaction, a key, a block
    Column("detail", Name, nullable=False),
    Column("raised_at", Whole, nullable=False),
    Column("cleared_at", Whole),
    Column("cleared_by", Name),
    # The same finding twice is one incident, however often a restarted writer stumbles over it.
    Index(
        "ux_incidents_open",
        "writer",
        "code",
        "subject",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)

# What each said of the block that an incident is about: its header, by who told it so.
incident_headers = Table(
    "incident_headers",
    metadata,
    Column("incident", RowNumber, ForeignKey(incidents.c.id), primary_key=True),
    Column("teller", Name, primary_key=True),
    Column("header", Digest, nullable=False),
    info=APPEND_ONLY,
)
