"""Several endpoints as witnesses of one another: so many of them must tell a block alike before it counts."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from node.chain.failover import FailoverChain
from node.chain.protocol import Block, Chain
from node.clock import Clock
from node.errors import AgreementMissing, EndpointsDisagree, SettingsInvalid

# RPC nodes hear of a block one after the other; so long that is nothing to tell a person.
PATIENCE_SECONDS = 10
_TOLD_MAX = 500

_Answer = TypeVar("_Answer", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """What endpoints say of blocks: by name, the newest of them that each has as final.

    `agreeing` its height, `differing` its height and the other hash that is told for it.
    """

    agreeing: Mapping[str, int]
    differing: Mapping[str, tuple[int, bytes]]
    silent: tuple[str, ...]


class Witnesses:
    """The endpoints of a chain, of which `needed` must serve the same block. `agreed` is for one thread."""

    def __init__(self, chain: FailoverChain, *, needed: int, clock: Clock) -> None:
        """Take the endpoints; raise `SettingsInvalid` when there are fewer than are needed."""
        if needed > len(chain.names):
            raise SettingsInvalid(
                f"VOSTRO_RPC_AGREEMENT: {needed} endpoints must agree, "
                f"VOSTRO_RPC_URL names {len(chain.names)}"
            )
        self.needed = needed
        self._chain = chain
        self._clock = clock
        self._short_since: float | None = None

    def agreed(self, blocks: Sequence[Block]) -> Sequence[Block]:
        """Return those of these consecutive blocks that enough endpoints serve under the same hash.

        They are the first ones: none while endpoints catch up, which is waited for. Raise `AgreementMissing`
        when that takes long, `EndpointsDisagree` when one has another block as final.
        """
        if not blocks:
            return blocks
        known = {block.height: block.hash for block in blocks}
        voices = self.ask(known)
        if voices.differing:
            raise self._disagreement(known, blocks, voices)
        reached = sorted(voices.agreeing.values(), reverse=True)
        if len(reached) < self.needed:
            self._wait(voices, blocks[0].height)
            return ()
        self._short_since = None
        return blocks[: reached[self.needed - 1] - blocks[0].height + 1]

    def same(self, question: Callable[[Chain], _Answer], height: int) -> _Answer:
        """Return what enough endpoints answer about a block; `question` raises `ChainUnavailable` at most.

        Raise `AgreementMissing`, and `EndpointsDisagree` for two answers.
        """
        answers = self._chain.each(question)
        if len(set(answers.values())) > 1:
            told = "; ".join(f"{name}: {answer!r}" for name, answer in answers.items())
            raise EndpointsDisagree(f"endpoints answer differently about block {height}: {told[:_TOLD_MAX]}")
        if len(answers) < self.needed:
            silent = tuple(name for name in self._chain.names if name not in answers)
            agreeing = dict.fromkeys(answers, height)
            raise self.missing(Voices(agreeing=agreeing, differing={}, silent=silent), height)
        return next(iter(answers.values()))

    def ask(self, known: Mapping[int, bytes]) -> Voices:
        """Ask each endpoint for the hash of the newest of these blocks (by height) that it has as final.

        The blocks follow on each other, so who has one of them has all before it.
        """
        first, last = min(known), max(known)

        def told(chain: Chain) -> tuple[int, bytes] | None:
            height = min(chain.final_height(), last)
            return None if height < first else (height, chain.block_hash(height))

        answers = {name: answer for name, answer in self._chain.each(told).items() if answer is not None}
        return Voices(
            agreeing={name: height for name, (height, told) in answers.items() if told == known[height]},
            differing={name: answer for name, answer in answers.items() if answer[1] != known[answer[0]]},
            silent=tuple(name for name in self._chain.names if name not in answers),
        )

    def missing(self, voices: Voices, height: int) -> AgreementMissing:
        """Return the error that says who does not serve a block."""
        return AgreementMissing(
            f"{len(voices.agreeing)} of {len(self._chain.names)} endpoints serve block {height}, "
            f"{self.needed} must (VOSTRO_RPC_AGREEMENT); no answer or not so far: "
            f"{', '.join(voices.silent) or 'none'}"
        )

    def _wait(self, voices: Voices, height: int) -> None:
        now = self._clock.now()
        if self._short_since is None or now < self._short_since:
            self._short_since = now
        if now - self._short_since >= PATIENCE_SECONDS:
            raise self.missing(voices, height)

    def _disagreement(
        self, known: Mapping[int, bytes], blocks: Sequence[Block], voices: Voices
    ) -> EndpointsDisagree:
        """Find the first block that is told in two ways, and keep every header that is told for it."""
        first = blocks[0].height

        def first_different(chain: Chain) -> int | None:
            heights = range(first, min(chain.final_height(), blocks[-1].height) + 1)
            place = bisect_left(heights, True, key=lambda height: chain.block_hash(height) != known[height])
            return heights[place] if place < len(heights) else None

        places = [place for place in self._chain.each(first_different).values() if place is not None]
        height = min([*places, *(place for place, _ in voices.differing.values())])
        told = self._chain.each(lambda chain: chain.block(height).header.encoded())
        others = ", ".join(
            f"{name} has block {place} as 0x{other.hex()}"
            for name, (place, other) in voices.differing.items()
        )
        return EndpointsDisagree(
            f"{others}, others do not: an endpoint lies, or the validators sealed two blocks. What each "
            f"tells of block {height}, the first of these, is kept with the incident",
            versions=(("this node", blocks[height - first].header.encoded()), *sorted(told.items())),
        )
