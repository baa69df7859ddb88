"""Trades: what this bank proposed and expects, and what it asked for and consented to about each."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, RowNumber, Whole, metadata
from node.store.tables.outbound import outbox

# What this bank proposed. What others propose stands in the mirror.
trades = Table(
    "trades",
    metadata,
    Column("digest", Digest, primary_key=True),  # settlement.instruction.instruction_digest
    Column("initiator", Whole, nullable=False),
    Column("sequence", Whole, nullable=False),
    Column("head", Digest, nullable=False),
    Column("commitment", Digest, nullable=False),
    Column("legs", Digest, nullable=False),  # 32 bytes each
    Column("document", Name, nullable=False),
    Column("salt", Digest, nullable=False),
    Column("uetr", Name, nullable=False, unique=True),
    Column("reference", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Index("ix_trades_created", "created_at"),
    info=APPEND_ONLY,
)

# What this bank asked of the chain about a trade, each by a row of the outbox.
trade_acts = Table(
    "trade_acts",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("digest", Digest, nullable=False),
    Column("act", Name, nullable=False),  # node.services.trades.acts.Act
    Column("row", RowNumber, ForeignKey(outbox.c.id), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("need", Name),  # why a second person had to consent: settlement.approval.Need
    Column("reason", Name),
    Column("entered_by", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Index("ix_trade_acts_digest", "digest"),
    info=APPEND_ONLY,
)

# What that second person said.
trade_answers = Table(
    "trade_answers",
    metadata,
    Column("act", RowNumber, ForeignKey(trade_acts.c.id), primary_key=True, autoincrement=False),
    Column("verdict", Name, nullable=False),  # approved or rejected
    Column("subject", Digest),  # what was approved: settlement.trade.approval_subject
    Column("key", Digest),  # the approve key's 20-byte address
    Column("deadline", Whole),  # the last UTC second at which it counts
    Column("reason", Name),
    Column("approver", Name, nullable=False),
    Column("approver_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# A trade that this bank expects another to propose.
trade_expectations = Table(
    "trade_expectations",
    metadata,
    Column("id", Name, primary_key=True),  # exp_…
    Column("initiator", Whole, nullable=False),  # who is to propose it
    Column("legs", Digest, nullable=False),
    Column("tolerance_basis_points", Whole, nullable=False),
    Column("reference", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    Index("ix_trade_expectations_initiator", "initiator", "id"),
    info=APPEND_ONLY,
)
