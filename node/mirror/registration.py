"""What the contracts register, as rows: participants, keys, assets, accounts, as they are now; and cycles."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, Insert, Update, insert, update

from node.store.tables import accounts, assets, cycles, keys, member_ids, participants
from settlement.errors import MirrorGap
from settlement.events import WORD_BYTES, Event, Layout, readable
from settlement.money import AMOUNT_MAX
from settlement.participant import ParticipantKind

Fields: TypeAlias = Mapping[str, Any]


def concerns(layout: Layout) -> bool:
    """Tell whether an event of this layout changes what is registered."""
    return (layout.contract, layout.name) in _CHANGES


def apply(connection: Connection, event: Event) -> None:
    """Bring the tables to what they are after an event; raise `MirrorGap` when what it changes is missing."""
    change = _CHANGES[event.contract, event.name](event.fields)
    done = connection.execute(change)
    if isinstance(change, Update) and done.rowcount != 1:
        raise MirrorGap(
            f"{event.contract}.{event.name} changes what the mirror does not have: {dict(event.fields)}"
        )


def _admitted(fields: Fields) -> Insert:
    lei = fields["lei"].rstrip(b"\0")
    of_corporate = fields["kind"] == ParticipantKind.CORPORATE
    return insert(participants).values(
        id=fields["participant"],
        kind=fields["kind"],
        bic=readable(fields["bic"].rstrip(b"\0")),
        lei=readable(lei) if lei and not of_corporate else None,
        sponsor=fields["sponsor"],
        suspended=False,
        outgoing_stopped=False,
    )


def _member_id_added(fields: Fields) -> Insert:
    return insert(member_ids).values(
        system=fields["system"],
        member=fields["member"],
        participant=fields["participant"],
    )


def _participant(fields: Fields, **values: int | bool | str | bytes | None) -> Update:
    return update(participants).where(participants.c.id == fields["participant"]).values(values)


def _sponsor_set(fields: Fields) -> Update:
    return update(participants).where(participants.c.id == fields["corporate"]).values(sponsor=fields["bank"])


def _recovery_proposed(fields: Fields) -> Update:
    return _participant(fields, recovery_ready_at=fields["readyAt"], recovery_lapses_at=fields["lapsesAt"])


def _recovery_ended(fields: Fields) -> Update:
    return _participant(fields, recovery_ready_at=None, recovery_lapses_at=None)


def _key_added(fields: Fields) -> Insert:
    return insert(keys).values(
        participant=fields["participant"],
        number=fields["number"],
        address=fields["key"],
        role=fields["role"],
        valid_from=fields["validFrom"],
        valid_until=fields["validUntil"],
        revoked=False,
    )


def _key(fields: Fields, **values: int | bool) -> Update:
    of_participant = keys.c.participant == fields["participant"]
    return update(keys).where(of_participant, keys.c.number == fields["number"]).values(values)


def _asset_registered(fields: Fields) -> Insert:
    return insert(assets).values(
        id=fields["asset"],
        currency=fields["currency"],
        kind=fields["kind"],
        issuer=fields["issuer"],
        day_rule=fields["dayRule"],
        business_day=0,
    )


def _day_closed(fields: Fields) -> Update:
    # The event names the day that has ended.
    return update(assets).where(assets.c.id == fields["asset"]).values(business_day=fields["day"] + 1)


def _account_opened(fields: Fields) -> Insert:
    return insert(accounts).values(
        asset=fields["asset"],
        participant=fields["holder"],
        frozen=False,
        reserve=0,
        credit=0,
        limit_instruction=AMOUNT_MAX,
        limit_day=AMOUNT_MAX,
    )


def _account(fields: Fields, **values: int | bool) -> Update:
    of_asset = accounts.c.asset == fields["asset"]
    return update(accounts).where(of_asset, accounts.c.participant == fields["holder"]).values(values)


def _cycle_proposed(fields: Fields) -> Insert:
    asset, *_, positions = fields["cycle"]
    words = b"".join(word.to_bytes(WORD_BYTES, "big") for word in positions)
    return insert(cycles).values(digest=fields["digest"], asset=asset, positions=words)


_CHANGES: dict[tuple[str, str], Callable[[Fields], Insert | Update]] = {
    ("Participants", "ParticipantAdmitted"): _admitted,
    ("Participants", "MemberIdAdded"): _member_id_added,
    ("Participants", "ParticipantSuspended"): lambda fields: _participant(fields, suspended=True),
    ("Participants", "ParticipantResumed"): lambda fields: _participant(fields, suspended=False),
    ("Participants", "OutgoingStopped"): lambda fields: _participant(fields, outgoing_stopped=True),
    ("Participants", "OutgoingResumed"): lambda fields: _participant(fields, outgoing_stopped=False),
    ("Participants", "SponsorSet"): _sponsor_set,
    ("Participants", "EndpointSet"): lambda fields: _participant(fields, endpoint=fields["endpoint"] or None),
    ("Participants", "EncryptionKeySet"): lambda fields: _participant(
        fields, encryption_key=fields["encryptionKey"] or None
    ),
    ("Participants", "RecoveryProposed"): _recovery_proposed,
    ("Participants", "RecoveryVetoed"): _recovery_ended,
    ("Participants", "RecoveryCompleted"): _recovery_ended,
    ("Participants", "RecoveryCancelled"): _recovery_ended,
    ("Participants", "KeyAdded"): _key_added,
    ("Participants", "KeyRevoked"): lambda fields: _key(fields, revoked=True),
    ("Participants", "KeyExpirySet"): lambda fields: _key(fields, valid_until=fields["validUntil"]),
    ("Ledger", "AssetRegistered"): _asset_registered,
    ("Ledger", "DayClosed"): _day_closed,
    ("Ledger", "AccountOpened"): _account_opened,
    ("Ledger", "AccountFrozen"): lambda fields: _account(fields, frozen=True),
    ("Ledger", "AccountUnfrozen"): lambda fields: _account(fields, frozen=False),
    ("Ledger", "ReserveSet"): lambda fields: _account(fields, reserve=fields["amount"]),
    ("Ledger", "CreditSet"): lambda fields: _account(fields, credit=fields["amount"]),
    ("Ledger", "LimitsSet"): lambda fields: _account(
        fields, limit_instruction=fields["perInstruction"], limit_day=fields["perDay"]
    ),
    ("Netting", "CycleProposed"): _cycle_proposed,
}
