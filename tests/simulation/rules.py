"""The rules R1–R10, held against store and chain after every step, by plain SQL, without the node's code.

What the chain truly says is taken from the model's own blocks and books, never from the mirror.
"""

# ruff: noqa: S608 - the numbers in these statements are the checker's own

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from node.chain.protocol import Log
from node.submitter.submitter import LEASE_SECONDS
from settlement.instruction import keccak
from tests.node.chain_of_events import CONTRACTS
from tests.simulation.chain import PAYER, Carried, ModelChain, read

FINAL = frozenset({"settled", "rejected", "cancelled", "expired"})
# What the chain knows the state of.
_KNOWN = FINAL | {"queued"}
_CALLDATA_BYTES_MAX = 60 * 1024
# The verbs by which a bank takes an instruction back.
_BACK = {"void", "cancel"}
_WORD = 32
_ENDS = dict.fromkeys(("Paid", "Issued", "RedemptionRequested", "Settled"), "settled") | {
    "Voided": "voided", "Cancelled": "cancelled", "Expired": "expired",
}  # fmt: skip
_SIGNED_FUNCTIONS = {
    ("Payments", "pay"), ("Ledger", "void"), ("Ledger", "issue"), ("Ledger", "requestRedemption"),
    ("Ledger", "setReserve"), ("Settlement", "submit"), ("Settlement", "cancel"), ("Settlement", "sweep"),
}  # fmt: skip
_ALLOWED = {
    (CONTRACTS.address(contract), CONTRACTS.selector(contract, function))
    for contract, function in _SIGNED_FUNCTIONS
}
_TOPICS = {
    keccak(text.encode()): text.partition("(")[0]
    for text in (
        "Paid(uint256,bytes32)", "Issued(uint256,bytes32)", "RedemptionRequested(uint256,bytes32)",
        "Refused(uint256,uint8)", "Voided(uint32,uint64)",
    )
}  # fmt: skip
_QUEUE_TOPICS = {
    keccak(text.encode()): text.partition("(")[0]
    for text in (
        "Settled(uint256,bytes32,uint256[])", "Queued(uint256,bytes32)", "Refused(uint256,uint8)",
        "Cancelled(uint256,bytes32,uint32,bytes4)", "Expired(uint256,bytes32)",
    )
}  # fmt: skip
_QUEUE = CONTRACTS.address("Settlement")
# What a change can show in: nothing is read twice while all of it stands still. The first part can change
# what is shown, the second only what is checked.
_MARK = """
    SELECT (SELECT count(*) FROM instructions), (SELECT count(*) FROM outbox),
    (SELECT count(transaction_id) FROM outbox), (SELECT count(*) FROM outbox WHERE action = 'void'),
    (SELECT count(concluded_at) FROM transactions), (SELECT max(height) FROM receipts),
    (SELECT max(height) FROM blocks), (SELECT count(*) FROM audit),
    (SELECT sum(fence + expires_at) FROM leases)
"""
_SHOWN = 6

Query: TypeAlias = Callable[[str], Sequence[Any]]


class BrokenRule(AssertionError):
    """A rule does not hold."""


class Said(NamedTuple):
    """An event that speaks of an instruction, as the chain said it; `queue`: in Settlement."""

    queue: bool
    name: str
    content: bytes
    transaction_hash: bytes


class Shown(NamedTuple):
    """An instruction as the node shows it."""

    id: str
    state: str
    sequence: int


class Words(NamedTuple):
    """What events say of an instruction: terms and commitment, and in the queue head and digest."""

    terms: bytes
    commitment: bytes
    head: bytes
    digest: bytes


class Lease(NamedTuple):
    """Who may write with a key, as the store says it."""

    holder: str
    fence: int
    expires_at: int


@dataclass(slots=True, kw_only=True)
class Limits:
    """What the settings of a world bound, and its patience."""

    payments: int
    pipeline: int
    attempts: int
    unknown_after_seconds: int


def require(holds: object, rule: str, *facts: object) -> None:
    """Raise `BrokenRule` unless it holds."""
    if not holds:
        raise BrokenRule(f"{rule}: {', '.join(map(str, facts))}")


