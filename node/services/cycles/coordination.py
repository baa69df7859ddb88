"""The coordinator's part: a call is made, its lists and sums are awaited and held against each other.

Who does not answer is left out, and a pair whose lists do not agree stays apart; then the call is made anew.
Two payees' signed receipts can't say two things of one list, so who contradicts what it signed is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from node.chain import own_calls
from node.chain.contracts import Contracts
from node.mirror.cycles import CycleHistory, counters_used, cycle_history
from node.mirror.registry import key
from node.services.administration import ask_in
from node.services.cycles.book import end_call, note, note_of, notes
from node.services.cycles.calling import LEAST_MEMBERS, invited, make_call
from node.services.cycles.subtrees import cycle_of_call, keep_cycle
from node.services.cycles.words import (
    Call,
    Close,
    Kind,
    Note,
    Outcome,
    Pair,
    Proposal,
    Refusal,
    Report,
    ReportedPair,
    SummaryOf,
    sum_of,
)
from node.services.letters.taking import Arrival
from node.store.tables import cycle_calls
from settlement.errors import InvalidLetter
from settlement.letter import read_letter
from settlement.netting import Cycle
from settlement.participant import KeyRole
from settlement.subtree import Summary

ATTEMPTS_MAX = 5


def coordinate(arrival: Arrival, contracts: Contracts, row: RowMapping) -> bool:
    """Take a call of this node one step on; tell whether it moved."""
    call = Call.model_validate_json(row["content"])
    if row["digest"] is not None:
        return _watch(arrival, contracts, row, call)
    closed = note_of(arrival.connection, call.call, arrival.own, Note.EXPECTED)
    if closed is None:
        return _close(arrival, row, call)
    return _propose(arrival, row, call, closed)


def _close(arrival: Arrival, row: RowMapping, call: Call) -> bool:
    """Once all lists are told of: close the call, or make it anew without those that did not agree."""
    said = {
        each: Report.model_validate(content)
        for each, content in notes(arrival.connection, call.call, Note.REPORT).items()
    }
    if len(said) < len(call.members) and arrival.at <= call.lists_until:
        return False
    silent = frozenset(call.members) - said.keys()
    apart = {
        (each.pair.payer, each.pair.payee)
        for member, report in said.items()
        for each in report.pairs
        if not _agreed(arrival.connection, call, member, each, at=arrival.at)
    }
    liars = {member for member, report in said.items() if not _counts(arrival.connection, member, report)}
    if silent or apart or liars:
        return _anew(arrival, row, call, without=silent | liars, apart=apart)
    pairs = [each.pair for report in said.values() for each in report.pairs]
    members = sorted({member for pair in pairs for member in (pair.payer, pair.payee)})
    if arrival.own not in members:
        end_call(arrival.connection, call.call, Outcome.NOTHING, at=arrival.at)
        return True
    expected = {str(each): _expected(each, pairs, said[each]) for each in members}
    note(arrival.connection, call.call, arrival.own, Note.EXPECTED, expected, at=arrival.at)
    for member in call.members:
        theirs = Close(call=call.call, pairs=[pair for pair in pairs if pair.payee == member])
        arrival.say(member, Kind.CLOSE, theirs.content(), until=call.summaries_until)
    return True


def _agreed(connection: Connection, call: Call, payer: int, said: ReportedPair, *, at: int) -> bool:
    """Tell whether a payee has signed what its payer says of a list."""
    pair, receipt = said.pair, said.receipt
    if receipt is None or pair.payer != payer or not call.may_net(pair.payer, pair.payee):
        return False
    try:
        found = read_letter(receipt.encode())
    except InvalidLetter:
        return False
    content = found.said.get("content", {})
    signer = key(connection, found.key)
    return (
        signer is not None
        and signer.participant == pair.payee
        and signer.role is KeyRole.PAY
        and signer.valid_at(at)
        and found.said.get("kind") == "receipt"
        and isinstance(content, dict)
        and content.get("taken") is True
        and content.get("answer") == {**pair.content(), "call": call.call}
    )


def _counts(connection: Connection, member: int, report: Report) -> bool:
    """Tell whether a member's counters are as many as its payments, and the next ones."""
    count = sum(each.pair.count for each in report.pairs)
    payees = {each.pair.payee for each in report.pairs}
    if len(payees) < len(report.pairs):
        return False
    if not count:
        return report.first == report.last == 0
    return report.first == counters_used(connection, member) + 1 and report.last == report.first + count - 1


def _expected(member: int, pairs: Sequence[Pair], report: Report) -> dict[str, Any]:
    """Return what a member's summary must say, but for its root."""
    paid = sum(int(pair.total) for pair in pairs if pair.payer == member)
    received = sum(int(pair.total) for pair in pairs if pair.payee == member)
    count = sum(pair.count for pair in pairs if member in (pair.payer, pair.payee))
    return {"count": count, "net": str(received - paid), "first": report.first, "last": report.last}


