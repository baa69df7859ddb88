"""The forms of `/v1/breaks`: what goes out."""

from pydantic import Field

from node.api.answers import VERSION_TEXT
from node.api.schemas import Outgoing


class Break(Outgoing):
    """Two records of one thing that differ, until a person has found out why."""

    id: int = Field(description="Number of the break")
    kind: str = Field(description="account, supply, posting, instruction or statement", examples=["account"])
    subject: str = Field(description="What it is about", examples=["account 840-2"])
    field: str = Field(description="What of it differs", examples=["available"])
    expected: str = Field(description="What stands on chain, or was accepted", examples=["100"])
    found: str = Field(description="What stands where it should be the same", examples=["101"])
    height: int = Field(description="Block at which it was first found")
    opened_at: str = Field(description="RFC 3339, UTC")
    owner: str | None = Field(description="Who finds out why")
    cleared_at: str | None = Field(description="RFC 3339, UTC; null while it is open")
    cleared_by: str | None = Field(description="The person's name")
    reason: str | None = Field(description="Why it was cleared")
    version: str = Field(description=VERSION_TEXT, examples=["8f14e45fceea167a"])


class Breaks(Outgoing):
    """What differs, oldest first."""

    breaks: list[Break] = Field(description="Oldest first")


class Difference(Outgoing):
    """What our statement says and what the other one says of one thing."""

    kind: str = Field(description="Always statement", examples=["statement"])
    subject: str = Field(
        description="The statement, and which entry of it",
        examples=["statement VOAADEFF-840 2026-11-22 to 2026-11-22: entry 17-3"],
    )
    field: str = Field(description="What of it differs", examples=["amount"])
    expected: str = Field(description="What ours says", examples=["100"])
    found: str = Field(description="What the other one says", examples=["101"])


class ComparedStatement(Outgoing):
    """A bank's statement held against ours of the same account and days."""

    statement: str = Field(description="Identification of ours")
    height: int = Field(description="Mirrored height at which ours was drawn up")
    entries: int = Field(description="How many entries ours has")
    breaks: list[Difference] = Field(description="What differs; none when they tie out")
