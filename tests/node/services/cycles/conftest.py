"""Three banks in a circle."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.cycles.circle import Circle, circle_of
from tests.scenario import BANKS


@pytest.fixture
def circle(
    request: pytest.FixtureRequest, stores: Callable[[str], Store], tmp_path: Path
) -> Iterator[Circle]:
    """The banks, each with a fresh store; `on_both_stores` makes a test run once on each."""
    dialect = getattr(request, "param", "sqlite")
    with embedded_network() as network:
        yield circle_of(network, tmp_path, [stores(dialect) for _ in BANKS])
