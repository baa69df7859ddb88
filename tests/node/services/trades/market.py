"""What the officers of banks do about trades with each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from node.clock import SystemRandom
from node.services.actors import Actor, Role
from node.services.answers import Answer, Request, request_of
from node.services.payments import patience_of
from node.services.trades.affirming import Desk
from node.services.trades.ending import end_trades
from node.services.trades.expectations import ExpectedRequest, expect
from node.services.trades.proposing import propose
from node.services.trades.reading import ShownTrade, TradeHistory, get_trade, trade_digest
from node.services.trades.requests import LegRequest, TradeRequest
from node.store.session import Store
from settlement.identifiers import BankReference
from tests.clocks import SetClock
from tests.node.bank import Bank
from tests.scenario import BANKS, Network

OFFICER = Actor(id="usr_1", name="erika", roles=frozenset({Role.OFFICER}))


def leg(payer: int, payee: int, asset: str, amount: int) -> LegRequest:
    """A leg between banks of the scenario, by their places."""
    return LegRequest(
        asset=asset,
        payer=BankReference(bic=BANKS[payer].bic),
        payee=BankReference(bic=BANKS[payee].bic),
        amount=str(amount),
    )


PVP = (leg(0, 1, "USD", 1_000), leg(1, 0, "EUR", 900))


@dataclass(slots=True, kw_only=True)
class Market:
    """A node for each of the scenario's banks."""

    banks: tuple[Bank, ...]
    _keys: Any = field(default_factory=count)

    def request(self, key: str | None = None) -> Request:
        """A request under a key; a fresh one by default."""
        return request_of(actor=OFFICER.id, key=key or f"k{next(self._keys)}", operation="trade", body=b"")

    def propose(
        self, *legs: LegRequest, by: int = 0, key: str | None = None, actor: Actor = OFFICER, **asked: Any
    ) -> Answer:
        """Have a bank propose a trade: the plain PvP by default; nothing is brought on chain yet."""
        return self.propose_exactly(legs or PVP, by=by, key=key, actor=actor, **asked)

    def propose_exactly(
        self,
        legs: Sequence[LegRequest],
        *,
        by: int = 0,
        key: str | None = None,
        actor: Actor = OFFICER,
        **asked: Any,
    ) -> Answer:
        """Have a bank propose these legs, or none."""
        bank = self.banks[by]
        return propose(
            bank.store, bank.settings, contracts=bank.network.contracts, clock=bank.network.clock,
            random=SystemRandom(), request=self.request(key), actor=actor,
            asked=TradeRequest(legs=legs, reference="T-1", **asked),
        )  # fmt: skip

    def proposed(self, *legs: LegRequest, by: int = 0, **asked: Any) -> bytes:
        """Have a trade proposed and brought on chain; return its digest."""
        digest = digest_in(self.propose(*legs, by=by, **asked))
        self.settle_down()
        return digest

    def expect(self, *legs: LegRequest, at: int = 1, of: int = 0, tolerance: int = 0) -> str:
        """Have a bank write down what it expects of another; return its id."""
        bank = self.banks[at]
        asked = ExpectedRequest(
            counterparty=BankReference(bic=BANKS[of].bic), legs=legs or PVP, reference="X-1",
            tolerance_basis_points=tolerance,
        )  # fmt: skip
        answer = expect(
            bank.store, bank.settings, clock=bank.network.clock, random=SystemRandom(),
            request=self.request(), asked=asked, actor=OFFICER,
        )  # fmt: skip
        made: str = orjson.loads(answer.body)["id"]
        return made

    def desk(self, at: int, actor: Actor = OFFICER) -> Desk:
        """The desk of a bank's officer."""
        bank = self.banks[at]
        return Desk(bank.store, bank.settings, bank.network.contracts, bank.network.clock, actor=actor)

    def affirm(self, digest: bytes, at: int = 1, **said: Any) -> Answer:
        """Have a bank affirm, and bring it on chain."""
        answer = self.desk(at).affirm(self.request(), digest, **said)
        self.settle_down()
        return answer

    def withdraw(self, digest: bytes, at: int) -> None:
        """Have a bank take its consent back, on chain."""
        self.desk(at).withdraw(self.request(), digest)
        self.settle_down()

    def cancel(self, digest: bytes, at: int) -> None:
        """Have a bank ask that it ends, on chain."""
        self.desk(at).cancel(self.request(), digest)
        self.settle_down()

    def settle_down(self) -> None:
        """Let every node do what it can."""
        for bank in self.banks:
            bank.run()
        for bank in self.banks:
            bank.follow()

    def pass_time(self, seconds: int) -> None:
        """Set everybody's clock on."""
        clock = self.banks[0].network.clock
        assert isinstance(clock, SetClock)
        clock.timestamp += seconds

    def keep(self, at: int = 0) -> int:
        """Let a bank's keeper end what can't go on, and bring that on chain."""
        bank = self.banks[at]
        with bank.store.transaction() as connection:
            done = end_trades(
                connection, bank.network.contracts, patience=patience_of(bank.settings),
                at=int(bank.network.clock.now()),
            )  # fmt: skip
        self.settle_down()
        return done

    def history(self, digest: bytes, at: int) -> TradeHistory:
        """The trade as a bank sees it."""
        bank = self.banks[at]
        return get_trade(bank.store, bank.settings, bank.network.clock, digest)

    def seen(self, digest: bytes) -> list[ShownTrade]:
        """The trade as each of the first two banks sees it."""
        return [self.history(digest, at).trade for at in range(2)]

    def states(self, digest: bytes) -> list[str]:
        """Its state as each of the first two banks sees it."""
        return [trade.state for trade in self.seen(digest)]


def digest_in(answer: Answer) -> bytes:
    """The digest of the trade in an answer."""
    return trade_digest(orjson.loads(answer.body)["id"])


def market_of(
    network: Network, stores: Callable[[str], Store], dialect: str, banks: Sequence[int] = (0, 1, 2)
) -> Market:
    """Banks with a store each."""
    return Market(banks=tuple(Bank(store=stores(dialect), network=network, member=BANKS[at]) for at in banks))
