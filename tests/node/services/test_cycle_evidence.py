"""Evidence of payments inside a cycle that really settled, accepted by whoever has only a checkpoint."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from node.errors import EvidenceMissing
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.levels import Level
from node.services.evidence import evidence_in_cycle, make_checkpoint
from node.store.session import Store
from settlement.document import Json, canonical, commitment
from settlement.errors import InvalidEvidence
from settlement.evidence.bundle import read_bundle
from settlement.evidence.checkpoint import write_checkpoint
from settlement.evidence.verify import verify
from settlement.netting import GrossPayment, PaymentPath
from tests.cycles import Trees, cycle_payments
from tests.node.bank import Bank
from tests.node.services.auditor import Auditor
from tests.node.services.core import Core, Cycle
from tests.scenario import BANKS, USD, Network

NAMES = ["file", "chain", "headers", "finality", "transaction", "receipt", "cycle", "document"]
_FIRST, _SECOND, _THIRD = (bank.id for bank in BANKS)
_DOCUMENT: dict[str, Json] = {"Dbtr": {"Nm": "Debtor"}}
_SALT = bytes(range(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Netted:
    """A bank's mirror after a cycle of these payments, and the cycle."""

    bank: Bank
    core: Core
    trees: Trees
    cycle: Cycle

    @property
    def digest(self) -> bytes:
        """The cycle's name on chain."""
        network = self.bank.network
        found: bytes = network.contracts.read(network.chain, "Netting", "digestOf", self.cycle.words())
        return found

    def request(self, payment: GrossPayment, **changes: Any) -> bytes:
        """What a member has of a payment, as a file for `vostro evidence cycle-payment`."""
        return request_of(self.digest, self.trees, payment, **changes)

    def evidence(self, content: bytes, height: int | None = None) -> bytes:
        """The evidence file that the node makes of it."""
        bank = self.bank
        return evidence_in_cycle(bank.store, bank.settings, bank.network.contracts, content, height=height)


def request_of(digest: bytes, trees: Trees, payment: GrossPayment, **changes: Any) -> bytes:
    """A request for evidence of a payment in a cycle."""

    def path(found: PaymentPath) -> dict[str, Any]:
        nodes = {
            name: ["0x" + node.hex() for node in getattr(found, name)] for name in ("path", "subtree_path")
        }
        return {"index": found.index, "count": found.count, **nodes}

    fields = {
        "cycle": "0x" + digest.hex(),
        "payment": {
            "counter": payment.counter,
            "payer": payment.payer,
            "payee": payment.payee,
            "amount": str(payment.amount),
            "commitment": "0x" + payment.commitment.hex(),
        },
        "of_payer": path(trees.path(payment, payment.payer)),
        "of_payee": path(trees.path(payment, payment.payee)),
        "document": _DOCUMENT,
        "salt": "0x" + _SALT.hex(),
    }
    return json.dumps(fields | changes).encode()


@pytest.fixture
def netted(store: Store, network: Network) -> Netted:
    """Three banks that pay each other in a cycle, of which the last affirmation settles it."""
    first, *others = cycle_payments(
        [
            (_FIRST, _SECOND, 500),
            (_SECOND, _THIRD, 200),
            (_THIRD, _FIRST, 90),
            (_FIRST, _THIRD, 40),
            (_FIRST, _SECOND, 3),
        ]
    )
    document = commitment(canonical(_DOCUMENT), _SALT)
    trees = Trees(payments=(replace(first, commitment=document), *others))
    core = Core(network=network)
    cycle = core.cycle(BANKS[0], {}, counter=1, trees=trees)
    core.net(BANKS[0], "propose", cycle)
    core.net(BANKS[1], "affirm", cycle)
    core.net(BANKS[2], "affirm", cycle)
    return Netted(bank=Bank(store=store, network=network), core=core, trees=trees, cycle=cycle)


