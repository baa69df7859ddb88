"""What the chain says, final blocks only: written by the follower alone, never edited or deleted.

The rows of `blocks`, `receipts`, `events` and `postings` are append-only by trigger (R5). The others are
the current picture that those rows add up to. All of them must equal a rebuild from genesis (R4).
"""

from sqlalchemy import Boolean, Column, Index, Table, text

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, Whole, metadata

# One row: which chain and which contracts this mirror is of. Another genesis is refused.
deployment = Table(
    "deployment",
    metadata,
    Column("chain_id", Whole, primary_key=True, autoincrement=False),
    Column("genesis_hash", Digest, nullable=False),
    Column("contracts", Name, nullable=False),  # canonical JSON: name → address
)

blocks = Table(
    "blocks",
    metadata,
    Column("height", Whole, primary_key=True, autoincrement=False),
    Column("hash", Digest, nullable=False),
    Column("parent_hash", Digest, nullable=False),
    Column("timestamp", Whole, nullable=False, index=True),
    info=APPEND_ONLY,
)

# What proves the blocks and what is in them. At most one per block, so evidence needs no chain node.
proofs = Table(
    "proofs",
    metadata,
    Column("height", Whole, primary_key=True, autoincrement=False),
    Column("header", Digest, nullable=False),
    # All of the block's, each an RLP list of byte strings, where they were checked; transactions only where
    # something is ours, receipts also where nothing is: that nothing is, they prove.
    Column("transactions", Digest),
    Column("receipts", Digest),
    info=APPEND_ONLY,
)

# Where a contract keeps the validators: who seals from this block on. Told by RPC nodes; like the seals not
# among what must equal a rebuild.
validator_sets = Table(
    "validator_sets",
    metadata,
    Column("height", Whole, primary_key=True, autoincrement=False),
    Column("validators", Digest, nullable=False),  # addresses in ascending order, one after the other
    info=APPEND_ONLY,
)

# How much of a block was checked, from this one on. What this node did, so no part of what a rebuild equals.
verification_levels = Table(
    "verification_levels",
    metadata,
    Column("height", Whole, primary_key=True, autoincrement=False),
    Column("level", Name, nullable=False),  # node.mirror.levels.Level
    info=APPEND_ONLY,
)

