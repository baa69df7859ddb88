"""Taking instructions in: checked as a whole, then written in one transaction, once.

What repeats an earlier request gets the earlier answer; a payment whose UETR is known is that payment.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Connection

from node.clock import Clock, Random
from node.errors import DuplicateUetr
from node.services.accepted import ID_PREFIX, SERIES, Draft, write
from node.services.answers import Answer, request_of
from node.services.circumstances import (
    Circumstances,
    answered,
    known_since,
    look_up,
    prepare_all,
    with_known,
)
from node.services.identifiers import new_ids
from node.services.policies.refused import RefusedByRules, log_refusal, require_allowed
from node.services.policies.screened import Screened, screen
from node.services.policies.verdicts import Judged, judge
from node.services.requests import PaymentRequest, Prepared
from node.services.returns import require_returnable
from node.services.submissions import FaultyRequests, Known, Submission, faulty_message
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.session import Store
from settlement.instruction import InstructionKind


def accept(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    key: str,
    body: bytes,
    requests: Sequence[PaymentRequest],
    kind: InstructionKind = InstructionKind.PAYMENT,
    entered_by: str | None = None,
) -> Answer:
    """Take one or many instructions of this node's participant, and return the answer to `body` under `key`.

    The answer names each with its id and UETR, in the order asked. Raise `IdempotencyConflict`, what is
    wrong with a single request, or `FaultyMessage` with the faults of many; then nothing was taken.
    """
    submission = submission_of(
        actor=actor, key=key, body=body, requests=requests, kind=kind, entered_by=entered_by
    )
    with faults_as_asked(submission):
        return take(store, settings, clock, random, submission)


def submission_of(
    *,
    actor: str,
    key: str,
    body: bytes,
    requests: Sequence[PaymentRequest],
    kind: InstructionKind = InstructionKind.PAYMENT,
    entered_by: str | None = None,
) -> Submission:
    """Return what a body under a key asks for; raise `InvalidIdempotencyKey`."""
    request = request_of(actor=actor, key=key, operation=kind.value, body=body)
    return Submission(
        request=request, asked_by=actor, entered_by=entered_by or actor, kind=kind, requests=requests
    )


@contextmanager
def faults_as_asked(submission: Submission) -> Iterator[None]:
    """Raise the fault of a single request as it is, those of many as `FaultyMessage`."""
    try:
        yield
    except FaultyRequests as found:
        if len(submission.requests) == 1:
            raise found.faults[0][1] from None
        raise faulty_message(found) from None


def take(store: Store, settings: Settings, clock: Clock, random: Random, submission: Submission) -> Answer:
    """Take a submission; the first answer again if it was taken before. Raise `FaultyRequests`."""
    try:
        return take_all(store, settings, clock, random, [submission])[0]
    except RefusedByRules as refused:
        log_refusal(store, submission, refused, at=int(clock.now()))
        raise


def take_all(
    store: Store, settings: Settings, clock: Clock, random: Random, submissions: Sequence[Submission]
) -> list[Answer]:
    """Take submissions of one kind, all of them or none; those that were taken before get their first answer.

    What is wrong with any of them is raised, as by `take`.
    """
    known = look_up(store, settings, clock, submissions)
    if not isinstance(known, Circumstances):
        return known
    prepared = [
        [] if answer else prepare_all(submission, known.preparation, known.uetrs, random)
        for submission, answer in zip(submissions, known.answers, strict=True)
    ]
    new = [item for items in prepared for item in items if isinstance(item, Prepared)]
    _require_distinct(new)
    screened = screen(store, [item for items in prepared for item in items])
    kind, at = submissions[0].kind, int(clock.now())
    ids = iter(new_ids(ID_PREFIX[kind], len(new), clock, random))
    with store.transaction() as connection:
        # Taking none waits for whoever is accepting now, so that what follows sees what they accepted.
        take_numbers(connection, SERIES, 0)
        answers = answered(connection, submissions)
        late = known_since(connection, submissions, prepared)
        drafts = [
            _draft(submission, with_known(items, late), ids)
            for submission, items, answer in zip(submissions, prepared, answers, strict=True)
            if answer is None
        ]
        if not drafts:
            return [answer for answer in answers if answer is not None]
        items = [item for draft in drafts for item in draft.items]
        require_returnable(connection, settings, clock, items, own=known.own.id)
        written = write(
            connection,
            drafts,
            kind=kind,
            limits=settings.limits_of_one_person(),
            judged=judge_all(connection, kind, items, screened, payer=known.own.id, at=at),
            payer=known.own.id,
            chain=known.chain,
            outbox_max=settings.outbox_max,
            at=at,
        )
        made = iter(written)
        return [answer or next(made) for answer in answers]


def _require_distinct(items: Sequence[Prepared]) -> None:
    """Raise `DuplicateUetr` where two submissions bring the same payment at the same moment."""
    seen: set[str] = set()
    for item in items:
        if item.uetr in seen:
            raise DuplicateUetr(f"the UETR {item.uetr} is being accepted; ask again", param="uetr")
        seen.add(item.uetr)


def _draft(submission: Submission, items: Sequence[Prepared | Known], ids: Iterator[str]) -> Draft:
    """Return a submission ready to be written, with as many of the ids as it has new items."""
    new = sum(isinstance(item, Prepared) for item in items)
    return Draft(submission=submission, items=items, ids=list(islice(ids, new)))


def judge_all(
    connection: Connection,
    kind: InstructionKind,
    items: Sequence[Prepared | Known],
    screened: Screened,
    *,
    payer: int,
    at: int,
) -> list[Judged]:
    """Return what the bank's rules say of each new item, in order; raise `RefusedByRules`."""
    new = [(position, item) for position, item in enumerate(items) if isinstance(item, Prepared)]
    judged = judge(connection, [item for _, item in new], screened, kind=kind, payer=payer, at=at)
    require_allowed(new, judged)
    return judged
