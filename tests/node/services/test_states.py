"""The state of an instruction, folded from facts, and the same asked of the database: they always agree."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from node.mirror.instructions import outcomes
from node.outbox.attempts import attempts_of
from node.services.facts import Patience, state, subject_of
from node.services.states import state_column
from node.store.session import Store
from node.store.tables import blocks, events, instructions, outbox, receipts, transactions
from settlement.instruction import OneLeg, Terms
from settlement.lifecycle import State

_NOW = 1_000_000
_PATIENCE = Patience(attempts_max=2, unknown_after_seconds=300)
_PAYER, _PAYEE = 2, 3
_COMMITMENT, _OTHER, _DIGEST = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32
_QUEUE = ("Submitted", "Queued", "Held", "Released", "Settled", "Cancelled", "Expired", "Declined")
# Of these the mirror holds one for each sequence.
_ENDS = {"Paid", "Settled", "Cancelled", "Expired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A row of the outbox: waiting, held for a second person, refused by the signer, in flight, abandoned, or
    ended in a block.
    """

    action: str
    fate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An event: what it says, and by which of the attempts' transactions (past the last: a stranger's).

    `Declined` is the queue's refusal.
    """

    name: str
    same: bool
    attempt: int


_tried = st.builds(
    Tried,
    action=st.sampled_from(["pay", "void", "submit", "cancel"]),
    fate=st.sampled_from(["waiting", "held", "unsigned", "in flight", "abandoned", "reverted", "succeeded"]),
)
_spoken = st.builds(
    Spoken,
    name=st.sampled_from(["Paid", "Voided", "Refused", "Refused", *_QUEUE]),
    same=st.sampled_from([True, True, True, False]),
    attempt=st.integers(0, 4),
)


_SENT = Tried(action="pay", fate="succeeded")
_HELD = Tried(action="pay", fate="held")
_REFUSED, _VOIDED = Spoken(name="Refused", same=True, attempt=0), Spoken(name="Voided", same=True, attempt=1)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[Tried], list[Spoken], int, list[int]]:
    """Attempts, events of which at most one settles, an age, and the order in which blocks hold it all."""
    tried = draw(st.lists(_tried, max_size=3))
    spoken = draw(st.lists(_spoken, max_size=4))
    ends = [each for each in spoken if each.name in _ENDS]
    spoken = [each for each in spoken if each.name not in _ENDS or each is ends[0]]
    age = draw(st.sampled_from([0, 0, 0, 299, 300]))
    order = draw(st.permutations(range(len(tried) + 1)))
    return tried, spoken, age, order


class _Writer:
    """Writes histories into a store, each about an instruction of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.height = (connection.scalar(select(blocks.c.height).order_by(blocks.c.height.desc())) or 0) + 1

    def write(self, history: tuple[list[Tried], list[Spoken], int, list[int]]) -> None:
        tried, spoken, age, order = history
        sequence = self.height
        terms = Terms(sequence=sequence, asset=840, payer=_PAYER, payee=_PAYEE, amount=5)
        self._instruction(sequence, terms, age)
        hashes = [self._attempt(sequence, place, each) for place, each in enumerate(tried)]
        hashes.append(sequence.to_bytes(8, "big").ljust(32, b"\xff"))  # a stranger's
        for place in order:
            succeeded = place == len(tried) or tried[place].fate == "succeeded"
            if succeeded or tried[place].fate == "reverted":
                self._block(hashes[place], succeeded=succeeded)
                said = [each for each in spoken if min(each.attempt, len(tried)) == place]
                for log_index, each in enumerate(said if succeeded else ()):
                    self._event(sequence, terms, log_index, each)
                self.height += 1
        self.height += 1

    def _instruction(self, sequence: int, terms: Terms, age: int) -> None:
        self._connection.execute(
            insert(instructions).values(
                id=f"pay_{sequence:06}", kind="payment", payer=_PAYER, sequence=sequence, asset=840,
                payee=_PAYEE, amount=5, urgent=False, terms=terms.encoded(), commitment=_COMMITMENT,
                salt=bytes(32), deadline=_NOW, queue=True, head=_head(terms), digest=_DIGEST, document="{}",
                uetr=str(sequence), content_digest=b"", end_to_end_id="E", value_date="2026-11-22",
                created_at=_NOW - age, created_by="tok",
            )
        )  # fmt: skip

    def _attempt(self, sequence: int, place: int, tried: Tried) -> bytes:
        transaction_hash = sequence.to_bytes(8, "big").ljust(32, bytes([place]))
        number = None
        if tried.fate not in {"waiting", "held", "unsigned"}:
            number = self._connection.execute(
                insert(transactions)
                .values(
                    key=b"k", chain_id=1, nonce=sequence * 10 + place, hash=transaction_hash, raw=b"",
                    payload_digest=b"", fence=1, signed_at=_NOW, gas_price=0,
                    abandoned=tried.fate == "abandoned",
                )
                .returning(transactions.c.id)
            ).scalar_one()  # fmt: skip
        self._connection.execute(
            insert(outbox).values(
                action=tried.action, instruction_id=f"pay_{sequence:06}", contract="Payments", role=1,
                transaction_id=number, created_at=_NOW, held=tried.fate == "held",
                refused_at=_NOW if tried.fate == "unsigned" else None,
            )
        )  # fmt: skip
        return transaction_hash

    def _block(self, transaction_hash: bytes, *, succeeded: bool) -> None:
        height = self.height
        self._connection.execute(
            insert(blocks).values(height=height, hash=b"", parent_hash=b"", timestamp=_NOW)
        )
        self._connection.execute(
            insert(receipts).values(
                height=height, transaction_index=0, hash=transaction_hash, sender=b"", succeeded=succeeded,
                gas_used=1,
            )
        )  # fmt: skip

    def _event(self, sequence: int, terms: Terms, log_index: int, spoken: Spoken) -> None:
        name = "Refused" if spoken.name == "Declined" else spoken.name
        contract = "Settlement" if spoken.name in _QUEUE else "Payments"
        first = _head(terms) if contract == "Settlement" else terms.encoded()
        second = (13).to_bytes(32, "big")
        if name != "Refused":
            second = _COMMITMENT if name in ("Paid", "Submitted") else _DIGEST
        if name == "Voided":
            data = sequence.to_bytes(32, "big")
        elif spoken.same:
            data = first + second
        else:
            # Either half may differ, where both are compared.
            data = bytes([1]) + first[1:] + second if name == "Refused" else first + _OTHER
        self._connection.execute(
            insert(events).values(
                height=self.height, log_index=log_index, transaction_index=0, contract=contract, name=name,
                initiator=_PAYER, sequence=sequence, topics=b"", data=data,
            )
        )  # fmt: skip


