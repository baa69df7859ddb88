"""The state of instructions as SQL: what `services.facts` folds one by one, asked of many at once.

It must give the same word for every history; a property test compares the two.
"""

from sqlalchemy import (
    ColumnElement,
    Exists,
    FromClause,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from node.services.facts import Patience
from node.store.tables import events, instructions, outbox, receipts, transactions
from settlement.lifecycle import State
from settlement.posting import SETTLING

_WORD_BYTES = 32
# What a question inside a question is about. Left to itself SQLAlchemy ties it to the nearest one only.
_OUTER = (instructions, events)


def state_column(patience: Patience, now: float) -> ColumnElement[str]:
    """Return an expression for `State` of a row of `instructions`, to be used in a query of it."""
    settled, voided, unsigned = _settled(), _event("Voided"), _refused_by_signer()
    return case(
        # The chain can't do both, nor one of them twice: nobody may claim either.
        (or_(and_(settled, voided), _voids() > 1), literal(State.UNKNOWN.value)),
        (settled, literal(State.SETTLED.value)),
        (and_(voided, or_(unsigned, _refused_before_void())), literal(State.REJECTED.value)),
        (voided, literal(State.CANCELLED.value)),
        (_stalled(patience, now), literal(State.UNKNOWN.value)),
        (or_(unsigned, _refused()), literal(State.REFUSED.value)),
        (_signed(), literal(State.SUBMITTED.value)),
        else_=literal(State.ACCEPTED.value),
    )


def _of_instruction(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.initiator == instructions.c.payer, table.c.sequence == instructions.c.sequence)


def _says_the_same(table: FromClause) -> ColumnElement[bool]:
    return func.substr(table.c.data, 1, _WORD_BYTES) == instructions.c.terms


def _settled() -> Exists:
    return exists().where(
        _of_instruction(events),
        events.c.name.in_(sorted(SETTLING)),
        _says_the_same(events),
        func.substr(events.c.data, _WORD_BYTES + 1, _WORD_BYTES) == instructions.c.commitment,
    )


def _usurped() -> ColumnElement[bool]:
    """Its sequence settled something else."""
    return and_(exists().where(_of_instruction(events), events.c.name.in_(sorted(SETTLING))), ~_settled())


def _voids() -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(events)
        .where(_of_instruction(events), events.c.name == "Voided")
        .correlate(instructions)
        .scalar_subquery()
    )


def _event(name: str) -> Exists:
    return exists().where(_of_instruction(events), events.c.name == name)


def _refused_by_signer() -> Exists:
    return exists().where(outbox.c.instruction_id == instructions.c.id, outbox.c.refused_at.is_not(None))


def _refused() -> Exists:
    return exists().where(*_own_refusal())


def _own_refusal() -> list[ColumnElement[bool]]:
    """An event that refused it, in a transaction that carried a row of its outbox."""
    carried = exists().where(
        outbox.c.instruction_id == instructions.c.id,
        outbox.c.transaction_id == transactions.c.id,
        transactions.c.hash == receipts.c.hash,
        receipts.c.height == events.c.height,
        receipts.c.transaction_index == events.c.transaction_index,
    )
    return [
        _of_instruction(events),
        events.c.name == "Refused",
        _says_the_same(events),
        carried.correlate(*_OUTER),
    ]


def _refused_before_void() -> Exists:
    void = events.alias("void")
    voided_later = exists().where(
        _of_instruction(void),
        void.c.name == "Voided",
        tuple_(events.c.height, events.c.log_index) < tuple_(void.c.height, void.c.log_index),
    )
    return exists().where(*_own_refusal(), voided_later.correlate(*_OUTER))


def _stalled(patience: Patience, now: float) -> ColumnElement[bool]:
    reverted = (
        select(func.count())
        .select_from(outbox)
        .join(transactions, transactions.c.id == outbox.c.transaction_id)
        .outerjoin(receipts, receipts.c.hash == transactions.c.hash)
        .where(
            outbox.c.instruction_id == instructions.c.id,
            or_(transactions.c.abandoned, receipts.c.succeeded.is_(False)),
        )
        .correlate(instructions)
        .scalar_subquery()
    )
    return or_(
        instructions.c.created_at <= int(now) - patience.unknown_after_seconds,
        reverted >= patience.attempts_max,
        _usurped(),
    )


def _signed() -> Exists:
    """A transaction carries it that has not come to nothing."""
    failed = exists().where(receipts.c.hash == transactions.c.hash, receipts.c.succeeded.is_(False))
    return exists().where(
        outbox.c.instruction_id == instructions.c.id,
        transactions.c.id == outbox.c.transaction_id,
        ~transactions.c.abandoned,
        ~failed,
    )
