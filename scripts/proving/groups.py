"""Which sources are mutated together, and by which tests they are watched.

`tests/meta/test_proving.py` holds that no source is left out.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A shipped contract, the sources that are mutated with it, and the tests that watch them."""

    contract: str
    sources: tuple[str, ...]
    tests: str


def _parts(*names: str, folder: str = "parts") -> tuple[str, ...]:
    return tuple(f"src/{folder}/{name}.sol" for name in names)


GROUPS = (
    Group(
        contract="Administration",
        sources=(
            "src/Administration.sol",
            *_parts("Administered", "CourtOrders", "Days", "Freezes", "Limits", folder="administration"),
            *_parts("Modules", "Registration", "Reports", "Thresholds", folder="administration"),
        ),
        tests="test/ledger/*",
    ),
    Group(
        contract="Escrow",
        sources=("src/Escrow.sol", *_parts("Agreements")),
        tests="test/escrow/*",
    ),
    Group(
        contract="Ledger",
        sources=(
            "src/Ledger.sol",
            *_parts("Acceptances", "Accounts", "Actors", "Assets", "Books", "Consents", "Locks"),
            *_parts("LockedPayments", "Moves"),
            *_parts("Netted", "Operated", "Rules", "Sequences", "Sets", "Supply", "Trusted", "Urgent"),
            *_parts("Positions", folder="libraries"),
            *_parts("Terms", folder="types"),
        ),
        tests="test/{ledger,payments,settlement}/*",
    ),
    Group(
        contract="Netting",
        sources=(
            "src/Netting.sol",
            *_parts("CycleProofs", "Cycles"),
            *_parts("MerkleTree", folder="libraries"),
            *_parts("Cycle", folder="types"),
        ),
        tests="test/netting/*",
    ),
    Group(
        contract="Participants",
        sources=(
            "src/Participants.sol",
            *_parts("Contacts", "Keys", "Recoveries", "TwoKeyChanges"),
            *_parts("Characters", folder="types"),
        ),
        tests="test/participants/*",
    ),
    Group(contract="Payments", sources=("src/Payments.sol",), tests="test/payments/*"),
    Group(contract="Quorum", sources=("src/Quorum.sol",), tests="test/quorum/*"),
    Group(
        contract="Settlement",
        sources=(
            "src/Settlement.sol",
            *_parts("Consenting", "Instructions", "Queue", "Settling"),
            *_parts("Legs", "Waiting", folder="types"),
        ),
        tests="test/settlement/*",
    ),
)
