"""What nodes say to each other about gross payments and cycles: the contents of letters, read strictly."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from settlement.errors import InvalidLetter
from settlement.money import AMOUNT_MAX
from settlement.netting import GrossPayment
from settlement.subtree import Summary

MEMBERS_MAX = 64
TOLD_MAX = 500
LISTED_MAX = 5_000

_Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Amount = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,18}$")]
_Net = Annotated[str, StringConstraints(pattern=r"^(0|-?[1-9][0-9]{0,18})$")]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Participant = Annotated[int, Field(ge=1, lt=2**32)]
_Counter = Annotated[int, Field(ge=0, lt=2**53)]
_Time = Annotated[int, Field(ge=0, lt=2**40)]


class Kind(StrEnum):
    """Kinds of letters."""

    GROSS_PAYMENTS = "gross_payments"  # payer → payee: promised, to settle in a cycle
    GROSS_WITHDRAWAL = "gross_withdrawal"  # payer → payee: not promised any more
    CALL = "cycle_call"  # coordinator → invited: a cycle is being made
    LIST = "cycle_list"  # payer → payee: which payments, by which counters
    REPORT = "cycle_report"  # member → coordinator: what each of its payees agreed to
    CLOSE = "cycle_close"  # coordinator → member: whose lists must have come
    PATHS = "cycle_paths"  # member → counterparty: where their payments are in its subtree
    SUMMARY = "cycle_summary"  # member → coordinator: what its subtree comes to
    PROPOSAL = "cycle_proposal"  # coordinator → member: the cycle
    REFUSAL = "cycle_refusal"  # member → coordinator: why it will not affirm


class Note(StrEnum):
    """What is kept of a call: said by a participant, or done by this node."""

    REPORT = "report"
    SUMMARY = "summary"
    PATHS = "paths"
    REFUSAL = "refusal"
    EXPECTED = "expected"  # the coordinator closed it: what each member's summary must say
    CLOSED = "closed"  # this node has built its subtree, of these lists
    REPORTED = "reported"  # this node told the coordinator what its payees agreed to
    CHECKED = "checked"  # this node found nothing wrong with the cycle
    REFUSED = "refused"  # this node told the coordinator that it will not affirm
    WITHDRAWAL = "withdrawal"  # this bank asked the chain to end the cycle
    SWEPT = "swept"  # likewise, its time being over


class Outcome(StrEnum):
    """How a call ended."""

    SETTLED = "settled"
    ANEW = "called_anew"  # without those who did not answer, or whose lists did not agree
    NOTHING = "nothing_to_settle"
    NOT_PROPOSED = "not_proposed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"  # as often as a call is made anew


class Words(BaseModel):
    """The content of a letter; nothing else may stand in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def content(self) -> dict[str, Any]:
        """Return it as a letter has it."""
        return self.model_dump(mode="json")


class Told(Words):
    """A gross payment, as its payee is told of it. Amount in minor units."""

    id: _Id
    asset: _Participant
    amount: _Amount
    commitment: _Hash
    uetr: _Text
    end_to_end_id: _Text
    value_date: _Text


class GrossPayments(Words):
    """Payments that the sender promises."""

    payments: Annotated[list[Told], Field(min_length=1, max_length=TOLD_MAX)]


class GrossWithdrawal(Words):
    """Payments that it does not promise any more."""

    ids: Annotated[list[_Id], Field(min_length=1, max_length=TOLD_MAX)]


class Call(Words):
    """A call: who is invited, which pairs stay apart, and until when what is awaited (UTC seconds)."""

    call: _Id
    previous: _Id | None
    attempt: Annotated[int, Field(ge=1, le=100)]
    asset: _Participant
    members: Annotated[list[_Participant], Field(min_length=2, max_length=MEMBERS_MAX)]
    apart: Annotated[list[tuple[_Participant, _Participant]], Field(max_length=MEMBERS_MAX**2)]
    lists_until: _Time
    summaries_until: _Time
    affirmed_until: _Time
    valid_until: _Time

    def may_net(self, one: int, other: int) -> bool:
        """Tell whether payments between two members are in it."""
        return one in self.members and other in self.members and _pair(one, other) not in self._apart()

    def _apart(self) -> set[tuple[int, int]]:
        return {_pair(*each) for each in self.apart}


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


