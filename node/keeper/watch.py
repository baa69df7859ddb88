"""The watch: holds the rules to what is new, raises alerts, and stops an account where a rule may."""

from collections.abc import Sequence

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import ChainError
from node.mirror.ledger import Account
from node.services.alerts.payments import end_of_block, look, place_of, set_place
from node.services.alerts.raised import About, raise_alerts
from node.services.alerts.standing import limited_accounts, limits, standing
from node.services.alerts.stopping import stop
from node.services.circumstances import own_participant
from node.services.payments import patience_of
from node.settings import Settings
from node.store.session import Store
from settlement.alerting import Rules
from settlement.errors import UnknownParticipant

LOOK_SECONDS = 60

_log = structlog.get_logger("vostro.keeper")


class Watch:
    """Holds one store's rules. Several may share a store: each alert is raised once."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        contracts: Contracts,
        clock: Clock,
        settings: Settings,
        *,
        rules: Rules,
        sealed: bool,
    ) -> None:
        self._store = store
        self._chain = chain
        self._contracts = contracts
        self._clock = clock
        self._settings = settings
        self._rules = rules
        self._sealed = sealed
        self._looked_at = -LOOK_SECONDS

    def tick(self) -> int:
        """Look at the next payments, and once a minute at what stands; return how many alerts were raised."""
        at = int(self._clock.now())
        try:
            with self._store.snapshot() as connection:
                own = own_participant(connection, self._settings).id
                after = place_of(connection)
            if after is None:
                self._begin()
                return 0
            return self._payments(own, after, at) + self._standing(own, at)
        except UnknownParticipant:
            return 0

    def _begin(self) -> None:
        """Begin behind what is final now: what was before is history."""
        height = self._chain.final_height()
        with self._store.transaction() as connection:
            if place_of(connection) is None:
                set_place(connection, end_of_block(height))

    def _payments(self, own: int, after: tuple[int, int], at: int) -> int:
        with self._store.snapshot() as connection:
            found, until = look(connection, self._rules, own=own, after=after)
        if until == after:
            return 0
        with self._store.transaction() as connection:
            raised = raise_alerts(connection, found, at=at)
            if place_of(connection) == after:
                set_place(connection, until)
            for number, about in raised:
                if about.finding.rule in self._rules.freeze_on:
                    stop(connection, self._contracts, number, about, own=own, at=at)
        _tell(raised)
        return len(raised)

    def _standing(self, own: int, at: int) -> int:
        if 0 <= at - self._looked_at < LOOK_SECONDS:
            return 0
        patience = patience_of(self._settings)
        with self._store.snapshot() as connection:
            found = list(standing(connection, self._rules, patience=patience, now=at, sealed=self._sealed))
            bounded = limited_accounts(connection, own)
        found += self._limits(bounded)
        raised = []
        if found:
            with self._store.transaction() as connection:
                raised = raise_alerts(connection, found, at=at)
        self._looked_at = at
        _tell(raised)
        return len(raised)

    def _limits(self, bounded: Sequence[Account]) -> list[About]:
        """Ask the chain for what is used of limits; a chain that is away is other checks' concern."""
        if self._rules.limit_nearly_used is None:
            return []
        try:
            return list(limits(bounded, self._rules.limit_nearly_used, self._chain, self._contracts))
        except ChainError as error:
            _log.warning("limits_not_read", code=error.code)
            return []


def _tell(raised: Sequence[tuple[int, About]]) -> None:
    for number, about in raised:
        _log.warning("alert", alert=number, rule=about.finding.rule, explanation=about.finding.explanation)
