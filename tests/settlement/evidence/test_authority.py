"""What is accepted as proof that a key might act at a block, and the list of what is not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from settlement.errors import InvalidEvidence
from settlement.evidence.completeness import verify_history
from settlement.evidence.history import KeySubject, read_head, write_head
from settlement.evidence.receipts import ReceiptLog
from settlement.participant import KeyRole
from tests.settlement.evidence.chains import FOREIGN, Story, checked, log, resealed, story
from tests.settlement.evidence.material import PARTICIPANTS

NAMES = ["file", "chain", "headers", "finality", "receipts", "key"]
START = 1_795_000_000  # of block 0; a second later each next one
KEY, OTHER = b"\x21" * 20, b"\x22" * 20
_SUBJECT = KeySubject(address=KEY, participant=2, role=KeyRole.PAY)
Blocks = list[list[Sequence[ReceiptLog]]]


def _added(
    key: bytes = KEY,
    *,
    participant: int = 2,
    number: int = 1,
    role: int = KeyRole.PAY,
    valid: tuple[int, int] = (START, START + 100),
) -> ReceiptLog:
    return log("Participants", "KeyAdded", participant, number, key, int(role), *valid)


def _blocks(*later: ReceiptLog, added: ReceiptLog | None = None) -> Blocks:
    """The key is registered in block 1; in block 4 comes what a test wants."""
    first = _added() if added is None else added
    others = [
        log("Participants", "KeyRevoked", 2, 2),
        log("Participants", "KeyExpirySet", 3, 1, START),
        log("Participants", "OutgoingStopped", 2),
        log("Participants", "ParticipantSuspended", 2),
        log("Participants", "OutgoingResumed", 2),
        log("Participants", "ParticipantResumed", 3),
    ]
    return [[[FOREIGN], [first, _added(OTHER, number=2)]], [[FOREIGN]], others_in(others), [later], []]


def others_in(logs: Sequence[ReceiptLog]) -> list[Sequence[ReceiptLog]]:
    """Each in a transaction of its own."""
    return [[each] for each in logs]


def _given(*later: ReceiptLog, added: ReceiptLog | None = None) -> Story:
    return story(_blocks(*later, added=added), _SUBJECT, first=1)


def refused(given: Story) -> str:
    """The name of the check that refused it."""
    with pytest.raises(InvalidEvidence) as error:
        checked(given)
    return error.value.param or ""


def test_a_registered_key_may_act() -> None:
    """Its registration and all that came after are read; what ends others or bars its bank ends nothing."""
    told = checked(_given())

    assert NAMES == [each.name for each in told.checks]
    assert told.checks[-1].found.startswith("authorised at block 5 (2026-11-18T")
    assert "key 1 of participant 2, to pay" in told.checks[-1].found
    assert told.checks[-1].found.endswith("since block 1; suspended since block 3")


@pytest.mark.parametrize("role", KeyRole)
@pytest.mark.parametrize("checkpoint", [0, 3, 5])
def test_each_role_and_any_checkpoint(role: KeyRole, checkpoint: int) -> None:
    """A key has one role; the checkpoint lies before, in or after the range."""
    given = story(
        _blocks(added=_added(role=role)), replace(_SUBJECT, role=role), first=1, checkpoint=checkpoint
    )

    assert NAMES == [each.name for each in checked(given).checks]


def test_a_shortened_key_may_act_until_then() -> None:
    """The last second counts."""
    shortened = log("Participants", "KeyExpirySet", 2, 1, START + 5)

    assert "until 1795000005" in checked(_given(shortened)).checks[-1].found


def test_at_the_block_before_it_is_revoked() -> None:
    """What happens later changes nothing of what was."""
    given = _given(log("Participants", "KeyRevoked", 2, 1))

    assert NAMES == [each.name for each in checked(given.over(1, 3)).checks]
    assert "key" == refused(given.over(1, 4))


def test_a_first_line_reads_back() -> None:
    """What is written is what is read."""
    head = _given().head

    assert head == read_head(write_head(head))


def _hiding(height: int) -> Callable[[Story], Story]:
    """A history that leaves out what a block has."""
    return lambda given: given.with_receipts(height)


def _told(given: Story) -> Callable[[Story], Story]:
    return lambda _: given


def _without_registry(given: Story) -> Story:
    known = {name: each for name, each in given.checkpoint.contracts.items() if name != "Participants"}
    return replace(given, checkpoint=replace(given.checkpoint, contracts=known))


_REVOKED = _given(log("Participants", "KeyRevoked", 2, 1))
_UNKNOWN = replace(FOREIGN, address=PARTICIPANTS, topics=(bytes(32),))
_LIES: dict[str, tuple[str, Callable[[Story], Story]]] = {
    "a key that was revoked": ("key", _told(_REVOKED)),
    "a revocation left out": ("receipts", lambda _: _REVOKED.with_receipts(4)),
    "others' changes left out": ("receipts", _hiding(3)),
    "a key that has expired": ("key", _told(_given(added=_added(valid=(START, START + 4))))),
    "a key that is not valid yet": ("key", _told(_given(added=_added(valid=(START + 6, START + 100))))),
    "a key that was shortened": ("key", _told(_given(log("Participants", "KeyExpirySet", 2, 1, START + 4)))),
    "a key that nobody registered": ("key", lambda given: given.claiming(address=b"\x23" * 20)),
    "a key that was registered before the range": ("key", lambda given: given.over(2, 5)),
    "another participant": ("key", lambda given: given.claiming(participant=3)),
    "another role": ("key", lambda given: given.claiming(role=KeyRole.APPROVE)),
    "another's key": ("key", lambda given: given.claiming(address=OTHER, role=KeyRole.ADMINISTER)),
    "a role that is none": ("key", _told(_given(added=_added(role=9)))),
    "an event that nobody knows": ("key", _told(_given(_UNKNOWN))),
    "an event that is cut": ("key", _told(_given(replace(_added(OTHER), data=b"")))),
    "the same from another contract": ("key", _told(_given(added=replace(_added(), address=b"\x99" * 20)))),
    "a checkpoint without the registry": ("key", _without_registry),
    "2 of 4 seals": ("finality", lambda given: resealed(given, 5, (0, 1))),
}  # fmt: skip


@pytest.mark.parametrize("lie", _LIES)
def test_lies_are_refused(lie: str) -> None:
    """Each is refused, by the check that must find it."""
    name, tell = _LIES[lie]

    assert name == refused(tell(_given()))


@pytest.mark.parametrize(
    ("name", "value"), [("key", b"\1" * 19), ("participant", -1), ("role", None), ("role", "king")]
)
def test_a_first_line_of_another_form_is_refused(name: str, value: object) -> None:
    """Each field has its form."""
    given = _given()
    lines = given.lines()
    found = json.loads(lines[0])
    found["of"][name] = "0x" + value.hex() if isinstance(value, bytes) else value
    with pytest.raises(InvalidEvidence) as error:
        list(verify_history(iter([json.dumps(found).encode() + b"\n", *lines[1:]]), given.checkpoint))
    assert "file" == error.value.param
