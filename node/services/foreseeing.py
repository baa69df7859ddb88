"""What taking instructions would do, had they been sent: told without taking them."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.clock import Clock, Random
from node.services.acceptance import judge_all
from node.services.answers import Request
from node.services.circumstances import Circumstances, look_up, prepare_all
from node.services.policies.screened import screen
from node.services.requests import PaymentRequest, Prepared
from node.services.returns import require_returnable
from node.services.reviews import foresee
from node.services.submissions import FaultyRequests, Known, Submission, faulty_message
from node.settings import Settings
from node.store.session import Store
from settlement.approval import Need
from settlement.errors import Fault
from settlement.instruction import InstructionKind

# What is only looked at: no answer is ever kept under an empty key.
UNKEYED = Request(actor="", key="", digest=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would become of one request. `known`: what it repeats; `need`: why it takes two."""

    end_to_end_id: str
    known: str | None
    need: Need | None


def check(
    store: Store, settings: Settings, clock: Clock, random: Random, submission: Submission
) -> list[Foreseen] | None:
    """Return what would become of a submission, None when it was taken before; raise what `take` would.

    Nothing is taken. Room in the outbox is not asked for: by the time it is sent there may be more, or less.
    """
    known = look_up(store, settings, clock, [submission])
    if not isinstance(known, Circumstances):
        return None
    items = prepare_all(submission, known.preparation, known.uetrs, random)
    new = [item for item in items if isinstance(item, Prepared)]
    screened = screen(store, items)
    limits, at = settings.limits_of_one_person(), int(clock.now())
    with store.snapshot() as connection:
        require_returnable(connection, settings, clock, items, own=known.own.id)
        judged = judge_all(connection, submission.kind, items, screened, payer=known.own.id, at=at)
        needs = iter(
            foresee(connection, new, payer=known.own.id, limits=limits, judged=judged, at=at),
        )
    return [
        Foreseen(end_to_end_id=item.end_to_end_id, known=item.id, need=None)
        if isinstance(item, Known)
        else Foreseen(end_to_end_id=item.end_to_end_id, known=None, need=next(needs))
        for item in items
    ]


def check_payments(
    store: Store, settings: Settings, clock: Clock, random: Random, requests: Sequence[PaymentRequest]
) -> list[Foreseen] | tuple[Fault, ...]:
    """Return what would become of payments, or every fault of them; take nothing.

    Whether they repeat another request is known by their UETRs only: there is no idempotency key.
    """
    submission = Submission(
        request=UNKEYED, asked_by="", entered_by="", kind=InstructionKind.PAYMENT, requests=requests
    )
    try:
        return check(store, settings, clock, random, submission) or []
    except FaultyRequests as found:
        return faulty_message(found).faults
