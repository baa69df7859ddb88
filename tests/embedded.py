"""The whole network on one embedded chain: founded once, given fresh to each test that asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from node.chain.tester import Snapshot, TesterChain
from tests.clocks import SetClock
from tests.scenario import BANKS, EUR, USD, Network, found

# A time on the date of the Fedwire samples in shared/data.
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC).timestamp()
FUNDS = 10**14


@cache
def _founded() -> tuple[TesterChain, SetClock, Network, Snapshot]:
    clock = SetClock(NOON)
    chain = TesterChain(clock)
    network = found(chain, clock)
    for bank in BANKS:
        for asset in (USD, EUR):
            network.issue(bank, asset, FUNDS)
    return chain, clock, network, chain.snapshot()


@contextmanager
def embedded_network() -> Iterator[Network]:
    """Give the network with every bank funded in dollars and euros, at noon; undone at the end."""
    chain, clock, network, snapshot = _founded()
    clock.timestamp = NOON
    try:
        yield network
    finally:
        chain.revert(snapshot)
