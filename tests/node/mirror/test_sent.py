"""What was to be paid in some blocks is what settled in them and what waits after them, as it came."""

from collections.abc import Callable
from contextlib import closing

from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from node.clock import SystemClock
from node.follower.follower import Follower
from node.mirror.head import head
from node.mirror.sent import movements
from node.mirror.words import unsigned
from node.store.session import Store
from node.store.tables import events
from tests.node.chain_of_events import CONTRACTS, ChainOfEvents
from tests.node.mirror.test_queue import PAYER, _Model, _stories


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=_stories())
def test_settled_and_waiting_are_told_once(
    stores: Callable[[str], Store], story: tuple[ChainOfEvents, list[_Model]]
) -> None:
    """Wherever the blocks are cut, each instruction is there that settled after the cut or waits, not held,
    at the end; once, since it queued, as urgent as it is; and none that was cancelled or expired.
    """
    chain, left = story
    with closing(stores("sqlite")) as store:
        follower = Follower(store, chain, CONTRACTS, SystemClock())
        while follower.tick():
            pass
        with store.snapshot() as connection:
            mirrored = head(connection)
            assert mirrored is not None
            ends = connection.execute(
                select(events.c.sequence, events.c.height).where(events.c.name == "Settled")
            ).all()
            queued = {
                unsigned(row.sequence): (row.height, row.log_index)
                for row in connection.execute(select(events).where(events.c.name == "Queued"))
            }
            for above in range(-1, mirrored.height + 1):
                found = movements(connection, 840, above=above, until=mirrored.height, limit=100)

                settled = {unsigned(sequence) for sequence, height in ends if height > above}
                waiting = {2**63 + model.number: model for model in left if not model.held}
                expected = sorted(settled | waiting.keys(), key=lambda sequence: queued[sequence])
                assert [f"{PAYER}/{sequence}" for sequence in expected] == [each.reference for each in found]
                assert [queued[sequence] for sequence in expected] == [
                    (each.height, each.log_index) for each in found
                ]
                assert [waiting[one].urgent for one in expected if one in waiting] == [
                    {PAYER} if each.urgent else set()
                    for one, each in zip(expected, found, strict=True)
                    if one in waiting
                ]
