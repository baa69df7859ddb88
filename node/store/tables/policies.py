"""The bank's own policies: rules and names list in all their versions, and what was said of each payment."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, Whole, metadata

# A rule is its newest version; whether it is in force is a version's word too, so nothing is ever edited.
policy_rules = Table(
    "policy_rules",
    metadata,
    Column("name", Name, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("condition", Name, nullable=False),  # CEL: node.services.policies.language
    Column("outcome", Name, nullable=False),  # settlement.policy.Outcome
    Column("reason", Name, nullable=False),  # why there is such a rule, for those whom it stops
    Column("in_force", Boolean, nullable=False),
    Column("author", Name, nullable=False),  # the actor's id
    Column("author_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# The names list: its newest version is the list.
screening_lists = Table(
    "screening_lists",
    metadata,
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("digest", Digest, nullable=False),  # SHA-256 over its names in order
    Column("names", Whole, nullable=False),  # how many
    Column("added", Whole, nullable=False),
    Column("removed", Whole, nullable=False),
    Column("author", Name, nullable=False),  # the actor's id
    Column("author_name", Name, nullable=False),
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)

# What each version changed against the one before it: a day's list differs from yesterday's in a few names.
screening_changes = Table(
    "screening_changes",
    metadata,
    Column("version", Whole, ForeignKey(screening_lists.c.version), primary_key=True, autoincrement=False),
    Column("position", Whole, primary_key=True, autoincrement=False),
    Column("listed", Boolean, nullable=False),  # false: it is on the list no more
    Column("entry", Name, nullable=False, index=True),
    Column("name", Name, nullable=False),
    Column("programme", Name, nullable=False),
    Column("country", Name, nullable=False),
    info=APPEND_ONLY,
)

# What the rules said when an instruction was accepted; none while there were no rules.
policy_verdicts = Table(
    "policy_verdicts",
    metadata,
    Column("instruction_id", Name, ForeignKey("instructions.id"), primary_key=True),
    Column("outcome", Name, nullable=False),
    Column("rule", Name),  # the strictest that was true of it; None: none was
    Column("version", Whole),
    Column("why", Name, nullable=False),
    Column("facts", Name, nullable=False),  # JSON: what the rules were asked of
    Column("list_version", Whole),  # of the names list it was held against; None: there was none
    Column("list_entry", Name),  # whom of it a name in the payment is like; None: nobody
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)
