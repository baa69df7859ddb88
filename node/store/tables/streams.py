"""What is told to others: the feed, how far its sources are told, and who it is delivered to."""

from sqlalchemy import Column, ForeignKey, Index, Table

from node.store.tables.metadata import Digest, Name, RowNumber, Whole, metadata

# What happened, in one order. Positions have no gaps; the oldest rows leave when they are old enough.
feed = Table(
    "feed",
    metadata,
    Column("position", RowNumber, primary_key=True, autoincrement=False),
    Column("digest", Digest, nullable=False),  # 8 bytes over what it tells of: part of its id
    Column("type", Name, nullable=False),  # payment.settled, account.credited, …
    Column("asset", Whole),  # whose account it speaks of; None: of no single one
    Column("told_at", Whole, nullable=False),
    Column("body", Name, nullable=False),  # the JSON that everybody gets, never made again
)

# Up to which place each source of the feed has been told.
feed_sources = Table(
    "feed_sources",
    metadata,
    Column("name", Name, primary_key=True),
    Column("first", Whole, nullable=False),  # a height, a sequence, a nonce
    Column("second", Whole, nullable=False),  # the place in a block, where there is one
)

# A receiver of the feed: it has everything up to `position`. Ended ones stay, without secrets.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Name, primary_key=True),  # whk_…
    Column("url", Name, nullable=False),
    Column("types", Name, nullable=False),  # JSON list; empty: every type
    Column("assets", Name, nullable=False),  # JSON list of numbers; empty: every account
    Column("position", Whole, nullable=False),
    Column("attempts", Whole, nullable=False),  # in vain, of what comes next
    Column("due_at", Whole, nullable=False),  # when it is tried next
    Column("held_until", Whole, nullable=False),  # a keeper works on it until then
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("disabled_at", Whole),
    Column("disabled_because", Name),
    Column("removed_at", Whole),
)

# What signs for a receiver, sealed under a key that is not in the database.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("webhook_id", Name, ForeignKey(webhooks.c.id), primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("sealed", Digest, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("expires_at", Whole),  # until when it signs beside its successor
)

# Single events that a person wants sent again.
webhook_resends = Table(
    "webhook_resends",
    metadata,
    Column("webhook_id", Name, ForeignKey(webhooks.c.id), primary_key=True),
    Column("position", Whole, primary_key=True),
)

# Each attempt to deliver; the newest of each receiver are kept.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("webhook_id", Name, ForeignKey(webhooks.c.id), nullable=False),
    Column("position", Whole, nullable=False),
    Column("event_id", Name, nullable=False),
    Column("attempt", Whole, nullable=False),
    Column("at", Whole, nullable=False),
    Column("status", Whole),  # of the answer; None: there was none
    Column("error", Name),
    Column("milliseconds", Whole, nullable=False),
    Index("ix_webhook_deliveries_webhook", "webhook_id", "id"),
)