class Listed(Words):
    """A payment in a list, by its counter."""

    id: _Id
    counter: _Counter


class PaymentList(Words):
    """The payments that the sender makes to the recipient in a call."""

    call: _Id
    payments: Annotated[list[Listed], Field(min_length=1, max_length=LISTED_MAX)]


class Pair(Words):
    """What a list comes to; both of its sides say the same."""

    payer: _Participant
    payee: _Participant
    count: Annotated[int, Field(ge=1, le=LISTED_MAX)]
    total: _Amount
    digest: _Hash


class ReportedPair(Words):
    """A list that the sender made, with its payee's signed receipt; None: the payee has not agreed."""

    pair: Pair
    receipt: Annotated[str, StringConstraints(max_length=8192)] | None


class Report(Words):
    """All lists that the sender made, and its first and last counter, both 0 when it pays none."""

    call: _Id
    first: _Counter
    last: _Counter
    pairs: Annotated[list[ReportedPair], Field(max_length=MEMBERS_MAX)]


class Close(Words):
    """The lists that the recipient must have taken."""

    call: _Id
    pairs: Annotated[list[Pair], Field(max_length=MEMBERS_MAX)]


class Path(Words):
    """Where a payment is in the sender's subtree."""

    payer: _Participant
    counter: _Counter
    index: Annotated[int, Field(ge=0, lt=2**32)]
    path: Annotated[list[_Hash], Field(max_length=32)]


class Paths(Words):
    """Where the payments between sender and recipient are in the sender's subtree."""

    call: _Id
    paths: Annotated[list[Path], Field(min_length=1, max_length=2 * LISTED_MAX)]


class Sum(Words):
    """What a member's subtree comes to (`settlement.subtree.Summary`)."""

    participant: _Participant
    count: Annotated[int, Field(ge=1, lt=2**32)]
    net: _Net
    first: _Counter
    last: _Counter
    root: _Hash

    def summary(self) -> Summary:
        """Return it as the domain has it."""
        return Summary(
            participant=self.participant, count=self.count, net=int(self.net), first=self.first,
            last=self.last, root=bytes.fromhex(self.root),
        )  # fmt: skip


class SummaryOf(Words):
    """The sender's subtree in a call; None with the pairs whose lists it does not have."""

    call: _Id
    summary: Sum | None
    missing: Annotated[list[tuple[_Participant, _Participant]], Field(max_length=MEMBERS_MAX)]


class Proposal(Words):
    """The cycle of a call, and what each member's subtree comes to."""

    call: _Id
    number: Annotated[int, Field(ge=0, lt=2**53)]
    summaries: Annotated[list[Sum], Field(min_length=2, max_length=MEMBERS_MAX)]


class Refusal(Words):
    """Why the sender will not affirm; `without`: the member because of whom."""

    call: _Id
    reason: _Text
    without: _Participant | None


Read = TypeVar("Read", bound=Words)


def read(kind: type[Read], content: Mapping[str, Any]) -> Read:
    """Return the content of a letter; raise `InvalidLetter`."""
    try:
        return kind.model_validate_json(orjson.dumps(content))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise InvalidLetter(f"{kind.__name__}: {place}: {first['msg']}", param=place or None) from None


def sum_of(summary: Summary) -> Sum:
    """Return what a subtree comes to as letters have it."""
    return Sum(
        participant=summary.participant, count=summary.count, net=str(summary.net), first=summary.first,
        last=summary.last, root=summary.root.hex(),
    )  # fmt: skip


def amount_of(told: str) -> int:
    """Return an amount in minor units; raise `InvalidLetter` above what an account holds."""
    amount = int(told)
    if amount > AMOUNT_MAX:
        raise InvalidLetter(f"{told} minor units are more than can be", param="amount")
    return amount


def list_digest(payments: Sequence[GrossPayment], ids: Sequence[str]) -> bytes:
    """Return the digest by which both sides name a list."""
    digest = hashlib.sha256()
    for payment, identifier in zip(payments, ids, strict=True):
        digest.update(payment.leaf(payment.counter) + identifier.encode() + b"\0")
    return digest.digest()
