"""What a member of a netting cycle affirms: the subtree over its own payments, and its place in the cycle.

A member knows its own payments, and of the other members only what each comes to (contracts/netting.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from settlement.instruction import keccak
from settlement.netting import (
    WORD_BYTES,
    GrossPayment,
    PaymentPath,
    Position,
    depth_of,
    position_word,
    root_from,
    subtree_leaf,
)

_NOTHING = bytes(WORD_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a member says of its subtree: how many payments, their net (received less paid), and their root.

    `first` … `last`: the counters of those that it pays, both 0 when it pays none.
    """

    participant: int
    count: int
    net: int
    first: int
    last: int
    root: bytes

    @property
    def leaf(self) -> bytes:
        """Return its leaf in the cycle's tree."""
        return subtree_leaf(participant=self.participant, count=self.count, net=self.net, root=self.root)

    @property
    def position(self) -> int:
        """Return the position as it is packed."""
        return position_word(
            Position(participant=self.participant, first=self.first, last=self.last, net=self.net)
        )


class Subtree:
    """All payments of a cycle that a member pays or receives."""

    def __init__(self, participant: int, payments: Iterable[GrossPayment]) -> None:
        self.participant = participant
        self.payments = sorted(payments, key=lambda each: (each.payer, each.counter))

    @cached_property
    def summary(self) -> Summary:
        """What the member says of it."""
        paid = [each for each in self.payments if each.payer == self.participant]
        received = sum(each.amount for each in self.payments if each.payee == self.participant)
        return Summary(
            participant=self.participant,
            count=len(self.payments),
            net=received - sum(each.amount for each in paid),
            first=paid[0].counter if paid else 0,
            last=paid[-1].counter if paid else 0,
            root=self._levels[-1][0],
        )

    def paths(self) -> Mapping[tuple[int, int], tuple[int, tuple[bytes, ...]]]:
        """Return, by payer and counter, each payment's place and the nodes up to the root."""
        return {
            (each.payer, each.counter): (place, _path(self._levels, place))
            for place, each in enumerate(self.payments)
        }

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        return _levels([each.leaf(place) for place, each in enumerate(self.payments)])


class CycleTree:
    """The tree over its members' subtrees, by ascending participant."""

    def __init__(self, summaries: Iterable[Summary]) -> None:
        self.summaries = sorted(summaries, key=lambda each: each.participant)
        self._tree = _levels([each.leaf for each in self.summaries])

    @property
    def root(self) -> bytes:
        """The cycle's root."""
        return self._tree[-1][0]

    def path(self, participant: int) -> tuple[bytes, ...]:
        """Return the nodes from a member's subtree up to the root."""
        return _path(self._tree, [each.participant for each in self.summaries].index(participant))


def is_in_subtree(payment: GrossPayment, summary: Summary, *, index: int, path: Sequence[bytes]) -> bool:
    """Tell whether a payment is at a place of the subtree that a member speaks of."""
    if not 0 <= index < summary.count or len(path) != depth_of(summary.count):
        return False
    return root_from(payment.leaf(index), index, path) == summary.root


def payment_path(tree: CycleTree, summary: Summary, *, index: int, path: Sequence[bytes]) -> PaymentPath:
    """Return where a payment of a member's subtree is in the whole cycle."""
    return PaymentPath(
        index=index, count=summary.count, path=tuple(path), subtree_path=tree.path(summary.participant)
    )


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the levels of a tree, its leaves first; the last node of an odd level is paired with nothing."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1] + [_NOTHING] * (len(levels[-1]) % 2)
        levels.append([keccak(below[at] + below[at + 1]) for at in range(0, len(below), 2)])
    return levels


def _path(levels: Sequence[Sequence[bytes]], place: int) -> tuple[bytes, ...]:
    found = []
    for level in levels[:-1]:
        beside = place ^ 1
        found.append(level[beside] if beside < len(level) else _NOTHING)
        place //= 2
    return tuple(found)
