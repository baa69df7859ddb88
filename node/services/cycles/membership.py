"""A member's part in a call: which of its payments are in it, and what the payees agree to.

A node is in one call at a time, so the counters of what it pays follow each other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from node.errors import LetterEarly, LetterRefused
from node.mirror.cycles import counters_used, cycle_history
from node.mirror.registry import registered_assets
from node.services.cycles.book import (
    call_row,
    end_call,
    entries_of,
    has_affirmed,
    list_pair,
    live_call,
    note,
    note_of,
    open_payments,
    pair_of,
)
from node.services.cycles.words import (
    LISTED_MAX,
    Call,
    Kind,
    Listed,
    Note,
    Outcome,
    Pair,
    PaymentList,
    Report,
    ReportedPair,
    read,
)
from node.services.letters.sending import post
from node.services.letters.taking import Arrival
from node.store.bulk import insert_rows
from node.store.tables import (
    cycle_calls,
    cycle_entries,
    cycle_lists,
    letters_sent,
)
from settlement.money import AMOUNT_MAX
from settlement.netting import GrossPayment

# A call that asks for more of a member's time is refused.
CALL_SECONDS_MAX = 4 * 3600
_LIST_COLUMNS = ("call", "payer", "payee", "letter", "count", "total", "digest")
_ENTRY_COLUMNS = ("call", "payer", "counter", "payment")


def take_call(arrival: Arrival) -> Mapping[str, Any]:
    """Join a call: number what this bank pays in it, and tell each payee."""
    call = read(Call, arrival.content)
    connection = arrival.connection
    _require_sound(arrival, call)
    live = live_call(connection)
    if live is not None:
        _leave(arrival, live)
    connection.execute(
        insert(cycle_calls).values(
            id=call.call, coordinator=arrival.sender, asset=call.asset, content=call.model_dump_json(),
            created_at=arrival.at, created_by=str(arrival.sender),
        )
    )  # fmt: skip
    _bring_lists(arrival, call)
    return {}


def _leave(arrival: Arrival, live: RowMapping) -> None:
    """Leave a call that its coordinator makes anew; raise while this bank may not."""
    if live["coordinator"] != arrival.sender:
        raise LetterRefused(f"this node is in the call {live['id']}, which has not ended", param="call")
    if has_affirmed(arrival.connection, live["id"]):
        if cycle_history(arrival.connection, live["digest"]).ended is None:
            raise LetterEarly(f"the cycle of {live['id']} may still settle, by this node's mirror")
        return
    end_call(arrival.connection, live["id"], Outcome.ANEW, at=arrival.at)


def _require_sound(arrival: Arrival, call: Call) -> None:
    times = (arrival.at - 1, call.lists_until, call.summaries_until, call.affirmed_until, call.valid_until)
    if list(times) != sorted(times) or call.valid_until > arrival.at + CALL_SECONDS_MAX:
        raise LetterRefused(f"the call's times are past, or more than {CALL_SECONDS_MAX} seconds ahead")
    if not {arrival.own, arrival.sender} <= set(call.members) or len(set(call.members)) < len(call.members):
        raise LetterRefused(
            "the call does not invite this bank and its coordinator, once each", param="members"
        )
    if call.asset not in {asset.id for asset in registered_assets(arrival.connection)}:
        raise LetterRefused(f"no asset {call.asset} is registered", param="asset")


def _bring_lists(arrival: Arrival, call: Call) -> None:
    """Give the payments of this bank that can be in it the next counters, the oldest first."""
    connection, own = arrival.connection, arrival.own
    counter, total = counters_used(connection, own), 0
    by_payee: dict[int, list[GrossPayment]] = {}
    ids: dict[int, str] = {}
    for row in open_payments(connection, payer=own, asset=call.asset):
        theirs = by_payee.get(row["payee"], [])
        if not call.may_net(own, row["payee"]) or len(theirs) >= LISTED_MAX:
            continue
        total += row["amount"]
        if total > AMOUNT_MAX // 2:
            break
        counter += 1
        ids[counter] = row["id"]
        by_payee.setdefault(row["payee"], []).append(_gross(row, counter))
    for payee, payments in by_payee.items():
        listed = [Listed(id=ids[each.counter], counter=each.counter) for each in payments]
        letter = post(
            connection, arrival.clock, arrival.random, recipient=payee, kind=Kind.LIST,
            content=PaymentList(call=call.call, payments=listed).content(), until=call.lists_until,
        )  # fmt: skip
        _keep_list(connection, call.call, payments, [each.id for each in listed], letter=letter)


def _gross(row: RowMapping, counter: int) -> GrossPayment:
    return GrossPayment(
        counter=counter, payer=row["payer"], payee=row["payee"], amount=row["amount"],
        commitment=row["commitment"],
    )  # fmt: skip


def _keep_list(
    connection: Connection,
    call: str,
    payments: Sequence[GrossPayment],
    ids: Sequence[str],
    *,
    letter: str | None,
) -> Pair:
    pair = pair_of(payments, ids)
    digest = bytes.fromhex(pair.digest)
    row = (call, pair.payer, pair.payee, letter, pair.count, int(pair.total), digest)
    insert_rows(connection, cycle_lists, _LIST_COLUMNS, [row])
    rows = [
        (call, each.payer, each.counter, identifier) for each, identifier in zip(payments, ids, strict=True)
    ]
    insert_rows(connection, cycle_entries, _ENTRY_COLUMNS, rows)
    return pair


def take_list(arrival: Arrival) -> Mapping[str, Any]:
    """Agree to what another member pays this bank in a call; the receipt says what it comes to."""
    given = read(PaymentList, arrival.content)
    connection = arrival.connection
    row = call_row(connection, given.call)
    if row is None:
        raise LetterEarly(f"no call {given.call} has come yet")
    call = Call.model_validate_json(row["content"])
    known = select(cycle_lists.c.call).where(
        cycle_lists.c.call == call.call,
        cycle_lists.c.payer == arrival.sender,
        cycle_lists.c.payee == arrival.own,
    )
    counters = [each.counter for each in given.payments]
    ids = [each.id for each in given.payments]
    if row["ended_at"] is not None or arrival.at > call.lists_until or connection.execute(known).first():
        raise LetterRefused("the call has ended, is past this, or has such a list", param="call")
    if not call.may_net(arrival.sender, arrival.own):
        raise LetterRefused("the two banks stay apart in this call", param="call")
    if counters != sorted(set(counters)) or counters[0] < 1 or len(set(ids)) < len(ids):
        raise LetterRefused("each payment is listed once, by ascending counters from 1", param="counter")
    found = {
        each["id"]: each
        for each in open_payments(
            connection, payer=arrival.sender, asset=call.asset, payee=arrival.own, acknowledged=False
        )
    }
    unknown = next((each for each in ids if each not in found), None)
    if unknown is not None:
        raise LetterRefused(f"{unknown} is no open payment to this bank", param="id")
    payments = [_gross(found[each.id], each.counter) for each in given.payments]
    pair = _keep_list(connection, call.call, payments, ids, letter=None)
    return {**pair.content(), "call": call.call}


def report(arrival: Arrival, row: RowMapping) -> bool:
    """Tell the coordinator what the payees agreed to, once all have answered; tell whether that was done."""
    connection, call = arrival.connection, Call.model_validate_json(row["content"])
    if note_of(connection, call.call, arrival.own, Note.REPORTED) is not None:
        return False
    query = (
        select(cycle_lists, letters_sent.c.receipt, letters_sent.c.refusal, letters_sent.c.ended_at)
        .join(letters_sent, letters_sent.c.id == cycle_lists.c.letter)
        .where(cycle_lists.c.call == call.call, cycle_lists.c.payer == arrival.own)
        .order_by(cycle_lists.c.payee)
    )
    lists = connection.execute(query).mappings().all()
    if any(each["ended_at"] is None for each in lists) and arrival.at <= call.lists_until:
        return False
    counters = sorted(each.counter for each in entries_of(connection, call.call, payer=arrival.own))
    pairs = [
        ReportedPair(pair=list_pair(each), receipt=None if each["refusal"] is not None else each["receipt"])
        for each in lists
    ]
    said = Report(
        call=call.call,
        first=counters[0] if counters else 0,
        last=counters[-1] if counters else 0,
        pairs=pairs,
    )
    note(connection, call.call, arrival.own, Note.REPORTED, {}, at=arrival.at)
    arrival.say(row["coordinator"], Kind.REPORT, said.content(), until=call.summaries_until)
    return True
