"""Evidence of what settled, made without a chain node and accepted by whoever has only a checkpoint."""

import csv
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from node.errors import EvidenceMissing, NotFound, StoreInconsistent
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.levels import Level
from node.mirror.validators import insert_changes
from node.services import evidence, histories
from node.services.filters import InvalidFilter
from node.services.histories import Range
from node.store.session import Store
from settlement.errors import InvalidEvidence
from settlement.evidence.bundle import read_bundle
from settlement.evidence.checkpoint import Checkpoint, write_checkpoint
from settlement.evidence.verify import verify
from settlement.instruction import keccak
from tests.node.bank import Bank, request
from tests.node.services.auditor import Auditor
from tests.scenario import BANKS, USD, Network

NAMES = ["file", "chain", "headers", "finality", "transaction", "receipt", "document"]


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank with twenty payments settled, and a block after them."""
    bank = Bank(store=store, network=network)
    bank.accept(*(request(number) for number in range(20)))
    bank.run()
    network.pay(BANKS[1], [(BANKS[2], USD, 7)])
    bank.follow()
    return bank


def _evidence(bank: Bank, payment: str, height: int | None = None, **options: bool) -> bytes:
    return evidence.evidence_of(
        bank.store, bank.settings, bank.network.contracts, payment, height=height, **options
    )


def _late(bank: Bank) -> str:
    """The payment that was accepted after the others."""
    (found,) = (each.id for each in bank.payments() if each.end_to_end_id == "E99")
    return found


def _checkpoint(bank: Bank, height: int | None = None) -> Checkpoint:
    network = bank.network
    return evidence.make_checkpoint(
        bank.store, bank.settings, network.contracts, network.chain, height=height
    )


def test_every_settled_payment_is_proven(bank: Bank) -> None:
    """By its own document, its own terms, at its own place in the batch."""
    checkpoint, found = _checkpoint(bank), set()
    for payment in bank.payments():
        checks = list(verify(_evidence(bank, payment.id), checkpoint))
        assert NAMES == [check.name for check in checks]
        assert f"instruction {payment.sequence} of participant {BANKS[0].id}:" in checks[5].found
        assert f"to {BANKS[1].id}: {payment.amount} minor units of asset {USD}" in checks[5].found
        assert "the document is the one the chain committed to" == checks[6].found
        found.add(checks[5].found)
    assert 20 == len(found)


def test_a_checkpoint_names_the_contracts_and_their_code(bank: Bank) -> None:
    """Whoever compares two checkpoints compares what code there is where."""
    checkpoint, contracts = _checkpoint(bank), bank.network.contracts.deployment.contracts

    assert {name: each.address for name, each in checkpoint.contracts.items()} == contracts
    assert {name: each.code_hash for name, each in checkpoint.contracts.items()} == {
        name: keccak(bank.network.chain.code(address)) for name, address in contracts.items()
    }
    assert bank.network.chain.block(checkpoint.height).hash == checkpoint.block_hash


def test_evidence_reaches_the_checkpoint_it_is_asked_for(bank: Bank) -> None:
    """And no other: headers to one height prove nothing at another."""
    payment = bank.payments()[0].id
    last = bank.network.chain.final_height()
    content = _evidence(bank, payment, last - 1)

    assert NAMES == [check.name for check in verify(content, _checkpoint(bank, last - 1))]
    with pytest.raises(InvalidEvidence) as error:
        list(verify(content, _checkpoint(bank, last)))
    assert "headers" == error.value.param


def test_a_checkpoint_before_the_block_is_no_proof_here(bank: Bank) -> None:
    """Without seals such evidence would convince nobody, so it is not given away."""
    with pytest.raises(StoreInconsistent, match="finality"):
        _evidence(bank, bank.payments()[0].id, 3)


def test_a_checkpoint_of_other_validators_is_no_proof(bank: Bank, store: Store) -> None:
    """Where a contract keeps them, evidence ends before they changed, and no later checkpoint passes."""
    last = bank.network.chain.final_height()
    with store.transaction() as connection:
        insert_changes(connection, [(last, (b"\1" * 20,))])
    payment = bank.payments()[0].id

    bundle = read_bundle(_evidence(bank, payment))

    assert last - 1 == bundle.height + len(bundle.headers) - 1
    with pytest.raises(InvalidFilter, match="other validators"):
        _evidence(bank, payment, last)


def test_a_later_forgery_does_not_pass(bank: Bank) -> None:
    """Another payment's document under this payment's proof is refused."""
    first, second = (read_bundle(_evidence(bank, each.id)) for each in bank.payments()[:2])
    from settlement.evidence.bundle import write_bundle

    forged = replace(first, document=second.document, salt=second.salt)
    with pytest.raises(InvalidEvidence) as error:
        list(verify(write_bundle(forged), _checkpoint(bank)))
    assert "document" == error.value.param


def test_without_its_document(bank: Bank) -> None:
    """Who may not see people's data gets the proof without it."""
    found = read_bundle(_evidence(bank, bank.payments()[0].id, with_document=False))

    assert (None, None) == (found.document, found.salt)


