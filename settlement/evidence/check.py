"""What a verifier says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was checked, and what was found."""

    name: str
    found: str
