"""The reporting views: what a bank's analyst reads by SQL, the same in both stores.

A view's name and columns stay from version to version; what stands behind them may change. Each is written
once, in SQL that both stores take, with the few words that differ taken from a dialect.
"""

# ruff: noqa: S608 - every word of these queries stands in this file

from collections.abc import Mapping
from typing import Protocol

PREFIX = "reporting_"


class Dialect(Protocol):
    """How one store says what the other says otherwise."""

    def text(self, octets: str) -> str:
        """Bytes as hexadecimal digits with 0x."""

    def number(self, octets: str, first: int, count: int) -> str:
        """`count` ≤ 8 bytes from the `first` (counted from 1), as a number; eight are signed."""

    def day(self, seconds: str) -> str:
        """The UTC day of a time, as 2026-11-22."""


class Sqlite:
    """SQLite: no number can be read from bytes there but digit by digit."""

    def text(self, octets: str) -> str:
        return f"('0x' || lower(hex({octets})))"

    def number(self, octets: str, first: int, count: int) -> str:
        digits = f"hex(substr({octets}, {first}, {count}))"
        return " | ".join(
            f"(instr('123456789ABCDEF', substr({digits}, {place + 1}, 1)) << {4 * (2 * count - 1 - place)})"
            for place in range(2 * count)
        ).join("()")

    def day(self, seconds: str) -> str:
        return f"date({seconds}, 'unixepoch')"


class Postgresql:
    """PostgreSQL."""

    def text(self, octets: str) -> str:
        return f"('0x' || encode({octets}, 'hex'))"

    def number(self, octets: str, first: int, count: int) -> str:
        digits = f"lpad(encode(substr({octets}, {first}, {count}), 'hex'), 16, '0')"
        return f"CAST(CAST('x' || {digits} AS bit(64)) AS bigint)"

    def day(self, seconds: str) -> str:
        return f"to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


def view_statements(dialect_name: str) -> dict[str, str]:
    """Return the `CREATE VIEW` of each view by its name, for SQLAlchemy's name of a dialect."""
    dialect: Dialect = Postgresql() if dialect_name == "postgresql" else Sqlite()
    views = {**_registered(dialect), **_limits(dialect), **_booked(dialect), **_waiting(dialect), **_FOUND}
    return {f"{PREFIX}{name}": f"CREATE VIEW {PREFIX}{name} AS {query}" for name, query in views.items()}


_FOUND = {
    "breaks": """
        SELECT b.id, b.kind, b.subject, b.field, b.expected, b.found, b.height, b.opened_at,
            CASE WHEN s.step = 'assigned' THEN s.owner END AS owner,
            CASE WHEN s.step = 'cleared' THEN s.at END AS cleared_at,
            CASE WHEN s.step = 'cleared' THEN s.owner END AS cleared_by, s.reason
        FROM breaks b LEFT JOIN break_steps s ON s.break_id = b.id
            AND s.number = (SELECT max(x.number) FROM break_steps x WHERE x.break_id = b.id)""",
    "reconciliations": "SELECT id, at, height, accounts, assets, settled, breaks, above FROM reconciliations",
}


def _word(dialect: Dialect, octets: str, index: int) -> str:
    """Return the number in the `index`-th 32-byte word (from 0) of topics or data."""
    return dialect.number(octets, 32 * index + 25, 8)


def _named(column: str, names: Mapping[int, str]) -> str:
    """Return the word for a number of an enumeration."""
    return f"CASE {column} {' '.join(f'WHEN {number} THEN {name!r}' for number, name in names.items())} END"


_PARTICIPANT_KINDS = {1: "operator", 2: "bank", 3: "corporate", 4: "auditor"}
_KEY_ROLES = {1: "pay", 2: "approve", 3: "administer"}
_ASSET_KINDS = {1: "central_bank_money", 2: "commercial_bank_money", 3: "receivable"}
_DAY_RULES = {1: "business_day", 2: "utc_day"}