@dataclass(slots=True)
class Rules:
    """Remembers what was seen, so that each step is checked for what it changed."""

    limits: Limits
    _mark: tuple[Any, ...] = ()
    _height: int = -1
    _transactions: int = 0
    _audit: tuple[int, bytes] = (0, bytes(32))
    _signed: int = 0
    _raws: dict[tuple[int, bytes, int], bytes] = field(default_factory=dict)
    _said: defaultdict[int, list[Said]] = field(default_factory=lambda: defaultdict(list))
    _leases: dict[bytes, Lease] = field(default_factory=dict)
    has_one_clock: bool = True
    _holders: dict[tuple[bytes, int], str] = field(default_factory=dict)

    def has_changed(self, query: Query) -> tuple[bool, bool]:
        """Tell whether there is anything new in the store, and whether it can change what is shown."""
        (row,) = query(_MARK)
        before, self._mark = self._mark, tuple(row)
        return self._mark != before, self._mark[:_SHOWN] != before[:_SHOWN]

    def check_store(self, query: Query, chain: ModelChain, now: float) -> None:
        """Hold everything but what is shown."""
        self._check_mirror(query, chain)
        self._check_transactions(query)
        self._check_leases(query, now)
        self._check_rows(query)
        self._check_audit(query)

    def check_signatures(self, signed: Sequence[Carried]) -> None:
        """R7: only this chain, these contracts, these functions."""
        for each in signed[self._signed :]:
            require(each.chain_id == CONTRACTS.deployment.chain_id, "R7 chain id", each.chain_id)
            require((each.to, each.data[:4]) in _ALLOWED, "R7 function", each.to.hex(), each.data[:4].hex())
            require(len(each.data) <= _CALLDATA_BYTES_MAX, "R9 calldata", len(each.data))
        self._signed = len(signed)

    def check_shown(
        self, query: Query, shown: Sequence[Shown], now: float, *, muted: AbstractSet[bytes] = frozenset()
    ) -> None:
        """R1, R2, R3: each state is what the final blocks say; what is not final is worked for, once.

        Not for what a `muted` transaction carried: that is a person's, once the incident is cleared.
        """
        carried: defaultdict[str, set[bytes | None]] = defaultdict(set)
        live = defaultdict(list)
        reverted: defaultdict[str, int] = defaultdict(int)
        unsigned: set[str] = set()
        further = defaultdict(set)
        for transaction, version in query("SELECT transaction_id, hash FROM replacements"):
            further[transaction].add(bytes(version))
        for row in query(
            "SELECT o.instruction_id, o.action, t.hash, t.concluded_at, t.abandoned, r.succeeded, "
            "o.transaction_id, o.refused_at FROM outbox o "
            "LEFT JOIN transactions t ON t.id = o.transaction_id "
            "LEFT JOIN receipts r ON r.hash = t.hash WHERE o.instruction_id IS NOT NULL ORDER BY o.id"
        ):
            carried[row[0]] |= {row[2]} | further[row[6]]
            if row[7] is not None:
                unsigned.add(row[0])
            elif row[3] is None:
                live[row[0]].append(row[1])
            reverted[row[0]] += bool(row[4]) or (row[5] is not None and not row[5])
        columns = "id, sequence, terms, commitment, created_at, deadline"
        known = {row[0]: row for row in query(f"SELECT {columns} FROM instructions")}
        require(set(known) == {each.id for each in shown}, "R2 what was accepted is shown")
        for each in shown:
            row = known[each.id]
            said = self._said[each.sequence]
            expected = _state(said, _words(bytes(row[2]), bytes(row[3]), row[5]), carried[each.id])
            if expected == "voided":
                expected = "rejected" if each.id in unsigned else "cancelled"
            if {expected, each.state} & _KNOWN:
                require(each.state == expected, "R3 shown state", each, f"expected {expected}", said)
                paying = expected == "queued" and "pay" in live[each.id]
                require(not paying, "R1 an attempt for what queues", each, live[each.id])
                continue
            too_old = now - row[4] >= self.limits.unknown_after_seconds
            if too_old or reverted[each.id] >= self.limits.attempts:
                require(each.state == "unknown", "R2 unknown is shown", each)
            if expected == "working" and not muted & carried[each.id]:
                _require_one_attempt(each, live[each.id])

    def _check_mirror(self, query: Query, chain: ModelChain) -> None:
        """R4, R5: final blocks only, as the chain has them; entries sum to zero; balances are the chain's."""
        first = self._height
        for height, block_hash in query(
            f"SELECT height, hash FROM blocks WHERE height > {first} ORDER BY height"
        ):
            require(height == self._height + 1, "R4 no gap", height)
            require(height <= chain.final_height(), "R3 final blocks only", height, chain.final_height())
            require(bytes(block_hash) == chain.mined[height].hash, "R4 block", height)
            self._height = height
            for receipt in chain.mined[height].receipts:
                for log in receipt.logs:
                    self._hear(log, receipt.hash)
        if self._height == first:
            return
        unbalanced = query(
            f"SELECT height, log_index, sum(amount) FROM postings WHERE height > {first} "
            "GROUP BY height, log_index, asset HAVING sum(amount) <> 0"
        )
        require(not unbalanced, "R5 postings sum to zero", unbalanced)
        books = chain.books_at(self._height)
        for asset, participant, bucket, balance in query(
            "SELECT asset, participant, bucket, balance FROM balances"
        ):
            place = asset, participant
            held = {"available": books.balances, "locked": books.locked}.get(bucket)
            expected = -books.supply.get(asset, 0) if held is None else held.get(place, 0)
            require(balance == expected, "R4 balance", place, bucket, balance, f"expected {expected}")
        supplied = {
            row[0]: row[1] for row in query("SELECT asset, sum(balance) FROM balances GROUP BY asset")
        }
        require(not any(supplied.values()), "R5 balances sum to zero", supplied)
        held_on_chain = {place for place, balance in books.balances.items() if balance}
        mirrored = {(row[0], row[1]) for row in query("SELECT asset, participant FROM balances")}
        require(held_on_chain <= mirrored, "R4 every account is mirrored", held_on_chain - mirrored)

    def _hear(self, log: Log, transaction_hash: bytes) -> None:
        queue = log.address == _QUEUE
        name = (_QUEUE_TOPICS if queue else _TOPICS).get(log.topics[0])
        if name is None:
            return
        word = int.from_bytes(log.data[:_WORD], "big")
        if queue:
            initiator, sequence = word >> 152 & 2**32 - 1, word >> 184 & 2**64 - 1
        elif name == "Voided":
            initiator, sequence = int.from_bytes(log.topics[1], "big"), int.from_bytes(log.data, "big")
        else:
            initiator, sequence = word >> 120 & 2**32 - 1, word >> 184 & 2**64 - 1
        if initiator == PAYER:
            self._said[sequence].append(Said(queue, name, log.data, transaction_hash))

    def _check_transactions(self, query: Query) -> None:
        """R6: one payload a nonce. R8: by the key that was named. R9: batches and pipelines have an end."""
        rows = query(
            "SELECT id, chain_id, key, nonce, raw FROM transactions "
            f"WHERE id > {self._transactions} ORDER BY id"
        )
        for number, chain_id, key, nonce, raw in rows:
            place = chain_id, bytes(key), nonce
            require(self._raws.setdefault(place, bytes(raw)) == bytes(raw), "R6 nonce signed twice", *place)
            self._transactions = number
        changed = query(
            "SELECT t.raw, v.raw FROM replacements v JOIN transactions t ON t.id = v.transaction_id "
            "WHERE NOT (v.cancels AND t.cancel_asked_at IS NOT NULL)"
        )
        for first, later in changed:
            require(_payload(first) == _payload(later), "R6 nonce signed for another payload", first, later)
        for count, key in query(
            "SELECT count(*), key FROM transactions WHERE concluded_at IS NULL GROUP BY key"
        ):
            require(count <= self.limits.pipeline, "R9 in flight", bytes(key).hex(), count)
        too_long = query(
            "SELECT transaction_id, count(*) FROM outbox WHERE transaction_id IS NOT NULL "
            "AND action IN ('pay', 'submit') "
            f"GROUP BY transaction_id HAVING count(*) > {self.limits.payments}"
        )
        require(not too_long, "R9 payments in a transaction", too_long)
        wrong = query(
            "SELECT o.id FROM outbox o JOIN transactions t ON t.id = o.transaction_id "
            "WHERE o.signer IS NOT NULL AND o.signer <> t.key"
        )
        require(not wrong, "R8 signed by another key than named", wrong)

    def _check_leases(self, query: Query, now: float) -> None:
        """R6: a fence has one holder, and a lease that runs is nobody else's."""
        for key, *rest in query("SELECT key, holder, fence, expires_at FROM leases"):
            lease, place = Lease(*rest), (bytes(key), rest[1])
            holder = self._holders.setdefault(place, lease.holder)
            require(holder == lease.holder, "R6 a fence with two holders", lease)
            before = self._leases.get(bytes(key))
            self._leases[bytes(key)] = lease
            if before and before.holder and before.holder != lease.holder:
                runs = int(now) < before.expires_at <= int(now) + LEASE_SECONDS
                require(not (runs and self.has_one_clock), "R6 lease taken while it ran", before, lease, now)

    def _check_rows(self, query: Query) -> None:
        """R1: an instruction and what a caller calls it by are one. R9: attempts have an end."""
        twice = query("SELECT uetr FROM instructions GROUP BY uetr HAVING count(*) > 1")
        require(not twice, "R1 accepted twice", twice)
        often = query(
            "SELECT instruction_id, count(*) FROM outbox WHERE action NOT IN ('void', 'cancel', 'call') "
            f"GROUP BY instruction_id, action HAVING count(*) > {self.limits.attempts}"
        )
        require(not often, "R9 attempts", often)

    def _check_audit(self, query: Query) -> None:
        """R10: the audit log is a chain, and has every signature."""
        position, head = self._audit
        for row in query(
            "SELECT position, at, actor, action, subject, detail, previous, digest FROM audit "
            f"WHERE position > {position} ORDER BY position"
        ):
            names = ("position", "at", "actor", "action", "subject", "detail")
            text = json.dumps(dict(zip(names, row[:6], strict=True)), sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(head + text.encode()).digest()
            require((row[0], bytes(row[6]), bytes(row[7])) == (position + 1, head, digest), "R10 audit", row)
            position, head = row[0], digest
        self._audit = position, head
        ((signed, written),) = query(
            "SELECT (SELECT count(*) FROM audit WHERE action = 'transaction_signed'), "
            "(SELECT count(*) FROM transactions)"
        )
        require(signed == written, "R10 each signature is in the audit log", signed, written)


def _payload(raw: bytes) -> tuple[bytes, bytes]:
    found = read(bytes(raw))
    return found.to, found.data


def _require_one_attempt(shown: Shown, live: Sequence[str]) -> None:
    """One attempt works for it; where a person asked for its void meanwhile, the void comes behind it."""
    require(live or shown.state == "unknown", "R2 a live attempt", shown)
    voided = len(live) == 2 and live[0] not in _BACK and live[1] in _BACK
    require(len(live) < 2 or voided, "R1 two live attempts", shown, live)


def _words(terms: bytes, commitment: bytes, deadline: int) -> Words:
    """What the queue calls a payment follows from its terms (contracts/src/types/Legs.sol)."""
    word = int.from_bytes(terms, "big")
    sequence, payer = word >> 184 & 2**64 - 1, word >> 120 & 2**32 - 1
    head = (sequence << 184 | payer << 152 | deadline << 72).to_bytes(_WORD, "big")
    leg = ((word >> 24) % 2**160 << 96).to_bytes(_WORD, "big")
    kind = b"Instruction(uint256 chainId,address ledger,uint256 head,bytes32 commitment,uint256[] legs)"
    place = CONTRACTS.deployment.chain_id.to_bytes(_WORD, "big") + CONTRACTS.address("Ledger").rjust(
        _WORD, b"\0"
    )
    return Words(terms, commitment, head, keccak(keccak(kind) + place + head + commitment + keccak(leg)))


def _says(said: Said, words: Words) -> bool:
    """Whether an event says what the instruction says."""
    first, second = (words.head, words.digest) if said.queue else (words.terms, words.commitment)
    return said.content.startswith(first if said.name == "Refused" else first + second)


def _state(said: Sequence[Said], words: Words, carried: set[bytes | None]) -> str:
    """What final events make of an instruction, or `working`, `voided`, `usurped` or `contradicted`."""
    ends = [(place, each) for place, each in enumerate(said) if each.name in _ENDS]
    taken = [each for each in said if each.name not in ("Refused", "Voided")]
    is_voided = any(each.name == "Voided" for each in said)
    if len(ends) > 1 or (is_voided and taken):
        return "contradicted"
    if not all(_says(each, words) for each in taken):
        return "usurped"
    if not ends:
        return "queued" if taken else "working"
    ((place, end),) = ends
    if not is_voided:
        return _ENDS[end.name]
    refused = any(
        each.name == "Refused" and _says(each, words) and each.transaction_hash in carried
        for each in said[:place]
    )
    return "rejected" if refused else "voided"
