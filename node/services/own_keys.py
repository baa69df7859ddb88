"""The keys that this node holds beside those that the chain has for its participant, and what differs."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.mirror.registry import key, keys_of
from node.services.acceptance import own_participant
from node.settings import Settings
from node.store.session import Store
from settlement.errors import UnresolvedParty
from settlement.participant import Key


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


def _difference(registered: Key | None, *, held: bool, participant: int | None, now: int) -> str | None:
    if registered is None:
        return "not registered on the chain"
    if registered.participant != participant:
        return f"registered for participant {registered.participant}"
    if registered.revoked:
        return "revoked"
    if now > registered.valid_until:
        return "expired"
    if not held:
        return "not held by this node"
    return "not valid yet" if now < registered.valid_from else None
