"""Four eyes: what waits for a second person and why, and what that person said."""

from sqlalchemy import Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, Whole, metadata

# Why an instruction waits; its row of the outbox is held until somebody has answered.
reviews = Table(
    "reviews",
    metadata,
    Column("instruction_id", Name, ForeignKey("instructions.id"), primary_key=True),
    Column("need", Name, nullable=False),  # settlement.approval.Need
    Column("entered_by", Name, nullable=False),  # the name of who entered it
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# The second consent: what the submitter sends along, and checks before; the chain checks it again.
approvals = Table(
    "approvals",
    metadata,
    Column("instruction_id", Name, ForeignKey("instructions.id"), primary_key=True),
    Column("digest", Digest, nullable=False),  # of the content that was shown: settlement.instruction.digest
    Column("key", Digest, nullable=False),  # the approve key's 20-byte address
    Column("deadline", Whole, nullable=False),  # the last UTC second at which it counts
    Column("signature", Digest, nullable=False),
    Column("queue_signature", Digest),  # the same for the queue, where the instruction may go there
    Column("reason", Name),
    Column("approver", Name, nullable=False),  # the actor's id
    Column("approver_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

rejections = Table(
    "rejections",
    metadata,
    Column("instruction_id", Name, ForeignKey("instructions.id"), primary_key=True),
    Column("reason", Name, nullable=False),
    Column("approver", Name, nullable=False),
    Column("approver_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)
