"""What is looked at once all is final: statements, chain against ledgers, mirror against mirror."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from node.mirror.digests import table_digests
from node.services.circumstances import own_participant
from node.services.reconciliation import reconcile
from scripts.demonstration import netting
from scripts.demonstration.cast import CENTRAL_BANK, CURRENCIES
from scripts.demonstration.exchange import as_payments
from scripts.demonstration.netting import Netted
from scripts.demonstration.nodes import Actor
from scripts.demonstration.place import Place
from scripts.demonstration.play import SentFile
from scripts.demonstration.proofs import unproven
from scripts.demonstration.reading import StatementTotals, read_back


@dataclass(frozen=True, slots=True, kw_only=True)
class BankDay:
    """One bank's day in one currency, as its camt.053 says when read by a parser that is not ours."""

    actor: Actor
    totals: StatementTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """`payments`: every bank's, as its node lists them. `breaks`: sentences; none when all is right.

    `run`: the run that unlocked the queue; `netted`: the cycle; `trade`: what two banks
    exchanged.
    """

    payments: Sequence[Any]
    days: Sequence[BankDay]
    breaks: Sequence[str]
    run: Any
    netted: Netted
    trade: Any


def look_closely(
    actors: Sequence[Actor],
    place: Place,
    files: Sequence[SentFile],
    run: Any,
    netted: Netted,
    *,
    trade: Any,
) -> Findings:
    """Write each bank's statements and status report of the day, read them back, compare, reconcile."""
    banks = [actor for actor in actors if actor.player is not CENTRAL_BANK]
    (operator,) = (actor for actor in actors if actor.player is CENTRAL_BANK)
    payments = [payment for bank in banks for payment in bank.system.payments()]
    day = max(file.day for file in files)
    for file in files:
        report = file.actor.system.document(f"/v1/files/{file.file_id}/status")
        (place.statements(file.actor.player) / f"pacs.002_{day}.xml").write_bytes(report)
    days = [
        BankDay(actor=bank, totals=_statement(bank, place, code, day))
        for bank in banks
        for code in CURRENCIES
    ]
    moved = [*payments, *as_payments(trade)]
    breaks = [
        *(found for each in days for found in _against_payments(each, moved, day, netted)),
        *(found for actor in actors for found in _against_chain(actor)),
        *_among_mirrors(actors),
        *unproven(operator, banks, payments, place),
        *_left(run),
    ]
    return Findings(payments=payments, days=days, breaks=breaks, run=run, netted=netted, trade=trade)


def _left(run: Any) -> Iterator[str]:
    for each in run["left"]:
        yield f"the queue was not emptied: {each['sentence']}"


def _statement(bank: Actor, place: Place, code: str, day: date) -> StatementTotals:
    statement = bank.system.document("/v1/statements", currency=code, date=day.isoformat())
    path = place.statements(bank.player) / f"camt.053_{code}_{day}.xml"
    path.write_bytes(statement)
    return read_back(path.read_bytes())


def _against_payments(bank_day: BankDay, payments: Sequence[Any], day: date, netted: Netted) -> Iterator[str]:
    """Compare what the statement says with what the payers' nodes say of the same day."""
    totals, bank = bank_day.totals, bank_day.actor.player
    settled = [
        payment
        for payment in payments
        if payment["state"] == "settled"
        and payment["currency"] == totals.currency
        and payment["value_date"] == day.isoformat()
    ]
    debits = sum(int(payment["amount"]) for payment in settled if payment["payer"] == bank.bic)
    credits_ = sum(int(payment["amount"]) for payment in settled if payment["payee"] == bank.bic)
    # A cycle moves what is left when all its payments are set off against each other.
    left = netted.nets[bank.key] if totals.currency == netting.CURRENCY else 0
    debits, credits_ = debits + max(-left, 0), credits_ + max(left, 0)
    name = f"{bank.key}'s statement in {totals.currency}"
    if not totals.adds_up():
        yield f"{name} does not add up: {totals}"
    if (debits, credits_) != (totals.debits, totals.credits):
        yield (
            f"{name} has debits of {totals.debits} and credits of {totals.credits}; "
            f"the payments settled sum to {debits} and {credits_}"
        )


def _against_chain(actor: Actor) -> Iterator[str]:
    context = actor.node.context
    with context.store.snapshot() as connection:
        own = own_participant(connection, context.settings)
    for found in reconcile(context.store, context.chain, context.contracts, participant=own.id).breaks:
        yield (
            f"{actor.player.key}: {found.subject}: {found.field} should be {found.expected}, is {found.found}"
        )


def _among_mirrors(actors: Sequence[Actor]) -> Iterator[str]:
    """Compare the digests of what each node made of the same chain, table by table (R4)."""
    digests = []
    for actor in actors:
        with actor.node.context.store.snapshot() as connection:
            digests.append(table_digests(connection))
    for actor, other in zip(actors[1:], digests[1:], strict=True):
        for table in digests[0]:
            if other[table] != digests[0][table]:
                yield f"the mirrors of {actors[0].player.key} and {actor.player.key} differ in {table}"
