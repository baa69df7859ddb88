"""Every table, in the order of the way of the data: what came in, what goes out, what the chain says.

Amounts are BIGINT minor units, times BIGINT UTC seconds, digests and hashes raw bytes.
"""

from node.store.tables.access import assertions, clients, refusals, sessions, users
from node.store.tables.alerts import alert_progress, alert_steps, alerts
from node.store.tables.approved import approvals, rejections, reviews
from node.store.tables.inbound import api_tokens, audit, counters, files, idempotency, instructions
from node.store.tables.incidents import incident_headers, incidents
from node.store.tables.letters import letters_received, letters_sent
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
    queued,
    receipts,
    trade_parties,
    validator_sets,
    verification_levels,
)
from node.store.tables.netted import (
    cycle_affirmations,
    cycle_calls,
    cycle_entries,
    cycle_lists,
    cycle_notes,
    gross_payments,
)
from node.store.tables.outbound import leases, outbox, replacements, transactions
from node.store.tables.policies import policy_rules, policy_verdicts, screening_changes, screening_lists
from node.store.tables.recalled import recall_items, recalls
from node.store.tables.reconciled import break_steps, breaks, reconciliations
from node.store.tables.returned import returns
from node.store.tables.runs import queue_proposals, queue_runs
from node.store.tables.streams import (
    feed,
    feed_sources,
    webhook_deliveries,
    webhook_resends,
    webhook_secrets,
    webhooks,
)
from node.store.tables.traded import trade_acts, trade_answers, trade_expectations, trades
from node.store.tables.uploads import upload_pieces, upload_refusals, uploads

__all__ = [
    "accounts",
    "alert_progress",
    "alert_steps",
    "alerts",
    "api_tokens",
    "approvals",
    "assertions",
    "assets",
    "audit",
    "balances",
    "blocks",
    "break_steps",
    "breaks",
    "clients",
    "counters",
    "cycle_affirmations",
    "cycle_calls",
    "cycle_entries",
    "cycle_lists",
    "cycle_notes",
    "cycles",
    "deployment",
    "events",
    "feed",
    "feed_sources",
    "files",
    "gross_payments",
    "idempotency",
    "incident_headers",
    "incidents",
    "instructions",
    "keys",
    "leases",
    "letters_received",
    "letters_sent",
    "member_ids",
    "metadata",
    "outbox",
    "participants",
    "policy_rules",
    "policy_verdicts",
    "postings",
    "proofs",
    "queue_proposals",
    "queue_runs",
    "queued",
    "recall_items",
    "recalls",
    "receipts",
    "reconciliations",
    "refusals",
    "rejections",
    "replacements",
    "returns",
    "reviews",
    "screening_changes",
    "screening_lists",
    "sessions",
    "trade_acts",
    "trade_answers",
    "trade_expectations",
    "trade_parties",
    "trades",
    "transactions",
    "upload_pieces",
    "upload_refusals",
    "uploads",
    "users",
    "validator_sets",
    "verification_levels",
    "webhook_deliveries",
    "webhook_resends",
    "webhook_secrets",
    "webhooks",
]
