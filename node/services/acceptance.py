"""Taking instructions in: checked as a whole, then written in one transaction, once.

What repeats an earlier request gets the earlier answer; a payment whose UETR is known is that payment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.clock import Clock, Random
from node.errors import AssetNotFound, BodyTooLarge, DuplicateUetr
from node.mirror.head import Pinned, pinned
from node.mirror.registry import asset_of_currency, directory
from node.services.accepted import ID_PREFIX, SERIES, Known, NewFile, write
from node.services.answers import Answer, Request, first_answer, request_of
from node.services.identifiers import new_ids, new_uetrs
from node.services.policies.verdicts import Judged, judge, refusals
from node.services.requests import (
    Defaults,
    Money,
    PaymentRequest,
    Preparation,
    Prepared,
    content_digest,
    document_bytes,
    is_uetr,
    validate_given_uetr,
)
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import instructions
from settlement.document import SALT_BYTES
from settlement.errors import (
    BrokenRule,
    Fault,
    FaultyMessage,
    SettlementError,
    UnknownCurrency,
    UnresolvedParty,
)
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from settlement.money import currency
from settlement.participant import Participant

FAULTS_MAX = 1000
_LOOKUP_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Instructions of one kind that are taken together or not at all.

    `asked_by` is the id of who asks, `entered_by` the name of that person or program.
    """

    request: Request
    asked_by: str
    entered_by: str
    kind: InstructionKind
    requests: Sequence[PaymentRequest]
    file: NewFile | None = None
    # The caller's own idempotency key, where the request itself is known by something else.
    keyed: Request | None = None


class FaultyRequests(SettlementError):
    """Some of many requests are wrong: each fault with its position; not seen outside the services."""

    def __init__(self, faults: Sequence[tuple[int, SettlementError]]) -> None:
        super().__init__(f"{len(faults)} of the requests are wrong")
        self.faults = faults


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
    request = request_of(actor=actor, key=key, operation=kind.value, body=body)
    submission = Submission(
        request=request, asked_by=actor, entered_by=entered_by or actor, kind=kind, requests=requests
    )
    try:
        return take(store, settings, clock, random, submission)
    except FaultyRequests as found:
        if len(requests) == 1:
            raise found.faults[0][1] from None
        raise faulty_message(found) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the store says that requests are held against."""

    own: Participant
    chain: Pinned
    preparation: Preparation
    uetrs: dict[str, Known]


def take(store: Store, settings: Settings, clock: Clock, random: Random, submission: Submission) -> Answer:
    """Take a submission; the first answer again if it was taken before. Raise `FaultyRequests`."""
    known = look_up(store, settings, clock, submission)
    if isinstance(known, Answer):
        return known
    items = prepare_all(submission, known.preparation, known.uetrs, random)
    at = int(clock.now())
    new = sum(isinstance(item, Prepared) for item in items)
    ids = new_ids(ID_PREFIX[submission.kind], new, clock, random)
    with store.transaction() as connection:
        # Taking none waits for whoever is accepting now, so that what follows sees what they accepted.
        take_numbers(connection, SERIES, 0)
        if answered := _answered(connection, submission):
            return answered
        items = _without_known(connection, submission.requests, items)
        judged = judge_all(connection, submission.kind, items, payer=known.own.id, at=at)
        return write(
            connection,
            submission.request,
            keyed=submission.keyed,
            asked_by=submission.asked_by,
            entered_by=submission.entered_by,
            limits=settings.limits_of_one_person(),
            judged=judged,
            kind=submission.kind,
            payer=known.own.id,
            chain=known.chain,
            items=items,
            ids=ids[: sum(isinstance(item, Prepared) for item in items)],
            file=submission.file,
            outbox_max=settings.outbox_max,
            at=at,
        )


def judge_all(
    connection: Connection, kind: InstructionKind, items: Sequence[Prepared | Known], *, payer: int, at: int
) -> list[Judged]:
    """Return what the bank's rules say of each new item, in order; raise `FaultyRequests`."""
    new = [(position, item) for position, item in enumerate(items) if isinstance(item, Prepared)]
    judged = judge(connection, [item for _, item in new], kind=kind, payer=payer, at=at)
    if refused := refusals(judged):
        raise FaultyRequests([(new[place][0], error) for place, error in refused[:FAULTS_MAX]])
    return judged


