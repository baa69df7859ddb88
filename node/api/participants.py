"""`/v1/participants`: who can be paid, by which names."""

from fastapi import APIRouter

from node.api.auth import Reader
from node.api.context import InContext
from node.api.schemas import MemberName, Participant, Participants
from node.services.participants import Entry, list_participants

router = APIRouter(prefix="/v1/participants", tags=["participants"])


@router.get("", summary="Who is registered on the chain?")
def list_all(context: InContext, _actor: Reader) -> Participants:
    """Return every participant as mirrored, with every name by which a payment can find it."""
    return Participants(participants=[_participant(entry) for entry in list_participants(context.store)])


def _participant(entry: Entry) -> Participant:
    return Participant(
        id=entry.id,
        kind=entry.kind.name.lower(),
        bic=entry.bic or None,
        lei=entry.lei,
        members=[MemberName.model_validate(member) for member in entry.members],
        suspended=entry.suspended,
        outgoing_stopped=entry.outgoing_stopped,
        endpoint=entry.endpoint,
    )
