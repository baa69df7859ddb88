"""Who is here and what is held, as the mirror has it: participants, keys, assets."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.errors import AssetNotFound
from node.store.tables import assets, keys, member_ids, participants
from settlement.asset import AssetKind, DayRule
from settlement.identifiers import MemberId
from settlement.money import Currency, currency_by_number
from settlement.participant import Directory, Key, KeyRole, Participant, ParticipantKind

_MEMBERS = select(member_ids).order_by(member_ids.c.system, member_ids.c.member)
_PARTICIPANTS = select(participants).order_by(participants.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A registered asset; `business_day` counts the days its issuer has closed."""

    id: int
    currency: Currency
    kind: AssetKind
    issuer: int
    day_rule: DayRule
    business_day: int


def directory(connection: Connection) -> Directory:
    """Return all participants by each of their names."""
    members: dict[int, list[MemberId]] = defaultdict(list)
    for row in connection.execute(_MEMBERS):
        members[row.participant].append(MemberId(system=row.system, member=row.member))
    rows = connection.execute(_PARTICIPANTS).all()
    return Directory(
        Participant(
            id=row.id,
            kind=ParticipantKind(row.kind),
            bic=row.bic,
            lei=row.lei,
            members=tuple(members[row.id]),
            suspended=row.suspended,
        )
        for row in rows
    )


def registered_assets(connection: Connection) -> list[Asset]:
    """Return every asset, by number."""
    rows = connection.execute(select(assets).order_by(assets.c.id)).mappings()
    return [_asset(row) for row in rows]


def asset_of_currency(connection: Connection, currency: Currency) -> Asset:
    """Return the central-bank money of a currency; raise `AssetNotFound`."""
    query = select(assets).where(
        assets.c.currency == currency.number, assets.c.kind == AssetKind.CENTRAL_BANK_MONEY
    )
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise AssetNotFound(
            f"no central-bank money in {currency.code} is registered; ask the operator to register it",
            param="currency",
        )
    return _asset(row)


def key(connection: Connection, address: bytes) -> Key | None:
    """Return the key of an address (20 bytes); None when it is not registered."""
    row = connection.execute(select(keys).where(keys.c.address == address)).mappings().one_or_none()
    return None if row is None else _key(row)


def keys_of(connection: Connection, participant: int) -> list[Key]:
    """Return every key a participant ever registered, by number."""
    query = select(keys).where(keys.c.participant == participant).order_by(keys.c.number)
    return [_key(row) for row in connection.execute(query).mappings()]


def _asset(row: RowMapping) -> Asset:
    return Asset(
        id=row["id"],
        currency=currency_by_number(row["currency"]),
        kind=AssetKind(row["kind"]),
        issuer=row["issuer"],
        day_rule=DayRule(row["day_rule"]),
        business_day=row["business_day"],
    )


def _key(row: RowMapping) -> Key:
    return Key(**(dict(row) | {"role": KeyRole(row["role"])}))
