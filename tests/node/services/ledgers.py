"""A bank's ledger in a test: its store, follower and instructions, on the embedded network."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from node.chain.protocol import Receipt
from node.follower.follower import Follower
from node.store.session import Store
from node.store.tables import instructions
from settlement.instruction import InstructionKind, OneLeg, Terms, keccak
from tests.scenario import BANKS, USD, Member, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The mirror of one bank."""

    store: Store
    network: Network
    member: Member = BANKS[0]

    def mirror(self) -> None:
        """Bring every final block in."""
        network = self.network
        follower = Follower(self.store, network.chain, network.contracts, network.clock)
        while follower.tick():
            pass

    def pay(self, amount: int) -> Terms:
        """Pay dollars to the next bank, on chain and past any node; return what was paid."""
        own, other, _ = self.network.banks
        return self._event(self.network.pay(own, [(other, USD, amount)]))

    def receive(self, amount: int) -> Terms:
        """Be paid dollars by the next bank; return what was paid."""
        own, other, _ = self.network.banks
        return self._event(self.network.pay(other, [(own, USD, amount)]))

    def _event(self, receipt: Receipt) -> Terms:
        event = self.network.contracts.decode(receipt.logs[0])
        assert event is not None
        return event.terms

    def accept(self, terms: Terms, /, **values: Any) -> str:
        """Write the accepted instruction that terms come from; `values` make some of it differ."""
        identifier = f"pay_{terms.sequence}"
        form = OneLeg(terms=terms, valid_until=int(self.network.clock.now()) + 86_400)
        row = {
            "id": identifier,
            "kind": InstructionKind.PAYMENT.value,
            "payer": terms.payer,
            "sequence": terms.sequence,
            "asset": terms.asset,
            "payee": terms.payee,
            "amount": terms.amount,
            "urgent": terms.urgent,
            "terms": terms.encoded(),
            "commitment": keccak(terms.encoded()),
            "salt": bytes(32),
            "document": json.dumps({}),
            "uetr": f"00000000-0000-4000-8000-{terms.sequence:012}",
            "content_digest": bytes(32),
            "end_to_end_id": f"E2E-{terms.sequence}",
            "value_date": "2025-03-10",
            "deadline": int(self.network.clock.now()) + 86_400,
            "queue": False,
            "head": form.head.to_bytes(32, "big"),
            "digest": form.digest(
                chain_id=self.network.contracts.deployment.chain_id,
                ledger=self.network.contracts.address("Ledger"),
                commitment=keccak(terms.encoded()),
            ),
            "created_at": int(self.network.clock.now()),
            "created_by": "test",
        }
        with self.store.transaction() as connection:
            connection.execute(insert(instructions).values(row | values))
        return identifier