def _head(terms: Terms) -> bytes:
    return OneLeg(terms=terms, valid_until=_NOW).head.to_bytes(32, "big")


def _folded(connection: Connection, first: int) -> dict[str, str]:
    query = select(instructions).where(instructions.c.sequence >= first).order_by(instructions.c.sequence)
    rows = connection.execute(query).mappings().all()
    tried = attempts_of(connection, [row["id"] for row in rows])
    said = outcomes(connection, [(row["payer"], row["sequence"]) for row in rows])
    return {
        row["id"]: state(
            subject_of(row),
            tried[row["id"]],
            said[row["payer"], row["sequence"]],
            patience=_PATIENCE,
            now=_NOW,
        ).value
        for row in rows
    }


def _asked(connection: Connection, first: int) -> dict[str, str]:
    query = select(instructions.c.id, state_column(_PATIENCE, _NOW).label("state"))
    found = connection.execute(query.where(instructions.c.sequence >= first))
    return {row.id: row.state for row in found}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_database_gives_the_state_that_is_folded(stores: Callable[[str], Store], dialect: str) -> None:
    """For any history, of any order and however contradictory, the filter by state is the derivation."""
    store = stores(dialect)
    seen: set[str] = set()

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=100)
    @example([([_SENT], [_REFUSED], 0, [0, 1]), ([_SENT], [_REFUSED, _VOIDED], 0, [0, 1])])
    @example([([_HELD], [], 300, [0, 1])])
    @given(st.lists(_histories(), min_size=1, max_size=15))
    def check(histories: list[tuple[list[Tried], list[Spoken], int, list[int]]]) -> None:
        with store.transaction() as connection:
            writer = _Writer(connection)
            first = writer.height
            for history in histories:
                writer.write(history)
        with store.snapshot() as connection:
            folded = _folded(connection, first)
            assert folded == _asked(connection, first)
            seen.update(folded.values())

    check()
    assert {each.value for each in State} == seen
