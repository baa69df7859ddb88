"""Netting between nodes: gross payments, the calls for a cycle, and what was said and done about each."""

from sqlalchemy import Column, ForeignKey, Index, Table

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, Whole, metadata
from node.store.tables.outbound import outbox

# Payments that are to settle in a cycle: this bank's own, and those that others told it of.
gross_payments = Table(
    "gross_payments",
    metadata,
    Column("payer", Whole, primary_key=True, autoincrement=False),
    Column("id", Name, primary_key=True),  # gross_…, the payer's node's own
    Column("payee", Whole, nullable=False),
    Column("asset", Whole, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("commitment", Digest, nullable=False),
    Column("uetr", Name, nullable=False, unique=True),
    Column("end_to_end_id", Name, nullable=False),
    Column("value_date", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    # The payer's node only; a document stays with it.
    Column("document", Name),
    Column("salt", Digest),
    Column("created_by", Name),
    Column("entered_by", Name),
    Column("letter", Name),  # by which its payee was told, letters_sent.id
    Column("withdrawn_at", Whole),
    Index("ix_gross_payments_id", "id"),
)

# A call is one attempt at a cycle, made by the coordinator's node, known to all that it invites.
cycle_calls = Table(
    "cycle_calls",
    metadata,
    Column("id", Name, primary_key=True),  # cycle_…
    Column("coordinator", Whole, nullable=False),
    Column("asset", Whole, nullable=False),
    Column("content", Name, nullable=False),  # JSON: node.services.cycles.words.Call
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("digest", Digest, unique=True),  # of the cycle, once there is one
    Column("words", Digest),  # the cycle as it is hashed
    Column("summaries", Name),  # JSON: what each member said that its subtree comes to
    Column("ended_at", Whole),
    Column("outcome", Name),  # node.services.cycles.words.Outcome
    Index("ix_cycle_calls_ended", "ended_at"),
)

# Which payments a payer brings to a call, by its counters: its own lists, and those that others gave it.
cycle_lists = Table(
    "cycle_lists",
    metadata,
    Column("call", Name, ForeignKey(cycle_calls.c.id), primary_key=True),
    Column("payer", Whole, primary_key=True, autoincrement=False),
    Column("payee", Whole, primary_key=True, autoincrement=False),
    Column("letter", Name),  # by which the payee was told, letters_sent.id; None: this bank is the payee
    Column("count", Whole, nullable=False),
    Column("total", Whole, nullable=False),
    Column("digest", Digest, nullable=False),
    info=APPEND_ONLY,
)
cycle_entries = Table(
    "cycle_entries",
    metadata,
    Column("call", Name, ForeignKey(cycle_calls.c.id), primary_key=True),
    Column("payer", Whole, primary_key=True, autoincrement=False),
    Column("counter", Whole, primary_key=True, autoincrement=False),
    Column("payment", Name, nullable=False),  # gross_payments.id
    Index("ix_cycle_entries_payment", "payer", "payment"),
    info=APPEND_ONLY,
)

# What a participant said about a call, or this node did about it: once each.
cycle_notes = Table(
    "cycle_notes",
    metadata,
    Column("call", Name, ForeignKey(cycle_calls.c.id), primary_key=True),
    Column("participant", Whole, primary_key=True, autoincrement=False),
    Column("kind", Name, primary_key=True),  # node.services.cycles.words.Note
    Column("content", Name, nullable=False),  # JSON
    Column("at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# What this bank has consented to: to no other cycle with the same payments while this one may settle.
cycle_affirmations = Table(
    "cycle_affirmations",
    metadata,
    Column("call", Name, ForeignKey(cycle_calls.c.id), primary_key=True),
    Column("row", Whole, ForeignKey(outbox.c.id), nullable=False),
    Column("key", Digest, nullable=False),  # the approve key's address
    Column("deadline", Whole, nullable=False),
    Column("approver", Name, nullable=False),
    Column("approver_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)
