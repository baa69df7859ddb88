"""What is due in the calls that this node is in: told, refused, ended, taken on."""

from sqlalchemy import Connection, RowMapping

from node.chain import own_calls
from node.chain.contracts import Contracts
from node.clock import Clock, Random
from node.mirror.cycles import CycleHistory, cycle_history
from node.services.administration import ask_in
from node.services.circumstances import own_participant
from node.services.cycles.book import end_call, has_affirmed, live_calls, note, note_of
from node.services.cycles.calling import make_call
from node.services.cycles.coordination import coordinate
from node.services.cycles.handlers import HANDLERS
from node.services.cycles.membership import report
from node.services.cycles.subtrees import objection
from node.services.cycles.words import Call, Kind, Note, Outcome
from node.services.letters.taking import Arrival
from node.settings import Settings
from node.store.session import Store
from settlement.netting import Cycle
from settlement.participant import KeyRole

# So long a member waits for its counterparties' letters about a cycle that is proposed.
PATHS_SECONDS = 60
_ENDS = {
    "CycleSettled": Outcome.SETTLED,
    "CycleCancelled": Outcome.CANCELLED,
    "CycleExpired": Outcome.EXPIRED,
}


def advance(store: Store, settings: Settings, contracts: Contracts, clock: Clock, random: Random) -> int:
    """Do what is due in each call that has not ended; return how many moved."""
    with store.snapshot() as connection:
        live = [row["id"] for row in live_calls(connection)]
    return sum(_advance_one(store, settings, contracts, clock, random, call=call) for call in live)


def ask_call(
    store: Store, settings: Settings, clock: Clock, random: Random, *, asset: int, actor: str
) -> str:
    """Call for a cycle and return the call's id; raise `CycleRefused`."""
    with store.transaction() as connection:
        return make_call(own_arrival(connection, settings, clock, random), asset=asset, actor=actor)


def own_arrival(connection: Connection, settings: Settings, clock: Clock, random: Random) -> Arrival:
    """Return what this bank's own work on a call is done with."""
    own = own_participant(connection, settings).id
    return Arrival(
        connection=connection, settings=settings, clock=clock, random=random, own=own, sender=own,
        content={}, handlers=HANDLERS,
    )  # fmt: skip


def _advance_one(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    *,
    call: str,
) -> bool:
    with store.transaction() as connection:
        arrival = own_arrival(connection, settings, clock, random)
        row = next((each for each in live_calls(connection) if each["id"] == call), None)
        if row is None:
            return False
        return (
            report(arrival, row)
            or _refuse(arrival, row)
            or _end(arrival, contracts, row)
            or (row["coordinator"] == arrival.own and coordinate(arrival, contracts, row))
        )


def _refuse(arrival: Arrival, row: RowMapping) -> bool:
    """Tell the coordinator, once, why this bank will not affirm its cycle."""
    connection, call = arrival.connection, row["id"]
    told = (Note.REFUSED, Note.CHECKED)
    if row["digest"] is None or any(
        note_of(connection, call, arrival.own, each) is not None for each in told
    ):
        return False
    if note_of(connection, call, arrival.own, Note.CLOSED) is None or has_affirmed(connection, call):
        return False
    found = objection(connection, row, arrival.own)
    asked = Call.model_validate_json(row["content"])
    if found is None:
        note(connection, call, arrival.own, Note.CHECKED, {}, at=arrival.at)
        return True
    if found.reason == "no_paths" and arrival.at <= asked.summaries_until + PATHS_SECONDS:
        return False
    note(connection, call, arrival.own, Note.REFUSED, found.content(), at=arrival.at)
    arrival.say(row["coordinator"], Kind.REFUSAL, found.content(), until=asked.affirmed_until)
    return True


def _end(arrival: Arrival, contracts: Contracts, row: RowMapping) -> bool:
    """End a call that the chain has ended, or that nobody goes on with."""
    connection, call = arrival.connection, Call.model_validate_json(row["content"])
    history = _history(arrival, row)
    coordinates = row["coordinator"] == arrival.own
    if history is not None and history.ended is not None:
        # What did not settle its coordinator makes anew.
        if history.settled or not coordinates:
            end_call(connection, row["id"], _ENDS[history.ended], at=arrival.at)
        return history.settled or not coordinates
    if history is not None and history.proposed:
        return arrival.at > call.valid_until and _sweep(arrival, contracts, row)
    if coordinates or arrival.at <= call.affirmed_until or has_affirmed(connection, row["id"]):
        return False
    end_call(connection, row["id"], Outcome.NOT_PROPOSED, at=arrival.at)
    return True


def _history(arrival: Arrival, row: RowMapping) -> CycleHistory | None:
    return None if row["digest"] is None else cycle_history(arrival.connection, row["digest"])


def _sweep(arrival: Arrival, contracts: Contracts, row: RowMapping) -> bool:
    if note_of(arrival.connection, row["id"], arrival.own, Note.SWEPT) is not None:
        return False
    call = own_calls.sweep_cycle(contracts, Cycle(words=row["words"]))
    ask_in(arrival.connection, call, role=KeyRole.PAY, actor="keeper", action="cycle_swept", at=arrival.at)
    note(arrival.connection, row["id"], arrival.own, Note.SWEPT, {}, at=arrival.at)
    return True
