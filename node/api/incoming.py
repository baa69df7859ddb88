"""Payments as a caller writes them in JSON, and what the node's services take for them.

The form holds nothing unknown and converts nothing.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter

from node.services.plain import Customer, plain_document
from node.services.requests import PaymentRequest
from settlement.errors import InvalidValue
from settlement.identifiers import BankReference, MemberId

REMITTANCE_LINES_MAX = 10
_TEXT35 = Field(min_length=1, max_length=35)


class InvalidDeadline(InvalidValue):
    """Not a time in RFC 3339 with its offset from UTC."""


class Incoming(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Member(Incoming):
    """A bank's number in a clearing system."""

    system: str = Field(description="ISO 20022 clearing-system code", examples=["USABA"], max_length=5)
    member: str = Field(description="Number of the bank in it", examples=["011104238"], max_length=35)


class Bank(Incoming):
    """How a bank is named: by any of these; all that are given must mean the same participant."""

    bic: str | None = Field(default=None, description="BIC (ISO 9362)", examples=["BANBDEFF"], max_length=20)
    lei: str | None = Field(default=None, description="LEI (ISO 17442)", max_length=40)
    member: Member | None = Field(default=None, description="Its number in a clearing system")

    def reference(self) -> BankReference:
        """Return the name in the domain's form, as written."""
        member = (
            None if self.member is None else MemberId(system=self.member.system, member=self.member.member)
        )
        return BankReference(bic=self.bic, lei=self.lei, member=member)


class Party(Incoming):
    """A bank's customer: who pays or who is paid in the end."""

    name: str = Field(description="Name", min_length=1, max_length=140)
    iban: str | None = Field(default=None, description="IBAN of its account", max_length=34)
    account: str | None = Field(default=None, description="Other number of its account", max_length=34)

    def customer(self) -> Customer:
        """Return the party as a document says it."""
        return Customer(name=self.name, iban=self.iban, account=self.account)


class NewPayment(Incoming):
    """A payment of this node's bank to another. Without a UETR the node makes one."""

    payee: Bank = Field(description="The bank that is paid")
    amount: str = Field(
        description="Minor units of the currency, 1 … 2^63−1", examples=["125000"], max_length=64
    )
    currency: str = Field(description="ISO 4217 code", examples=["USD"], max_length=3)
    end_to_end_id: Annotated[str, _TEXT35] = Field(description="The payer's own reference")
    uetr: str | None = Field(
        default=None, description="Lower-case UUID version 4, never used before", max_length=64
    )
    value_date: str | None = Field(
        default=None,
        description="ISO 8601 date; today's (UTC), or that of `not_before`: the default",
        max_length=32,
    )
    urgent: bool = Field(default=False, description="May use the account's reserve")
    queue: bool | None = Field(
        default=None, description="Wait in the chain's queue when money is missing; default: the node's"
    )
    not_before: str | None = Field(
        default=None,
        description="RFC 3339: sent at once, and in the queue until then at least; default: none",
        examples=["2026-11-22T14:00:00Z"],
        max_length=32,
    )
    deadline: str | None = Field(
        default=None,
        description="RFC 3339: sent until then, and in the queue settled until then; default: the node's",
        examples=["2026-11-22T16:00:00Z"],
        max_length=32,
    )
    debtor: Party | None = Field(default=None, description="Whose payment it is")
    creditor: Party | None = Field(default=None, description="Whom it is for")
    purpose: str | None = Field(default=None, description="ISO 20022 purpose code", pattern="^[A-Z0-9]{4}$")
    remittance: list[Annotated[str, Field(min_length=1, max_length=140)]] = Field(
        default_factory=list, description="Lines for the creditor", max_length=REMITTANCE_LINES_MAX
    )

    def request(self) -> PaymentRequest:
        """Return what the services take, with the document this payment is committed to by."""
        return PaymentRequest(
            payee=self.payee.reference(),
            currency=self.currency,
            amount=self.amount,
            end_to_end_id=self.end_to_end_id,
            document=plain_document(
                end_to_end_id=self.end_to_end_id,
                debtor=None if self.debtor is None else self.debtor.customer(),
                creditor=None if self.creditor is None else self.creditor.customer(),
                purpose=self.purpose,
                remittance=self.remittance,
            ),
            value_date=self.value_date,
            uetr=self.uetr,
            urgent=self.urgent,
            queue=self.queue,
            not_before=None if self.not_before is None else seconds_of(self.not_before, param="not_before"),
            deadline=None if self.deadline is None else seconds_of(self.deadline),
        )


class NewPayments(Incoming):
    """Many payments that are accepted together or not at all."""

    payments: list[NewPayment] = Field(
        description="In the order in which they are to be answered", min_length=1
    )


def seconds_of(text: str, *, param: str = "deadline") -> int:
    """Return UTC seconds, whole ones (what is beyond a second is not given away); raise `InvalidDeadline`."""
    try:
        time = datetime.fromisoformat(text)
        seconds = None if time.tzinfo is None else int(time.timestamp())
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None:
        raise InvalidDeadline(f"{text!r} is no time like 2026-11-22T16:00:00Z", param=param)
    return seconds


def _form(body: Any) -> str:
    return "many" if isinstance(body, dict) and "payments" in body else "one"


PaymentsBody = Annotated[
    Annotated[NewPayment, Tag("one")] | Annotated[NewPayments, Tag("many")], Discriminator(_form)
]
payments_body: TypeAdapter[NewPayment | NewPayments] = TypeAdapter(PaymentsBody)
EXAMPLES = {
    "one": {
        "payee": {"bic": "BANBDEFF"},
        "amount": "125000",
        "currency": "USD",
        "end_to_end_id": "INV-7731",
    },
    "many": {
        "payments": [
            {
                "payee": {"member": {"system": "USABA", "member": "011104238"}},
                "amount": "51000074",
                "currency": "USD",
                "end_to_end_id": "Scenario01EtoEId001",
                "uetr": "8a562c67-ca16-48ba-b074-65581be6f011",
                "debtor": {"name": "Corporation A", "account": "5647772655"},
                "creditor": {"name": "Corporation B", "account": "567876543"},
                "remittance": ["Invoice 7731"],
            }
        ]
    },
}
