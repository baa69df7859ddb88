"""The rules over what stands for some time: limits, the queue, breaks, validators."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, literal_column, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.mirror.head import head
from node.mirror.ledger import Account, accounts_of
from node.mirror.material import headers_between
from node.services.alerts.raised import About
from node.services.facts import Patience
from node.services.states import state_column
from node.store.tables import break_steps, breaks, instructions, outbox
from settlement.alerting import (
    BreakAge,
    LimitNearlyUsed,
    QueueAge,
    Rules,
    ValidatorSilent,
    limit_nearly_used,
    silent_validators,
    too_old,
)
from settlement.evidence.header import decode
from settlement.lifecycle import State

# So many of each are looked at; the oldest first, so that none is passed over for ever.
LOOKED_AT_MAX = 500
_NO_LIMIT = 2**63 - 1

_CLEARED = "cleared"
# Places in the ledger's struct `Account`.
_PER_DAY, _OUTFLOW = 8, 9


def standing(
    connection: Connection, rules: Rules, *, patience: Patience, now: int, sealed: bool
) -> Iterator[About]:
    """Return what the rules say of queue, breaks and, where blocks are sealed, validators."""
    if rules.queue_age is not None:
        yield from _queue(connection, rules.queue_age, patience, now)
    if rules.break_age is not None:
        yield from _breaks(connection, rules.break_age, now)
    if rules.validator_silent is not None and sealed:
        yield from _validators(connection, rules.validator_silent)


def limited_accounts(connection: Connection, own: int) -> list[Account]:
    """Return the accounts of this node's bank that have a limit for the day."""
    found = accounts_of(connection, own)
    return [each for each in found if each.open and each.limit_day < _NO_LIMIT][:LOOKED_AT_MAX]


def limits(
    bounded: Iterable[Account], rule: LimitNearlyUsed, chain: Chain, contracts: Contracts
) -> Iterator[About]:
    """Return what the rule says of accounts, as the chain counts their outflow of the day."""
    for account in bounded:
        told = contracts.read(chain, "Ledger", "accountOf", account.asset, account.participant)
        found = limit_nearly_used(
            rule,
            f"account {account.asset} of participant {account.participant}",
            used=told[_OUTFLOW],
            limit=told[_PER_DAY],
        )
        if found is not None:
            yield About(finding=found, asset=account.asset, participant=account.participant)


def _queue(connection: Connection, rule: QueueAge, patience: Patience, now: int) -> Iterator[About]:
    waiting = [State.QUEUED.value, State.HELD.value, State.PROPOSED.value]
    submitted = outbox.alias("submitted")
    # Said in full, so that the index of few rows is used.
    there = select(submitted.c.instruction_id).where(submitted.c.action == literal_column("'submit'"))
    query = (
        select(instructions.c.id, instructions.c.asset, instructions.c.created_at)
        .where(instructions.c.id.in_(there))
        .where(instructions.c.created_at < now - rule.seconds, state_column(patience, now).in_(waiting))
        .order_by(instructions.c.created_at, instructions.c.id)
        .limit(LOOKED_AT_MAX)
    )
    for row in connection.execute(query):
        found = too_old(rule, f"payment {row.id}", since=row.created_at, now=now)
        if found is not None:
            yield About(finding=found, asset=row.asset)


def _breaks(connection: Connection, rule: BreakAge, now: int) -> Iterator[About]:
    cleared = select(break_steps.c.break_id).where(break_steps.c.step == _CLEARED)
    query = (
        select(breaks.c.id, breaks.c.opened_at)
        .where(breaks.c.opened_at < now - rule.seconds, breaks.c.id.not_in(cleared))
        .order_by(breaks.c.id)
        .limit(LOOKED_AT_MAX)
    )
    for row in connection.execute(query):
        found = too_old(rule, f"break {row.id}", since=row.opened_at, now=now)
        if found is not None:
            yield About(finding=found)


def _validators(connection: Connection, rule: ValidatorSilent) -> Iterator[About]:
    newest = head(connection)
    if newest is None:
        return
    headers = headers_between(connection, newest.height - rule.blocks + 1, newest.height)
    for found in silent_validators(rule, [decode(each) for each in headers]):
        yield About(finding=found)