def _registered(dialect: Dialect) -> dict[str, str]:
    address = dialect.text("substr(e.data, 45, 20)")
    role = dialect.number("e.data", 3 * 32 - 7, 8)
    return {
        "blocks": f"""
            SELECT b.height, {dialect.text("b.hash")} AS hash, {dialect.text("b.parent_hash")} AS parent_hash,
                b.timestamp AS mined_at,
                (SELECT count(*) FROM receipts r WHERE r.height = b.height) AS transactions,
                (SELECT count(*) FROM events e WHERE e.height = b.height) AS events
            FROM blocks b""",
        "participants": f"""
            SELECT id, {_named("kind", _PARTICIPANT_KINDS)} AS kind, nullif(bic, '') AS bic, lei,
                nullif(sponsor, 0) AS sponsor, suspended, outgoing_stopped, endpoint
            FROM participants""",
        "member_ids": "SELECT participant, system, member FROM member_ids",
        "keys": f"""
            SELECT participant, number, {dialect.text("address")} AS address,
                {_named("role", _KEY_ROLES)} AS role, valid_from, valid_until, revoked
            FROM keys""",
        "key_changes": f"""
            SELECT e.height, e.log_index, b.timestamp AS changed_at,
                {_word(dialect, "e.topics", 1)} AS participant, {_word(dialect, "e.data", 0)} AS number,
                CASE e.name WHEN 'KeyAdded' THEN 'added' WHEN 'KeyRevoked' THEN 'revoked'
                    ELSE 'expiry_set' END AS change,
                CASE WHEN e.name = 'KeyAdded' THEN {address} END AS address,
                CASE WHEN e.name = 'KeyAdded' THEN {_named(role, _KEY_ROLES)} END AS role,
                CASE WHEN e.name = 'KeyAdded' THEN {_word(dialect, "e.data", 3)} END AS valid_from,
                CASE e.name WHEN 'KeyAdded' THEN {_word(dialect, "e.data", 4)}
                    WHEN 'KeyExpirySet' THEN {_word(dialect, "e.data", 1)} END AS valid_until
            FROM events e JOIN blocks b ON b.height = e.height
            WHERE e.contract = 'Participants' AND e.name IN ('KeyAdded', 'KeyExpirySet', 'KeyRevoked')""",
        "assets": f"""
            SELECT a.id, a.currency, {_named("a.kind", _ASSET_KINDS)} AS kind, a.issuer,
                {_named("a.day_rule", _DAY_RULES)} AS day_rule, a.business_day,
                coalesce((SELECT -h.balance FROM balances h WHERE h.asset = a.id AND h.participant = a.issuer
                    AND h.bucket = 'issued'), 0) AS supply
            FROM assets a""",
        "accounts": f"""
            SELECT each.asset, each.participant, nullif(p.bic, '') AS bic, a.asset IS NOT NULL AS open,
                coalesce(a.frozen, {_FALSE}) AS frozen, {_held("available")}, {_held("locked")},
                {_held("issued")}
            FROM (SELECT asset, participant FROM accounts UNION SELECT asset, participant FROM balances) each
            JOIN participants p ON p.id = each.participant
            LEFT JOIN accounts a ON a.asset = each.asset AND a.participant = each.participant""",
    }


_FALSE = "(1 = 0)"


def _held(bucket: str) -> str:
    return f"""coalesce((SELECT h.balance FROM balances h WHERE h.asset = each.asset
        AND h.participant = each.participant AND h.bucket = '{bucket}'), 0) AS {bucket}"""


def _limits(dialect: Dialect) -> dict[str, str]:
    return {
        "limits": """
            SELECT asset, participant, reserve, credit, limit_instruction, limit_day FROM accounts""",
        "limit_changes": f"""
            SELECT e.height, e.log_index, b.timestamp AS changed_at,
                {_word(dialect, "e.topics", 1)} AS asset, {_word(dialect, "e.topics", 2)} AS participant,
                CASE e.name WHEN 'ReserveSet' THEN 'reserve' WHEN 'CreditSet' THEN 'credit'
                    WHEN 'BilateralLimitSet' THEN 'bilateral' ELSE 'instruction_and_day' END AS what,
                CASE e.name WHEN 'BilateralLimitSet' THEN {_word(dialect, "e.topics", 3)} END AS counterparty,
                {_word(dialect, "e.data", 0)} AS amount,
                CASE e.name WHEN 'LimitsSet' THEN {_word(dialect, "e.data", 1)} END AS amount_day
            FROM events e JOIN blocks b ON b.height = e.height
            WHERE e.contract = 'Ledger'
                AND e.name IN ('ReserveSet', 'CreditSet', 'LimitsSet', 'BilateralLimitSet')""",
    }


_OF_EVENT = "r.height = e.height AND r.transaction_index = e.transaction_index"
_OF_INSTRUCTION = "i.payer = e.initiator AND i.sequence = e.sequence"
_ENDS = "'Paid', 'Issued', 'RedemptionRequested', 'Settled', 'Cancelled', 'Expired', 'Voided'"


