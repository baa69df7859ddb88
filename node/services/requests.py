"""What a caller asks to be settled, and what is found out about it before anything is written.

Everything wrong with one request is one error; everything wrong with many is listed with its position.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from node.errors import AssetNotFound, PayeeRefused, PayerRefused
from node.services.settlement_times import times_of
from settlement.document import Json, canonical, commitment
from settlement.errors import InvalidDocument, InvalidUetr, InvalidValue
from settlement.identifiers import (
    BankReference,
    validate_bic,
    validate_lei,
    validate_member_id,
    validate_uetr,
)
from settlement.instruction import InstructionKind
from settlement.money import amount_from_minor_units, currency
from settlement.participant import Directory, Participant, ParticipantKind

DOCUMENT_BYTES_MAX = 256 * 1024
END_TO_END_ID_CHARACTERS_MAX = 35  # ISO 20022 Max35Text
_NOBODY = BankReference()
_HOLDERS_OF_MONEY = frozenset({ParticipantKind.BANK, ParticipantKind.OPERATOR})


class InvalidReference(InvalidValue):
    """An end-to-end id that is empty, too long, or holds what can't be written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment, issue or redemption as its caller wrote it; nothing of it is checked yet.

    `amount` is a text of minor units, `value_date` an ISO 8601 date (None: today), `uetr` None: one is made.
    `deadline`: the last second (UTC) at which it may be signed, and in the queue settle; `queue`: whether it
    goes to the chain's queue when money is missing. None is as the node is set. `not_before`: the first
    second (UTC) at which it may settle; until then it is in the queue.
    `payer`, where given, must be this node's bank. `document` is everything the caller said; `content`,
    where given, is the part of it that makes two requests with one UETR the same: a file's header is not.
    `returns`: the reference of the settlement that it gives back.
    """

    payee: BankReference
    currency: str
    amount: str
    end_to_end_id: str
    document: Mapping[str, Json]
    value_date: str | None = None
    uetr: str | None = None
    urgent: bool = False
    deadline: int | None = None
    not_before: int | None = None
    queue: bool | None = None
    content: Mapping[str, Json] | None = None
    payer: BankReference | None = None
    returns: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An asset that payments of its currency are made in."""

    asset: int
    issuer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that can be written: all but its sequence and its id."""

    payee: int
    asset: int
    amount: int
    urgent: bool
    commitment: bytes
    salt: bytes
    document: str
    uetr: str
    content_digest: bytes
    end_to_end_id: str
    value_date: str
    deadline: int
    queue: bool
    not_before: int = 0
    returns: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What applies to a request that does not say: the seconds it is given, and whether it may queue."""

    deadline_seconds: int
    queue: bool


class Preparation:
    """Checks requests of one kind against the participants and monies as mirrored, at one moment."""

    def __init__(
        self,
        *,
        kind: InstructionKind,
        own: Participant,
        directory: Directory,
        monies: Mapping[str, Money],
        defaults: Defaults,
        now: float,
    ) -> None:
        self._kind = kind
        self._defaults = defaults
        self._now = int(now)
        self._own = own
        self._directory = directory
        self._monies = monies
        self._payees: dict[BankReference, Participant] = {}
        self._payers: set[BankReference] = set()

    def prepare(self, request: PaymentRequest, *, uetr: str, salt: bytes) -> Prepared:
        """Return the request ready to be written; raise what is wrong with it."""
        if request.payer is not None:
            self._check_payer(request.payer)
        money = self._money(request.currency)
        payee = self._payee(request.payee, money)
        amount = amount_from_minor_units(request.amount)
        times = times_of(
            not_before=request.not_before,
            deadline=request.deadline,
            value_date=request.value_date,
            queue=request.queue,
            now=self._now,
            seconds=self._defaults.deadline_seconds,
        )
        end_to_end_id = validate_end_to_end_id(request.end_to_end_id)
        document = document_bytes(request, uetr)
        return Prepared(
            payee=payee,
            asset=money.asset,
            amount=amount,
            urgent=request.urgent,
            commitment=commitment(document, salt),
            salt=salt,
            document=document.decode(),
            uetr=uetr,
            content_digest=content_digest(self._kind, request, document),
            end_to_end_id=end_to_end_id,
            value_date=times.value_date,
            deadline=times.deadline,
            not_before=times.not_before,
            returns=request.returns,
            queue=times.not_before > 0 or self._queue(request.queue),
        )

    def _check_payer(self, reference: BankReference) -> None:
        if reference in self._payers:
            return
        if self._directory.resolve(reference).id != self._own.id:
            raise PayerRefused(
                f"the payer is {reference}; this node pays for {self._own.bic} only", param="payer"
            )
        self._payers.add(reference)

    def _money(self, code: str) -> Money:
        found = self._monies.get(code)
        if found is None:
            currency(code)
            raise AssetNotFound(
                f"no money of {code} is registered on the chain; ask the operator", param="currency"
            )
        if self._kind is InstructionKind.ISSUE and found.issuer != self._own.id:
            raise PayerRefused(f"this bank does not issue {code}; its issuer does", param="currency")
        return found

    def _payee(self, reference: BankReference, money: Money) -> int:
        if self._kind is InstructionKind.REDEMPTION:
            return self._redeemer(money)
        payee = self._payees.get(reference)
        if payee is None:
            payee = self._payees[reference] = self._directory.resolve(validate_reference(reference))
        if payee.kind not in _HOLDERS_OF_MONEY:
            raise PayeeRefused(f"{reference} holds no money, so it can't be paid", param="payee")
        if payee.id == self._own.id:
            raise PayeeRefused(f"{reference} is this bank itself", param="payee")
        return payee.id

    def _redeemer(self, money: Money) -> int:
        if money.issuer == self._own.id:
            raise PayeeRefused("this bank is the issuer itself: it has nothing to redeem", param="currency")
        return money.issuer

    def _queue(self, given: bool | None) -> bool:  # noqa: FBT001  # the field of a request, as written
        allowed = self._defaults.queue if given is None else given
        return allowed and self._kind is InstructionKind.PAYMENT


