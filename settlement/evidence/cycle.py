"""A payment inside a netting cycle: the form of its proof, and what it proves once the cycle has settled."""

from dataclasses import dataclass
from typing import Any

from settlement.document import Json
from settlement.errors import InvalidBundle, InvalidWord, UnprovenClaim
from settlement.evidence import files
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.claim import Claim
from settlement.instruction import Leg
from settlement.netting import WORD_BYTES, Cycle, GrossPayment, PaymentPath, is_in_cycle

REQUEST_BYTES_MAX = 1024 * 1024
_DEPTH_MAX = 64
_COUNT_MAX = 2**32 - 1
_PAYMENT_FIELDS = ("counter", "payer", "payee", "amount", "commitment")
_PATH_FIELDS = ("index", "count", "path", "subtree_path")
_PROOF_FIELDS = ("payment", "of_payer", "of_payee")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentProof:
    """A payment with its place in both sides' subtrees."""

    payment: GrossPayment
    of_payer: PaymentPath
    of_payee: PaymentPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRequest:
    """What a member of a cycle has of a payment in it: from this and the chain its evidence is made.

    `document` and `salt` are both None where it does not have them.
    """

    digest: bytes
    proof: PaymentProof
    document: dict[str, Json] | None
    salt: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclePayment:
    """A payment, proven to be in a cycle."""

    cycle: Cycle
    proof: PaymentProof


def read_request(content: bytes) -> CycleRequest:
    """Read a request for evidence; raise `InvalidBundle`."""
    found = files.read_json(content, bytes_max=REQUEST_BYTES_MAX, refused=InvalidBundle)
    files.require_fields(found, ("cycle", *_PROOF_FIELDS, "document", "salt"), refused=InvalidBundle)
    document, salt = files.document_and_salt(found, refused=InvalidBundle)
    return CycleRequest(
        digest=files.octets(found["cycle"], "cycle", WORD_BYTES, refused=InvalidBundle),
        proof=_proof(found),
        document=document,
        salt=salt,
    )


def _proof(found: dict[str, Any]) -> PaymentProof:
    """Read `_PROOF_FIELDS`, among others; raise `InvalidBundle`."""
    given = found["payment"]
    if not isinstance(given, dict):
        raise InvalidBundle("the payment is no object", param="payment")
    files.require_fields(given, _PAYMENT_FIELDS, refused=InvalidBundle)
    return PaymentProof(
        payment=GrossPayment(
            counter=files.whole(given, "counter", refused=InvalidBundle),
            payer=files.whole(given, "payer", refused=InvalidBundle),
            payee=files.whole(given, "payee", refused=InvalidBundle),
            amount=files.minor_units(given, "amount", refused=InvalidBundle),
            commitment=files.octets(given["commitment"], "commitment", WORD_BYTES, refused=InvalidBundle),
        ),
        of_payer=_path(found, "of_payer"),
        of_payee=_path(found, "of_payee"),
    )


def read_cycle_payment(found: Any) -> CyclePayment:
    """Read a bundle's field `cycle`; raise `InvalidBundle`."""
    if not isinstance(found, dict):
        raise InvalidBundle("the cycle is no object", param="cycle")
    files.require_fields(found, ("words", *_PROOF_FIELDS), refused=InvalidBundle)
    cycle = Cycle(words=files.octets(found["words"], "words", refused=InvalidBundle))
    try:
        cycle.validate()
    except InvalidWord as error:
        raise InvalidBundle(error.detail, param="words") from None
    return CyclePayment(cycle=cycle, proof=_proof(found))


def write_cycle_payment(given: CyclePayment) -> dict[str, object]:
    """Return a bundle's field `cycle`."""
    payment = given.proof.payment
    return {
        "words": "0x" + given.cycle.words.hex(),
        "payment": {
            "counter": payment.counter,
            "payer": payment.payer,
            "payee": payment.payee,
            "amount": str(payment.amount),
            "commitment": "0x" + payment.commitment.hex(),
        },
        "of_payer": _written(given.proof.of_payer),
        "of_payee": _written(given.proof.of_payee),
    }


def claim_in_cycle(given: CyclePayment, *, settled: bytes, checkpoint: Checkpoint) -> Claim:
    """Return what the payment settled in the cycle of that digest; raise `UnprovenClaim`."""
    cycle, payment = given.cycle, given.proof.payment
    ledger, netting = checkpoint.address("Ledger"), checkpoint.address("Netting")
    if cycle.digest(chain_id=checkpoint.chain_id, ledger=ledger, netting=netting) != settled:
        raise UnprovenClaim("the cycle that settled is another one")
    try:
        proven = is_in_cycle(cycle, payment, of_payer=given.proof.of_payer, of_payee=given.proof.of_payee)
    except InvalidWord as error:
        raise UnprovenClaim(f"a cycle can't have settled with this position: {error.detail}") from None
    if not proven:
        raise UnprovenClaim("the payment is not in what both its sides affirmed")
    leg = Leg(asset=cycle.asset, payer=payment.payer, payee=payment.payee, amount=payment.amount)
    return Claim(initiator=payment.payer, sequence=payment.counter, legs=(leg,), committed=payment.commitment)


def _path(found: dict[str, Any], name: str) -> PaymentPath:
    given = found[name]
    if not isinstance(given, dict):
        raise InvalidBundle(f"{name} is no object", param=name)
    files.require_fields(given, _PATH_FIELDS, refused=InvalidBundle)
    index, count = (files.whole(given, each, refused=InvalidBundle) for each in ("index", "count"))
    paths = [
        files.octets_list(given, each, count_max=_DEPTH_MAX, refused=InvalidBundle)
        for each in ("path", "subtree_path")
    ]
    if count > _COUNT_MAX or any(len(node) != WORD_BYTES for path in paths for node in path):
        raise InvalidBundle(f"{name} is no path: a node is another than of 32 bytes, or too many", param=name)
    return PaymentPath(index=index, count=count, path=paths[0], subtree_path=paths[1])


def _written(path: PaymentPath) -> dict[str, object]:
    return {
        "index": path.index,
        "count": path.count,
        "path": ["0x" + node.hex() for node in path.path],
        "subtree_path": ["0x" + node.hex() for node in path.subtree_path],
    }
