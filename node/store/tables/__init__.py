"""Every table, in the order of the way of the data: what came in, what goes out, what the chain says.

Amounts are BIGINT minor units, times BIGINT UTC seconds, digests and hashes raw bytes.
"""

from node.store.tables.approved import approvals, rejections, reviews
from node.store.tables.inbound import api_tokens, audit, counters, files, idempotency, instructions
from node.store.tables.incidents import incident_headers, incidents
from node.store.tables.metadata import metadata
from node.store.tables.mirrored import (
    accounts,
    assets,
    balances,
    blocks,
    cycles,
    deployment,
    events,
    keys,
    member_ids,
    participants,
    postings,
    proofs,
    receipts,
)
from node.store.tables.outbound import leases, outbox, replacements, transactions
from node.store.tables.reconciled import break_steps, breaks, reconciliations

__all__ = [
    "accounts",
    "api_tokens",
    "approvals",
    "assets",
    "audit",
    "balances",
    "blocks",
    "break_steps",
    "breaks",
    "counters",
    "cycles",
    "deployment",
    "events",
    "files",
    "idempotency",
    "incident_headers",
    "incidents",
    "instructions",
    "keys",
    "leases",
    "member_ids",
    "metadata",
    "outbox",
    "participants",
    "postings",
    "proofs",
    "receipts",
    "reconciliations",
    "rejections",
    "replacements",
    "reviews",
    "transactions",
]
