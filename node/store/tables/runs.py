"""Runs of queue resolution by this node, and what each proposed; what settled is read off the mirror."""

from sqlalchemy import Column, ForeignKey, Index, Table

from node.store.tables.metadata import APPEND_ONLY, Name, Whole, metadata
from node.store.tables.outbound import outbox

queue_runs = Table(
    "queue_runs",
    metadata,
    Column("id", Name, primary_key=True),  # run_…
    Column("asset", Whole, nullable=False),
    Column("trigger", Name, nullable=False),  # node.services.queue.runs.Trigger
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("height", Whole, nullable=False),  # of the mirror that it looked at
    Column("waiting", Whole, nullable=False),  # how many waited
    Column("barred", Whole, nullable=False),  # how many of them could not settle whatever money there was
    Column("queued_value", Whole, nullable=False),
    Column("bound", Whole, nullable=False),  # no set of them settles more value
    Column("method", Name, nullable=False),
    Column("left", Name, nullable=False),  # JSON: what it left, and why
    Index("ix_queue_runs_asset", "asset", "id"),
    info=APPEND_ONLY,
)
# Each set that it proposed, or would have if the chain had let it through.
queue_proposals = Table(
    "queue_proposals",
    metadata,
    Column("run_id", Name, ForeignKey(queue_runs.c.id), primary_key=True),
    Column("position", Whole, primary_key=True, autoincrement=False),
    Column("fallback_of", Whole),  # the proposal of which it is a part, tried where that is refused
    Column("row", Whole, ForeignKey(outbox.c.id)),  # that brings it on chain; None: not sent
    Column("set_index", Whole),  # its place in the call
    Column("instructions", Name, nullable=False),  # JSON: their names
    Column("value", Whole, nullable=False),
    Column("refusal", Name),  # why it was not sent
    info=APPEND_ONLY,
)
