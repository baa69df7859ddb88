"""The state of instructions as SQL: what `services.facts` folds one by one, asked of many at once.

It must give the same word for every history; a property test compares the two.
"""

from collections.abc import Iterable

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
from settlement.recognition import ACCEPTING, QUEUE, UNSETTLED, WAITING

_WORD_BYTES = 32
_WAITING_STATES = {
    "Submitted": State.PROPOSED.value,
    "Queued": State.QUEUED.value,
    "Held": State.HELD.value,
    "Released": State.QUEUED.value,
}
_UNKNOWN = literal(State.UNKNOWN.value)
# What a question inside a question is about. Left to itself SQLAlchemy ties it to the nearest one only.
_OUTER = (instructions, events)


def state_column(patience: Patience, now: float) -> ColumnElement[str]:
    """Return an expression for `State` of a row of `instructions`, to be used in a query of it."""
    settled, voided, unsigned = _settled(), _event("Voided"), _refused_by_signer()
    return case(
        # The chain can't do both, nor one of them twice: nobody may claim either.
        (or_(and_(voided, or_(settled, _in_queue(WAITING | UNSETTLED))), _voids() > 1), _UNKNOWN),
        (_waits_after_its_end(), _UNKNOWN),
        (settled, literal(State.SETTLED.value)),
        (_in_queue({"Cancelled"}), literal(State.CANCELLED.value)),
        (_in_queue({"Expired"}), literal(State.EXPIRED.value)),
        (and_(voided, or_(unsigned, _refused_before_void())), literal(State.REJECTED.value)),
        (voided, literal(State.CANCELLED.value)),
        (_in_queue(WAITING), _last_word_of_the_queue()),
        (and_(_awaited(), ~_usurped()), literal(State.AWAITING_APPROVAL.value)),
        (_stalled(patience, now), _UNKNOWN),
        (or_(unsigned, _refused()), literal(State.REFUSED.value)),
        (_signed(), literal(State.SUBMITTED.value)),
        else_=literal(State.ACCEPTED.value),
    )


def _of_instruction(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.initiator == instructions.c.payer, table.c.sequence == instructions.c.sequence)


def _is_about(table: FromClause) -> ColumnElement[bool]:
    """Whether an event says what the instruction says, as `settlement.recognition` has it."""
    first = func.substr(table.c.data, 1, _WORD_BYTES)
    second = func.substr(table.c.data, _WORD_BYTES + 1, _WORD_BYTES)
    refused, queue = table.c.name == "Refused", table.c.contract == QUEUE
    by_terms = and_(first == instructions.c.terms, or_(refused, second == instructions.c.commitment))
    named = case(
        (table.c.name == "Submitted", second == instructions.c.commitment),
        else_=second == instructions.c.digest,
    )
    by_head = and_(instructions.c.head.is_not(None), first == instructions.c.head, or_(refused, named))
    return or_(and_(queue, by_head), and_(~queue, by_terms))


def _settled() -> Exists:
    return exists().where(_of_instruction(events), events.c.name.in_(sorted(SETTLING)), _is_about(events))


def _usurped() -> Exists:
    """Its sequence is used, for something else."""
    return exists().where(_of_instruction(events), events.c.name.in_(sorted(ACCEPTING)), ~_is_about(events))


def _in_queue(names: Iterable[str]) -> Exists:
    return exists().where(_of_queue(events, names))


def _of_queue(table: FromClause, names: Iterable[str]) -> ColumnElement[bool]:
    return and_(
        _of_instruction(table), table.c.contract == QUEUE, table.c.name.in_(sorted(names)), _is_about(table)
    )


def _last_word_of_the_queue() -> ColumnElement[str]:
    name = (
        select(events.c.name)
        .where(_of_queue(events, WAITING))
        .order_by(events.c.height.desc(), events.c.log_index.desc())
        .limit(1)
        .correlate(instructions)
        .scalar_subquery()
    )
    return case(_WAITING_STATES, value=name)


def _waits_after_its_end() -> Exists:
    later = events.alias("later")
    waits = exists().where(
        _of_queue(later, WAITING),
        tuple_(events.c.height, events.c.log_index) < tuple_(later.c.height, later.c.log_index),
    )
    return exists().where(
        _of_instruction(events),
        events.c.name.in_(sorted(SETTLING | UNSETTLED)),
        _is_about(events),
        waits.correlate(*_OUTER),
    )


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


def _awaited() -> ColumnElement[bool]:
    of_it = outbox.c.instruction_id == instructions.c.id
    return and_(exists().where(of_it, outbox.c.held), ~exists().where(of_it, ~outbox.c.held))


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
        _is_about(events),
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
