"""Who is here, with their keys, as the mirror has it: for lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.mirror.registry import Asset, Key, asset_of_currency, directory, key, keys_of, registered_assets
from node.store.session import Store
from node.store.tables import member_ids, participants
from settlement.identifiers import BankReference, MemberId, validate_bic
from settlement.money import currency
from settlement.participant import ParticipantKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A participant as listed. `lei` is None for a corporate; `sponsor` is 0 for who has none."""

    id: int
    kind: ParticipantKind
    bic: str
    lei: str | None
    members: tuple[MemberId, ...]
    sponsor: int
    suspended: bool
    outgoing_stopped: bool
    keys: tuple[Key, ...] = ()


def list_participants(store: Store) -> list[Entry]:
    """Return every participant, by number, with its keys."""
    with store.snapshot() as connection:
        members = _members(connection)
        rows = connection.execute(select(participants).order_by(participants.c.id)).mappings().all()
        return [_entry(row, members, keys_of(connection, row["id"])) for row in rows]


def list_assets(store: Store) -> list[Asset]:
    """Return every registered asset, by number."""
    with store.snapshot() as connection:
        return registered_assets(connection)


def number_of(store: Store, bic: str) -> int:
    """Return a participant's number by its BIC; raise `UnknownParticipant`."""
    with store.snapshot() as connection:
        return directory(connection).resolve(BankReference(bic=validate_bic(bic))).id


def money_of(store: Store, code: str) -> Asset:
    """Return the central-bank money of a currency; raise `UnknownCurrency`, `AssetNotFound`."""
    with store.snapshot() as connection:
        return asset_of_currency(connection, currency(code))


def registered_key(store: Store, address: bytes) -> Key | None:
    """Return what an address (20 bytes) is registered for; None when for nothing."""
    with store.snapshot() as connection:
        return key(connection, address)


def _members(connection: Connection) -> Mapping[int, Sequence[MemberId]]:
    found: dict[int, list[MemberId]] = defaultdict(list)
    for row in connection.execute(select(member_ids).order_by(member_ids.c.system, member_ids.c.member)):
        found[row.participant].append(MemberId(system=row.system, member=row.member))
    return found


def _entry(row: RowMapping, members: Mapping[int, Sequence[MemberId]], keys: Sequence[Key]) -> Entry:
    return Entry(
        id=row["id"],
        kind=ParticipantKind(row["kind"]),
        bic=row["bic"],
        lei=row["lei"],
        members=tuple(members.get(row["id"], ())),
        sponsor=row["sponsor"],
        suspended=row["suspended"],
        outgoing_stopped=row["outgoing_stopped"],
        keys=tuple(keys),
    )
