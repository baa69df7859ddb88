"""The bank's own policies: the rules in all their versions, and what they said of each payment."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Name, Whole, metadata

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
    Column("created_at", Whole, nullable=False),
    info=APPEND_ONLY,
)
