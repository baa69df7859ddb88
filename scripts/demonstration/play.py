"""What is played: money issued, thirteen months of payments, and today's files.

Each step can be taken twice and happens once (idempotency keys, message ids), so that a demo that was
interrupted goes on where it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson

from node.services.acceptance import accept
from node.services.requests import PaymentRequest
from scripts.demonstration.cast import BANKS, CENTRAL_BANK
from scripts.demonstration.ground import Ground
from scripts.demonstration.months import Habit, habits, mornings
from scripts.demonstration.nodes import Actor
from scripts.demonstration.place import FILES
from scripts.demonstration.waiting import await_final
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind

# Stands for the day of the demo in the files.
PLACEHOLDER = b"2025-03-10"
_DAY_SECONDS = 86_400
_FINAL_SECONDS = 30  # far more than the files take


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file that a bank's node has accepted."""

    actor: Actor
    name: str
    file_id: str
    day: date


def issue_money(actors: Sequence[Actor], ground: Ground) -> None:
    """Issue to each bank what it starts with, by the central bank's own node."""
    context = next(actor for actor in actors if actor.player is CENTRAL_BANK).node.context
    requests = [
        PaymentRequest(
            payee=BankReference(bic=bank.bic),
            currency=code,
            amount=str(amount),
            end_to_end_id=f"OPENING-{code}-{bank.bic[:8]}",
            document={"purpose": f"Opening liquidity of {bank.name}"},
        )
        for bank in BANKS
        for code, amount in bank.money.items()
    ]
    accept(
        context.store,
        context.settings,
        context.clock,
        context.random,
        actor="demo",
        key="opening-liquidity",
        body=orjson.dumps([request.end_to_end_id for request in requests]),
        requests=requests,
        kind=InstructionKind.ISSUE,
    )
    await_final(actors, ground.chain)


def play_months(actors: Sequence[Actor], ground: Ground, *, start: float) -> None:
    """Pay month after month through the API, each month final before the clock goes on."""
    for number, morning in enumerate(mornings(start)):
        reached = datetime.fromtimestamp(ground.clock.now(), UTC)
        if reached.date() > morning.date():
            continue
        if reached < morning:
            ground.set_time(morning.timestamp())
        for habit in habits(number, morning):
            system = next(actor.system for actor in actors if actor.player is habit.bank)
            system.pay(f"month-{habit.end_to_end_id}", [_payment(habit)])
        await_final(actors, ground.chain)


def send_files(actors: Sequence[Actor], ground: Ground) -> list[SentFile]:
    """Send each bank's file of today, if it was not sent before, and wait until all of it is final."""
    _keep_clear_of_midnight(ground)
    sent = []
    for actor in actors:
        name = actor.player.file
        if name is not None:
            known = [each for each in actor.system.payments() if each["file_id"] is not None]
            sent.append(_known_file(actor, name, known) if known else _send(actor, name, ground))
    await_final(actors, ground.chain)
    return sent


def _keep_clear_of_midnight(ground: Ground) -> None:
    """Wait for the next day when this one (UTC) ends before the files could be final."""
    left = _DAY_SECONDS - ground.clock.now() % _DAY_SECONDS
    if left < _FINAL_SECONDS:
        ground.clock.sleep(left + 1)


def _payment(habit: Habit) -> Mapping[str, Any]:
    payee = habit.payee
    names: dict[str, Any] = {"bic": payee.bic, "lei": payee.lei}
    if payee.member is not None:
        names["member"] = {"system": payee.member.system, "member": payee.member.member}
    return {
        "payee": {name: value for name, value in names.items() if value is not None},
        "amount": str(habit.amount),
        "currency": habit.currency,
        "end_to_end_id": habit.end_to_end_id,
        "debtor": {"name": habit.debtor},
        "creditor": {"name": habit.creditor},
        "purpose": habit.purpose,
        "remittance": [habit.remittance],
    }


def _send(actor: Actor, name: str, ground: Ground) -> SentFile:
    today = datetime.fromtimestamp(ground.clock.now(), UTC).date()
    body = (FILES / name).read_bytes().replace(PLACEHOLDER, today.isoformat().encode())
    accepted = actor.system.send_file(f"file-{name}", body)
    return SentFile(actor=actor, name=name, file_id=accepted["file_id"], day=today)


def _known_file(actor: Actor, name: str, payments: Sequence[Mapping[str, Any]]) -> SentFile:
    oldest = payments[-1]
    day = date.fromisoformat(oldest["value_date"])
    return SentFile(actor=actor, name=name, file_id=oldest["file_id"], day=day)
