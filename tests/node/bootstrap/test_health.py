"""What becomes of a check is logged once, and its number is fresh, whoever asks."""

from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from node.api.metrics import Metrics
from node.api.readiness import Readiness
from node.bootstrap.health import HealthWatch
from node.errors import GasUnfunded


class Probe:
    """Says what it is told to."""

    said: str | None = None
    fails = False

    def __call__(self) -> str | None:
        if self.fails:
            raise GasUnfunded("no gas")
        return self.said


@pytest.fixture
def watched() -> Iterator[tuple[Probe, Metrics, Callable[[], list[tuple[str, str]]]]]:
    """A probe, the node's numbers, and what one look at it logs."""
    probe, metrics = Probe(), Metrics()
    readiness = Readiness({"funds": probe})
    watch = HealthWatch(readiness, metrics)

    def look() -> list[tuple[str, str]]:
        with capture_logs() as logged:
            assert 0 == watch.tick()
        return [(each["event"], each["log_level"]) for each in logged]

    yield probe, metrics, look
    readiness.close()


def test_each_change_is_logged_once(
    watched: tuple[Probe, Metrics, Callable[[], list[tuple[str, str]]]],
) -> None:
    """Well is silent; to be seen to, failed and well again are a line each, at their own level."""
    probe, metrics, look = watched
    assert [] == look()
    probe.said = "nine left"
    assert [("check_attention", "warning")] == look()
    probe.said = "eight left"
    assert [] == look()
    assert 1 == metrics.registry.get_sample_value("vostro_ready", {"check": "funds"})
    probe.fails = True
    assert [("check_failed", "error")] == look()
    assert 0 == metrics.registry.get_sample_value("vostro_ready", {"check": "funds"})
    assert [] == look()
    probe.fails, probe.said = False, None
    assert [("check_well", "info")] == look()
