"""Where depth makes final: below it nothing happens to the mirror, at or past it the mirror freezes."""

import pytest

from node.errors import EndpointBehind, WriterStopped
from node.follower.follower import BEHIND_LOOKS_MIN, BEHIND_SECONDS_MAX, Follower
from node.mirror.head import head
from node.store.incidents import open_incidents
from node.store.session import Store
from settlement.errors import MirrorGap
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START
from tests.simulation.chain import ModelChain

_DEPTH = 3


def _followed(store: Store, clock: SetClock | None = None) -> tuple[ModelChain, Follower]:
    """A chain of some blocks beyond what the model can go back to, mirrored as far as it is final."""
    chain = ModelChain(1_000, depth=_DEPTH)
    for _ in range(_DEPTH):
        chain.mine_pool()
    follower = Follower(store, chain, CONTRACTS, clock or SetClock(START))
    while follower.tick():
        pass
    return chain, follower


def _mirrored(store: Store) -> int:
    with store.snapshot() as connection:
        found = head(connection)
    assert found is not None
    return found.height


def _incidents(store: Store) -> list[str]:
    with store.snapshot() as connection:
        return [incident.code for incident in open_incidents(connection)]


@pytest.mark.parametrize("length", [_DEPTH - 1, _DEPTH, _DEPTH + 1])
def test_below_the_depth_heals_by_itself(store: Store, length: int) -> None:
    """All blocks above the last final one may be replaced, also by fewer: the mirror stays right."""
    chain, follower = _followed(store)
    height = _mirrored(store)

    chain.reorganise(_DEPTH, length=length, kept=False)

    if length < _DEPTH:
        with pytest.raises(EndpointBehind):
            follower.tick()
    else:
        assert length - _DEPTH == follower.tick()
    assert [] == _incidents(store)
    chain.mine_pool()
    chain.mine_pool()
    while follower.tick():
        pass
    assert height + length - _DEPTH + 2 == _mirrored(store)


@pytest.mark.parametrize("length", [_DEPTH + 1, _DEPTH + 2])
def test_at_the_depth_freezes(store: Store, length: int) -> None:
    """One block more and the mirror's own is replaced: an incident, also when nothing is new there (R10)."""
    chain, follower = _followed(store)
    height = _mirrored(store)

    chain.reorganise(_DEPTH + 1, length=length, kept=True)

    with pytest.raises(MirrorGap):
        follower.tick()
    assert ["mirror_gap"] == _incidents(store)
    with pytest.raises(WriterStopped):
        follower.tick()
    assert height == _mirrored(store)


def test_shorter_than_the_mirror_freezes(store: Store) -> None:
    """A chain that stays shorter than the mirror was set back: an incident."""
    clock = SetClock(START)
    chain, follower = _followed(store, clock)

    chain.set_back(_DEPTH + 1)

    for _ in range(BEHIND_LOOKS_MIN):
        with pytest.raises(EndpointBehind):
            follower.tick()
    clock.sleep(BEHIND_SECONDS_MAX)
    with pytest.raises(MirrorGap, match="ends"):
        follower.tick()
    assert ["mirror_gap"] == _incidents(store)
