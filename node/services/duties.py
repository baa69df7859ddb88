"""Which keys of a signer have something to do for this node, and which of them may sign what."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.mirror.registry import key
from node.outbox.transactions import unconcluded
from node.outbox.work import waiting
from settlement.participant import Key, KeyRole

_ROLES = (KeyRole.PAY, KeyRole.ADMINISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A key with something to do. `leading`: it signs whatever does not name another key of its role."""

    key: Key
    leading: bool


def duties(
    connection: Connection,
    addresses: Sequence[bytes],
    *,
    participant: int,
    chain_id: int,
    now: int,
    idle_too: bool = False,
) -> list[Duty]:
    """Return the participant's registered keys among `addresses` that have something to do, by number.

    With `idle_too` also those that have nothing to do.

    Of several valid keys of one role the one that is valid longest leads, so that a rotation hands over
    before the old key ends; of equal ones the first. The others sign only what names them, and see their
    transactions through.
    """
    held = [known for each in addresses if (known := key(connection, each)) is not None]
    own = [known for known in held if known.participant == participant and known.role in _ROLES]
    own.sort(key=lambda known: known.number)
    leading: dict[KeyRole, Key] = {}
    for known in own:
        best = leading.get(known.role)
        if known.valid_at(now) and (best is None or known.valid_until > best.valid_until):
            leading[known.role] = known
    found = [Duty(key=known, leading=leading.get(known.role) == known) for known in own]
    return [duty for duty in found if idle_too or _has_work(connection, duty, chain_id)]


def _has_work(connection: Connection, duty: Duty, chain_id: int) -> bool:
    address = duty.key.address
    asked = waiting(connection, role=duty.key.role, key=address, rows_max=1, named_only=not duty.leading)
    return bool(asked or unconcluded(connection, key=address, chain_id=chain_id))
