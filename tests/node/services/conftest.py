"""The embedded network, a bank's ledger of it on each store, and an auditor elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.auditor import Auditor, auditor_in, empty_python
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


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the base package alone."""
    return empty_python(tmp_path_factory.mktemp("auditor"))


@pytest.fixture
def auditor(empty_environment: Path, tmp_path: Path) -> Auditor:
    """`vostro` where only the base package is installed, in this test's folder."""
    return auditor_in(tmp_path, empty_environment)
