"""Every state and every refusal has its word in ISO 20022."""

import re
from pathlib import Path

import pytest

from settlement.errors import InvalidDocument
from settlement.iso20022.statuses import STATUS_REASON, TRANSACTION_STATUS, transaction_status
from settlement.lifecycle import State

SHOWN = [
    "accepted",
    "awaiting_approval",
    "submitted",
    "queued",
    "held",
    "settled",
    "rejected",
    "cancelled",
    "expired",
    "unknown",
]


def test_every_shown_state_has_a_status() -> None:
    """The states of the design, and every state that the lifecycle shows, are in the table."""
    assert set(SHOWN) == set(TRANSACTION_STATUS)
    assert {state.shown for state in State} <= set(TRANSACTION_STATUS)


def test_only_settled_says_so() -> None:
    """No other state has the code of settlement completed (R3)."""
    assert ["settled"] == [shown for shown, code in TRANSACTION_STATUS.items() if code == "ACSC"]


def test_a_word_that_is_no_state_is_refused() -> None:
    """A status is never made up."""
    with pytest.raises(InvalidDocument):
        transaction_status("done")


def test_every_refusal_of_the_contracts_has_a_reason(root: Path) -> None:
    """A refusal added to the contracts gets its code here, or this fails."""
    source = (root / "contracts" / "src" / "types" / "Instruction.sol").read_text()
    body = re.search(r"enum Refusal \{(.*?)\}", source, re.DOTALL)
    assert body is not None
    refusals = set(re.findall(r"^\s*([A-Z]\w+),?\s*(?://.*)?$", body[1], re.MULTILINE)) - {"None"}
    assert len(refusals) > 10
    own = {"expired", "DeadlinePassed", "DayLimitReached", "PolicyRefused", "NotApproved", "ApproverRejected"}
    assert refusals == set(STATUS_REASON) - own


def test_reasons_have_the_form_of_codes() -> None:
    """A code of the external list has one to four characters."""
    for code in (*STATUS_REASON.values(), *TRANSACTION_STATUS.values()):
        assert re.fullmatch("[A-Z0-9]{4}", code)
