"""The forms of what goes out, with what the OpenAPI document says of them.

Amounts are strings of minor units (a JSON number loses digits above 2^53). Times are RFC 3339 in UTC,
dates ISO 8601.
"""

from pydantic import BaseModel, ConfigDict, Field

from node.api.answers import VERSION_TEXT

# The words of `settlement.lifecycle`; a test compares.
STATES = (
    "accepted, submitted, awaiting_approval, queued, held, settled, rejected, cancelled, expired or unknown"
)


class Outgoing(BaseModel):
    """What the node answers."""

    model_config = ConfigDict(from_attributes=True)


class AcceptedPayment(Outgoing):
    """A payment that can't be lost any more."""

    id: str = Field(description="The node's own id of it", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    uetr: str = Field(
        description="Unique end-to-end transaction reference",
        examples=["8a562c67-ca16-48ba-b074-65581be6f011"],
    )
    end_to_end_id: str = Field(description="The payer's own reference", examples=["INV-7731"])


class AcceptedPayments(Outgoing):
    """What was accepted, in the order asked."""

    payments: list[AcceptedPayment] = Field(description="Each with its id and UETR")


class AcceptedFile(AcceptedPayments):
    """A file that was accepted whole."""

    file_id: str = Field(
        description="The node's own id of the file", examples=["file_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"]
    )
    message_id: str = Field(description="The sender's id of the message")


class ForeseenPayment(Outgoing):
    """What would become of a payment that was sent now."""

    end_to_end_id: str = Field(description="The payer's own reference", examples=["INV-7731"])
    outcome: str = Field(
        description="submitted (it would go to the chain at once), awaiting_approval (a second person would "
        "be asked first) or known (it was accepted before, and nothing would happen)",
        examples=["awaiting_approval"],
    )
    need: str | None = Field(
        description="Why a second person: AboveLimit, AboveThreshold, PolicyApproval or PolicyHold",
        examples=["AboveLimit"],
    )
    id: str | None = Field(
        description="Of the payment that was accepted before", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"]
    )


class FileFault(Outgoing):
    """One thing that is wrong with a file."""

    transaction: int | None = Field(description="Place in the file, from 0; null: the file as a whole")
    path: str = Field(description="Where: elements, or line and column", examples=["line 3/amount"])
    code: str = Field(description="Stable name of the error, for programs", examples=["too_many_decimals"])
    detail: str = Field(description="What is wrong and what to do next")


class CheckedPayments(Outgoing):
    """What would become of payments, had they been sent; nothing of it is kept."""

    payments: list[ForeseenPayment] = Field(description="In the order asked; none where there is a fault")
    faults: list[FileFault] = Field(description="With one of them none would be taken; 1,000 at most")


class TimelineEntry(Outgoing):
    """One thing that happened; what has a height is final on chain."""

    event: str = Field(
        description=(
            "accepted, signed, unsigned (the node did not sign it), reverted, abandoned, refused, proposed, "
            "queued, held, released, settled, voided, cancelled, expired, redeemed, redemption_refused, "
            "redemption_withdrawn, or usurped (another instruction has its sequence)"
        ),
        examples=["settled"],
    )
    at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:04Z"])
    transaction_hash: str | None = Field(default=None, description="Hexadecimal, with 0x")
    height: int | None = Field(default=None, description="Block it is final in")
    reason: str | None = Field(default=None, description="Why, by name", examples=["InsufficientFunds"])
    action: str | None = Field(default=None, description="What was signed: pay, void, …")
    by: str | None = Field(default=None, description="Who asked")


class Payment(Outgoing):
    """A payment, issue or redemption of this node's bank."""

    id: str = Field(description="The node's own id of it", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    kind: str = Field(description="payment, issue or redemption", examples=["payment"])
    state: str = Field(description=STATES, examples=["settled"])
    status: str = Field(description="The state in pacs.002's code", examples=["ACSC"])
    reason: str | None = Field(
        description="Why it was refused last, or by which code cancelled; none once settled", examples=[None]
    )
    payer: str = Field(description="BIC", examples=["BANADEFFXXX"])
    payee: str = Field(description="BIC", examples=["BANBDEFFXXX"])
    amount: str = Field(description="Minor units", examples=["125000"])
    currency: str = Field(description="ISO 4217 code", examples=["USD"])
    urgent: bool = Field(description="Whether it may use the account's reserve")
    uetr: str = Field(
        description="Unique end-to-end transaction reference",
        examples=["8a562c67-ca16-48ba-b074-65581be6f011"],
    )
    end_to_end_id: str = Field(description="The payer's own reference", examples=["INV-7731"])
    value_date: str = Field(description="ISO 8601 date on which it counts", examples=["2026-11-22"])
    not_before: str | None = Field(
        description="RFC 3339, UTC: in the queue until then at least; null: none", examples=[None]
    )
    deadline: str = Field(
        description="RFC 3339, UTC: sent until then, and in the queue settled until then",
        examples=["2026-11-23T09:30:00Z"],
    )
    queue: bool = Field(description="Whether it waits in the chain's queue when money is missing")
    sequence: str = Field(description="The bank's number of it on chain", examples=["17"])
    commitment: str = Field(description="Salted digest of its document on chain; hexadecimal, with 0x")
    file_id: str | None = Field(description="The file it came in", examples=[None])
    file_position: int | None = Field(description="Its place in the file, from 0", examples=[None])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:00Z"])
    created_by: str = Field(description="Token that asked for it", examples=["tok_01KAP3"])
    age_seconds: int | None = Field(description="Only while it is unknown", examples=[None])
    business_day: int | None = Field(
        description="Number of the money's business day in which it settled; null until then, and for money "
        "whose day ends at midnight UTC",
        examples=[217],
    )
    business_date: str | None = Field(
        description="The date (UTC) on which that day was closed; of settlement, where it ends at midnight; "
        "null before",
        examples=["2026-11-22"],
    )
    version: str = Field(description=VERSION_TEXT, examples=["8f14e45fceea167a"])


class PaymentPage(Outgoing):
    """A page of payments, newest first."""

    payments: list[Payment] = Field(description="Newest first")
    cursor: str | None = Field(description="Ask with it for the next page; null at the end")


class MemberName(Outgoing):
    """A bank's number in a clearing system."""

    system: str = Field(description="Clearing system, by its ISO 20022 code", examples=["USABA"])
    member: str = Field(description="The bank's number in it", examples=["011104238"])


class Participant(Outgoing):
    """Who is registered on the chain."""

    id: int = Field(description="Number on chain")
    kind: str = Field(description="operator, bank, corporate or auditor", examples=["bank"])
    bic: str | None = Field(description="BIC; null for who has none", examples=["BANBDEFFXXX"])
    lei: str | None = Field(description="None for a corporate, of which only a digest is public")
    members: list[MemberName] = Field(description="Its numbers in clearing systems")
    suspended: bool = Field(description="The operator lets it neither pay nor be paid")
    outgoing_stopped: bool = Field(description="It has stopped its own payments")
    endpoint: str | None = Field(
        description="Where its node takes letters; null: nowhere", examples=["https://bank.example:8443"]
    )


class Participants(Outgoing):
    """Everybody who is registered."""

    participants: list[Participant] = Field(description="By number")


class Account(Outgoing):
    """What a bank holds of an asset. Amounts in minor units; issued is negative: what the issuer owes."""

    asset: int = Field(description="Number of the asset", examples=[840])
    currency: str = Field(description="ISO 4217 code", examples=["USD"])
    open: bool = Field(description="False: only an issuer's side of the asset")
    frozen: bool = Field(description="The issuer lets nothing in or out")
    available: str = Field(description="What it may pay from", examples=["1000000"])
    locked: str = Field(description="Asked to be redeemed", examples=["0"])
    issued: str = Field(description="Minus what the issuer owes; 0 for everybody else", examples=["0"])
    reserve: str = Field(description="Only urgent payments may use it", examples=["0"])
    credit: str = Field(description="How far below zero it may go", examples=["0"])
    limit_instruction: str = Field(description="Most that one instruction may pay; minor units")
    limit_day: str = Field(description="Most that may be paid on one business day; minor units")


class Accounts(Outgoing):
    """Every account of this node's bank."""

    accounts: list[Account] = Field(description="By asset")


class StatementEntry(Outgoing):
    """A posting: negative is a debit. Minor units."""

    reference: str = Field(description="Block and log", examples=["1207-3"])
    booked_at: str = Field(description="RFC 3339, UTC: of the block")
    amount: str = Field(description="Minor units, negative for a debit", examples=["-125000"])
    balance: str = Field(description="After it")
    event: str = Field(description="What the chain says of it", examples=["Paid"])
    counterparty: str | None = Field(description="BIC; null where there is no single one, as in a cycle")
    uetr: str | None = Field(
        description="Unique end-to-end transaction reference; null for what is no instruction of ours"
    )
    end_to_end_id: str | None = Field(description="The payer's own reference; null where it is not known")
    transaction_hash: str = Field(description="Hexadecimal, with 0x")
    document_missing: bool = Field(description="Only what the chain says is known")


class Turnover(Outgoing):
    """How many entries in one direction, and their sum in minor units."""

    count: int = Field(description="How many entries")
    total: str = Field(description="Their sum in minor units")


class Statement(Outgoing):
    """A statement of one account: opening, every posting, closing; it adds up."""

    id: str = Field(description="Identification, as in camt.053")
    account: str = Field(description="Asset and holder", examples=["840-2"])
    owner: str = Field(description="BIC")
    servicer: str = Field(description="BIC of the issuer")
    currency: str = Field(description="ISO 4217 code", examples=["USD"])
    from_time: str = Field(description="RFC 3339, UTC: the beginning of the first day")
    to_time: str = Field(description="RFC 3339, UTC: the end of the last day")
    height: int = Field(description="Mirrored height it was drawn up at")
    verification: str = Field(
        description="How much was checked of every block up to there: full, headers, off"
    )
    opening: str = Field(description="Balance before the first entry; minor units")
    closing: str = Field(description="Balance after the last entry; minor units")
    credits: Turnover = Field(description="All that came in")
    debits: Turnover = Field(description="All that went out")
    population: int = Field(description="How many entries there are")
    sha256: str = Field(description="Digest of the entries; the same in every form of this statement")
    entries: list[StatementEntry] = Field(description="In the order of the chain")


class Report(Outgoing):
    """A table with what it was asked for, how much it is, and a digest that all its forms share."""

    report: str = Field(description="Its name", examples=["intraday liquidity"])
    filter: dict[str, str] = Field(description="What was asked for")
    height: int = Field(description="Mirrored height it was made at")
    verification: str = Field(
        description="How much was checked of every block up to there: full, headers, off"
    )
    population: int = Field(description="How many rows there are")
    totals: dict[str, str] = Field(description="Control totals and measures, decimal")
    sha256: str = Field(description="Digest of the rows, each a JSON array in UTF-8 and a line feed")
    columns: list[str] = Field(description="Names of what is in a row, in order")
    rows: list[list[str | int | None]] = Field(description="Amounts are decimal text")
