"""Banks on one network that pay each other more than each has: nobody can begin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from node.clock import SystemRandom
from node.services.queue.histories import RunHistory, get_run
from node.services.queue.orders import QueueOrder, order_in
from node.services.queue.runs import Trigger, run_queue
from node.services.queue.view import QueueView, view_queue
from node.store.session import Store
from settlement.identifiers import BankReference
from tests.embedded import FUNDS
from tests.node.bank import Bank, request
from tests.scenario import BANKS, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A node for each of the scenario's banks."""

    banks: tuple[Bank, ...]

    def pay(self, payer: int, payee: int, amount: int, number: int = 0, **changed: Any) -> str:
        """Have a payment accepted that may queue, and brought on chain; return its id."""
        bank = self.banks[payer]
        fields: dict[str, Any] = {"payee": BankReference(bic=BANKS[payee].bic), "amount": str(amount)}
        made = request(number, queue=True, **fields | changed)
        bank.accept(made, key=f"{payer} {payee} {number}")
        self.settle_down()
        return next(each.id for each in bank.payments() if each.end_to_end_id == f"E{number}")

    def gridlock(self) -> list[str]:
        """Let each owe the next a little more than it has; return the payments' ids."""
        return [self.pay(at, (at + 1) % 3, FUNDS + 500 + at, number=at) for at in range(3)]

    def settle_down(self) -> None:
        """Let every node do what it can."""
        for bank in self.banks:
            bank.run()
        for bank in self.banks:
            bank.follow()

    def view(self, at: int = 0) -> QueueView:
        """What an officer of a bank sees."""
        bank = self.banks[at]
        network = bank.network
        return view_queue(
            bank.store, bank.settings, network.chain, network.contracts, network.clock, code="USD"
        )

    def propose(self, at: int = 0) -> str:
        """Have a bank resolve the queue; return the run's id."""
        bank = self.banks[at]
        network = bank.network
        made = run_queue(
            bank.store, network.chain, network.contracts, network.clock, SystemRandom(),
            code="USD", trigger=Trigger.DEMAND, actor="tok_1",
        )  # fmt: skip
        assert made is not None
        return made

    def run(self, at: int = 0) -> RunHistory:
        """Have a bank resolve the queue and bring it on chain; return what became of it."""
        run_id = self.propose(at)
        self.settle_down()
        return get_run(self.banks[at].store, run_id)

    def order(self, at: int, payment_id: str, order: QueueOrder) -> None:
        """Give a bank's order to what queues, and bring it on chain."""
        bank = self.banks[at]
        with bank.store.transaction() as connection:
            order_in(
                connection, bank.settings, bank.network.contracts, bank.network.clock, payment_id,
                order=order, actor="tok_1",
            )  # fmt: skip
        self.settle_down()

    def states(self) -> list[str]:
        """The state of every payment, bank by bank."""
        return [state for bank in self.banks for state in bank.states().values()]


def ring(network: Network, stores: Callable[[str], Store], dialect: str) -> Ring:
    """Three banks, each with a store of its own."""
    return Ring(banks=tuple(Bank(store=stores(dialect), network=network, member=member) for member in BANKS))