def _propose(arrival: Arrival, row: RowMapping, call: Call, expected: Mapping[str, Any]) -> bool:
    """Once all sums are in and right: make the cycle and tell the members; else the call is made anew."""
    said = {
        each: SummaryOf.model_validate(content)
        for each, content in notes(arrival.connection, call.call, Note.SUMMARY).items()
    }
    members = {int(each) for each in expected}
    if not members <= said.keys() and arrival.at <= call.summaries_until:
        return False
    apart = {pair for each in said.values() for pair in each.missing}
    sums = {each: said[each].summary for each in members & said.keys()}
    wrong = {
        each
        for each, found in sums.items()
        if found is not None and (found.participant != each or not _is(found.content(), expected[str(each)]))
    }
    if members - said.keys() or apart or wrong or None in sums.values():
        return _anew(arrival, row, call, without=(members - said.keys()) | wrong, apart=apart)
    summaries = [each.summary() for each in sums.values() if each is not None]
    if all(each.net == 0 and not each.first for each in summaries):
        end_call(arrival.connection, call.call, Outcome.NOTHING, at=arrival.at)
        return True
    number = arrival.connection.scalar(select(func.count()).select_from(cycle_calls)) or 0
    proposal = _proposal(call, number, summaries)
    keep_cycle(arrival.connection, call.call, cycle_of_call(row, number, summaries), proposal)
    for member in members - {arrival.own}:
        arrival.say(member, Kind.PROPOSAL, proposal.content(), until=call.affirmed_until)
    return True


def _is(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return all(found[name] == value for name, value in expected.items())


def _proposal(call: Call, number: int, summaries: Sequence[Summary]) -> Proposal:
    ordered = sorted(summaries, key=lambda each: each.participant)
    return Proposal(call=call.call, number=number, summaries=[sum_of(each) for each in ordered])


def _watch(arrival: Arrival, contracts: Contracts, row: RowMapping, call: Call) -> bool:
    """See what the chain makes of the cycle: who refuses or is silent is left out, and the call made anew."""
    connection = arrival.connection
    history = cycle_history(connection, row["digest"])
    if history.settled:
        return False
    refusals = {
        each: Refusal.model_validate(content)
        for each, content in notes(connection, call.call, Note.REFUSAL).items()
    }
    members = {each.participant for each in Proposal.model_validate_json(row["summaries"]).summaries}
    late = arrival.at > call.affirmed_until
    if history.ended is not None or (not history.proposed and (refusals or late)):
        return _after(arrival, row, history, members, refusals)
    if (refusals or late) and note_of(connection, call.call, arrival.own, Note.WITHDRAWAL) is None:
        ask_withdrawal(arrival, contracts, row, actor="keeper")
        return True
    return False


def _after(
    arrival: Arrival,
    row: RowMapping,
    history: CycleHistory,
    members: set[int],
    refusals: Mapping[int, Refusal],
) -> bool:
    """End a call that did not settle, and make it anew where that can help."""
    call = Call.model_validate_json(row["content"])
    if not history.proposed and not refusals:
        end_call(arrival.connection, call.call, Outcome.NOT_PROPOSED, at=arrival.at)
        return True
    apart = {
        (min(each, other), max(each, other))
        for each, refusal in refusals.items()
        if (other := refusal.without) is not None
    }
    without = {each for each, refusal in refusals.items() if refusal.without is None}
    if history.by is not None and history.by != arrival.own:
        without |= {history.by}
    elif not refusals:
        without = members - history.affirmed
    return _anew(arrival, row, call, without=without, apart=apart)


def _anew(
    arrival: Arrival,
    row: RowMapping,
    call: Call,
    *,
    without: frozenset[int] | set[int],
    apart: set[tuple[int, int]],
) -> bool:
    """Make a call anew without some, and with some pairs apart; give up after so many attempts."""
    banks = frozenset(invited(arrival.connection, arrival.own))
    left_out = (banks - frozenset(call.members)) | without
    if call.attempt >= ATTEMPTS_MAX or arrival.own in left_out or len(banks - left_out) < LEAST_MEMBERS:
        end_call(arrival.connection, call.call, Outcome.GIVEN_UP, at=arrival.at)
        return True
    end_call(arrival.connection, call.call, Outcome.ANEW, at=arrival.at)
    make_call(
        arrival, asset=call.asset, actor="keeper", without=frozenset(left_out),
        apart=frozenset(apart) | frozenset(call.apart), previous=row,
    )  # fmt: skip
    return True


def ask_withdrawal(arrival: Arrival, contracts: Contracts, row: RowMapping, *, actor: str) -> None:
    """Ask the chain to end the cycle of a call, once."""
    call = own_calls.withdraw_cycle(contracts, Cycle(words=row["words"]))
    ask_in(arrival.connection, call, role=KeyRole.PAY, actor=actor, action="cycle_withdrawn", at=arrival.at)
    note(arrival.connection, row["id"], arrival.own, Note.WITHDRAWAL, {}, at=arrival.at)