def look_up(store: Store, settings: Settings, clock: Clock, submission: Submission) -> Answer | Circumstances:
    """Return what a submission is held against, or its first answer; raise `BodyTooLarge`."""
    requests = submission.requests
    if len(requests) > settings.payments_max:
        raise BodyTooLarge(f"{len(requests)} in one request; this node takes {settings.payments_max} at most")
    with store.snapshot() as connection:
        if answered := _answered(connection, submission):
            return answered
        own = own_participant(connection, settings)
        preparation = Preparation(
            kind=submission.kind,
            own=own,
            directory=directory(connection),
            monies=_monies(connection, {request.currency for request in requests}),
            defaults=Defaults(deadline_seconds=settings.deadline_seconds, queue=settings.queue),
            now=clock.now(),
        )
        return Circumstances(
            own=own,
            chain=pinned(connection),
            preparation=preparation,
            uetrs=_known(connection, (request.uetr for request in requests)),
        )


def _answered(connection: Connection, submission: Submission) -> Answer | None:
    keyed = submission.keyed
    return (keyed and first_answer(connection, keyed)) or first_answer(connection, submission.request)


def own_participant(connection: Connection, settings: Settings) -> Participant:
    """Return the participant this node acts for; raise `UnknownParticipant` until it is admitted."""
    return directory(connection).resolve(BankReference(bic=settings.bic))


def faulty_message(found: FaultyRequests) -> FaultyMessage:
    """Return the faults as the domain lists them."""
    return FaultyMessage(
        tuple(
            Fault(transaction=position, path=_path(error), code=error.code, detail=error.detail)
            for position, error in found.faults
        )
    )


def _path(error: SettlementError) -> str:
    return "payee" if isinstance(error, UnresolvedParty) else error.param or ""


def _monies(connection: Connection, codes: Iterable[str]) -> dict[str, Money]:
    found = {}
    for code in codes:
        try:
            asset = asset_of_currency(connection, currency(code))
        except (UnknownCurrency, AssetNotFound):
            continue  # each request in it is told so
        found[code] = Money(asset=asset.id, issuer=asset.issuer)
    return found


def _known(connection: Connection, uetrs: Iterable[str | None]) -> dict[str, Known]:
    columns = (instructions.c[name] for name in ("id", "uetr", "end_to_end_id", "content_digest"))
    query = select(*columns)
    # Only what has the form is looked up: the database need not even be able to hold the rest.
    given = [uetr for uetr in uetrs if uetr is not None and is_uetr(uetr)]
    found = {}
    for start in range(0, len(given), _LOOKUP_MAX):
        some = given[start : start + _LOOKUP_MAX]
        for row in connection.execute(query.where(instructions.c.uetr.in_(some))).mappings():
            found[row["uetr"]] = Known(**row)
    return found


def prepare_all(
    submission: Submission, preparation: Preparation, known: dict[str, Known], random: Random
) -> list[Prepared | Known]:
    """Return each request ready to be written, or what it repeats; raise `FaultyRequests`."""
    requests = submission.requests
    made = new_uetrs(len(requests), random)
    salts = random.bytes(SALT_BYTES * len(requests))
    items: list[Prepared | Known] = []
    faults: list[tuple[int, SettlementError]] = []
    seen: set[str] = set()
    for position, request in enumerate(requests):
        try:
            uetr = validate_given_uetr(request) or made[position]
            if uetr in seen:
                raise DuplicateUetr(f"the UETR {uetr} stands twice in this request", param="uetr")
            seen.add(uetr)
            if uetr in known:
                items.append(_same(submission.kind, request, known[uetr]))
                continue
            salt = salts[position * SALT_BYTES : (position + 1) * SALT_BYTES]
            items.append(preparation.prepare(request, uetr=uetr, salt=salt))
        except BrokenRule:
            raise
        except SettlementError as error:
            faults.append((position, error))
            if len(faults) >= FAULTS_MAX:
                break
    if faults:
        raise FaultyRequests(faults)
    return items


def _same(kind: InstructionKind, request: PaymentRequest, known: Known) -> Known:
    """Return the instruction that has the request's UETR, if it says the same; raise `DuplicateUetr`."""
    digest = content_digest(kind, request, document_bytes(request, known.uetr))
    if digest != known.content_digest:
        raise DuplicateUetr(
            f"the UETR {known.uetr} was accepted before with other content, as {known.id}", param="uetr"
        )
    return known


def _without_known(
    connection: Connection, requests: Sequence[PaymentRequest], items: list[Prepared | Known]
) -> list[Prepared | Known]:
    """Return the items with those replaced that somebody else got accepted since they were prepared."""
    given = [
        item.uetr
        for request, item in zip(requests, items, strict=True)
        if request.uetr is not None and isinstance(item, Prepared)
    ]
    late = _known(connection, given)
    if not late:
        return items
    for item in items:
        other = late.get(item.uetr)
        if other and isinstance(item, Prepared) and other.content_digest != item.content_digest:
            raise DuplicateUetr(
                f"the UETR {item.uetr} was accepted before with other content, as {other.id}", param="uetr"
            )
    return [late.get(item.uetr, item) for item in items]
