"""What is accepted as proof of a payment inside a netting cycle, and the list of what is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from settlement.document import Json, canonical, commitment
from settlement.errors import InvalidBundle, InvalidEvidence
from settlement.evidence.bundle import Bundle, read_bundle, write_bundle
from settlement.evidence.cycle import CyclePayment, PaymentProof, read_request
from settlement.evidence.receipts import ReceiptLog
from settlement.evidence.verify import verify
from settlement.netting import Cycle, GrossPayment
from tests.cycles import Trees, cycle_payments
from tests.settlement.evidence.chains import FOREIGN, log
from tests.settlement.evidence.material import (
    CHAIN_ID,
    DOCUMENT,
    LEDGER,
    NETTING,
    SALT,
    Case,
    case,
    content,
)

NAMES = ["file", "chain", "headers", "finality", "transaction", "receipt", "cycle", "document"]
USD = 840
_FLOWS = [(2, 3, 125_000), (3, 4, 30), (4, 2, 7), (2, 4, 1), (2, 3, 9)]


def _trees(made: bytes | None = None) -> Trees:
    """The cycle's payments; the first has the document of the tests."""
    first, *others = cycle_payments(_FLOWS)
    own = commitment(canonical(DOCUMENT), SALT) if made is None else made
    return Trees(payments=(replace(first, commitment=own), *others))


def _cycle(trees: Trees, asset: int = USD) -> Cycle:
    fields = (asset, 2, 1, 2_000_000_000, int.from_bytes(trees.root, "big"))
    return Cycle(words=b"".join(each.to_bytes(32, "big") for each in (*fields, *trees.positions)))


def _settled(cycle: Cycle, chain_id: int = CHAIN_ID) -> ReceiptLog:
    return log("Netting", "CycleSettled", cycle.digest(chain_id=chain_id, ledger=LEDGER, netting=NETTING))


def _proof(trees: Trees, payment: GrossPayment) -> PaymentProof:
    return PaymentProof(
        payment=payment,
        of_payer=trees.path(payment, payment.payer),
        of_payee=trees.path(payment, payment.payee),
    )


def _given(trees: Trees | None = None, *, of: int = 0, settled: ReceiptLog | None = None) -> Case:
    trees = _trees() if trees is None else trees
    cycle = _cycle(trees)
    made = case(found=content(FOREIGN, _settled(cycle) if settled is None else settled))
    bundle = replace(
        made.bundle,
        contract="Netting",
        event="CycleSettled",
        cycle=CyclePayment(cycle=cycle, proof=_proof(trees, trees.payments[of])),
    )
    return replace(made, bundle=bundle)


def refused(given: Case) -> str:
    """The name of the check that refused it."""
    with pytest.raises(InvalidEvidence) as error:
        list(verify(write_bundle(given.bundle), given.checkpoint))
    return error.value.param or ""


def test_a_payment_in_a_cycle_is_proven() -> None:
    """From the cycle's event to its root, from the root to the payment, from that to the document."""
    found = list(verify(write_bundle(_given().bundle), _given().checkpoint))

    assert NAMES == [each.name for each in found]
    assert (
        "affirmed by both sides as payment 1 of participant 2: participant 2 to 3: 125000 minor units of "
        "asset 840" == found[6].found
    )


@pytest.mark.parametrize("of", range(1, len(_FLOWS)))
def test_every_other_payment_is_proven(of: int) -> None:
    """Also without its document."""
    given = _given(of=of)
    bundle = replace(given.bundle, document=None, salt=None)

    assert NAMES == [each.name for each in verify(write_bundle(bundle), given.checkpoint)]


def test_a_bundle_reads_back() -> None:
    """The file holds all that was written."""
    assert _given().bundle == read_bundle(write_bundle(_given().bundle))


def _cycle_payment(bundle: Bundle) -> CyclePayment:
    assert bundle.cycle is not None
    return bundle.cycle


def _proving(change: Callable[[PaymentProof], PaymentProof]) -> Callable[[Case], Case]:
    """Something else proven of the payment."""

    def tell(given: Case) -> Case:
        known = _cycle_payment(given.bundle)
        return replace(given, bundle=replace(given.bundle, cycle=replace(known, proof=change(known.proof))))

    return tell


