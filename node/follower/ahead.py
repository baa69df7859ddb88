"""The next blocks, fetched while those before are checked and written: for catching up."""

from concurrent.futures import Executor, Future
from dataclasses import dataclass

from node.chain.protocol import Block, Chain


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coming:
    first: int
    last: int
    blocks: Future[list[Block]]


class Ahead:
    """Fetches blocks, and at most once ahead of what is asked for; without an executor never."""

    def __init__(self, chain: Chain, executor: Executor | None) -> None:
        self._chain = chain
        self._executor = executor
        self._coming: _Coming | None = None

    def blocks(self, first: int, last: int, *, final: int) -> list[Block]:
        """Return the blocks from `first`: those begun, if they are these and final, else up to `last`.

        Raise what the fetching raised. What was begun and is not wanted any more is dropped.
        """
        coming, self._coming = self._coming, None
        if coming is not None:
            if coming.first == first and coming.last <= final:
                return coming.blocks.result()
            coming.blocks.cancel()
        return self._chain.blocks(first, last)

    def begin(self, first: int, last: int) -> None:
        """Begin to fetch blocks that are final."""
        if self._executor is not None and first <= last:
            blocks = self._executor.submit(self._chain.blocks, first, last)
            self._coming = _Coming(first=first, last=last, blocks=blocks)
