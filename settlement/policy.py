"""What a bank's own rules make of a payment: the strictest outcome of those that are true of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from settlement.approval import Need


class Outcome(StrEnum):
    """What becomes of a payment by a rule; the later is the stricter."""

    ALLOW = "allow"
    NEEDS_APPROVAL = "needs_approval"
    HOLD = "hold"
    REFUSE = "refuse"

    @property
    def strictness(self) -> int:
        """Return its place among the outcomes, from 0."""
        return list(Outcome).index(self)

    @property
    def need(self) -> Need | None:
        """Tell why a second person is asked because of it."""
        return _NEEDS.get(self)


_NEEDS = {Outcome.NEEDS_APPROVAL: Need.POLICY_APPROVAL, Outcome.HOLD: Need.POLICY_HOLD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one rule says of one payment, or that none says anything (`rule` and `version` None)."""

    outcome: Outcome
    rule: str | None = None
    version: int | None = None
    why: str


SILENT = Verdict(outcome=Outcome.ALLOW, why="no rule is true of it")


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strictest verdict, of equals the first; `SILENT` where there is none."""
    return max(verdicts, key=lambda verdict: verdict.outcome.strictness, default=SILENT)
