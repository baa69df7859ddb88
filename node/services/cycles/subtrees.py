"""A member's subtree: built of all its lists, told to its counterparties, looked for in the cycle."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, update

from node.errors import LetterEarly, LetterRefused
from node.mirror.head import pinned
from node.services.cycles.book import (
    call_row,
    end_call,
    entries_of,
    listed_pairs,
    note,
    note_of,
)
from node.services.cycles.words import (
    Call,
    Close,
    Kind,
    Note,
    Outcome,
    Path,
    Paths,
    Proposal,
    Refusal,
    SummaryOf,
    read,
    sum_of,
)
from node.services.letters.taking import Arrival
from node.store.tables import (
    cycle_calls,
)
from settlement.netting import Cycle, GrossPayment, new_cycle
from settlement.subtree import CycleTree, Subtree, Summary, is_in_subtree

_LIST_COLUMNS = ("call", "payer", "payee", "letter", "count", "total", "digest")
_ENTRY_COLUMNS = ("call", "payer", "counter", "payment")


def take_close(arrival: Arrival) -> Mapping[str, Any]:
    """Build this bank's subtree of all lists, tell each counterparty its places, the coordinator the sum."""
    given = read(Close, arrival.content)
    connection = arrival.connection
    row = _live(connection, given.call, coordinator=arrival.sender)
    own = arrival.own
    taken = {(each.payer, each.payee): each for each in listed_pairs(connection, given.call)}
    missing = [
        (each.payer, each.payee) for each in given.pairs if taken.get((each.payer, each.payee)) != each
    ]
    call = Call.model_validate_json(row["content"])
    if not given.pairs and not entries_of(connection, given.call, payer=own):
        end_call(connection, given.call, Outcome.NOTHING, at=arrival.at)
        return {}
    said = SummaryOf(call=given.call, summary=None, missing=missing)
    if not missing:
        note(connection, given.call, own, Note.CLOSED, given.content(), at=arrival.at)
        tree = subtree_of(connection, given.call, own)
        _tell_paths(arrival, call, tree)
        said = SummaryOf(call=given.call, summary=sum_of(tree.summary), missing=[])
    arrival.say(arrival.sender, Kind.SUMMARY, said.content(), until=call.affirmed_until)
    return {}


def subtree_of(connection: Connection, call: str, own: int) -> Subtree:
    """Return this bank's subtree: all that it pays and is paid in a closed call."""
    closed = note_of(connection, call, own, Note.CLOSED)
    assert closed is not None, "a subtree is of a closed call"
    pairs = {(each.payer, each.payee) for each in Close.model_validate(closed).pairs}
    payments = [
        each
        for each in entries_of(connection, call)
        if each.payer == own or (each.payer, each.payee) in pairs
    ]
    return Subtree(own, payments)


def _tell_paths(arrival: Arrival, call: Call, tree: Subtree) -> None:
    found = tree.paths()
    by_counterparty: dict[int, list[Path]] = {}
    for each in tree.payments:
        index, path = found[each.payer, each.counter]
        counterparty = each.payee if each.payer == arrival.own else each.payer
        by_counterparty.setdefault(counterparty, []).append(
            Path(payer=each.payer, counter=each.counter, index=index, path=[node.hex() for node in path])
        )
    for counterparty, paths in by_counterparty.items():
        said = Paths(call=call.call, paths=paths)
        arrival.say(counterparty, Kind.PATHS, said.content(), until=call.affirmed_until)


def take_paths(arrival: Arrival) -> Mapping[str, Any]:
    """Keep where a counterparty says that the payments between both are in its subtree."""
    given = read(Paths, arrival.content)
    row = call_row(arrival.connection, given.call)
    if row is None:
        raise LetterEarly(f"no call {given.call} has come yet")
    _note_once(arrival, given.call, Note.PATHS, given.content())
    return {}


def take_proposal(arrival: Arrival) -> Mapping[str, Any]:
    """Keep the cycle that the coordinator proposes; what is wrong with it is looked for at every tick."""
    given = read(Proposal, arrival.content)
    row = _live(arrival.connection, given.call, coordinator=arrival.sender)
    if row["digest"] is not None:
        raise LetterRefused("the call has a cycle already", param="call")
    summaries = [each.summary() for each in given.summaries]
    cycle = cycle_of_call(row, given.number, summaries)
    keep_cycle(arrival.connection, given.call, cycle, given)
    return {}


def cycle_of_call(row: RowMapping, number: int, summaries: Sequence[Summary]) -> Cycle:
    """Return the cycle that the members' summaries make."""
    tree = CycleTree(summaries)
    return new_cycle(
        asset=row["asset"],
        proposer=row["coordinator"],
        number=number,
        valid_until=Call.model_validate_json(row["content"]).valid_until,
        root=tree.root,
        positions=[each.position for each in tree.summaries],
    )


def keep_cycle(connection: Connection, call: str, cycle: Cycle, proposal: Proposal) -> None:
    """Write the cycle of a call."""
    chain = pinned(connection)
    digest = cycle.digest(chain_id=chain.chain_id, ledger=chain.ledger, netting=chain.netting)
    values = {"digest": digest, "words": cycle.words, "summaries": proposal.model_dump_json()}
    connection.execute(update(cycle_calls).where(cycle_calls.c.id == call).values(**values))


def objection(connection: Connection, row: RowMapping, own: int) -> Refusal | None:
    """Return why this bank must not affirm the cycle of a call; None when all of it is as it must be.

    Its own subtree is complete and only its own, and each payment is in its counterparty's subtree, too.
    """
    call = row["id"]
    proposal = Proposal.model_validate_json(row["summaries"])
    summaries = {each.participant: each.summary() for each in proposal.summaries}
    tree = subtree_of(connection, call, own)
    if sum(each.net for each in summaries.values()) or len(summaries) < len(proposal.summaries):
        return Refusal(call=call, reason="unbalanced", without=None)
    if summaries.get(own) != tree.summary:
        return Refusal(call=call, reason="not_my_subtree", without=None)
    said: dict[int, dict[tuple[int, int], Path]] = {}
    for each in tree.payments:
        other = each.payee if each.payer == own else each.payer
        if other not in said:
            content = note_of(connection, call, other, Note.PATHS)
            if content is None:
                return Refusal(call=call, reason="no_paths", without=other)
            paths = Paths.model_validate(content).paths
            said[other] = {(path.payer, path.counter): path for path in paths}
        path = said[other].get((each.payer, each.counter))
        summary = summaries.get(other)
        if path is None or summary is None or not _leads(each, summary, path):
            return Refusal(call=call, reason="wrong_paths", without=other)
    return None


def _leads(payment: GrossPayment, summary: Summary, path: Path) -> bool:
    nodes = [bytes.fromhex(node) for node in path.path]
    return is_in_subtree(payment, summary, index=path.index, path=nodes)


def _live(connection: Connection, call: str, *, coordinator: int) -> RowMapping:
    row = call_row(connection, call)
    if row is None:
        raise LetterEarly(f"no call {call} has come yet")
    if row["coordinator"] != coordinator or row["ended_at"] is not None:
        raise LetterRefused("the call has ended, or another participant makes it", param="call")
    return row


def _note_once(arrival: Arrival, call: str, kind: Note, content: Mapping[str, Any]) -> None:
    if note_of(arrival.connection, call, arrival.sender, kind) is not None:
        raise LetterRefused("it was said before", param="call")
    note(arrival.connection, call, arrival.sender, kind, content, at=arrival.at)