# Transactions that touched our contracts, or were sent by a registered key.
receipts = Table(
    "receipts",
    metadata,
    Column("height", Whole, primary_key=True),
    Column("transaction_index", Whole, primary_key=True),
    Column("hash", Digest, nullable=False, unique=True),
    Column("sender", Digest, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("gas_used", Whole, nullable=False),
    info=APPEND_ONLY,
)

# How an instruction ends whose sequence the chain has accepted.
ENDING = "name IN ('Paid', 'Issued', 'RedemptionRequested', 'Settled', 'Cancelled', 'Expired')"

# Contracts of few events among payments: found without walking past those when a query says this too.
RARE = "contract IN ('Netting', 'Participants')"

# Every log of our contracts. `initiator` and `sequence` where it speaks of an instruction.
events = Table(
    "events",
    metadata,
    Column("height", Whole, primary_key=True),
    Column("log_index", Whole, primary_key=True),
    Column("transaction_index", Whole, nullable=False),
    Column("contract", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("initiator", Whole),
    Column("sequence", Whole),
    Column("topics", Digest, nullable=False),  # 32 bytes each, one after the other
    Column("data", Digest, nullable=False),
    Index("ix_events_instruction", "initiator", "sequence", sqlite_where=text("initiator IS NOT NULL")),
    Index(
        "ix_events_rare",
        "contract",
        "name",
        "height",
        sqlite_where=text(RARE),
        postgresql_where=text(RARE),
    ),
    # Few among many: above which total of a day a participant's single key is not enough.
    Index(
        "ix_events_thresholds",
        "topics",
        sqlite_where=text("name = 'ThresholdSet'"),
        postgresql_where=text("name = 'ThresholdSet'"),
    ),
    # Few among many: when a money's business days were closed.
    Index(
        "ix_events_days",
        "height",
        sqlite_where=text("name = 'DayClosed'"),
        postgresql_where=text("name = 'DayClosed'"),
    ),
    # R1 once more, in the mirror: a sequence ends at most once.
    Index(
        "ux_events_ended",
        "initiator",
        "sequence",
        unique=True,
        sqlite_where=text(ENDING),
        postgresql_where=text(ENDING),
    ),
    info=APPEND_ONLY,
)

# Double entry: per event and asset the amounts sum to 0; `balance` is the bucket's after this posting.
postings = Table(
    "postings",
    metadata,
    Column("height", Whole, primary_key=True),
    Column("log_index", Whole, primary_key=True),
    Column("line", Whole, primary_key=True),
    Column("asset", Whole, nullable=False),
    Column("participant", Whole, nullable=False),
    Column("bucket", Name, nullable=False),  # settlement.posting.Bucket
    Column("counterparty", Whole, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("balance", Whole, nullable=False),
    Index("ix_postings_account", "asset", "participant", "bucket", "height", "log_index", "line"),
    info=APPEND_ONLY,
)

balances = Table(
    "balances",
    metadata,
    Column("asset", Whole, primary_key=True),
    Column("participant", Whole, primary_key=True),
    Column("bucket", Name, primary_key=True),
    Column("balance", Whole, nullable=False),
)

participants = Table(
    "participants",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("kind", Whole, nullable=False),
    Column("bic", Name, nullable=False),
    Column("lei", Name),  # None for a corporate
    Column("sponsor", Whole, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("outgoing_stopped", Boolean, nullable=False),
    # A recovery by the quorum that nobody has ended: from when and until when it can be completed.
    Column("recovery_ready_at", Whole),
    Column("recovery_lapses_at", Whole),
    # Where it takes documents, and for which key they are encrypted; None: for none.
    Column("endpoint", Name),
    Column("encryption_key", Digest),
)

member_ids = Table(
    "member_ids",
    metadata,
    Column("system", Name, primary_key=True),
    Column("member", Name, primary_key=True),
    Column("participant", Whole, nullable=False),
)

# Keys as registered; who was authorised at a height is told by the events.
keys = Table(
    "keys",
    metadata,
    Column("participant", Whole, primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("address", Digest, nullable=False, unique=True),
    Column("role", Whole, nullable=False),
    Column("valid_from", Whole, nullable=False),
    Column("valid_until", Whole, nullable=False),
    Column("revoked", Boolean, nullable=False),
)

assets = Table(
    "assets",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("currency", Whole, nullable=False),  # ISO 4217 number
    Column("kind", Whole, nullable=False),
    Column("issuer", Whole, nullable=False),
    Column("day_rule", Whole, nullable=False),
    Column("business_day", Whole, nullable=False),
)

# Cycles as they were proposed: what settles one names it only.
cycles = Table(
    "cycles",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("asset", Whole, nullable=False),
    Column("positions", Digest, nullable=False),  # 32 bytes each, one after the other
)

# What waits in the queue now, each by the event that queued it; what it says stands in its events.
queued = Table(
    "queued",
    metadata,
    Column("initiator", Whole, primary_key=True, autoincrement=False),
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("height", Whole, nullable=False),
    Column("log_index", Whole, nullable=False),
    Index("ix_queued_order", "height", "log_index"),
)

# Who is a party to each trade that was ever proposed: what it says stands in its events.
trade_parties = Table(
    "trade_parties",
    metadata,
    Column("participant", Whole, primary_key=True, autoincrement=False),
    Column("initiator", Whole, primary_key=True, autoincrement=False),
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("digest", Digest, nullable=False),
    Column("height", Whole, nullable=False),
    Column("log_index", Whole, nullable=False),
    Index("ix_trade_parties_order", "participant", "height", "log_index"),
    Index("ix_trade_parties_digest", "digest"),
    info=APPEND_ONLY,
)

accounts = Table(
    "accounts",
    metadata,
    Column("asset", Whole, primary_key=True),
    Column("participant", Whole, primary_key=True),
    Column("frozen", Boolean, nullable=False),
    Column("reserve", Whole, nullable=False),
    Column("credit", Whole, nullable=False),
    Column("limit_instruction", Whole, nullable=False),
    Column("limit_day", Whole, nullable=False),
)
