"""Calls for a cycle: whom the coordinator invites, and what the invited say to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from node.errors import CycleRefused, LetterRefused
from node.services.audit import append_audit
from node.services.cycles.book import call_row, note, note_of
from node.services.cycles.words import (
    MEMBERS_MAX,
    Call,
    Kind,
    Note,
    Refusal,
    Report,
    SummaryOf,
    read,
)
from node.services.identifiers import new_id
from node.services.letters.taking import Arrival
from node.store.tables import participants

LEAST_MEMBERS = 2
# From the call: until all lists, all sums, all affirmations are in; and how long the chain takes the last.
LISTS_SECONDS, SUMMARIES_SECONDS, AFFIRMED_SECONDS, VALID_SECONDS = 60, 120, 1800, 2400


def make_call(
    arrival: Arrival,
    *,
    asset: int,
    actor: str,
    without: frozenset[int] = frozenset(),
    apart: frozenset[tuple[int, int]] = frozenset(),
    previous: RowMapping | None = None,
) -> str:
    """Invite every bank that takes letters to a cycle, and return the call's id.

    Raise `CycleRefused` while this node is in another call, or knows nobody to invite.
    """
    members = [each for each in invited(arrival.connection, arrival.own) if each not in without]
    if len(members) < LEAST_MEMBERS or arrival.own not in members:
        raise CycleRefused(
            "a cycle needs two banks, each with an endpoint on the chain: `vostro participants`"
        )
    at = arrival.at
    call = Call(
        call=new_id("cycle", arrival.clock, arrival.random),
        previous=None if previous is None else previous["id"],
        attempt=1 if previous is None else Call.model_validate_json(previous["content"]).attempt + 1,
        asset=asset,
        members=members[:MEMBERS_MAX],
        apart=sorted(apart),
        lists_until=at + LISTS_SECONDS,
        summaries_until=at + SUMMARIES_SECONDS,
        affirmed_until=at + AFFIRMED_SECONDS,
        valid_until=at + VALID_SECONDS,
    )
    try:
        # This bank last: its lists must not come before the call.
        for member in sorted(call.members, key=lambda each: each == arrival.own):
            arrival.say(member, Kind.CALL, call.content(), until=call.lists_until)
    except LetterRefused as refused:
        raise CycleRefused(refused.detail) from None
    append_audit(
        arrival.connection, at=at, actor=actor, action="cycle_called", subject=call.call,
        detail={"asset": asset, "members": len(call.members), "attempt": call.attempt},
    )  # fmt: skip
    return call.call


def invited(connection: Connection, own: int) -> list[int]:
    """Return who can be in a cycle: banks with an endpoint that are not suspended, this one first."""
    query = select(participants.c.id).where(
        participants.c.endpoint.is_not(None), participants.c.suspended.is_(False)
    )
    found = sorted(connection.scalars(query))
    return sorted(found, key=lambda each: (each != own, each))


def take_report(arrival: Arrival) -> Mapping[str, Any]:
    """Keep what a member says its payees agreed to."""
    given = read(Report, arrival.content)
    row = _own_call(arrival, given.call)
    _keep(arrival, row, Note.REPORT, given.content())
    return {}


def take_summary(arrival: Arrival) -> Mapping[str, Any]:
    """Keep what a member says its subtree comes to."""
    given = read(SummaryOf, arrival.content)
    row = _own_call(arrival, given.call)
    _keep(arrival, row, Note.SUMMARY, given.content())
    return {}


def take_refusal(arrival: Arrival) -> Mapping[str, Any]:
    """Keep why a member will not affirm."""
    given = read(Refusal, arrival.content)
    row = _own_call(arrival, given.call)
    _keep(arrival, row, Note.REFUSAL, given.content())
    return {}


def _own_call(arrival: Arrival, call: str) -> RowMapping:
    row = call_row(arrival.connection, call)
    if row is None or row["coordinator"] != arrival.own or row["ended_at"] is not None:
        raise LetterRefused("this node makes no such call, or it has ended", param="call")
    if arrival.sender not in Call.model_validate_json(row["content"]).members:
        raise LetterRefused("you are not invited to this call", param="call")
    return row


def _keep(arrival: Arrival, row: RowMapping, kind: Note, content: Mapping[str, Any]) -> None:
    if note_of(arrival.connection, row["id"], arrival.sender, kind) is not None:
        raise LetterRefused("it was said before", param="call")
    note(arrival.connection, row["id"], arrival.sender, kind, content, at=arrival.at)
