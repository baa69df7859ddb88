"""The keys that this node holds beside those that the chain has for its participant, and what differs."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from node.errors import KeyInUse, KeyNotFound
from node.mirror.registry import key, keys_of
from node.services.circumstances import own_participant
from node.settings import Settings
from node.store.session import Store
from node.store.tables import transactions
from settlement.errors import UnresolvedParty
from settlement.participant import Key

_REVOKED, _EXPIRED = "revoked", "expired"
_ENDED = {_REVOKED, _EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """An address that the node holds, the chain has for its participant, or both.

    `differs` says what a person should look at, None when both agree and the key may act.
    """

    address: bytes
    held: bool
    registered: Key | None
    differs: str | None


def own_keys(store: Store, settings: Settings, held: Iterable[bytes], *, now: int) -> list[OwnKey]:
    """Return every key held or registered, by address, as of the mirror and `now` (UTC seconds)."""
    with store.snapshot() as connection:
        try:
            participant = own_participant(connection, settings).id
        except UnresolvedParty:
            participant = None
        mine = [] if participant is None else keys_of(connection, participant)
        known = {each.address: each for each in mine}
        addresses = set(held)
        for address in addresses - known.keys():
            found = key(connection, address)
            if found is not None:
                known[address] = found
    return [
        OwnKey(
            address=address,
            held=address in addresses,
            registered=known.get(address),
            differs=_difference(
                known.get(address), held=address in addresses, participant=participant, now=now
            ),
        )
        for address in sorted(addresses | known.keys())
    ]


def require_ended(
    store: Store, settings: Settings, address: bytes, held: Iterable[bytes], *, now: int
) -> None:
    """Raise unless a key is held, and the chain has ended it, and nothing that it signed is in flight.

    Raise `KeyNotFound`, `KeyInUse`.
    """
    found = {each.address: each for each in own_keys(store, settings, held, now=now)}.get(address)
    if found is None or not found.held:
        raise KeyNotFound(f"this node holds no key 0x{address.hex()}")
    if found.differs not in _ENDED:
        raise KeyInUse(
            f"key 0x{address.hex()} is neither revoked nor expired (`vostro keys list`): "
            "`vostro keys revoke` comes first, and the mirror must have it"
        )
    open_transaction = (
        select(transactions.c.id)
        .where(transactions.c.key == address, transactions.c.concluded_at.is_(None))
        .limit(1)
    )
    with store.snapshot() as connection:
        if connection.scalar(open_transaction) is not None:
            raise KeyInUse(
                f"key 0x{address.hex()} has a transaction in flight (`vostro transactions list`): "
                "wait for its end, or cancel it"
            )


def _difference(registered: Key | None, *, held: bool, participant: int | None, now: int) -> str | None:
    if registered is None:
        return "not registered on the chain"
    if registered.participant != participant:
        return f"registered for participant {registered.participant}"
    if registered.revoked:
        return _REVOKED
    if now > registered.valid_until:
        return _EXPIRED
    if not held:
        return "not held by this node"
    return "not valid yet" if now < registered.valid_from else None