def _paying(**changes: object) -> Callable[[Case], Case]:
    return _proving(lambda proof: replace(proof, payment=replace(proof.payment, **changes)))  # type: ignore[arg-type]


def _of(cycle: Cycle) -> Callable[[Case], Case]:
    """Another cycle told than settled."""

    def tell(given: Case) -> Case:
        known = _cycle_payment(given.bundle)
        return replace(given, bundle=replace(given.bundle, cycle=replace(known, cycle=cycle)))

    return tell


def _bundle(**changes: object) -> Callable[[Case], Case]:
    return lambda given: replace(given, bundle=replace(given.bundle, **changes))  # type: ignore[arg-type]


def _one_sided(given: Case) -> Case:
    """A proposer put a payment into the payee's subtree only: the payer never affirmed it."""
    own = _trees()
    more = Trees(payments=(*own.payments, *cycle_payments([(2, 3, 5)], first=4)))

    class Mixed(Trees):
        def _of(self, member: int) -> list[GrossPayment]:
            return more._of(member) if member == 3 else own._of(member)

        def net(self, member: int) -> int:
            return own.net(member)

        def _counters(self, member: int) -> tuple[int, int]:
            return more._counters(member)

    mixed = Mixed(payments=own.payments)
    made = _given(mixed)
    payment = more.payments[-1]
    of_payee = mixed.path(payment, 3)
    of_payer = more.path(payment, 2)
    proof = PaymentProof(payment=payment, of_payer=of_payer, of_payee=of_payee)
    return _proving(lambda _: proof)(made)


_OTHER = _cycle(Trees(payments=cycle_payments([(2, 3, 125_000), (3, 4, 31)])))
_BIT: dict[str, Json] = {"message": "test", "CdtTrfTxInf": {"purpose": "renu"}}
_LIES: dict[str, tuple[str, Callable[[Case], Case]]] = {
    "another amount": ("cycle", _paying(amount=125_001)),
    "another payee": ("cycle", _paying(payee=4)),
    "another payer": ("cycle", _paying(payer=4)),
    "another counter": ("cycle", _paying(counter=3)),
    "another commitment": ("cycle", _paying(commitment=bytes(32))),
    "a path of another payment": (
        "cycle", _proving(lambda proof: replace(proof, of_payer=_trees().path(_trees().payments[4], 2))),
    ),
    "a place off by one": (
        "cycle", _proving(lambda proof: replace(proof, of_payer=replace(proof.of_payer, index=1))),
    ),
    "a node more": (
        "cycle",
        _proving(lambda proof: replace(
            proof, of_payee=replace(proof.of_payee, path=(*proof.of_payee.path, bytes(32))),
        )),
    ),
    "a node less": (
        "cycle",
        _proving(lambda proof: replace(
            proof, of_payee=replace(proof.of_payee, subtree_path=proof.of_payee.subtree_path[:-1]),
        )),
    ),
    "another count": (
        "cycle", _proving(lambda proof: replace(proof, of_payee=replace(proof.of_payee, count=4))),
    ),
    "one side's path twice": ("cycle", _proving(lambda proof: replace(proof, of_payee=proof.of_payer))),
    "a payment that one side never affirmed": ("cycle", _one_sided),
    "another cycle than settled": ("cycle", _of(_OTHER)),
    "another asset": ("cycle", _of(_cycle(_trees(), asset=978))),
    "another chain's cycle": ("cycle", lambda _: _given(settled=_settled(_cycle(_trees()), chain_id=1))),
    "a position of another member": (
        "cycle", _of(Cycle(words=_cycle(_trees()).words[:-32] + _cycle(_trees()).words[-64:-32])),
    ),
    "a cycle that was only proposed": (
        "receipt", lambda _: _given(settled=log("Netting", "CycleExpired", bytes(32))),
    ),
    "a cycle of another contract": (
        "receipt", lambda _: _given(settled=replace(_settled(_cycle(_trees())), address=LEDGER)),
    ),
    "a digest and more": (
        "cycle",
        lambda _: _given(settled=replace(_settled(_cycle(_trees())), data=bytes(64))),
    ),
    "a settled instruction with a cycle": ("file", _bundle(event="Settled", contract="Settlement")),
    "a settled cycle without one": ("file", _bundle(cycle=None)),
    "a contract that the checkpoint does not name": (
        "receipt",
        lambda given: replace(given, checkpoint=replace(given.checkpoint, contracts={
            name: each for name, each in given.checkpoint.contracts.items() if name != "Netting"
        })),
    ),
    "the ledger not named": (
        "cycle",
        lambda given: replace(given, checkpoint=replace(given.checkpoint, contracts={
            name: each for name, each in given.checkpoint.contracts.items() if name != "Ledger"
        })),
    ),
    "document changed by one bit": ("document", _bundle(document=_BIT)),
    "salt changed by one bit": ("document", _bundle(salt=bytes([1, *range(1, 32)]))),
}  # fmt: skip