def money_request(
    kind: InstructionKind, *, currency: str, amount: str, reference: str, holder: BankReference = _NOBODY
) -> PaymentRequest:
    """Return what the services take to issue money to a holder, or to have it redeemed (to nobody).

    Amount in minor units; `reference` is the caller's own, 1 to 35 characters.
    """
    return PaymentRequest(
        payee=holder,
        currency=currency,
        amount=amount,
        end_to_end_id=reference,
        document={"message": f"vostro.{kind.value}.v1", "reference": reference},
    )


def document_bytes(request: PaymentRequest, uetr: str) -> bytes:
    """Return the canonical document: all that the caller said, and the UETR; raise `InvalidDocument`."""
    document = canonical({**request.document, "uetr": uetr})
    if len(document) > DOCUMENT_BYTES_MAX:
        raise InvalidDocument(
            f"the document has {len(document)} bytes; at most {DOCUMENT_BYTES_MAX} are kept", param="document"
        )
    return document


def content_digest(kind: InstructionKind, request: PaymentRequest, document: bytes) -> bytes:
    """Return SHA-256 over what makes this request what it is, as its caller wrote it.

    Written, not resolved: the same bytes give the same digest on any later day.
    """
    payee = request.payee
    member = [payee.member.system, payee.member.member] if payee.member else None
    head = [
        kind.value,
        [payee.bic, payee.lei, member],
        request.currency,
        request.amount,
        request.value_date,
        request.urgent,
        request.end_to_end_id,
        request.deadline,
        request.queue,
    ]
    if request.not_before is not None:
        head.append(request.not_before)
    content = document if request.content is None else canonical(request.content)
    return hashlib.sha256(json.dumps(head).encode() + b"\0" + content).digest()


def validate_given_uetr(request: PaymentRequest) -> str | None:
    """Return the UETR the caller gave, if any; raise `InvalidUetr`."""
    return None if request.uetr is None else validate_uetr(request.uetr)


def is_uetr(text: str) -> bool:
    """Tell whether a text has the form of a UETR."""
    try:
        validate_uetr(text)
    except InvalidUetr:
        return False
    return True


def validate_reference(reference: BankReference) -> BankReference:
    """Return a bank's name; raise what is wrong with its form."""
    if reference.bic is not None:
        validate_bic(reference.bic)
    if reference.lei is not None:
        validate_lei(reference.lei)
    if reference.member is not None:
        validate_member_id(reference.member.system, reference.member.member)
    return reference


def validate_end_to_end_id(text: str) -> str:
    """Return a caller's own reference; raise `InvalidReference`."""
    if not 1 <= len(text) <= END_TO_END_ID_CHARACTERS_MAX or not text.isprintable():
        raise InvalidReference(
            f"the end-to-end id has 1 to {END_TO_END_ID_CHARACTERS_MAX} printable characters",
            param="end_to_end_id",
        )
    return text
