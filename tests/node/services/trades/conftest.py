"""A market of banks on a fresh network."""

from collections.abc import Callable, Iterator

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.trades.market import Market, market_of


@pytest.fixture(params=["sqlite", "postgresql"])
def market(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Iterator[Market]:
    """Three banks with dollars and euros."""
    with embedded_network() as network:
        yield market_of(network, stores, request.param)