@pytest.mark.parametrize("lie", _LIES)
def test_lies_are_refused(lie: str) -> None:
    """Each is refused, by the check that must find it."""
    name, tell = _LIES[lie]

    assert name == refused(tell(_given()))


def test_a_message_must_say_the_amount_that_settled() -> None:
    """A document of another amount proves nothing, though committed to."""
    document: dict[str, Json] = {"CdtTrfTxInf": {"IntrBkSttlmAmt": {"@Ccy": "USD", "#text": "1250.01"}}}
    given = _given(_trees(commitment(canonical(document), SALT)))

    assert "document" == refused(_bundle(document=document)(given))


_FIELDS: list[tuple[str, Any]] = [
    ("cycle", None),
    ("cycle.words", "0x00"),
    ("cycle.words", 5),
    ("cycle.more", 1),
    ("cycle.payment", None),
    ("cycle.payment.counter", "1"),
    ("cycle.payment.counter", 2**63),
    ("cycle.payment.amount", 125_000),
    ("cycle.payment.amount", "0125000"),
    ("cycle.payment.commitment", "0x00"),
    ("cycle.payment.more", 1),
    ("cycle.of_payer", None),
    ("cycle.of_payer.index", -1),
    ("cycle.of_payer.count", 2**32),
    ("cycle.of_payer.path", ["0x00"]),
    ("cycle.of_payer.path", ["0x" + "00" * 32] * 65),
    ("cycle.of_payee.subtree_path", None),
    ("cycle.of_payee.more", 1),
]


@pytest.mark.parametrize(("name", "value"), _FIELDS)
def test_a_field_of_another_form_is_refused(name: str, value: Any) -> None:
    """Each field has its type and limit, and none is there that is not known."""
    found = json.loads(write_bundle(_given().bundle))
    place = found
    *way, last = name.split(".")
    for each in way:
        place = place[each]
    place[last] = value
    with pytest.raises(InvalidBundle):
        read_bundle(json.dumps(found).encode())


def _request(**changes: Any) -> bytes:
    found = json.loads(write_bundle(_given().bundle))
    parts = {name: found["cycle"][name] for name in ("payment", "of_payer", "of_payee")}
    own = {"cycle": "0x" + "11" * 32, "document": DOCUMENT, "salt": "0x" + SALT.hex()}
    return json.dumps({**own, **parts, **changes}).encode()


def test_a_request_is_read() -> None:
    """What a member of a cycle has of a payment, with or without its document."""
    found = read_request(_request())

    assert (b"\x11" * 32, DOCUMENT, SALT) == (found.digest, found.document, found.salt)
    assert _proof(_trees(), _trees().payments[0]) == found.proof
    assert None is read_request(_request(document=None, salt=None)).salt


@pytest.mark.parametrize(
    ("name", "value"),
    [("cycle", "0x11"), ("payment", 5), ("of_payer", {}), ("document", None), ("document", 5),
     ("salt", "0x00"), ("salt", None), ("more", 1)],
)  # fmt: skip
def test_a_request_of_another_form_is_refused(name: str, value: Any) -> None:
    """As strictly as the file that is made of it."""
    with pytest.raises(InvalidBundle):
        read_request(_request(**{name: value}))
