"""What rules found that a person should look at, and what people did about it. Never edited."""

from sqlalchemy import Column, ForeignKey, Index, Table

from node.store.tables.metadata import APPEND_ONLY, Name, RowNumber, Whole, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=False),
    Column("rule", Name, nullable=False),
    Column("subject", Name, nullable=False),  # the same finding again is the same alert while it is open
    Column("asset", Whole),
    Column("participant", Whole),
    Column("explanation", Name, nullable=False),
    Column("data", Name, nullable=False),  # JSON: what the rule looked at
    Column("raised_at", Whole, nullable=False),
    Index("ix_alerts_subject", "rule", "subject"),
    info=APPEND_ONLY,
)

# Who acknowledged an alert and why, and what the node asked of the chain because of it.
alert_steps = Table(
    "alert_steps",
    metadata,
    Column("alert_id", RowNumber, ForeignKey(alerts.c.id), primary_key=True),
    Column("step", Name, primary_key=True),  # acknowledged · stop_asked
    Column("at", Whole, nullable=False),
    Column("by", Name, nullable=False),
    Column("note", Name, nullable=False),
    Column("actor", Name, nullable=False),
    info=APPEND_ONLY,
)

# Up to which place the payments on chain have been looked at; one row.
alert_progress = Table(
    "alert_progress",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("height", Whole, nullable=False),
    Column("log_index", Whole, nullable=False),
)
