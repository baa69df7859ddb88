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


GROUPS = (
    Group(
        contract="Ledger",
        sources=(
            "src/Ledger.sol",
            "src/parts/Accounts.sol",
            "src/parts/Actors.sol",
            "src/parts/Assets.sol",
            "src/parts/Consents.sol",
            "src/parts/Modules.sol",
            "src/parts/Rules.sol",
            "src/parts/Sequences.sol",
            "src/parts/Supply.sol",
        ),
        tests="test/{ledger,payments}/*",
    ),
    Group(
        contract="Participants",
        sources=("src/Participants.sol", "src/parts/Keys.sol", "src/parts/TwoKeyChanges.sol"),
        tests="test/participants/*",
    ),
    Group(contract="Payments", sources=("src/Payments.sol",), tests="test/payments/*"),
    Group(contract="Quorum", sources=("src/Quorum.sol",), tests="test/quorum/*"),
)
