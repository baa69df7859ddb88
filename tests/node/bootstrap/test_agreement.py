"""Where several RPC endpoints must agree, `/readyz` says whether enough of them do."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from node.api.metrics import Metrics
from node.bootstrap.agreement import BEHIND_BLOCKS_MAX, AgreementProbe
from node.bootstrap.believing import witnesses_of
from node.bootstrap.opening import connected_chain
from node.chain.failover import FailoverChain
from node.chain.witnesses import Voices, Witnesses
from node.errors import AgreementMissing, EndpointsDisagree, SettingsInvalid
from node.settings import Settings
from node.store.session import Store
from tests.clocks import SetClock
from tests.node.chain_of_events import START
from tests.node.follower.test_checking import _chain, _follower

_URLS = "http://one.test, http://two.test, http://three.test"


class Told(Witnesses):
    """Endpoints that say what a test has them say."""

    voices: Voices

    def ask(self, known: Mapping[int, bytes]) -> Voices:
        self.asked = known
        return self.voices


def _settings(tmp_path: Path, **changes: object) -> Settings:
    given = {"bic": "VOBKXXXX", "home": tmp_path, "engine": "anvil", "rpc_url": _URLS, "rpc_agreement": 2}
    return Settings.model_validate(given | changes)


@pytest.fixture
def probed(stores: Callable[[str], Store], tmp_path: Path) -> tuple[Told, Metrics, AgreementProbe]:
    """Three endpoints of which two must agree, the node's numbers, and the probe."""
    store, clock, metrics = stores("sqlite"), SetClock(START), Metrics()
    _follower(store, _chain()).tick()
    with connected_chain(_settings(tmp_path), clock) as chain:
        assert isinstance(chain, FailoverChain)
        told = Told(chain, needed=2, clock=clock)
    return told, metrics, AgreementProbe(store, told, metrics)


def _agreeing(metrics: Metrics) -> float:
    (sample,) = next(iter(metrics.endpoints_agreeing.collect())).samples
    return sample.value


def test_all_that_agree_are_counted(probed: tuple[Told, Metrics, AgreementProbe]) -> None:
    """With all in step it passes in silence; asked are the newest blocks only."""
    told, metrics, probe = probed
    told.voices = Voices(agreeing={"a": 3, "b": 3, "c": 2}, differing={}, silent=())

    assert probe() is None
    assert 3 == _agreeing(metrics)
    assert len(told.asked) <= BEHIND_BLOCKS_MAX + 1


def test_one_that_is_missing_is_told(probed: tuple[Told, Metrics, AgreementProbe]) -> None:
    """While enough agree it passes, and names who does not answer."""
    told, metrics, probe = probed
    told.voices = Voices(agreeing={"a": 3, "b": 3}, differing={}, silent=("c",))

    assert "2 of 3 endpoints" in (probe() or "")
    assert 2 == _agreeing(metrics)


def test_too_few_are_not_ready(probed: tuple[Told, Metrics, AgreementProbe]) -> None:
    """With fewer than must agree the node is not ready."""
    told, metrics, probe = probed
    told.voices = Voices(agreeing={"a": 3}, differing={}, silent=("b", "c"))

    with pytest.raises(AgreementMissing, match="b, c"):
        probe()
    assert 1 == _agreeing(metrics)


def test_another_story_is_not_ready(probed: tuple[Told, Metrics, AgreementProbe]) -> None:
    """Nor while one of them has another block than was mirrored, however many agree."""
    told, _, probe = probed
    told.voices = Voices(agreeing={"a": 3, "b": 3}, differing={"c": (3, bytes(32))}, silent=())

    with pytest.raises(EndpointsDisagree, match="from c"):
        probe()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rpc_url": "http://one.test"}, "names one"),
        ({"rpc_agreement": 4}, "4 endpoints must agree"),
        ({"verification": "off"}, "does not check"),
    ],
)
def test_what_could_not_work_is_refused(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    """An agreement that could never be reached, or would say nothing, ends the start."""
    settings, clock = _settings(tmp_path, **changes), SetClock(START)
    with connected_chain(settings, clock) as chain, pytest.raises(SettingsInvalid, match=why):
        witnesses_of(settings, chain, clock)


def test_one_endpoint_is_enough_unless_said_otherwise(tmp_path: Path) -> None:
    """Without the setting nobody is asked twice."""
    settings, clock = _settings(tmp_path, rpc_agreement=1), SetClock(START)
    with connected_chain(settings, clock) as chain:
        assert witnesses_of(settings, chain, clock) is None
