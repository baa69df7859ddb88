"""The tables as they were first: what came in, what goes out, what the chain says."""

import sqlalchemy as sa
from alembic import op

from node.store.migrations.reporting import view_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger()
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DIGEST = sa.LargeBinary()

ENDING = "name IN ('Paid', 'Issued', 'RedemptionRequested', 'Settled', 'Cancelled', 'Expired')"
RARE = "contract IN ('Netting', 'Participants')"
APPEND_ONLY = (
    "alert_steps",
    "alerts",
    "approvals",
    "audit",
    "blocks",
    "break_steps",
    "breaks",
    "events",
    "idempotency",
    "incident_headers",
    "instructions",
    "postings",
    "proofs",
    "receipts",
    "reconciliations",
    "validator_sets",
    "verification_levels",
    "rejections",
    "reviews",
    "policy_rules",
    "policy_verdicts",
    "screening_lists",
    "screening_changes",
    "upload_refusals",
    "recalls",
    "recall_items",
    "queue_runs",
    "queue_proposals",
    "returns",
    "trade_parties",
    "trades",
    "trade_acts",
    "trade_answers",
    "trade_expectations",
    "letters_received",
    "cycle_lists",
    "cycle_entries",
    "cycle_notes",
    "cycle_affirmations",
)
WAITING = "transaction_id IS NULL AND refused_at IS NULL AND NOT held"
REFUSAL = "rows of this table are never edited or deleted"


def upgrade() -> None:
    create_tables()
    create_access_tables()
    create_streams()
    create_alerts()
    create_policies()
    create_uploads()
    create_recalls()
    create_queue_runs()
    create_returns()
    create_trades()
    create_letters()
    create_netting()
    if op.get_bind().dialect.name == "postgresql":
        forbid_changes_on_postgresql()
    else:
        forbid_changes_on_sqlite()
    for statement in view_statements(op.get_bind().dialect.name).values():
        op.execute(statement)


def forbid_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{REFUSAL}: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def forbid_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table}'); END"
            )


