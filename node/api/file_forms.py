"""What is told of a file: kept, checked, or how far it has come."""

from pydantic import Field

from node.api.schemas import FileFault, Outgoing


class ReceivedFile(Outgoing):
    """A file that was kept, and is read in the background."""

    file_id: str = Field(
        description="The node's own id of the file", examples=["file_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"]
    )
    state: str = Field(description="checking: ask for the file to see how far it has come")


class FileProgress(Outgoing):
    """How far a file has come."""

    file_id: str = Field(
        description="The node's own id of the file", examples=["file_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"]
    )
    state: str = Field(
        description="checking, taking (nothing was wrong; its payments are taken part by part), accepted "
        "(all were), or refused (something was wrong, and none was taken)",
        examples=["taking"],
    )
    transactions: int | None = Field(
        description="How many it has; null: not all are counted yet", examples=[100_000]
    )
    checked: int = Field(description="How many of them are checked", examples=[100_000])
    taken: int = Field(description="How many of them are payments now", examples=[42_000])
    refused: int = Field(description="How many could not be taken any more when their turn came")
    repeats: str | None = Field(description="The file that it is, if that was accepted before")
    faults: list[FileFault] = Field(
        description="Why the file was refused, or each transaction that was; 1,000 at most"
    )
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:00Z"])
    updated_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:04Z"])


class CheckedFile(Outgoing):
    """What would be refused of a file; without a fault it would be taken now."""

    message_name: str | None = Field(description="Null: not even that could be read")
    message_id: str | None = Field(
        description="The sender's id of the message; null where it could not be read"
    )
    payments: int = Field(description="How many of its payments can be read")
    accepted_before: bool = Field(description="Sent again it makes no payment, and gets its first answer")
    faults: list[FileFault] = Field(description="In the order of the file, 1,001 at most")
