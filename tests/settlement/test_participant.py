"""A message's name of a bank leads to one participant, or to none; events tell who was authorised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import AmbiguousParticipant, ConflictingParticipant, MirrorGap, UnknownParticipant
from settlement.events import Event, Value
from settlement.identifiers import BankReference, MemberId
from settlement.participant import (
    Directory,
    KeyRole,
    Participant,
    ParticipantKind,
    Standing,
    authorisations,
    full_bic,
)

LEIS = ("5493001KJTIIGC8Y1R12", "R0MUWSFPU8MPRO8K5P83", "F0HUI1NY1AZMJMD8LP67")
BANKS = tuple(
    Participant(
        id=number,
        kind=ParticipantKind.BANK,
        bic=bic,
        lei=lei,
        members=(MemberId(system="USABA", member=f"00000000{number}"),),
    )
    for number, (bic, lei) in enumerate(
        zip(("CHASUS33XXX", "COBADEFFXXX", "BNPAFRPPPAR"), LEIS, strict=True), 1
    )
)
DIRECTORY = Directory(BANKS)


@given(bank=st.sampled_from(BANKS), names=st.sets(st.sampled_from(["bic", "lei", "member"]), min_size=1))
def test_any_of_its_names_leads_to_a_bank(bank: Participant, names: set[str]) -> None:
    """Every name that is registered finds the bank, alone or with the others."""
    reference = BankReference(
        bic=bank.bic if "bic" in names else None,
        lei=bank.lei if "lei" in names else None,
        member=bank.members[0] if "member" in names else None,
    )
    assert bank == DIRECTORY.resolve(reference)
    assert bank == DIRECTORY.resolve(bank.reference)


@given(one=st.sampled_from(BANKS), other=st.sampled_from(BANKS))
def test_names_of_two_banks_are_a_conflict(one: Participant, other: Participant) -> None:
    """A message that names two banks as one is refused, whichever name would win."""
    reference = BankReference(bic=one.bic, member=other.members[0])
    if one == other:
        assert one == DIRECTORY.resolve(reference)
        return
    with pytest.raises(ConflictingParticipant):
        DIRECTORY.resolve(reference)


def test_a_name_that_is_not_registered_adds_nothing() -> None:
    """An unknown LEI beside a known BIC does not matter; alone it leads to nobody."""
    unknown = "529900T8BM49AURSDO55"
    assert BANKS[0] == DIRECTORY.resolve(BankReference(bic="CHASUS33XXX", lei=unknown))
    with pytest.raises(UnknownParticipant, match="ask the operator"):
        DIRECTORY.resolve(BankReference(lei=unknown))


def test_no_name_is_not_anybody() -> None:
    """A bank without a name is refused, not guessed."""
    with pytest.raises(AmbiguousParticipant):
        DIRECTORY.resolve(BankReference())


def test_eight_characters_mean_the_head_office() -> None:
    """A short BIC is the head office's; a branch that is not registered is not taken for it."""
    assert "CHASUS33XXX" == full_bic("CHASUS33")
    assert BANKS[0] == DIRECTORY.resolve(BankReference(bic="CHASUS33"))
    for bic in ("BNPAFRPP", "CHASUS33LAX"):
        with pytest.raises(UnknownParticipant):
            DIRECTORY.resolve(BankReference(bic=bic))


def test_a_participant_is_found_by_its_number() -> None:
    """Numbers on chain lead to participants; an unknown one is an error of ours."""
    assert BANKS[1] == DIRECTORY.get(2)
    with pytest.raises(UnknownParticipant):
        DIRECTORY.get(99)


def test_a_corporate_has_no_public_name() -> None:
    """A corporate's LEI is only a digest on chain, so no message finds it by name."""
    corporate = Participant(id=9, kind=ParticipantKind.CORPORATE, bic="", lei=None)
    directory = Directory([*BANKS, corporate])
    assert corporate == directory.get(9)
    assert BankReference() == corporate.reference
    with pytest.raises(AmbiguousParticipant):
        directory.resolve(corporate.reference)


_ADDRESS = b"\x0a" * 20


def _event(name: str, contract: str = "Participants", **fields: Value) -> Event:
    return Event(contract=contract, name=name, fields={"participant": 2} | fields)


_ADMITTED = _event("ParticipantAdmitted")
_ADDED = _event("KeyAdded", number=1, key=_ADDRESS, role=2, validFrom=100, validUntil=200)


@given(st.lists(st.sampled_from(["Suspended", "Resumed", "Stopped", "Lifted"]), max_size=8))
def test_suspension_outranks_a_stop(changes: list[str]) -> None:
    """A participant is barred by whichever bar was last set and not lifted; suspension is the higher."""
    names = {
        "Suspended": "ParticipantSuspended",
        "Resumed": "ParticipantResumed",
        "Stopped": "OutgoingStopped",
        "Lifted": "OutgoingResumed",
    }
    suspended = stopped = False
    for change in changes:
        suspended = {"Suspended": True, "Resumed": False}.get(change, suspended)
        stopped = {"Stopped": True, "Lifted": False}.get(change, stopped)
    expected = Standing.SUSPENDED if suspended else Standing.OUTGOING_STOPPED if stopped else Standing.ACTIVE

    found = authorisations([_ADMITTED, *(_event(names[change]) for change in changes)])

    assert expected == found.standing(2)
    assert Standing.UNKNOWN == found.standing(3)


def test_key_acts_for_one_in_one_role_and_time() -> None:
    """A key acts from its first second to its last, for its participant, in its role, unless revoked."""
    events = [_ADMITTED, _ADDED]
    found = authorisations(events)
    assert [False, True, True, False] == [
        found.may_act(_ADDRESS, 2, KeyRole.APPROVE, at) for at in (99, 100, 200, 201)
    ]
    assert not found.may_act(_ADDRESS, 3, KeyRole.APPROVE, 150)
    assert not found.may_act(_ADDRESS, 2, KeyRole.PAY, 150)
    assert not found.may_act(b"\x0b" * 20, 2, KeyRole.APPROVE, 150)

    expired = authorisations([*events, _event("KeyExpirySet", number=1, validUntil=150)])
    assert [True, False] == [expired.may_act(_ADDRESS, 2, KeyRole.APPROVE, at) for at in (150, 151)]
    revoked = authorisations([*events, _event("KeyRevoked", number=1)])
    assert not revoked.may_act(_ADDRESS, 2, KeyRole.APPROVE, 150)


@pytest.mark.parametrize(
    "event",
    [
        _event("KeyRevoked", number=2),
        _event("KeyExpirySet", number=2, validUntil=150),
        Event(contract="Participants", name="OutgoingStopped", fields={"participant": 3}),
    ],
    ids=["no such key revoked", "no such key expired", "nobody stopped"],
)
def test_change_of_what_is_not_there(event: Event) -> None:
    """An event about a key or a participant that no event brought in means that events are missing."""
    with pytest.raises(MirrorGap, match=event.name):
        authorisations([_ADMITTED, _ADDED, event])


def test_other_events_authorise_nobody() -> None:
    """Events of other contracts, and those of the registry that speak of nobody, change no authorisation."""
    others = [
        _event("ParticipantSuspended", contract="Ledger"),
        _event("EndpointSet", endpoint="https://bank.example"),
        Event(contract="Participants", name="AuthorityUpdated", fields={"authority": _ADDRESS}),
    ]
    assert authorisations([_ADMITTED, _ADDED]) == authorisations([_ADMITTED, _ADDED, *others])