def create_tables() -> None:
    op.create_table(
        "accounts",
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("participant", WHOLE, nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("reserve", WHOLE, nullable=False),
        sa.Column("credit", WHOLE, nullable=False),
        sa.Column("limit_instruction", WHOLE, nullable=False),
        sa.Column("limit_day", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("asset", "participant", name=op.f("pk_accounts")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.Column("revoked_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_table(
        "assets",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", WHOLE, nullable=False),
        sa.Column("kind", WHOLE, nullable=False),
        sa.Column("issuer", WHOLE, nullable=False),
        sa.Column("day_rule", WHOLE, nullable=False),
        sa.Column("business_day", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    op.create_table(
        "audit",
        sa.Column("position", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("action", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("detail", NAME, nullable=False),
        sa.Column("previous", DIGEST, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_digest")),
        info={"append_only": True},
    )
    op.create_table(
        "balances",
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("participant", WHOLE, nullable=False),
        sa.Column("bucket", NAME, nullable=False),
        sa.Column("balance", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("asset", "participant", "bucket", name=op.f("pk_balances")),
    )
    op.create_table(
        "blocks",
        sa.Column("height", WHOLE, autoincrement=False, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("parent_hash", DIGEST, nullable=False),
        sa.Column("timestamp", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_blocks")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_blocks_timestamp"), "blocks", ["timestamp"], unique=False)
    op.create_table(
        "breaks",
        sa.Column("id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("field", NAME, nullable=False),
        sa.Column("expected", NAME, nullable=False),
        sa.Column("found", NAME, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaks")),
        info={"append_only": True},
    )
    op.create_table(
        "break_steps",
        sa.Column("break_id", ROW_NUMBER, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("step", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("reason", NAME, nullable=True),
        sa.Column("actor", NAME, nullable=False),
        sa.ForeignKeyConstraint(["break_id"], ["breaks.id"], name=op.f("fk_break_steps_break_id")),
        sa.PrimaryKeyConstraint("break_id", "number", name=op.f("pk_break_steps")),
        info={"append_only": True},
    )
    op.create_table(
        "counters",
        sa.Column("name", NAME, nullable=False),
        sa.Column("value", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "cycles",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("positions", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_cycles")),
    )
    op.create_table(
        "deployment",
        sa.Column("chain_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("genesis_hash", DIGEST, nullable=False),
        sa.Column("contracts", NAME, nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "events",
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.Column("transaction_index", WHOLE, nullable=False),
        sa.Column("contract", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("initiator", WHOLE, nullable=True),
        sa.Column("sequence", WHOLE, nullable=True),
        sa.Column("topics", DIGEST, nullable=False),
        sa.Column("data", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("height", "log_index", name=op.f("pk_events")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_events_days",
        "events",
        ["height"],
        unique=False,
        sqlite_where=sa.text("name = 'DayClosed'"),
        postgresql_where=sa.text("name = 'DayClosed'"),
    )
    op.create_index(
        "ix_events_instruction",
        "events",
        ["initiator", "sequence"],
        unique=False,
        sqlite_where=sa.text("initiator IS NOT NULL"),
    )
    op.create_index(
        "ix_events_rare",
        "events",
        ["contract", "name", "height"],
        unique=False,
        sqlite_where=sa.text(RARE),
        postgresql_where=sa.text(RARE),
    )
    op.create_index(
        "ix_events_thresholds",
        "events",
        ["topics"],
        unique=False,
        sqlite_where=sa.text("name = 'ThresholdSet'"),
        postgresql_where=sa.text("name = 'ThresholdSet'"),
    )
    op.create_index(
        "ux_events_ended",
        "events",
        ["initiator", "sequence"],
        unique=True,
        sqlite_where=sa.text(ENDING),
        postgresql_where=sa.text(ENDING),
    )
    op.create_table(
        "files",
        sa.Column("id", NAME, nullable=False),
        sa.Column("sender", NAME, nullable=False),
        sa.Column("message_id", NAME, nullable=False),
        sa.Column("message_name", NAME, nullable=False),
        sa.Column("body_digest", DIGEST, nullable=False),
        sa.Column("transactions", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("sender", "message_id", name=op.f("uq_files_sender_message_id")),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("body_digest", DIGEST, nullable=False),
        sa.Column("status", WHOLE, nullable=False),
        sa.Column("answer", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency")),
        info={"append_only": True},
    )
    op.create_table(
        "incidents",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("writer", NAME, nullable=False),
        sa.Column("code", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("detail", NAME, nullable=False),
        sa.Column("raised_at", WHOLE, nullable=False),
        sa.Column("cleared_at", WHOLE, nullable=True),
        sa.Column("cleared_by", NAME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "ux_incidents_open",
        "incidents",
        ["writer", "code", "subject"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "validator_sets",
        sa.Column("height", WHOLE, autoincrement=False, nullable=False),
        sa.Column("validators", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_validator_sets")),
    )
    op.create_table(
        "verification_levels",
        sa.Column("height", WHOLE, autoincrement=False, nullable=False),
        sa.Column("level", NAME, nullable=False),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_verification_levels")),
    )
    op.create_table(
        "incident_headers",
        sa.Column("incident", ROW_NUMBER, nullable=False),
        sa.Column("teller", NAME, nullable=False),
        sa.Column("header", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name=op.f("fk_incident_headers_incident")),
        sa.PrimaryKeyConstraint("incident", "teller", name=op.f("pk_incident_headers")),
    )
    op.create_table(
        "keys",
        sa.Column("participant", WHOLE, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("address", DIGEST, nullable=False),
        sa.Column("role", WHOLE, nullable=False),
        sa.Column("valid_from", WHOLE, nullable=False),
        sa.Column("valid_until", WHOLE, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("participant", "number", name=op.f("pk_keys")),
        sa.UniqueConstraint("address", name=op.f("uq_keys_address")),
    )
    op.create_table(
        "leases",
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("holder", NAME, nullable=False),
        sa.Column("fence", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_leases")),
    )
    op.create_table(
        "member_ids",
        sa.Column("system", NAME, nullable=False),
        sa.Column("member", NAME, nullable=False),
        sa.Column("participant", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("system", "member", name=op.f("pk_member_ids")),
    )
    op.create_table(
        "participants",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", WHOLE, nullable=False),
        sa.Column("bic", NAME, nullable=False),
        sa.Column("lei", NAME, nullable=True),
        sa.Column("sponsor", WHOLE, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("outgoing_stopped", sa.Boolean(), nullable=False),
        sa.Column("recovery_ready_at", WHOLE, nullable=True),
        sa.Column("recovery_lapses_at", WHOLE, nullable=True),
        sa.Column("endpoint", NAME, nullable=True),
        sa.Column("encryption_key", DIGEST, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
    )
    op.create_table(
        "postings",
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.Column("line", WHOLE, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("participant", WHOLE, nullable=False),
        sa.Column("bucket", NAME, nullable=False),
        sa.Column("counterparty", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("balance", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("height", "log_index", "line", name=op.f("pk_postings")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_postings_account",
        "postings",
        ["asset", "participant", "bucket", "height", "log_index", "line"],
        unique=False,
    )
    op.create_table(
        "proofs",
        sa.Column("height", WHOLE, autoincrement=False, nullable=False),
        sa.Column("header", DIGEST, nullable=False),
        sa.Column("transactions", DIGEST, nullable=True),
        sa.Column("receipts", DIGEST, nullable=True),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_proofs")),
        info={"append_only": True},
    )
    op.create_table(
        "queued",
        sa.Column("initiator", WHOLE, autoincrement=False, nullable=False),
        sa.Column("sequence", WHOLE, autoincrement=False, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("initiator", "sequence", name=op.f("pk_queued")),
    )
    op.create_index("ix_queued_order", "queued", ["height", "log_index"])
    op.create_table(
        "receipts",
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("transaction_index", WHOLE, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("sender", DIGEST, nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("gas_used", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("height", "transaction_index", name=op.f("pk_receipts")),
        sa.UniqueConstraint("hash", name=op.f("uq_receipts_hash")),
        info={"append_only": True},
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("accounts", WHOLE, nullable=False),
        sa.Column("assets", WHOLE, nullable=False),
        sa.Column("settled", WHOLE, nullable=False),
        sa.Column("breaks", WHOLE, nullable=False),
        sa.Column("above", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
        info={"append_only": True},
    )
    op.create_table(
        "transactions",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("chain_id", WHOLE, nullable=False),
        sa.Column("nonce", WHOLE, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("raw", DIGEST, nullable=False),
        sa.Column("payload_digest", DIGEST, nullable=False),
        sa.Column("fence", WHOLE, nullable=False),
        sa.Column("signed_at", WHOLE, nullable=False),
        sa.Column("gas_price", WHOLE, nullable=False),
        sa.Column("priority_fee", WHOLE, nullable=True),
        sa.Column("cancel_asked_at", WHOLE, nullable=True),
        sa.Column("concluded_at", WHOLE, nullable=True),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("error", NAME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("hash", name=op.f("uq_transactions_hash")),
        sa.UniqueConstraint("key", "chain_id", "nonce", name=op.f("uq_transactions_key_chain_id_nonce")),
    )
    op.create_index(
        "ix_transactions_unconcluded",
        "transactions",
        ["key", "nonce"],
        unique=False,
        sqlite_where=sa.text("concluded_at IS NULL"),
        postgresql_where=sa.text("concluded_at IS NULL"),
    )
    op.create_table(
        "instructions",
        sa.Column("id", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("payer", WHOLE, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("payee", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("terms", DIGEST, nullable=False),
        sa.Column("commitment", DIGEST, nullable=False),
        sa.Column("salt", DIGEST, nullable=False),
        sa.Column("document", NAME, nullable=False),
        sa.Column("uetr", NAME, nullable=False),
        sa.Column("content_digest", DIGEST, nullable=False),
        sa.Column("end_to_end_id", NAME, nullable=False),
        sa.Column("value_date", NAME, nullable=False),
        sa.Column("deadline", WHOLE, nullable=False),
        sa.Column("queue", sa.Boolean(), nullable=False),
        sa.Column("head", DIGEST, nullable=True),
        sa.Column("digest", DIGEST, nullable=True),
        sa.Column("file_id", NAME, nullable=True),
        sa.Column("file_position", WHOLE, nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_instructions_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructions")),
        sa.UniqueConstraint("payer", "sequence", name=op.f("uq_instructions_payer_sequence")),
        sa.UniqueConstraint("uetr", name=op.f("uq_instructions_uetr")),
        info={"append_only": True},
    )
    op.create_index("ix_instructions_file", "instructions", ["file_id", "file_position"], unique=False)
    op.create_index("ix_instructions_payee", "instructions", ["payee", "asset", "created_at"], unique=False)
    op.create_table(
        "replacements",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("transaction_id", ROW_NUMBER, nullable=False),
        sa.Column("hash", DIGEST, nullable=False),
        sa.Column("raw", DIGEST, nullable=False),
        sa.Column("cancels", sa.Boolean(), nullable=False),
        sa.Column("gas_price", WHOLE, nullable=False),
        sa.Column("priority_fee", WHOLE, nullable=True),
        sa.Column("fence", WHOLE, nullable=False),
        sa.Column("signed_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["transactions.id"], name=op.f("fk_replacements_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replacements")),
        sa.UniqueConstraint("hash", name=op.f("uq_replacements_hash")),
    )
    op.create_index(op.f("ix_replacements_transaction_id"), "replacements", ["transaction_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("action", NAME, nullable=False),
        sa.Column("instruction_id", NAME, nullable=True),
        sa.Column("contract", NAME, nullable=False),
        sa.Column("calldata", DIGEST, nullable=True),
        sa.Column("role", WHOLE, nullable=False),
        sa.Column("signer", DIGEST, nullable=True),
        sa.Column("transaction_id", ROW_NUMBER, nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("refused_at", WHOLE, nullable=True),
        sa.Column("refusal", NAME, nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instructions.id"], name=op.f("fk_outbox_instruction_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["transactions.id"], name=op.f("fk_outbox_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_instruction_id"), "outbox", ["instruction_id"], unique=False)
    op.create_index(op.f("ix_outbox_transaction_id"), "outbox", ["transaction_id"], unique=False)
    op.create_index(
        "ix_outbox_submitted",
        "outbox",
        ["instruction_id"],
        unique=False,
        sqlite_where=sa.text("action = 'submit'"),
        postgresql_where=sa.text("action = 'submit'"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["role", "id"],
        unique=False,
        sqlite_where=sa.text(WAITING),
        postgresql_where=sa.text(WAITING),
    )
    op.create_index(
        "ix_outbox_held",
        "outbox",
        ["instruction_id"],
        unique=False,
        sqlite_where=sa.text("held"),
        postgresql_where=sa.text("held"),
    )
    create_approval_tables()


def create_approval_tables() -> None:
    op.create_table(
        "approvals",
        sa.Column("instruction_id", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("deadline", WHOLE, nullable=False),
        sa.Column("signature", DIGEST, nullable=False),
        sa.Column("queue_signature", DIGEST, nullable=True),
        sa.Column("reason", NAME, nullable=True),
        sa.Column("approver", NAME, nullable=False),
        sa.Column("approver_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instructions.id"], name=op.f("fk_approvals_instruction_id")
        ),
        sa.PrimaryKeyConstraint("instruction_id", name=op.f("pk_approvals")),
        info={"append_only": True},
    )
    op.create_table(
        "rejections",
        sa.Column("instruction_id", NAME, nullable=False),
        sa.Column("reason", NAME, nullable=False),
        sa.Column("approver", NAME, nullable=False),
        sa.Column("approver_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instructions.id"], name=op.f("fk_rejections_instruction_id")
        ),
        sa.PrimaryKeyConstraint("instruction_id", name=op.f("pk_rejections")),
        info={"append_only": True},
    )
    op.create_table(
        "reviews",
        sa.Column("instruction_id", NAME, nullable=False),
        sa.Column("need", NAME, nullable=False),
        sa.Column("entered_by", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instructions.id"], name=op.f("fk_reviews_instruction_id")
        ),
        sa.PrimaryKeyConstraint("instruction_id", name=op.f("pk_reviews")),
        info={"append_only": True},
    )


def create_access_tables() -> None:
    op.create_table(
        "users",
        sa.Column("id", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("roles", NAME, nullable=False),
        sa.Column("password", NAME, nullable=False),
        sa.Column("password_made_at", WHOLE, nullable=False),
        sa.Column("temporary", sa.Boolean(), nullable=False),
        sa.Column("second_factor", DIGEST, nullable=True),
        sa.Column("code_step", WHOLE, nullable=False),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("locked_until", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("disabled_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("user_id", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("seen_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("roles", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=True),
        sa.Column("method", NAME, nullable=False),
        sa.Column("public_key", NAME, nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("disabled_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("digest", name=op.f("uq_clients_digest")),
    )
    op.create_table(
        "assertions",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("client_id", NAME, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_assertions_client_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_assertions")),
    )
    op.create_index(op.f("ix_assertions_client_id"), "assertions", ["client_id"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("hour", WHOLE, autoincrement=False, nullable=False),
        sa.Column("code", NAME, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("method", NAME, nullable=False),
        sa.Column("route", NAME, nullable=False),
        sa.Column("address", NAME, nullable=False),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("last_at", WHOLE, nullable=False),
        sa.Column("last_request", NAME, nullable=False),
        sa.PrimaryKeyConstraint(
            "hour", "code", "actor", "method", "route", "address", name=op.f("pk_refusals")
        ),
    )


def create_streams() -> None:
    op.create_table(
        "feed",
        sa.Column("position", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("asset", WHOLE, nullable=True),
        sa.Column("told_at", WHOLE, nullable=False),
        sa.Column("body", NAME, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
    )
    op.create_table(
        "feed_sources",
        sa.Column("name", NAME, nullable=False),
        sa.Column("first", WHOLE, nullable=False),
        sa.Column("second", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feed_sources")),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", NAME, nullable=False),
        sa.Column("url", NAME, nullable=False),
        sa.Column("types", NAME, nullable=False),
        sa.Column("assets", NAME, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("due_at", WHOLE, nullable=False),
        sa.Column("held_until", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("disabled_at", WHOLE, nullable=True),
        sa.Column("disabled_because", NAME, nullable=True),
        sa.Column("removed_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook_id", NAME, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("sealed", DIGEST, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("expires_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_secrets_webhook_id")),
        sa.PrimaryKeyConstraint("webhook_id", "number", name=op.f("pk_webhook_secrets")),
    )
    op.create_table(
        "webhook_resends",
        sa.Column("webhook_id", NAME, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_resends_webhook_id")),
        sa.PrimaryKeyConstraint("webhook_id", "position", name=op.f("pk_webhook_resends")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("webhook_id", NAME, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("attempt", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("status", WHOLE, nullable=True),
        sa.Column("error", NAME, nullable=True),
        sa.Column("milliseconds", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "id"], unique=False)


def create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("rule", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("asset", WHOLE, nullable=True),
        sa.Column("participant", WHOLE, nullable=True),
        sa.Column("explanation", NAME, nullable=False),
        sa.Column("data", NAME, nullable=False),
        sa.Column("raised_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        info={"append_only": True},
    )
    op.create_index("ix_alerts_subject", "alerts", ["rule", "subject"], unique=False)
    op.create_table(
        "alert_steps",
        sa.Column("alert_id", ROW_NUMBER, nullable=False),
        sa.Column("step", NAME, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("note", NAME, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_steps_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "step", name=op.f("pk_alert_steps")),
        info={"append_only": True},
    )
    op.create_table(
        "alert_progress",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_progress")),
    )


def create_policies() -> None:
    op.create_table(
        "policy_rules",
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("condition", NAME, nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("reason", NAME, nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("author", NAME, nullable=False),
        sa.Column("author_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_policy_rules")),
        info={"append_only": True},
    )
    op.create_table(
        "policy_verdicts",
        sa.Column("instruction_id", NAME, nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("rule", NAME, nullable=True),
        sa.Column("version", WHOLE, nullable=True),
        sa.Column("why", NAME, nullable=False),
        sa.Column("facts", NAME, nullable=False),
        sa.Column("list_version", WHOLE, nullable=True),
        sa.Column("list_entry", NAME, nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"], ["instructions.id"], name=op.f("fk_policy_verdicts_instruction_id")
        ),
        sa.PrimaryKeyConstraint("instruction_id", name=op.f("pk_policy_verdicts")),
        info={"append_only": True},
    )
    op.create_table(
        "screening_lists",
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("names", WHOLE, nullable=False),
        sa.Column("added", WHOLE, nullable=False),
        sa.Column("removed", WHOLE, nullable=False),
        sa.Column("author", NAME, nullable=False),
        sa.Column("author_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_screening_lists")),
        info={"append_only": True},
    )
    op.create_table(
        "screening_changes",
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("position", WHOLE, autoincrement=False, nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("entry", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("programme", NAME, nullable=False),
        sa.Column("country", NAME, nullable=False),
        sa.ForeignKeyConstraint(
            ["version"], ["screening_lists.version"], name=op.f("fk_screening_changes_version")
        ),
        sa.PrimaryKeyConstraint("version", "position", name=op.f("pk_screening_changes")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_screening_changes_entry"), "screening_changes", ["entry"], unique=False)


def create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", NAME, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("entered_by", NAME, nullable=False),
        sa.Column("form", NAME, nullable=False),
        sa.Column("body_digest", DIGEST, nullable=False),
        sa.Column("bytes", WHOLE, nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("checked", WHOLE, nullable=False),
        sa.Column("taken", WHOLE, nullable=False),
        sa.Column("transactions", WHOLE, nullable=True),
        sa.Column("repeats", NAME, nullable=True),
        sa.Column("faults", NAME, nullable=False),
        sa.Column("claimed_by", NAME, nullable=True),
        sa.Column("claimed_until", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("updated_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_state"), "uploads", ["state"], unique=False)
    op.create_table(
        "upload_pieces",
        sa.Column("upload_id", NAME, nullable=False),
        sa.Column("position", WHOLE, autoincrement=False, nullable=False),
        sa.Column("data", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_upload_pieces_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_pieces")),
    )
    op.create_table(
        "upload_refusals",
        sa.Column("upload_id", NAME, nullable=False),
        sa.Column("position", WHOLE, autoincrement=False, nullable=False),
        sa.Column("path", NAME, nullable=False),
        sa.Column("code", NAME, nullable=False),
        sa.Column("detail", NAME, nullable=False),
        sa.Column("end_to_end_id", NAME, nullable=False),
        sa.Column("uetr", NAME, nullable=True),
        sa.Column("currency", NAME, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("document", NAME, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_upload_refusals_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_upload_refusals")),
        info={"append_only": True},
    )


def create_recalls() -> None:
    op.create_table(
        "recalls",
        sa.Column("id", NAME, nullable=False),
        sa.Column("message_id", NAME, nullable=False),
        sa.Column("case_id", NAME, nullable=True),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalls")),
        sa.UniqueConstraint("message_id", name=op.f("uq_recalls_message_id")),
        info={"append_only": True},
    )
    op.create_table(
        "recall_items",
        sa.Column("recall_id", NAME, nullable=False),
        sa.Column("position", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment_id", NAME, nullable=True),
        sa.Column("refusal", NAME, nullable=True),
        sa.Column("detail", NAME, nullable=True),
        sa.Column("cancellation_id", NAME, nullable=True),
        sa.Column("message_id", NAME, nullable=True),
        sa.Column("message_name", NAME, nullable=True),
        sa.Column("instruction_id", NAME, nullable=True),
        sa.Column("end_to_end_id", NAME, nullable=True),
        sa.Column("transaction_id", NAME, nullable=True),
        sa.Column("uetr", NAME, nullable=True),
        sa.Column("currency", NAME, nullable=True),
        sa.Column("amount", WHOLE, nullable=True),
        sa.Column("reason", NAME, nullable=True),
        sa.ForeignKeyConstraint(["recall_id"], ["recalls.id"], name=op.f("fk_recall_items_recall_id")),
        sa.PrimaryKeyConstraint("recall_id", "position", name=op.f("pk_recall_items")),
        info={"append_only": True},
    )


def create_queue_runs() -> None:
    op.create_table(
        "queue_runs",
        sa.Column("id", NAME, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("trigger", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("waiting", WHOLE, nullable=False),
        sa.Column("barred", WHOLE, nullable=False),
        sa.Column("queued_value", WHOLE, nullable=False),
        sa.Column("bound", WHOLE, nullable=False),
        sa.Column("method", NAME, nullable=False),
        sa.Column("left", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_runs")),
        info={"append_only": True},
    )
    op.create_index("ix_queue_runs_asset", "queue_runs", ["asset", "id"])
    op.create_table(
        "queue_proposals",
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("position", WHOLE, autoincrement=False, nullable=False),
        sa.Column("fallback_of", WHOLE, nullable=True),
        sa.Column("row", WHOLE, nullable=True),
        sa.Column("set_index", WHOLE, nullable=True),
        sa.Column("instructions", NAME, nullable=False),
        sa.Column("value", WHOLE, nullable=False),
        sa.Column("refusal", NAME, nullable=True),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_queue_proposals_row")),
        sa.ForeignKeyConstraint(["run_id"], ["queue_runs.id"], name=op.f("fk_queue_proposals_run_id")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_queue_proposals")),
        info={"append_only": True},
    )


def create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("payment_id", NAME, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.Column("leg", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["instructions.id"], name=op.f("fk_returns_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_returns")),
        info={"append_only": True},
    )
    op.create_index("ix_returns_original", "returns", ["height", "log_index", "leg"])


def create_trades() -> None:
    op.create_table(
        "trade_parties",
        sa.Column("participant", WHOLE, autoincrement=False, nullable=False),
        sa.Column("initiator", WHOLE, autoincrement=False, nullable=False),
        sa.Column("sequence", WHOLE, autoincrement=False, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("height", WHOLE, nullable=False),
        sa.Column("log_index", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("participant", "initiator", "sequence", name=op.f("pk_trade_parties")),
        info={"append_only": True},
    )
    op.create_index("ix_trade_parties_order", "trade_parties", ["participant", "height", "log_index"])
    op.create_index("ix_trade_parties_digest", "trade_parties", ["digest"])
    op.create_table(
        "trades",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("initiator", WHOLE, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("head", DIGEST, nullable=False),
        sa.Column("commitment", DIGEST, nullable=False),
        sa.Column("legs", DIGEST, nullable=False),
        sa.Column("document", NAME, nullable=False),
        sa.Column("salt", DIGEST, nullable=False),
        sa.Column("uetr", NAME, nullable=False),
        sa.Column("reference", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_trades")),
        sa.UniqueConstraint("uetr", name=op.f("uq_trades_uetr")),
        info={"append_only": True},
    )
    op.create_index("ix_trades_created", "trades", ["created_at"])
    op.create_table(
        "trade_acts",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("act", NAME, nullable=False),
        sa.Column("row", ROW_NUMBER, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("need", NAME, nullable=True),
        sa.Column("reason", NAME, nullable=True),
        sa.Column("entered_by", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_trade_acts_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_acts")),
        info={"append_only": True},
    )
    op.create_index("ix_trade_acts_digest", "trade_acts", ["digest"])
    op.create_table(
        "trade_answers",
        sa.Column("act", ROW_NUMBER, autoincrement=False, nullable=False),
        sa.Column("verdict", NAME, nullable=False),
        sa.Column("subject", DIGEST, nullable=True),
        sa.Column("key", DIGEST, nullable=True),
        sa.Column("deadline", WHOLE, nullable=True),
        sa.Column("reason", NAME, nullable=True),
        sa.Column("approver", NAME, nullable=False),
        sa.Column("approver_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["act"], ["trade_acts.id"], name=op.f("fk_trade_answers_act")),
        sa.PrimaryKeyConstraint("act", name=op.f("pk_trade_answers")),
        info={"append_only": True},
    )
    op.create_table(
        "trade_expectations",
        sa.Column("id", NAME, nullable=False),
        sa.Column("initiator", WHOLE, nullable=False),
        sa.Column("legs", DIGEST, nullable=False),
        sa.Column("tolerance_basis_points", WHOLE, nullable=False),
        sa.Column("reference", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_expectations")),
        info={"append_only": True},
    )
    op.create_index("ix_trade_expectations_initiator", "trade_expectations", ["initiator", "id"])


def create_letters() -> None:
    op.create_table(
        "letters_sent",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("recipient", WHOLE, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("content", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("next_at", WHOLE, nullable=False),
        sa.Column("error", NAME, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("receipt", NAME, nullable=True),
        sa.Column("refusal", NAME, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_letters_sent")),
        sa.UniqueConstraint("id", name=op.f("uq_letters_sent_id")),
    )
    op.create_index(
        "ix_letters_sent_open",
        "letters_sent",
        ["recipient", "number"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "letters_received",
        sa.Column("number", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("sender", WHOLE, nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("letter", NAME, nullable=False),
        sa.Column("received_at", WHOLE, nullable=False),
        sa.Column("said", NAME, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_letters_received")),
        sa.UniqueConstraint("sender", "id", name=op.f("uq_letters_received_sender_id")),
        info={"append_only": True},
    )


def create_netting() -> None:
    op.create_table(
        "gross_payments",
        sa.Column("payer", WHOLE, autoincrement=False, nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("payee", WHOLE, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("commitment", DIGEST, nullable=False),
        sa.Column("uetr", NAME, nullable=False),
        sa.Column("end_to_end_id", NAME, nullable=False),
        sa.Column("value_date", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("document", NAME, nullable=True),
        sa.Column("salt", DIGEST, nullable=True),
        sa.Column("created_by", NAME, nullable=True),
        sa.Column("entered_by", NAME, nullable=True),
        sa.Column("letter", NAME, nullable=True),
        sa.Column("withdrawn_at", WHOLE, nullable=True),
        sa.PrimaryKeyConstraint("payer", "id", name=op.f("pk_gross_payments")),
        sa.UniqueConstraint("uetr", name=op.f("uq_gross_payments_uetr")),
    )
    op.create_index("ix_gross_payments_id", "gross_payments", ["id"])
    op.create_table(
        "cycle_calls",
        sa.Column("id", NAME, nullable=False),
        sa.Column("coordinator", WHOLE, nullable=False),
        sa.Column("asset", WHOLE, nullable=False),
        sa.Column("content", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=True),
        sa.Column("words", DIGEST, nullable=True),
        sa.Column("summaries", NAME, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("outcome", NAME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_calls")),
        sa.UniqueConstraint("digest", name=op.f("uq_cycle_calls_digest")),
    )
    op.create_index("ix_cycle_calls_ended", "cycle_calls", ["ended_at"])
    op.create_table(
        "cycle_lists",
        sa.Column("call", NAME, nullable=False),
        sa.Column("payer", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payee", WHOLE, autoincrement=False, nullable=False),
        sa.Column("letter", NAME, nullable=True),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("total", WHOLE, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["cycle_calls.id"], name=op.f("fk_cycle_lists_call")),
        sa.PrimaryKeyConstraint("call", "payer", "payee", name=op.f("pk_cycle_lists")),
        info={"append_only": True},
    )
    op.create_table(
        "cycle_entries",
        sa.Column("call", NAME, nullable=False),
        sa.Column("payer", WHOLE, autoincrement=False, nullable=False),
        sa.Column("counter", WHOLE, autoincrement=False, nullable=False),
        sa.Column("payment", NAME, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["cycle_calls.id"], name=op.f("fk_cycle_entries_call")),
        sa.PrimaryKeyConstraint("call", "payer", "counter", name=op.f("pk_cycle_entries")),
        info={"append_only": True},
    )
    op.create_index("ix_cycle_entries_payment", "cycle_entries", ["payer", "payment"])
    op.create_table(
        "cycle_notes",
        sa.Column("call", NAME, nullable=False),
        sa.Column("participant", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("content", NAME, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["cycle_calls.id"], name=op.f("fk_cycle_notes_call")),
        sa.PrimaryKeyConstraint("call", "participant", "kind", name=op.f("pk_cycle_notes")),
        info={"append_only": True},
    )
    op.create_table(
        "cycle_affirmations",
        sa.Column("call", NAME, nullable=False),
        sa.Column("row", WHOLE, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("deadline", WHOLE, nullable=False),
        sa.Column("approver", NAME, nullable=False),
        sa.Column("approver_name", NAME, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["cycle_calls.id"], name=op.f("fk_cycle_affirmations_call")),
        sa.ForeignKeyConstraint(["row"], ["outbox.id"], name=op.f("fk_cycle_affirmations_row")),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_cycle_affirmations")),
        info={"append_only": True},
    )
