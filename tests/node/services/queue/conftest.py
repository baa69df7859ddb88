"""A ring of banks on a fresh network."""

from collections.abc import Callable, Iterator

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.queue import ring as rings
from tests.node.services.queue.ring import Ring


@pytest.fixture(params=["sqlite", "postgresql"])
def ring(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Iterator[Ring]:
    """Three banks that have the same money each."""
    with embedded_network() as network:
        yield rings.ring(network, stores, request.param)
