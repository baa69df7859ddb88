"""What the door works with: made by `node.bootstrap`, one per node, so several nodes fit in a process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from node.api.answers import Desk
from node.api.metrics import Metrics
from node.api.readiness import Readiness
from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.keys.approvers import Approvers
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
    desk: Desk = field(default_factory=Desk)


def _context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


InContext = Annotated[Context, Depends(_context_of)]
