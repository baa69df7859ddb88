"""Who is here: the participants as the chain's registry names them, and how a message finds one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from settlement.errors import AmbiguousParticipant, ConflictingParticipant, UnknownParticipant
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
