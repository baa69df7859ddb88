"""What the queue and its runs look like outside."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from node.api.schemas import Outgoing
from node.clock import time_text
from node.services.queue.histories import RunHistory, sentence_of
from node.services.queue.view import QueuedPayment as Queued
from node.services.queue.view import QueueView
from settlement.liquidity.queue import Account
from settlement.money import currency, decimal_text

CURRENCY = Field(description="ISO 4217", examples=["USD"], min_length=3, max_length=3)
_REASON = "Why it does not settle now, by the contract's name; null: it settles with the next run"
_NAME = "Who brought it on chain, by BIC, and its number of it"
_MINOR = "Minor units"


class QueuedPayment(Outgoing):
    """A payment that waits in the queue."""

    instruction: str = Field(description=_NAME, examples=["BANADEFFXXX-17"])
    payment_id: str | None = Field(description="This node's id of its own; null: another bank's")
    position: int = Field(description="In the whole queue, from 1", examples=[3])
    payer: str = Field(description="BIC", examples=["BANADEFFXXX"])
    payee: str = Field(description="BIC", examples=["BANBFRPPXXX"])
    amount: str = Field(description=_MINOR, examples=["125000"])
    urgent: bool = Field(description="Before the payer's others, and from its reserve")
    held: bool = Field(description="Kept from settling")
    queued_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:04Z"])
    valid_from: str | None = Field(description="Not before (RFC 3339, UTC)")
    valid_until: str | None = Field(description="Not after (RFC 3339, UTC)")
    reason: str | None = Field(description=_REASON, examples=["InsufficientFunds"])
    waits_for: str | None = Field(description="BIC of whose account or limit is in the way")
    short: str | None = Field(description="How much is missing, minor units", examples=["30000"])


class QueueAccount(Outgoing):
    """This bank's account, as far as the queue needs it."""

    balance: str = Field(description="Minor units; negative where credit is used", examples=["1000000"])
    reserve: str = Field(description="What only urgent payments may use", examples=["0"])
    credit: str = Field(description="How far below zero it may go", examples=["0"])
    outflow_left: str | None = Field(description="What may still go out today; null: no limit")


class QueueState(Outgoing):
    """What waits of this node's bank."""

    currency: str = Field(description="ISO 4217", examples=["USD"])
    height: int = Field(description="Of the ledger that was looked at", examples=[1207])
    waiting: int = Field(description="In the whole queue of the currency", examples=[12])
    account: QueueAccount | None = Field(description="Null while nothing of this bank's waits there")
    outgoing: list[QueuedPayment] = Field(description="What this bank waits to pay, in the queue's order")
    incoming: list[QueuedPayment] = Field(description="What it waits to be paid, in the queue's order")


class NewRun(BaseModel):
    """Which currency's queue to resolve."""

    model_config = ConfigDict(extra="forbid", strict=True)

    currency: str = CURRENCY


