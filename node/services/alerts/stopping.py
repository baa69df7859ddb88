"""What a rule may do by itself: have an account debited no more, by whom the contracts allow.

Its own bank's payments the node stops as the bank itself may: all of them, by one administer key
(`stopOutgoing`; two and a delay resume). An account of what its bank issues it freezes as the issuer may.
Of nobody else's account can a node decide anything.
"""

from sqlalchemy import Connection, select

from node.chain.calls import Call, freeze
from node.chain.contracts import Contracts
from node.chain.own_calls import stop_outgoing
from node.outbox.rows import enqueue_call
from node.services.alerts.raised import ACTOR, STOP_ASKED, About, add_step
from node.store.tables import accounts, alert_steps, alerts, participants
from settlement.participant import KeyRole

# So long what was asked for may take to be mirrored before it is asked for again.
ASKED_SECONDS = 600


def stop(
    connection: Connection, contracts: Contracts, alert: int, about: About, *, own: int, at: int
) -> bool:
    """Ask the chain that the account of an alert pays no more; False when that is so or asked already."""
    if about.asset is None or about.participant is None:
        return False
    if _is_stopped(connection, about, own) or _was_asked(connection, about, own, at):
        return False
    call: Call = stop_outgoing(contracts)
    note = "outgoing payments of this bank"
    if about.participant != own:
        call = freeze(contracts, asset=about.asset, holder=about.participant)
        note = f"account {about.asset} of participant {about.participant}"
    row = enqueue_call(
        connection, contract=call.contract, calldata=call.calldata, role=KeyRole.ADMINISTER, at=at
    )
    add_step(
        connection,
        alert,
        STOP_ASKED,
        by=about.finding.rule,
        note=f"{note}: outbox row {row}",
        actor=ACTOR,
        at=at,
    )
    return True


def _is_stopped(connection: Connection, about: About, own: int) -> bool:
    if about.participant == own:
        query = select(participants.c.outgoing_stopped).where(participants.c.id == own)
    else:
        query = select(accounts.c.frozen).where(
            accounts.c.asset == about.asset, accounts.c.participant == about.participant
        )
    return bool(connection.scalar(query))


def _was_asked(connection: Connection, about: About, own: int, at: int) -> bool:
    query = (
        select(alert_steps.c.alert_id)
        .join(alerts, alerts.c.id == alert_steps.c.alert_id)
        .where(
            alert_steps.c.step == STOP_ASKED,
            alert_steps.c.at > at - ASKED_SECONDS,
            alerts.c.participant == about.participant,
        )
    )
    if about.participant != own:
        query = query.where(alerts.c.asset == about.asset)
    return connection.scalar(query.limit(1)) is not None
