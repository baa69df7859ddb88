"""The declared events are those of the compiled contracts."""

import pytest

from node.chain.compiled import artifact
from settlement.errors import UnprovenClaim
from settlement.events import layouts
from settlement.evidence.declared import LAYOUTS, TOPICS, layout_of
from settlement.posting import STILL


@pytest.mark.parametrize("contract", LAYOUTS)
def test_the_events_are_the_contracts_own(contract: str) -> None:
    """What is read without an ABI is what the compiled contracts write, in this form, and all of it."""
    assert layouts(contract, artifact(contract).abi) == LAYOUTS[contract]


def test_every_contract_that_holds_value_is_declared() -> None:
    """An event of one that is not would move value and not be seen."""
    assert STILL.keys() < LAYOUTS.keys()


@pytest.mark.parametrize("topics", [(), (bytes(32),), (TOPICS["Payments", "Paid"],)])
def test_an_event_that_is_not_declared_is_refused(topics: tuple[bytes, ...]) -> None:
    """Also one of another contract, and one without a name."""
    with pytest.raises(UnprovenClaim, match="block 7 Ledger"):
        layout_of("Ledger", topics, 7)
