"""How many tests ended in which way."""

from dataclasses import dataclass

NOTHING_RAN = 5  # as pytest says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def exit_status(self) -> int:
        """0 when something ran and nothing failed."""
        if self.failed:
            return 1
        return 0 if self.passed else NOTHING_RAN