def test_what_has_not_settled_has_no_evidence(bank: Bank) -> None:
    """Nor has what nobody knows, nor a height that is not mirrored."""
    settled = bank.payments()[0].id
    bank.accept(request(99), key="later")
    with pytest.raises(EvidenceMissing, match="has not settled"):
        _evidence(bank, _late(bank))
    with pytest.raises(NotFound):
        _evidence(bank, "pay_0")
    for height in (-1, 10_000):
        with pytest.raises(InvalidFilter):
            _evidence(bank, settled, height)


def test_what_was_not_checked_has_no_evidence(bank: Bank, store: Store, network: Network) -> None:
    """A mirror that believed the RPC node keeps nothing that would prove what it says."""
    bank.accept(request(99), key="later")
    while bank.submitter.tick():
        pass
    checks = Checks(level=Level.HEADERS)
    while Follower(store, network.chain, network.contracts, network.clock, checks=checks).tick():
        pass
    assert "settled" == bank.states()["E99"]
    with pytest.raises(EvidenceMissing, match="without a check"):
        _evidence(bank, _late(bank))


@pytest.mark.slow
def test_an_auditor_needs_the_base_package_only(bank: Bank, auditor: Auditor, tmp_path: Path) -> None:
    """In an empty environment, without node, database or network, evidence is checked; a forgery fails."""
    content = _evidence(bank, bank.payments()[3].id)
    (tmp_path / "bundle.json").write_bytes(content)
    (tmp_path / "forged.json").write_bytes(content.replace(b'"log": 3', b'"log": 4'))
    (tmp_path / "checkpoint.json").write_bytes(write_checkpoint(_checkpoint(bank)))

    status, lines = auditor("verify", "bundle.json", "--checkpoint", "checkpoint.json")
    assert (0, 7) == (status, lines.count("ok    "))
    status, lines = auditor("verify", "forged.json", "--checkpoint", "checkpoint.json")
    assert 1 == status
    assert lines.splitlines()[-1].startswith("FAILED document:")
    assert 2 == auditor("run")[0]


@pytest.mark.slow
def test_an_auditor_derives_an_account_with_the_base_package_only(
    bank: Bank, auditor: Auditor, tmp_path: Path
) -> None:
    """Its entries are written once all is proven; with one receipt less nothing is, and none is there."""
    network, files = bank.network, {name: BytesIO() for name in ("account", "key")}
    options: dict[str, Any] = {"blocks": Range(), "bytes_max": 10**8}
    histories.write_account_history(
        bank.store, bank.settings, network.contracts, asset=USD, participant=BANKS[0].id,
        into=files["account"], **options,
    )  # fmt: skip
    histories.write_key_history(
        bank.store,
        bank.settings,
        network.contracts,
        address=BANKS[0].key("pay"),
        into=files["key"],
        **options,
    )
    for name, file in files.items():
        (tmp_path / f"{name}.jsonl").write_bytes(file.getvalue())
        # The last block that has one loses its receipt.
        whole, _, rest = file.getvalue().rpartition(b'"receipts": ["')
        (tmp_path / f"{name}-forged.jsonl").write_bytes(whole + b'"receipts": []' + rest[rest.index(b"}") :])
    (tmp_path / "checkpoint.json").write_bytes(write_checkpoint(_checkpoint(bank)))
    trust = ("--checkpoint", "checkpoint.json")

    status, lines = auditor("verify", "account.jsonl", *trust, "--entries", "entries.csv")
    assert (0, 6) == (status, lines.count("ok    ")), lines
    rows = list(csv.DictReader((tmp_path / "entries.csv").read_text().splitlines()))
    paid = [row for row in rows if row["event"] == "Paid" and row["initiator"] == str(BANKS[0].id)]
    assert [str(-payment.amount) for payment in bank.payments()] == [row["amount"] for row in paid]
    held = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[0].id)[0]
    assert str(held) == rows[-1]["balance"]

    assert 0 == auditor("verify", "key.jsonl", *trust)[0]
    for name in ("account", "key"):
        status, lines = auditor("verify", f"{name}-forged.jsonl", *trust, "--entries", "none.csv")
        assert (1, "FAILED receipts:") == (status, lines.splitlines()[-1][:16])
    status, lines = auditor("verify", "key.jsonl", *trust, "--entries", "none.csv")
    assert (1, "FAILED entries:") == (status, lines.splitlines()[-1][:15])
    assert ["entries.csv"] == [path.name for path in tmp_path.iterdir() if ".csv" in path.name]
