"""What submissions are held against at one moment, and each request made ready by it or found wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.clock import Clock, Random
from node.errors import AssetNotFound, BodyTooLarge, DuplicateUetr
from node.mirror.head import Pinned, pinned
from node.mirror.registry import asset_of_currency, directory
from node.services.answers import Answer, first_answers
from node.services.identifiers import new_uetrs
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
from node.services.submissions import FAULTS_MAX, FaultyRequests, Known, Submission
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions
from settlement.document import SALT_BYTES
from settlement.errors import BrokenRule, SettlementError, UnknownCurrency
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from settlement.money import currency
from settlement.participant import Directory, Participant

_LOOKUP_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the store says that requests are held against.

    `answers`: the first answer to each submission that was taken before, in their order.
    """

    own: Participant
    chain: Pinned
    preparation: Preparation
    uetrs: dict[str, Known]
    answers: list[Answer | None]


def look_up(
    store: Store, settings: Settings, clock: Clock, submissions: Sequence[Submission]
) -> Circumstances | list[Answer]:
    """Return what submissions of one kind are held against; their first answers when all have one.

    Raise `BodyTooLarge`, or the conflict of an answer that was to another body.
    """
    requests = [request for submission in submissions for request in submission.requests]
    if len(requests) > settings.payments_max:
        raise BodyTooLarge(f"{len(requests)} in one request; this node takes {settings.payments_max} at most")
    with store.snapshot() as connection:
        answers = answered(connection, submissions)
        if all(answers):
            return [answer for answer in answers if answer is not None]
        names = directory(connection)
        own = _own(names, settings)
        preparation = Preparation(
            kind=submissions[0].kind,
            own=own,
            directory=names,
            monies=_monies(connection, {request.currency for request in requests}),
            defaults=Defaults(deadline_seconds=settings.deadline_seconds, queue=settings.queue),
            now=clock.now(),
        )
        return Circumstances(
            own=own,
            chain=pinned(connection),
            preparation=preparation,
            uetrs=_known(connection, (request.uetr for request in requests)),
            answers=answers,
        )


def answered(connection: Connection, submissions: Sequence[Submission]) -> list[Answer | None]:
    """Return the first answer to each submission, None where there is none; raise its conflict."""
    asked = [request for submission in submissions for request in submission.known_by]
    found = iter(first_answers(connection, asked))
    return [
        next((answer for answer in [next(found) for _ in submission.known_by] if answer), None)
        for submission in submissions
    ]


def own_participant(connection: Connection, settings: Settings) -> Participant:
    """Return the participant this node acts for; raise `UnknownParticipant` until it is admitted."""
    return _own(directory(connection), settings)


def _own(names: Directory, settings: Settings) -> Participant:
    return names.resolve(BankReference(bic=settings.bic))


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


def known_since(
    connection: Connection, submissions: Sequence[Submission], prepared: Sequence[Sequence[Prepared | Known]]
) -> dict[str, Known]:
    """Return, by UETR, what somebody else got accepted since the items of submissions were prepared."""
    return _known(
        connection,
        (
            item.uetr
            for submission, items in zip(submissions, prepared, strict=True)
            for request, item in zip(submission.requests, items, strict=False)
            if request.uetr is not None and isinstance(item, Prepared)
        ),
    )


def with_known(items: Sequence[Prepared | Known], late: Mapping[str, Known]) -> list[Prepared | Known]:
    """Return the items with what is known meanwhile; raise `DuplicateUetr` for other content."""
    for item in items:
        other = late.get(item.uetr)
        if other and isinstance(item, Prepared) and other.content_digest != item.content_digest:
            raise DuplicateUetr(
                f"the UETR {item.uetr} was accepted before with other content, as {other.id}", param="uetr"
            )
    return [late.get(item.uetr, item) for item in items]
