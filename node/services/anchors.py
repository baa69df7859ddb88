"""The head of the audit log, said on chain once a UTC day: it betrays who cuts the log's end off.

The chain gets a digest (`Participants.anchor`), and nothing of what the log holds.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from node.chain.contracts import Contracts
from node.outbox.actions import Action
from node.outbox.rows import IS_WAITING, enqueue_call
from node.services.audit import AuditBroken, append_audit, head_of, hold_audit
from node.services.circumstances import own_participant
from node.settings import Settings
from node.store.tables import audit, events, outbox
from settlement.errors import UnresolvedParty
from settlement.events import WORD_BYTES
from settlement.participant import KeyRole

ACTION = "audit_anchored"
_CONTRACT, _EVENT = "Participants", "Anchored"
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """How many heads of this log stand on chain; the position of the newest and its block (0: none)."""

    count: int
    position: int
    height: int


def anchor_once_a_day(
    connection: Connection, settings: Settings, contracts: Contracts, *, actor: str, at: int
) -> bool:
    """Ask for the anchoring of the present head unless that was done on this UTC day; tell whether it was.

    Nothing is asked for before the participant is admitted, while the log has nothing new, or while an
    earlier anchor still waits for its transaction.
    """
    hold_audit(connection)
    if _own_id(connection, settings) is None or _waits(connection):
        return False
    position, head = head_of(connection)
    last_position, last_day = _last_asked(connection)
    if position == last_position or at // _DAY_SECONDS <= last_day:
        return False
    calldata = contracts.calldata(_CONTRACT, "anchor", head)
    enqueue_call(connection, contract=_CONTRACT, calldata=calldata, role=KeyRole.PAY, at=at)
    append_audit(
        connection, at=at, actor=actor, action=ACTION, subject=head.hex(), detail={"position": position}
    )
    return True


def verify_anchors(connection: Connection, settings: Settings) -> Anchors:
    """Check that this log has every head that its participant said on chain, in that order.

    Raise `AuditBroken` for one it has not: then rows were cut off, or the store was set back.
    """
    own = _own_id(connection, settings)
    count, position, height = 0, 0, 0
    said = select(events.c.height, events.c.topics, events.c.data).where(
        events.c.contract == _CONTRACT, events.c.name == _EVENT
    )
    for row in connection.execute(said.order_by(events.c.height, events.c.log_index)):
        if int.from_bytes(row.topics[WORD_BYTES:], "big") != own:
            continue
        found = connection.scalar(select(audit.c.position).where(audit.c.digest == row.data))
        if found is None or found < position:
            raise AuditBroken(
                f"block {row.height} has a head of this log that the log has not: "
                "keep this database as it is, and compare it with a backup"
            )
        count, position, height = count + 1, found, row.height
    return Anchors(count=count, position=position, height=height)


def _own_id(connection: Connection, settings: Settings) -> int | None:
    """Return the id of this node's participant, None until it is admitted."""
    try:
        return own_participant(connection, settings).id
    except UnresolvedParty:
        return None


def _waits(connection: Connection) -> bool:
    """Tell whether an anchor has no transaction yet: no other `call` of a pay key is for this contract."""
    return bool(
        connection.scalar(
            select(
                exists().where(
                    IS_WAITING,
                    outbox.c.role == KeyRole.PAY.value,
                    outbox.c.action == Action.CALL.value,
                    outbox.c.contract == _CONTRACT,
                )
            )
        )
    )


def _last_asked(connection: Connection) -> tuple[int, int]:
    """Return the position of the newest entry that asked for an anchor, and its UTC day; 0 and -1: none."""
    query = select(audit.c.position, audit.c.at).where(audit.c.action == ACTION)
    last = connection.execute(query.order_by(audit.c.position.desc()).limit(1)).one_or_none()
    return (0, -1) if last is None else (last.position, last.at // _DAY_SECONDS)
