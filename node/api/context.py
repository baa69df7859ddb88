"""What the door works with: made by `node.bootstrap`, one per node, so several nodes fit in a process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from node.api.answers import Desk
from node.api.metrics import Metrics
from node.api.rates import Rates
from node.api.readiness import Readiness
from node.api.ring import Ring
from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.keys.access import AccessKeys
from node.keys.approvers import Approvers
from node.keys.vault import Vault
from node.services.intake import Intake
from node.services.logins import Doorman
from node.services.openid import OpenIdIssuer
from node.services.passwords import Passwords
from node.services.refusals import RefusalBook
from node.settings import Settings
from node.store.session import Store
from settlement.iso20022.schema import Schemas


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of one node that requests need."""

    settings: Settings
    store: Store
    chain: Chain
    contracts: Contracts
    clock: Clock
    random: Random
    approvers: Approvers
    # Of the calling thread: a compiled schema is not for several at once.
    schemas: Callable[[], Schemas | None]
    readiness: Readiness
    metrics: Metrics
    keys: AccessKeys
    vault: Vault
    ring: Ring
    rates: Rates
    intake: Intake
    openid: OpenIdIssuer | None = None
    desk: Desk = field(default_factory=Desk)
    passwords: Passwords = field(default_factory=Passwords)
    refusals: RefusalBook = field(default_factory=RefusalBook)

    @property
    def doorman(self) -> Doorman:
        """What letting people and machines in works with."""
        return Doorman(
            store=self.store,
            settings=self.settings,
            clock=self.clock,
            random=self.random,
            keys=self.keys,
            passwords=self.passwords,
        )


def _context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


InContext = Annotated[Context, Depends(_context_of)]