class AcceptedRun(Outgoing):
    """A run that was made; what it proposed is on its way."""

    run_id: str = Field(description="The node's own id", examples=["run_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])


class Proposal(Outgoing):
    """Payments that settle together or not at all."""

    fallback_of: int | None = Field(description="Place of the proposal that it is a part of, from 0")
    instructions: list[str] = Field(description=_NAME, examples=[["BANADEFFXXX-17"]])
    value: str = Field(description=_MINOR, examples=["125000"])
    state: str = Field(description="not_sent, waiting, sent, settled, refused or reverted")
    reason: str | None = Field(description="Why not, by the contract's name", examples=["InsufficientFunds"])
    transaction_hash: str | None = Field(description="Of the call that carries it")


class Left(Outgoing):
    """A payment that a run left waiting."""

    instruction: str = Field(description=_NAME, examples=["BANADEFFXXX-17"])
    reason: str = Field(description="By the contract's name", examples=["InsufficientFunds"])
    waits_for: str | None = Field(description="BIC of whose account or limit was in the way")
    short: str = Field(description="How much was missing, minor units; 0: no amount", examples=["30000"])
    sentence: str = Field(description="The same for people")


class ListedRun(Outgoing):
    """A run of queue resolution, and what the chain made of it by now."""

    id: str = Field(description="The node's own id", examples=["run_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    currency: str = Field(description="ISO 4217", examples=["USD"])
    trigger: str = Field(description="demand, age, depth or time", examples=["demand"])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:04Z"])
    created_by: str = Field(description="Who asked for it")
    height: int = Field(description="Of the ledger that it looked at", examples=[1207])
    waiting: int = Field(description="Payments in the queue", examples=[12])
    barred: int = Field(description="Those that could not settle whatever money there was", examples=[1])
    queued_value: str = Field(description="Of the others, minor units", examples=["6000000"])
    bound: str = Field(description="No set of them settles more, minor units", examples=["5400000"])
    method: str = Field(description="What found the set", examples=["exact"])
    proposed_value: str = Field(description=_MINOR, examples=["5400000"])
    settled_value: str = Field(description="Minor units, final", examples=["5400000"])


class Run(ListedRun):
    """A run with its proposals and what it left."""

    proposals: list[Proposal] = Field(description="In the order in which they are tried")
    left: list[Left] = Field(description="What still waits, and for what; the first 1,000")


class Runs(Outgoing):
    """Runs, newest first."""

    runs: list[ListedRun] = Field(description="Newest first")


def queue_state(view: QueueView) -> QueueState:
    """Return a view as JSON shows it."""
    return QueueState(
        currency=view.currency,
        height=view.height,
        waiting=view.waiting,
        account=None if view.account is None else _account(view.account),
        outgoing=[_queued(each) for each in view.outgoing],
        incoming=[_queued(each) for each in view.incoming],
    )


def _account(account: Account) -> QueueAccount:
    left = account.outflow_left
    return QueueAccount(
        balance=str(account.balance),
        reserve=str(account.reserve),
        credit=str(account.credit),
        outflow_left=None if left is None else str(left),
    )


def _queued(each: Queued) -> QueuedPayment:
    fields: dict[str, Any] = asdict(each) | {
        "instruction": each.name,
        "amount": str(each.amount),
        "queued_at": time_text(each.queued_at),
        "valid_from": time_text(each.valid_from) if each.valid_from else None,
        "valid_until": time_text(each.valid_until) if each.valid_until else None,
        "short": None if each.short is None else str(each.short),
    }
    del fields["name"]
    return QueuedPayment(**fields)


def listed_run(run: RunHistory) -> ListedRun:
    """Return a run as a list shows it."""
    return ListedRun(**_run_fields(run))


def whole_run(run: RunHistory) -> Run:
    """Return a run as JSON shows it."""
    money = currency(run.currency)
    proposals = [
        Proposal(
            fallback_of=each.fallback_of,
            instructions=list(each.instructions),
            value=str(each.value),
            state=each.state,
            reason=each.reason,
            transaction_hash=None if each.transaction_hash is None else "0x" + each.transaction_hash.hex(),
        )
        for each in run.proposals
    ]
    left = [
        Left(
            **{**each, "short": str(each["short"])},
            sentence=sentence_of(each, decimal_text(each["short"], money)),
        )
        for each in run.left
    ]
    return Run(**_run_fields(run), proposals=proposals, left=left)


def _run_fields(run: RunHistory) -> dict[str, Any]:
    return {
        "id": run.id,
        "currency": run.currency,
        "trigger": run.trigger,
        "created_at": time_text(run.created_at),
        "created_by": run.created_by,
        "height": run.height,
        "waiting": run.waiting,
        "barred": run.barred,
        "method": run.method,
        **{
            name: str(getattr(run, name))
            for name in ("queued_value", "bound", "proposed_value", "settled_value")
        },
    }
