"""What goes out: the outbox, the transactions that carry it, and the lease of who may sign them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint, text

from node.store.tables.metadata import Digest, Name, RowNumber, Whole, metadata

# One signed transaction. Committed before the signature leaves; the bytes are what every retry sends (R6).
transactions = Table(
    "transactions",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("key", Digest, nullable=False),  # 20-byte address
    Column("chain_id", Whole, nullable=False),
    Column("nonce", Whole, nullable=False),
    Column("hash", Digest, nullable=False, unique=True),
    Column("raw", Digest, nullable=False),
    Column("payload_digest", Digest, nullable=False),  # keccak of target and calldata
    Column("fence", Whole, nullable=False),
    Column("signed_at", Whole, nullable=False),
    Column("gas_price", Whole, nullable=False),  # wei offered for a unit of gas
    Column("priority_fee", Whole),  # wei of it offered as a tip; None in a legacy transaction
    # When a person asked that its nonce be used for nothing instead.
    Column("cancel_asked_at", Whole),
    # When the submitter had seen its end in the mirror and put what follows from it into the outbox.
    Column("concluded_at", Whole),
    # Its nonce went to its cancellation, or to a transaction that is not ours and a person has seen it: it
    # can never be mined.
    Column("abandoned", Boolean, nullable=False, default=False),
    Column("error", Name),  # why it reverted, as the contract said when asked again
    UniqueConstraint("key", "chain_id", "nonce"),
    Index(
        "ix_transactions_unconcluded",
        "key",
        "nonce",
        sqlite_where=text("concluded_at IS NULL"),
        postgresql_where=text("concluded_at IS NULL"),
    ),
)

# What else was signed for the nonce of a transaction: its payload at a higher price, or a call of nothing
# that cancels it. Explicit, each in the audit log; committed before it leaves, like the first (R6).
replacements = Table(
    "replacements",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("transaction_id", RowNumber, ForeignKey(transactions.c.id), nullable=False, index=True),
    Column("hash", Digest, nullable=False, unique=True),
    Column("raw", Digest, nullable=False),
    Column("cancels", Boolean, nullable=False),
    Column("gas_price", Whole, nullable=False),
    Column("priority_fee", Whole),
    Column("fence", Whole, nullable=False),
    Column("signed_at", Whole, nullable=False),
)

# What a transaction may take up now.
WAITING = "transaction_id IS NULL AND refused_at IS NULL AND NOT held"

# One thing to bring on chain. A row is assigned to a transaction once; a further attempt is a further row.
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("action", Name, nullable=False),  # node.outbox.actions.Action
    Column("instruction_id", Name, ForeignKey("instructions.id"), index=True),
    Column("contract", Name, nullable=False),  # Payments, Ledger, …
    Column("calldata", Digest),  # only of a `call`: an administrative transaction as it is
    Column(
        "role", Whole, nullable=False
    ),  # the role of the key that must sign: settlement.participant.KeyRole
    Column("signer", Digest),  # the address of the key that must sign, where it matters which one
    Column("transaction_id", RowNumber, ForeignKey(transactions.c.id), index=True),
    Column("created_at", Whole, nullable=False),
    Column("refused_at", Whole),  # when the signer refused it for good: no transaction ever carries it
    Column("refusal", Name),  # and by which error; the audit log has the details
    Column("held", Boolean, nullable=False, default=False),  # until a second person has answered
    Index(
        "ix_outbox_waiting",
        "role",
        "id",
        sqlite_where=text(WAITING),
        postgresql_where=text(WAITING),
    ),
    Index("ix_outbox_held", "instruction_id", sqlite_where=text("held"), postgresql_where=text("held")),
    # What went to the queue, few among many: looked through for what has expired there.
    Index(
        "ix_outbox_submitted",
        "instruction_id",
        sqlite_where=text("action = 'submit'"),
        postgresql_where=text("action = 'submit'"),
    ),
)

# One writer per key: the holder's fence must be the one in the row when it takes a nonce.
leases = Table(
    "leases",
    metadata,
    Column("key", Digest, primary_key=True),
    Column("holder", Name, nullable=False),
    Column("fence", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
)
