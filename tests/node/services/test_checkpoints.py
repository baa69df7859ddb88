"""Checkpoints of several banks: equal, different and in what, of other heights and whether of one chain."""

from dataclasses import replace

import pytest

from node.services.checkpoints import Comparison, compare
from node.services.evidence import make_checkpoint
from node.store.session import Store
from settlement.evidence.attestation import Attestation
from settlement.evidence.checkpoint import Checkpoint
from tests.node.bank import Bank
from tests.scenario import BANKS, Network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank with what the network did so far."""
    bank = Bank(store=store, network=network)
    bank.follow()
    return bank


def _made(bank: Bank, height: int | None = None) -> Checkpoint:
    network = bank.network
    return make_checkpoint(bank.store, bank.settings, network.contracts, network.chain, height=height)


def _compared(bank: Bank, *given: Checkpoint) -> Comparison:
    return compare(bank.store, bank.settings, bank.network.contracts, bank.network.chain, given)


def test_equal_ones_agree(bank: Bank) -> None:
    """Whoever signed, and in whatever order."""
    made = _made(bank)
    found = _compared(bank, made, made)

    assert (True, 1) == (found.agree, found.headers)
    assert {((), (), True)} == {
        (each.differs_from_first, each.differs_from_node, each.mirrored) for each in found.compared
    }


@pytest.mark.parametrize("field", ["chain_id", "genesis_hash", "block_hash", "validators", "contracts"])
def test_what_differs_is_named(bank: Bank, field: str) -> None:
    """From this node's and from the first one's."""
    made = _made(bank)
    changes: dict[str, object] = {
        "chain_id": 1,
        "genesis_hash": bytes(32),
        "block_hash": bytes(32),
        "validators": (bytes(20),),
        "contracts": {**made.contracts, "Ledger": made.contracts["Payments"]},
    }
    found = _compared(bank, made, replace(made, **{field: changes[field]}))  # type: ignore[arg-type]

    named = ("contract Ledger",) if field == "contracts" else (field,)
    assert [((), ()), (named, named)] == [
        (each.differs_from_first, each.differs_from_node) for each in found.compared
    ]
    assert not found.agree


def test_the_later_descends_from_the_earlier(bank: Bank) -> None:
    """By the headers that this node has between, when both are of its chain."""
    last = _made(bank).height
    found = _compared(bank, _made(bank, last), _made(bank, 3))

    assert (True, last - 2) == (found.agree, found.headers)


def test_of_another_chain_nobody_can_tell(bank: Bank) -> None:
    """With a block that this node has otherwise, or has not mirrored yet, there is no word of descent."""
    made = _made(bank)
    other = _compared(bank, _made(bank, 3), replace(made, block_hash=bytes(32)))
    ahead = _compared(bank, made, replace(made, height=made.height + 1, block_hash=bytes(32)))

    assert (False, None) == (other.agree, other.headers)
    assert (False, None, False) == (ahead.agree, ahead.headers, ahead.compared[1].mirrored)
    assert () == ahead.compared[1].differs_from_first


def test_signers_are_named_by_whose_key_it_is(bank: Bank) -> None:
    """A registered key by its bank and role, any other as nobody's."""
    keys = BANKS[1].key("pay"), b"\x99" * 20
    made = replace(
        _made(bank), signatures=tuple(Attestation(signer=each, signature=bytes(65)) for each in keys)
    )
    (found,) = _compared(bank, made).compared

    assert [f"(pay key of {BANKS[1].bic})", "(no registered key)"] == [
        each.split(" ", 1)[1] for each in found.signed_by
    ]
