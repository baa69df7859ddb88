"""Who is here, with their keys, as the mirror has it: for lists."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.errors import AssetNotFound, MirrorBehind
from node.mirror.authorised import authorised_at
from node.mirror.head import timestamp_of
from node.mirror.registry import Asset, asset_of_currency, directory, keys_of, registered_assets
from node.store.session import Store
from node.store.tables import member_ids, participants
from settlement.identifiers import BankReference, MemberId, validate_bic
from settlement.money import currency
from settlement.participant import Key, ParticipantKind, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A participant as listed. `lei` is None for a corporate; `sponsor` is 0 for who has none.

    `recovery_ready_at` … `recovery_lapses_at` (UTC seconds): when a proposed recovery can be completed.
    """

    id: int
    kind: ParticipantKind
    bic: str
    lei: str | None
    members: tuple[MemberId, ...]
    sponsor: int
    suspended: bool
    outgoing_stopped: bool
    recovery_ready_at: int | None
    recovery_lapses_at: int | None
    endpoint: str | None
    encryption_key: bytes | None
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisedKey:
    """A key that might act at some block, and whether its participant might be debited then."""

    key: Key
    standing: Standing


def list_authorised(store: Store, height: int) -> list[AuthorisedKey]:
    """Return every key that might act after a block, by participant and number; raise `MirrorBehind`."""
    with store.snapshot() as connection:
        timestamp = timestamp_of(connection, height)
        if timestamp is None:
            raise MirrorBehind(f"block {height} is not mirrored; try again when the node has caught up")
        found = authorised_at(connection, height)
    acting = [
        each
        for each in found.keys.values()
        if found.may_act(each.address, each.participant, each.role, timestamp)
    ]
    acting.sort(key=lambda each: (each.participant, each.number))
    return [AuthorisedKey(key=each, standing=found.standing(each.participant)) for each in acting]


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


def asset_named(store: Store, name: str) -> Asset:
    """Return an asset by its number, or the central-bank money of a currency by its code.

    Raise `UnknownCurrency`, `AssetNotFound`.
    """
    if not name.isdecimal():
        return money_of(store, name)
    for asset in list_assets(store):
        if str(asset.id) == name:
            return asset
    raise AssetNotFound(
        f"no asset has the number {name[:20]}; `vostro assets list` shows them", param="asset"
    )


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
        recovery_ready_at=row["recovery_ready_at"],
        recovery_lapses_at=row["recovery_lapses_at"],
        endpoint=row["endpoint"],
        encryption_key=row["encryption_key"],
        keys=tuple(keys),
    )