def _booked(dialect: Dialect) -> dict[str, str]:
    transaction = f"{dialect.text('r.hash')} AS transaction_hash"
    of_posting = f"""
        JOIN blocks b ON b.height = p.height
        JOIN events e ON e.height = p.height AND e.log_index = p.log_index
        JOIN receipts r ON {_OF_EVENT}
        LEFT JOIN instructions i ON {_OF_INSTRUCTION}"""
    return {
        "instructions": f"""
            SELECT i.id, i.kind, i.payer AS initiator, i.sequence, i.asset, i.payee, i.amount, i.urgent,
                i.uetr, i.end_to_end_id, i.value_date, i.file_id, i.created_at AS accepted_at,
                e.name AS chain_event, e.height AS chain_height, e.log_index AS chain_log_index,
                b.timestamp AS chain_at, {transaction}
            FROM instructions i
            LEFT JOIN events e ON {_OF_INSTRUCTION} AND e.name IN ({_ENDS})
            LEFT JOIN blocks b ON b.height = e.height
            LEFT JOIN receipts r ON {_OF_EVENT}""",
        "instruction_events": f"""
            SELECT e.height, e.log_index, b.timestamp AS happened_at, e.contract, e.name AS event,
                e.initiator, e.sequence, i.id AS instruction_id, {transaction}
            FROM events e JOIN blocks b ON b.height = e.height JOIN receipts r ON {_OF_EVENT}
            LEFT JOIN instructions i ON {_OF_INSTRUCTION}
            WHERE e.initiator IS NOT NULL""",
        "legs": f"""
            SELECT p.height, p.log_index, p.line / 2 AS leg, b.timestamp AS settled_at,
                {dialect.day("b.timestamp")} AS settled_on, p.asset, p.participant AS payer,
                p.bucket AS payer_bucket, c.participant AS payee, c.bucket AS payee_bucket,
                c.amount, e.name AS event, e.initiator, e.sequence, i.id AS instruction_id, {transaction}
            FROM postings p
            JOIN postings c ON c.height = p.height AND c.log_index = p.log_index AND c.line = p.line + 1
            {of_posting}
            WHERE p.amount < 0 AND e.name <> 'CycleSettled'""",
        "postings": f"""
            SELECT p.height, p.log_index, p.line, b.timestamp AS posted_at,
                {dialect.day("b.timestamp")} AS posted_on, p.asset, p.participant, p.bucket,
                nullif(p.counterparty, 0) AS counterparty, p.amount, p.balance, e.name AS event,
                e.initiator, e.sequence, i.id AS instruction_id, {transaction}
            FROM postings p {of_posting}""",
        "positions": f"""
            SELECT d.asset, d.participant, d.bucket, d.day, d.closing - d.net AS opening, d.credits,
                d.debits, d.entries, d.lowest, d.highest, d.closing
            FROM (
                SELECT asset, participant, bucket, day, sum(amount) AS net,
                    sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS credits,
                    sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS debits, count(*) AS entries,
                    min(balance) AS lowest, max(balance) AS highest,
                    max(CASE WHEN is_last = 1 THEN balance END) AS closing
                FROM (
                    SELECT p.asset, p.participant, p.bucket, p.amount, p.balance,
                        {dialect.day("b.timestamp")} AS day,
                        row_number() OVER (
                            PARTITION BY p.asset, p.participant, p.bucket, {dialect.day("b.timestamp")}
                            ORDER BY p.height DESC, p.log_index DESC, p.line DESC) AS is_last
                    FROM postings p JOIN blocks b ON b.height = p.height
                ) lines
                GROUP BY asset, participant, bucket, day
            ) d""",
    }


def _waiting(dialect: Dialect) -> dict[str, str]:
    def first(name: str, also: str = "") -> str:
        return f"""(SELECT min(x.height) FROM events x WHERE x.contract = 'Settlement' AND x.name IN ({name})
            AND x.initiator = e.initiator AND x.sequence = e.sequence
            AND (x.height, x.log_index) > (e.height, e.log_index) {also})"""

    def cycle_event(names: str) -> str:
        return f"e.contract = 'Netting' AND e.name IN ({names}) AND substr(e.data, 1, 32) = c.digest"

    same_participant = "AND substr(x.data, 65, 32) = substr(e.data, 65, 32)"
    word = "substr(c.positions, 32 * n.place + 1, 32)"
    return {
        "holds": f"""
            SELECT e.height, e.log_index, b.timestamp AS held_at, e.initiator, e.sequence,
                {_word(dialect, "e.data", 2)} AS participant,
                {first("'Released'", same_participant)} AS released_height,
                {first("'Settled', 'Cancelled', 'Expired'")} AS ended_height
            FROM events e JOIN blocks b ON b.height = e.height
            WHERE e.contract = 'Settlement' AND e.name = 'Held'""",
        "cycles": f"""
            SELECT {dialect.text("c.digest")} AS digest, c.asset, length(c.positions) / 32 AS members,
                (SELECT min(e.height) FROM events e WHERE {cycle_event("'CycleProposed'")})
                    AS proposed_height,
                (SELECT min(e.name) FROM events e
                    WHERE {cycle_event("'CycleSettled', 'CycleCancelled', 'CycleExpired'")}) AS ending,
                (SELECT min(e.height) FROM events e
                    WHERE {cycle_event("'CycleSettled', 'CycleCancelled', 'CycleExpired'")}) AS ended_height
            FROM cycles c""",
        "cycle_positions": f"""
            WITH RECURSIVE numbers(place) AS (
                SELECT 0 UNION ALL
                SELECT place + 1 FROM numbers
                WHERE place + 1 < (SELECT max(length(positions)) / 32 FROM cycles)
            )
            SELECT {dialect.text("c.digest")} AS digest, c.asset, {dialect.number(word, 1, 4)} AS participant,
                {dialect.number(word, 5, 8)} AS first_counter, {dialect.number(word, 13, 8)} AS last_counter,
                {dialect.number(word, 21, 8)} AS net
            FROM cycles c JOIN numbers n ON 32 * n.place < length(c.positions)""",
    }
