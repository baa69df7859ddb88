"""What waits in the queue is what its events say, however they are cut into blocks."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.chain.protocol import Log
from node.clock import SystemClock
from node.follower.follower import Follower
from node.mirror.queue import oldest, waiting, waiting_count, waiting_one
from node.store.session import Store
from settlement.instruction import Leg, valid_times
from tests.node.chain_of_events import CONTRACTS, ChainOfEvents, log, register, transaction
from tests.words import head_word, leg_word

PAYER, PAYEE = 2, 3
_ENDS = ("Settled", "Cancelled", "Expired")


@dataclass(slots=True)
class _Model:
    """One instruction, kept by the plainest means."""

    number: int
    queued: bool = False
    ended: bool = False
    urgent: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)

    @property
    def head(self) -> int:
        return head_word(2**63 + self.number, PAYER)

    @property
    def leg(self) -> Leg:
        return Leg(asset=840, payer=PAYER, payee=PAYEE, amount=100 + self.number)


def _event(draw: st.DrawFn, found: _Model) -> Log:
    """What the queue may say next of one that is queued."""
    digest = bytes([found.number + 1] * 32)
    kind = draw(st.sampled_from(["Held", "Released", "Urgent", "Normal", *_ENDS]))
    if kind in _ENDS:
        found.ended = True
        more = {"Settled": ([leg_word(found.leg)],), "Cancelled": (PAYER, b"CUST")}.get(kind, ())
        return log("Settlement", kind, found.head, digest, *more)
    if kind in ("Held", "Released"):
        (found.held.add if kind == "Held" else found.held.discard)(PAYER)
        return log("Settlement", kind, found.head, digest, PAYER)
    (found.urgent.add if kind == "Urgent" else found.urgent.discard)(PAYER)
    return log("Settlement", "UrgencySet", found.head, digest, PAYER, kind == "Urgent")


@st.composite
def _stories(draw: st.DrawFn) -> tuple[ChainOfEvents, list[_Model]]:
    """A chain of blocks in which instructions enter the queue and leave it, and who is left, in order."""
    chain, models, order = ChainOfEvents(), [_Model(number) for number in range(4)], []
    chain.mine(register((1, PAYER, PAYEE)))
    for _ in range(draw(st.integers(1, 5))):
        logs: list[Log] = []
        for found in draw(st.lists(st.sampled_from(models), max_size=6)):
            if found.ended:
                continue
            if found.queued:
                logs.append(_event(draw, found))
                continue
            urgent = draw(st.booleans())
            logs.append(log("Settlement", "Submitted", found.head, bytes(32), urgent, [leg_word(found.leg)]))
            logs.append(log("Settlement", "Queued", found.head, bytes([found.number + 1] * 32)))
            found.queued, found.urgent = True, {PAYER} if urgent else set()
            order.append(found)
        chain.mine(*([transaction(*logs)] if logs else []))
    return chain, [found for found in order if not found.ended]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=_stories())
def test_the_queue_is_what_its_events_say(
    stores: Callable[[str], Store], story: tuple[ChainOfEvents, list[_Model]]
) -> None:
    """Who waits, in which order, urgent and held for whom: as a plain model of the same events has it."""
    chain, left = story
    with closing(stores("sqlite")) as store:
        follower = Follower(store, chain, CONTRACTS, SystemClock())
        while follower.tick():
            pass
        with store.snapshot() as connection:
            found = waiting(connection, limit=100)
            assert len(left) == waiting_count(connection)
            assert (oldest(connection) is None) == (not left)
            one = waiting_one(connection, PAYER, 2**63 + left[0].number) if left else None
        assert [
            (model.head, (model.leg,), frozenset(model.urgent), frozenset(model.held)) for model in left
        ] == [(each.head, each.legs, each.urgent, each.held) for each in found]
        assert [bytes([model.number + 1] * 32) for model in left] == [each.digest for each in found]
        assert list(range(1, len(left) + 1)) == [each.position for each in found]
        assert one is None or one.words == found[0].words


def test_times_are_read_off_the_head() -> None:
    """The seconds between which an instruction may settle stand in its head."""
    assert (7, 9) == valid_times(head_word(1, PAYER, valid_from=7, valid_until=9))
