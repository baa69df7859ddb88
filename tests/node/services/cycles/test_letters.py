"""Letters between nodes: whose they are, once each, the same receipt."""

import coincurve
import pytest
from sqlalchemy import func, select

from node.chain import own_calls
from node.chain.calls import KeyTerms
from node.errors import LetterEarly, LetterRefused
from node.keys.signing import address_of
from node.services.letters.sending import due_letters
from node.store.tables import gross_payments, letters_received, letters_sent
from settlement.instruction import keccak
from settlement.letter import digest_to_sign, read_letter, signed, to_sign
from settlement.participant import KeyRole
from tests.node.services.cycles.circle import Circle, on_both_stores
from tests.node.services.cycles.test_cycles import A, B, C
from tests.scenario import Member


def _letter(circle: Circle, secret: bytes, **changed: object) -> bytes:
    """A letter of A to B about one payment, signed by any key, with something changed."""
    with circle.bank(A).store.snapshot() as connection:
        sent = due_letters(connection, own=A.id, at=int(circle.network.clock.now()), count=1)[0]
    key = coincurve.PrivateKey(secret)
    text = to_sign({**sent.said, **changed}, key=address_of(key))
    return signed(text, key.sign_recoverable(digest_to_sign(text), hasher=None))


@pytest.fixture(autouse=True)
def _entered(circle: Circle) -> None:
    circle.enter(A, [(B, 5)])


def _count(circle: Circle, member: Member) -> int:
    with circle.bank(member).store.snapshot() as connection:
        return connection.scalar(select(func.count()).select_from(gross_payments)) or 0


@on_both_stores
def test_same_letter_same_receipt(circle: Circle) -> None:
    """A letter that comes again does nothing again, and its sender gets the first receipt."""
    letter = _letter(circle, A.secret("pay"))
    first = circle.take(B.id, letter)

    assert [first] * 3 == [circle.take(B.id, letter) for _ in range(3)]
    assert 1 == _count(circle, B)
    assert read_letter(first).said["content"]["taken"] is True


@pytest.mark.parametrize(
    ("secret", "changed"),
    [
        (B.secret("pay"), {}),
        (A.secret("approve"), {}),
        (A.secret("administer"), {}),
        (keccak(b"a stranger"), {}),
        (A.secret("pay"), {"from": C.id}),
        (A.secret("pay"), {"to": C.id}),
        (A.secret("pay"), {"chain": 1}),
        (A.secret("pay"), {"ledger": "0x" + "00" * 20}),
        (A.secret("pay"), {"at": 0}),
        (A.secret("pay"), {"at": 2**33}),
    ],
    ids=["another's key", "approve key", "administer key", "stranger", "as another", "to another", "chain",
         "ledger", "old", "early"],
)  # fmt: skip
def test_letter_that_is_not_what_it_says_leaves_nothing(
    circle: Circle, secret: bytes, changed: dict[str, object]
) -> None:
    """Only a valid pay key of the sender, to this bank, on this network, now."""
    with pytest.raises(LetterRefused):
        circle.take(B.id, _letter(circle, secret, **changed))
    assert 0 == _count(circle, B)


def test_other_letter_of_the_same_id_is_refused(circle: Circle) -> None:
    """An id is used once: what else comes under it is refused."""
    circle.take(B.id, _letter(circle, A.secret("pay")))
    with pytest.raises(LetterRefused, match="another letter"):
        circle.take(B.id, _letter(circle, A.secret("pay"), content={"payments": []}))


@pytest.mark.parametrize("kind", ["nothing", "gross_payments", "cycle_call", "receipt"])
def test_what_makes_no_sense_is_refused_in_the_receipt(circle: Circle, kind: str) -> None:
    """A letter of a registered bank is always answered; what is refused leaves nothing behind."""
    receipt = circle.take(B.id, _letter(circle, A.secret("pay"), kind=kind, content={"x": 1}))
    content = read_letter(receipt).said["content"]

    assert content["taken"] is False
    assert content["refusal"]
    assert 0 == _count(circle, B)


def test_early_letter_gets_no_receipt(circle: Circle) -> None:
    """What needs another letter first is to come again: nothing of it is kept."""
    listed = {"call": "cycle_1", "payments": [{"id": "gross_1", "counter": 1}]}
    with pytest.raises(LetterEarly):
        circle.take(B.id, _letter(circle, A.secret("pay"), kind="cycle_list", content=listed))
    with circle.bank(B).store.snapshot() as connection:
        assert 0 == connection.scalar(select(func.count()).select_from(letters_received))


def test_letter_outlives_its_key(circle: Circle) -> None:
    """Sent again under a new key it is the same letter; a revoked key signs none that is taken."""
    secret = keccak(b"the next pay key")
    address = address_of(coincurve.PrivateKey(secret))
    first = read_letter(circle.take(B.id, _letter(circle, A.secret("pay"))))
    terms = KeyTerms(address=address, role=KeyRole.PAY)
    for use in ("administer", "administer too"):
        circle.network.send(A.key(use), own_calls.add_key(circle.network.contracts, terms))
    circle.bank(B).follow()
    again = read_letter(circle.take(B.id, _letter(circle, secret)))
    assert first.said == again.said
    with circle.bank(B).store.snapshot() as connection:
        number = next(each.number for each in circle.keys_of(connection, A) if each.address == A.key("pay"))
    circle.network.send(A.key("administer"), own_calls.revoke_key(circle.network.contracts, number))
    circle.bank(B).follow()
    with pytest.raises(LetterRefused, match="no valid pay key"):
        circle.take(B.id, _letter(circle, A.secret("pay"), id="letter_2"))


@on_both_stores
def test_recipient_that_is_away_is_tried_for_its_time(circle: Circle) -> None:
    """A letter is tried again with growing pauses, and given up when its time is over."""
    circle.lost = lambda *_: True
    for _ in range(200):
        circle.deliver()
        circle.pass_time(3600)
    with circle.bank(A).store.snapshot() as connection:
        row = connection.execute(select(letters_sent)).mappings().one()
    assert ("undeliverable", None) == (row["refusal"], row["receipt"])
    assert 100 < row["attempts"] < 200
