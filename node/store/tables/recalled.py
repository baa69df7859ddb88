"""Requests that payments be cancelled, as they came in; what became of them is read off the payments."""

from sqlalchemy import Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Name, Whole, metadata

recalls = Table(
    "recalls",
    metadata,
    Column("id", Name, primary_key=True),  # recall_…
    Column("message_id", Name, nullable=False, unique=True),
    Column("case_id", Name),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    info=APPEND_ONLY,
)
# Each payment as the request names it (settlement.iso20022.camt056.RecalledPayment).
recall_items = Table(
    "recall_items",
    metadata,
    Column("recall_id", Name, ForeignKey(recalls.c.id), primary_key=True),
    Column("position", Whole, primary_key=True),
    Column("payment_id", Name),  # of this node's, None: there is no such one
    Column("refusal", Name),  # why its cancellation was not asked for
    Column("detail", Name),
    Column("cancellation_id", Name),
    Column("message_id", Name),
    Column("message_name", Name),
    Column("instruction_id", Name),
    Column("end_to_end_id", Name),
    Column("transaction_id", Name),
    Column("uetr", Name),
    Column("currency", Name),
    Column("amount", Whole),
    Column("reason", Name),
    info=APPEND_ONLY,
)
