"""The embedded network, and a bank's ledger of it on each store."""

from collections.abc import Iterator

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.ledgers import Ledger
from tests.scenario import Network


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def ledger(store: Store, network: Network) -> Ledger:
    """The first bank's ledger, up to date."""
    ledger = Ledger(store=store, network=network)
    ledger.mirror()
    return ledger
