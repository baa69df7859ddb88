"""A bank's statement that came in (camt.053), held against ours of the same account and days."""

from collections.abc import Callable
from dataclasses import dataclass

from node.chain.protocol import Chain
from node.clock import Clock
from node.services.answers import Answer, Request, first_answer, keep_answer
from node.services.breaks import record
from node.services.reconciliation import Break, Kind
from node.services.reports import own_statement
from node.settings import Settings
from node.store.session import Store
from settlement.errors import WrongMessage
from settlement.iso20022 import camt053_reader
from settlement.statement import Statement
from settlement.tie_out import tie_out

BREAKS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedOut:
    """Our statement, and every break found against theirs, up to `BREAKS_MAX`."""

    ours: Statement
    breaks: tuple[Break, ...]


def tie_out_once(
    store: Store,
    settings: Settings,
    chain: Chain,
    clock: Clock,
    data: bytes,
    *,
    request: Request,
    shown: Callable[[TiedOut], bytes],
) -> Answer:
    """Compare as a request asks, or return the first answer to it; raise what `tie_out_statement` does.

    What both of two requests at once find opens one break: the open ones are known.
    """
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
    tied = tie_out_statement(store, settings, chain, clock, data, actor=request.actor)
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
        answer = Answer(status=200, body=shown(tied))
        keep_answer(connection, request, answer, at=int(clock.now()))
    return answer


def tie_out_statement(
    store: Store, settings: Settings, chain: Chain, clock: Clock, data: bytes, *, actor: str
) -> TiedOut:
    """Compare a camt.053 with our statement, and open a break for each difference that is new.

    Raise `WrongMessage` when it is of another account, and what its reading and `own_statement` raise.
    """
    theirs = camt053_reader.read(data)
    ours = own_statement(
        store, settings, chain, clock, code=theirs.currency.code, first=theirs.first, last=theirs.last
    )
    if theirs.account != ours.account:
        raise WrongMessage(f"the statement is of account {theirs.account}; this node's is {ours.account}")
    period = f"{ours.account} {theirs.first} to {theirs.last}"
    found = tuple(
        Break(
            kind=Kind.STATEMENT,
            subject=f"statement {period}: {each.subject}",
            field=each.field,
            expected=each.ours,
            found=each.theirs,
        )
        for each, _ in zip(tie_out(ours, theirs), range(BREAKS_MAX), strict=False)
    )
    record(store, found, height=ours.height, actor=actor, at=int(clock.now()), run=None)
    return TiedOut(ours=ours, breaks=found)
