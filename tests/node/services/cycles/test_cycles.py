"""A netting cycle from gross payments to final, over three nodes on the real contracts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.services.cycles.circle import Circle, circle_of
from tests.scenario import BANKS

A, B, C = BANKS


@pytest.fixture(params=["sqlite", "postgresql"])
def circle(
    request: pytest.FixtureRequest, stores: Callable[[str], Store], tmp_path: Path
) -> Iterator[Circle]:
    """The banks, each with a fresh store."""
    with embedded_network() as network:
        yield circle_of(network, tmp_path, [stores(request.param) for _ in BANKS])


def _entered(circle: Circle) -> None:
    """Nine payments round and back: A pays B 500, B pays C 400, C pays A 300, and smaller ones back."""
    circle.enter(A, [(B, 300), (B, 200), (C, 50)])
    circle.enter(B, [(C, 400), (A, 70), (A, 5)])
    circle.enter(C, [(A, 300), (B, 1), (B, 2)])
    circle.work()


def test_cycle_settles(circle: Circle) -> None:
    """All nine settle at once, by three affirmations; each side has every payment of its own as settled."""
    _entered(circle)
    call = circle.call()
    circle.work()
    for member in BANKS:
        assert circle.row(member, call)["digest"] == circle.row(A, call)["digest"] is not None
    for member in BANKS:
        circle.affirm(member, call)
        circle.work()
    assert [circle.row(member, call)["outcome"] for member in BANKS] == ["settled"] * 3
