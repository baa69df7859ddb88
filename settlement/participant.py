"""Who is here, how a message finds one, and which key may act for whom, as the chain's registry says.

"Who was authorised at block N" is answered from the registry's events alone: `authorisations` of all up to
that block, asked with the block's timestamp.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from settlement.errors import AmbiguousParticipant, ConflictingParticipant, MirrorGap, UnknownParticipant
from settlement.events import Event
from settlement.identifiers import BankReference, MemberId


class ParticipantKind(IntEnum):
    """As numbered by `Participants.sol`."""

    OPERATOR = 1
    BANK = 2
    CORPORATE = 3
    AUDITOR = 4


class KeyRole(IntEnum):
    """The one thing a key may do, as numbered by `Participants.sol`."""

    PAY = 1
    APPROVE = 2
    ADMINISTER = 3


class Standing(IntEnum):
    """Whether a participant may be debited, as numbered by `Participants.sol`: the higher bar outranks."""

    UNKNOWN = 0
    ACTIVE = 1
    OUTGOING_STOPPED = 2
    SUSPENDED = 3


# Which bar an event speaks of, and whether it stands from then on.
BARS = {
    "ParticipantSuspended": (Standing.SUSPENDED, True),
    "ParticipantResumed": (Standing.SUSPENDED, False),
    "OutgoingStopped": (Standing.OUTGOING_STOPPED, True),
    "OutgoingResumed": (Standing.OUTGOING_STOPPED, False),
}
# The events that begin, shorten or end what a key may do.
KEY_EVENTS = frozenset({"KeyAdded", "KeyExpirySet", "KeyRevoked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A registered key; valid from … until, both in UTC seconds and inclusive, unless revoked."""

    participant: int
    number: int
    address: bytes
    role: KeyRole
    valid_from: int
    valid_until: int
    revoked: bool

    def valid_at(self, timestamp: int) -> bool:
        """Tell whether it may act at a time (UTC seconds)."""
        return not self.revoked and self.valid_from <= timestamp <= self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisations:
    """What the registry's events up to some block add up to. `keys` by address, `standings` by participant.

    A key may act whatever its participant's standing: standing bars debits only.
    """

    keys: Mapping[bytes, Key]
    standings: Mapping[int, Standing]

    def may_act(self, address: bytes, participant: int, role: KeyRole, timestamp: int) -> bool:
        """Tell whether an address may act for a participant in a role at a time (UTC seconds)."""
        key = self.keys.get(address)
        return (
            key is not None and (key.participant, key.role) == (participant, role) and key.valid_at(timestamp)
        )

    def standing(self, participant: int) -> Standing:
        """Tell whether a participant may be debited."""
        return self.standings.get(participant, Standing.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A participant as registered on chain. `lei` is None for a corporate (only its digest is public)."""

    id: int
    kind: ParticipantKind
    bic: str
    lei: str | None
    members: tuple[MemberId, ...] = ()
    suspended: bool = False

    @property
    def reference(self) -> BankReference:
        """Return how a message names it: by everything that is public, of member ids by the first."""
        return BankReference(
            bic=self.bic or None, lei=self.lei, member=self.members[0] if self.members else None
        )


class Directory:
    """The participants by each of their names; built once per mirrored change, then only read."""

    def __init__(self, participants: Iterable[Participant]) -> None:
        self._by_id = {participant.id: participant for participant in participants}
        self._by_name: dict[tuple[str, str], int] = {}
        for participant in self._by_id.values():
            for name in _names(participant):
                self._by_name[name] = participant.id

    def get(self, participant: int) -> Participant:
        """Return the participant of a number; raise `UnknownParticipant`."""
        try:
            return self._by_id[participant]
        except KeyError:
            raise UnknownParticipant(f"no participant has the number {participant}") from None

    def resolve(self, reference: BankReference) -> Participant:
        """Return the one participant a message means; every name given and known must agree.

        A BIC of eight characters is the head office's of eleven ending in XXX (ISO 9362). A branch's
        BIC that is not registered is not silently taken for its head office.
        """
        names = list(_reference_names(reference))
        if not names:
            raise AmbiguousParticipant("the bank is not named by BIC, LEI or clearing-system member id")
        found = {self._by_name[name] for name in names if name in self._by_name}
        if not found:
            raise UnknownParticipant(
                f"no participant is registered as {reference}; ask the operator to admit it"
            )
        if len(found) > 1:
            raise ConflictingParticipant(f"{reference} names participants {sorted(found)}; they must be one")
        return self._by_id[found.pop()]


def authorisations(events: Iterable[Event]) -> Authorisations:
    """Return what events add up to, given in the order of the chain from its beginning.

    What is not of `Participants` changes nothing. Raise `MirrorGap` for a change of what no event brought in.
    """
    keys: dict[tuple[int, int], Key] = {}
    bars: dict[int, frozenset[Standing]] = {}
    for event in events:
        fields: Mapping[str, Any] = event.fields
        if event.contract != "Participants" or "participant" not in fields:
            continue
        participant = fields["participant"]
        if event.name == "ParticipantAdmitted":
            bars[participant] = frozenset()
        elif participant not in bars:
            raise MirrorGap(f"{event.name} speaks of participant {participant}, whom no event admitted")
        elif event.name in BARS:
            bar, stands = BARS[event.name]
            bars[participant] = bars[participant] | {bar} if stands else bars[participant] - {bar}
        elif event.name in KEY_EVENTS:
            place = (participant, fields["number"])
            keys[place] = changed_key(event, keys.get(place))
    return Authorisations(
        keys={key.address: key for key in keys.values()},
        standings={each: max(found, default=Standing.ACTIVE) for each, found in bars.items()},
    )


def full_bic(bic: str) -> str:
    """Return the BIC of eleven characters that `bic` stands for."""
    return bic if len(bic) == 11 else bic + "XXX"  # ISO 9362 has 8 or 11


def _names(participant: Participant) -> Iterable[tuple[str, str]]:
    if participant.bic:
        yield "BIC", full_bic(participant.bic)
    if participant.lei:
        yield "LEI", participant.lei
    for member in participant.members:
        yield member.system, member.member


def _reference_names(reference: BankReference) -> Iterable[tuple[str, str]]:
    if reference.bic:
        yield "BIC", full_bic(reference.bic)
    if reference.lei:
        yield "LEI", reference.lei
    if reference.member:
        yield reference.member.system, reference.member.member


def changed_key(event: Event, key: Key | None) -> Key:
    """Return a key after one of `KEY_EVENTS`; raise `MirrorGap` for a change of what none brought in."""
    fields: Mapping[str, Any] = event.fields
    if event.name == "KeyAdded":
        return Key(
            participant=fields["participant"],
            number=fields["number"],
            address=fields["key"],
            role=KeyRole(fields["role"]),
            valid_from=fields["validFrom"],
            valid_until=fields["validUntil"],
            revoked=False,
        )
    if key is None:
        raise MirrorGap(f"{event.name} changes a key that no event brought in: {dict(fields)}")
    if event.name == "KeyRevoked":
        return replace(key, revoked=True)
    return replace(key, valid_until=fields["validUntil"])
