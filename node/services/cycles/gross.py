"""Gross payments: promised to their payee by a letter, and settled in a cycle; final only with that.

Who may be paid, and by which rules, is asked as of any payment; what a rule holds is no gross payment.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select, update

from node.clock import Clock, Random
from node.errors import CycleRefused, DuplicateUetr, LetterRefused, NotFound
from node.services.acceptance import faults_as_asked, judge_all, submission_of
from node.services.answers import Answer, first_answer, keep_answer
from node.services.audit import append_audit
from node.services.circumstances import look_up, prepare_all
from node.services.cycles.book import SETTLED, TAKEN
from node.services.cycles.words import (
    TOLD_MAX,
    GrossPayments,
    GrossWithdrawal,
    Kind,
    Told,
    amount_of,
    read,
)
from node.services.identifiers import new_ids
from node.services.letters.sending import post
from node.services.letters.taking import Arrival
from node.services.policies.screened import screen
from node.services.requests import PaymentRequest, Prepared
from node.settings import Settings
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import gross_payments, instructions
from settlement.instruction import InstructionKind
from settlement.policy import Outcome

# So many may wait for a cycle at one node.
OPEN_MAX = 100_000
# A payee that took no letter for so long is told no more; the payment stays, and in no cycle.
TOLD_SECONDS_MAX = 7 * 86_400
_PREFIX = "gross"
_COLUMNS = (
    "payer", "id", "payee", "asset", "amount", "commitment", "uetr", "end_to_end_id", "value_date",
    "created_at", "document", "salt", "created_by", "entered_by", "letter",
)  # fmt: skip


def enter_gross(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    entered_by: str,
    key: str,
    body: bytes,
    requests: Sequence[PaymentRequest],
) -> Answer:
    """Take payments that are to settle in a cycle, all or none, and have their payees told.

    Raise `CycleRefused` for what a rule holds, `DuplicateUetr`, what is wrong with a payment, and
    `IdempotencyConflict`.
    """
    submission = submission_of(
        actor=actor, entered_by=entered_by, key=key, body=b"gross\0" + body, requests=requests
    )
    known = look_up(store, settings, clock, [submission])
    if isinstance(known, list):
        return known[0]
    with faults_as_asked(submission):
        prepared = prepare_all(submission, known.preparation, known.uetrs, random)
    items = [_new(item) for item in prepared]
    screened, at = screen(store, items), int(clock.now())
    with store.transaction() as connection:
        if answered := first_answer(connection, submission.request):
            return answered
        _require_room(connection, known.own.id, items)
        judged = judge_all(connection, InstructionKind.PAYMENT, items, screened, payer=known.own.id, at=at)
        for item, each in zip(items, judged, strict=bool(judged)):
            if each.verdict.outcome is Outcome.HOLD:
                raise CycleRefused(
                    f"a rule holds {item.end_to_end_id}: {each.verdict.why}; enter it as a payment"
                )
        ids = new_ids(_PREFIX, len(items), clock, random)
        letters = _tell(connection, clock, random, ids, items)
        _write(connection, ids, items, letters, own=known.own.id, by=(actor, entered_by), at=at)
        listed = [{"id": each, "uetr": item.uetr} for each, item in zip(ids, items, strict=True)]
        answer = Answer(status=202, body=orjson.dumps({"payments": listed}))
        keep_answer(connection, submission.request, answer, at=at)
        append_audit(
            connection, at=at, actor=actor, action="gross_payments_accepted", subject=key,
            detail={"accepted": len(items)},
        )  # fmt: skip
    return answer


def _new(item: Any) -> Prepared:
    if not isinstance(item, Prepared):
        raise DuplicateUetr(f"the UETR {item.uetr} was accepted before, as {item.id}", param="uetr")
    return item


def _require_room(connection: Connection, own: int, items: Sequence[Prepared]) -> None:
    """Raise for a UETR that is known, and for more than may wait."""
    uetrs = [item.uetr for item in items]
    for start in range(0, len(uetrs), TOLD_MAX):
        some = uetrs[start : start + TOLD_MAX]
        for table in (gross_payments, instructions):
            found = connection.scalar(select(table.c.uetr).where(table.c.uetr.in_(some)).limit(1))
            if found is not None:
                raise DuplicateUetr(f"the UETR {found} was accepted before", param="uetr")
    waiting = (
        select(func.count())
        .select_from(gross_payments)
        .where(gross_payments.c.payer == own, gross_payments.c.withdrawn_at.is_(None), ~SETTLED)
    )
    if (connection.scalar(waiting) or 0) + len(items) > OPEN_MAX:
        raise CycleRefused(f"{OPEN_MAX} gross payments wait for a cycle; try again when some have settled")


def _tell(
    connection: Connection, clock: Clock, random: Random, ids: Sequence[str], items: Sequence[Prepared]
) -> dict[str, str]:
    """Have each payee told; return by which letter each payment is."""
    letters: dict[str, str] = {}
    by_payee: dict[int, list[tuple[str, Prepared]]] = {}
    for identifier, item in zip(ids, items, strict=True):
        by_payee.setdefault(item.payee, []).append((identifier, item))
    until = int(clock.now()) + TOLD_SECONDS_MAX
    for payee, theirs in by_payee.items():
        for start in range(0, len(theirs), TOLD_MAX):
            some = theirs[start : start + TOLD_MAX]
            told = GrossPayments(payments=[_told(identifier, item) for identifier, item in some])
            letter = post(
                connection, clock, random, recipient=payee, kind=Kind.GROSS_PAYMENTS,
                content=told.content(), until=until,
            )  # fmt: skip
            letters |= dict.fromkeys((identifier for identifier, _ in some), letter)
    return letters


def _write(
    connection: Connection,
    ids: Sequence[str],
    items: Sequence[Prepared],
    letters: Mapping[str, str],
    *,
    own: int,
    by: tuple[str, str],
    at: int,
) -> None:
    rows = [
        (
            own, identifier, item.payee, item.asset, item.amount, item.commitment, item.uetr,
            item.end_to_end_id, item.value_date, at, item.document, item.salt, *by, letters[identifier],
        )
        for identifier, item in zip(ids, items, strict=True)
    ]  # fmt: skip
    insert_rows(connection, gross_payments, _COLUMNS, rows)


def _told(identifier: str, item: Prepared) -> Told:
    return Told(
        id=identifier, asset=item.asset, amount=str(item.amount), commitment=item.commitment.hex(),
        uetr=item.uetr, end_to_end_id=item.end_to_end_id, value_date=item.value_date,
    )  # fmt: skip


def take_gross(arrival: Arrival) -> Mapping[str, Any]:
    """Take what another bank promises to pay this one."""
    told = read(GrossPayments, arrival.content)
    uetrs = [each.uetr for each in told.payments]
    known = select(gross_payments.c.uetr).where(gross_payments.c.uetr.in_(uetrs)).limit(1)
    found = arrival.connection.scalar(known)
    if found is not None or len(set(uetrs)) < len(uetrs):
        raise LetterRefused(f"the UETR {found or uetrs[0]} is known already", param="uetr")
    for each in told.payments:
        arrival.connection.execute(
            insert(gross_payments).values(
                payer=arrival.sender, id=each.id, payee=arrival.own, asset=each.asset,
                amount=amount_of(each.amount), commitment=bytes.fromhex(each.commitment), uetr=each.uetr,
                end_to_end_id=each.end_to_end_id, value_date=each.value_date, created_at=arrival.at,
            )
        )  # fmt: skip
    return {"payments": len(told.payments)}


def withdraw_gross(
    connection: Connection, clock: Clock, random: Random, payment_id: str, *, own: int, actor: str
) -> None:
    """Take back a promise; raise `NotFound`, `CycleRefused` while a cycle has it or once it has settled."""
    row = connection.execute(
        select(gross_payments).where(gross_payments.c.payer == own, gross_payments.c.id == payment_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"no gross payment of this node has the id {payment_id!r}")
    if row.withdrawn_at is not None:
        return
    if bound(connection, payer=own, ids=[payment_id]):
        raise CycleRefused(f"{payment_id} is in a cycle; it can be withdrawn when that has ended unsettled")
    at = int(clock.now())
    _mark_withdrawn(connection, payer=own, ids=[payment_id], at=at)
    post(
        connection, clock, random, recipient=row.payee, kind=Kind.GROSS_WITHDRAWAL,
        content=GrossWithdrawal(ids=[payment_id]).content(), until=at + TOLD_SECONDS_MAX,
    )  # fmt: skip
    append_audit(
        connection, at=at, actor=actor, action="gross_payment_withdrawn", subject=payment_id, detail={}
    )


def take_withdrawal(arrival: Arrival) -> Mapping[str, Any]:
    """Note that another bank takes promises back."""
    ids = read(GrossWithdrawal, arrival.content).ids
    if bound(arrival.connection, payer=arrival.sender, ids=ids):
        raise LetterRefused("a payment of these is in a cycle")
    _mark_withdrawn(arrival.connection, payer=arrival.sender, ids=ids, at=arrival.at)
    return {"payments": len(ids)}


def bound(connection: Connection, *, payer: int, ids: Sequence[str]) -> bool:
    """Tell whether any of a payer's payments has settled, or is in a call that has not ended."""
    query = select(gross_payments.c.id).where(
        gross_payments.c.payer == payer, gross_payments.c.id.in_(ids), TAKEN
    )
    return connection.execute(query.limit(1)).first() is not None


def _mark_withdrawn(connection: Connection, *, payer: int, ids: Sequence[str], at: int) -> None:
    connection.execute(
        update(gross_payments)
        .where(
            gross_payments.c.payer == payer,
            gross_payments.c.id.in_(ids),
            gross_payments.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
    )
