"""What came in: instructions and files, who may send them, what was answered, and the audit log."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, RowNumber, Whole, metadata

# A message file that was accepted whole, known by its sender's message id and its body's digest.
files = Table(
    "files",
    metadata,
    Column("id", Name, primary_key=True),  # file_…
    Column("sender", Name, nullable=False),  # the participant's BIC, as resolved
    Column("message_id", Name, nullable=False),
    Column("message_name", Name, nullable=False),  # pacs.008.001.08, pacs.009.001.08, vostro.payments.csv.v1
    Column("body_digest", Digest, nullable=False),  # SHA-256
    Column("transactions", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    UniqueConstraint("sender", "message_id"),
)

# What this node accepted and answers for. Its state is derived, never stored. Never edited.
instructions = Table(
    "instructions",
    metadata,
    Column("id", Name, primary_key=True),  # pay_… · iss_… · red_…, sortable by time
    Column("kind", Name, nullable=False),  # settlement.instruction.InstructionKind
    Column("payer", Whole, nullable=False),  # the initiator: this node's participant
    Column("sequence", Whole, nullable=False),
    Column("asset", Whole, nullable=False),
    Column("payee", Whole, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("terms", Digest, nullable=False),  # all of the above as its word: what calldata and event must say
    Column("commitment", Digest, nullable=False),
    Column("salt", Digest, nullable=False),
    Column("document", Name, nullable=False),  # RFC 8785 canonical JSON
    Column("uetr", Name, nullable=False, unique=True),
    Column("content_digest", Digest, nullable=False),  # tells a repeated UETR with other content
    Column("end_to_end_id", Name, nullable=False),
    Column("value_date", Name, nullable=False),  # ISO 8601 date
    Column("deadline", Whole, nullable=False),  # the last UTC second at which it is signed, and may settle
    # Whether it goes on to the chain's queue when money is missing, and what it is called there: its head and
    # its digest as an instruction of one leg, None where it has no such form.
    Column("queue", Boolean, nullable=False),
    Column("head", Digest),
    Column("digest", Digest),
    Column("file_id", Name, ForeignKey(files.c.id)),
    Column("file_position", Whole),
    Column("created_at", Whole, nullable=False),
    Column("created_by", Name, nullable=False),
    UniqueConstraint("payer", "sequence"),
    Index("ix_instructions_file", "file_id", "file_position"),
    # What a policy asks: how much went to one payee within a day.
    Index("ix_instructions_payee", "payee", "asset", "created_at"),
    info=APPEND_ONLY,
)

# The last number given out of each series; its row lock makes those who take numbers wait for each other.
counters = Table(
    "counters",
    metadata,
    Column("name", Name, primary_key=True),  # "sequence" · "audit"
    Column("value", Whole, nullable=False),
)

# Who asked what under which key, and the whole answer: kept for ever.
idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("body_digest", Digest, nullable=False),
    Column("status", Whole, nullable=False),
    Column("answer", Name, nullable=False),  # the JSON body of the first answer
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# Tokens by which somebody comes in without an account; only the hash is kept.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Name, primary_key=True),  # tok_…
    Column("name", Name, nullable=False),
    Column("role", Name, nullable=False),  # node.services.actors.Role
    Column("digest", Digest, nullable=False, unique=True),
    Column("created_at", Whole, nullable=False),
    Column("expires_at", Whole, nullable=False),
    Column("revoked_at", Whole),
)

# Append-only and hash-chained: digest = SHA-256(previous digest ‖ canonical JSON of the row).
audit = Table(
    "audit",
    metadata,
    Column("position", RowNumber, primary_key=True, autoincrement=False),
    Column("at", Whole, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("detail", Name, nullable=False),  # canonical JSON, no personal data
    Column("previous", Digest, nullable=False),
    Column("digest", Digest, nullable=False, unique=True),
    info=APPEND_ONLY,
)