def test_every_payment_of_a_settled_cycle_is_proven(netted: Netted) -> None:
    """By the cycle's own event and both sides' trees, as the contract itself says of them."""
    network = netted.bank.network
    checkpoint = make_checkpoint(netted.bank.store, netted.bank.settings, network.contracts, network.chain)
    for payment in netted.trees.payments:
        changes = {} if payment is netted.trees.payments[0] else {"document": None, "salt": None}
        found = list(verify(netted.evidence(netted.request(payment, **changes)), checkpoint))

        assert NAMES == [each.name for each in found]
        assert f"participant {payment.payer} to {payment.payee}: {payment.amount} minor" in found[6].found
        sides = [
            (path.index, path.count, path.path, path.subtree_path)
            for path in (netted.trees.path(payment, member) for member in (payment.payer, payment.payee))
        ]
        words = (payment.counter, payment.payer, payment.payee, payment.amount, payment.commitment)
        assert network.contracts.read(
            network.chain, "Netting", "provesPayment", netted.cycle.words(), words, *sides
        )


def test_the_documents_own_words_are_in_it(netted: Netted) -> None:
    """The file holds what was given, and the cycle as the chain had it."""
    found = read_bundle(netted.evidence(netted.request(netted.trees.payments[0])))

    assert (_DOCUMENT, _SALT) == (found.document, found.salt)
    assert found.cycle is not None
    assert (USD, netted.trees.root) == (found.cycle.cycle.asset, found.cycle.cycle.root)


@pytest.mark.parametrize(
    "changes",
    [
        {"document": {"Dbtr": {"Nm": "Another"}}},
        {"salt": "0x" + "00" * 32},
        {"of_payee": {"index": 0, "count": 1, "path": [], "subtree_path": []}},
    ],
)
def test_what_was_given_wrong_is_refused(netted: Netted, changes: dict[str, Any]) -> None:
    """And is not taken for a fault of the mirror."""
    with pytest.raises(InvalidEvidence):
        netted.evidence(netted.request(netted.trees.payments[0], **changes))


def test_what_has_not_settled_has_no_evidence(netted: Netted) -> None:
    """A cycle that nobody knows, and one that was proposed only."""
    payment = netted.trees.payments[0]
    with pytest.raises(EvidenceMissing, match="no cycle 0x99"):
        netted.evidence(netted.request(payment, cycle="0x" + "99" * 32))
    later = Trees(payments=cycle_payments([(_FIRST, _SECOND, 5)], first=4))
    cycle = netted.core.cycle(BANKS[0], {}, counter=2, trees=later)
    netted.core.net(BANKS[0], "propose", cycle)
    netted.bank.follow()
    open_one = replace(netted, trees=later, cycle=cycle)
    with pytest.raises(EvidenceMissing):
        open_one.evidence(open_one.request(later.payments[0]))


def test_what_was_not_checked_has_no_evidence(netted: Netted, store: Store, network: Network) -> None:
    """A mirror that believed the RPC node keeps nothing that would prove what it says."""
    later = Trees(payments=cycle_payments([(_FIRST, _SECOND, 5)], first=4))
    cycle = netted.core.cycle(BANKS[0], {}, counter=2, trees=later)
    netted.core.net(BANKS[0], "propose", cycle)
    netted.core.net(BANKS[1], "affirm", cycle)
    checks = Checks(level=Level.HEADERS)
    while Follower(store, network.chain, network.contracts, network.clock, checks=checks).tick():
        pass
    settled = replace(netted, trees=later, cycle=cycle)
    with pytest.raises(EvidenceMissing, match="without a check"):
        settled.evidence(settled.request(later.payments[0], document=None, salt=None))


@pytest.mark.slow
def test_an_auditor_verifies_it_with_the_base_package_only(
    netted: Netted, auditor: Auditor, tmp_path: Path
) -> None:
    """In an empty environment, without node, database or network; a cent more is refused."""
    bank = netted.bank
    checkpoint = make_checkpoint(bank.store, bank.settings, bank.network.contracts, bank.network.chain)
    content = netted.evidence(netted.request(netted.trees.payments[0]))
    (tmp_path / "bundle.json").write_bytes(content)
    (tmp_path / "forged.json").write_bytes(content.replace(b'"amount": "500"', b'"amount": "501"'))
    (tmp_path / "checkpoint.json").write_bytes(write_checkpoint(checkpoint))

    status, lines = auditor("verify", "bundle.json", "--checkpoint", "checkpoint.json")
    assert (0, 8) == (status, lines.count("ok    "))
    status, lines = auditor("verify", "forged.json", "--checkpoint", "checkpoint.json")
    assert (1, "FAILED cycle:") == (status, lines.splitlines()[-1][:13])
