"""Fixtures of the simulation."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.simulation.day import prepared
from tests.simulation.memory import MemoryDatabase


@pytest.fixture
def quiet() -> Iterator[None]:
    """What the node logs of the faults it is given is no news."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(quiet: None) -> Iterator[MemoryDatabase]:
    """A database in memory for days."""
    made = prepared()
    yield made
    made.close()
