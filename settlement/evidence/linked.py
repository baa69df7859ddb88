"""Headers one after the other, each the next one's parent, held against a checkpoint; and what is final.

They come in ascending order and are not kept, so that a file of any length is checked in little memory.
"""

from dataclasses import dataclass, field

from settlement.errors import InvalidSeals, UnprovenClaim
from settlement.evidence import header, seals
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.header import Header


@dataclass(slots=True, kw_only=True)
class Links:
    """What links headers to the checkpoint, whose height is among theirs. `height`: of the next one."""

    checkpoint: Checkpoint
    height: int
    _known: bytes | None = field(default=None)

    def take(self, encoded: bytes) -> Header:
        """Return the next header, having checked that it belongs here; raise `InvalidEvidence`."""
        found, height = header.decode(encoded), self.height
        if found.number != height or (self._known is not None and found.parent_hash != self._known):
            raise UnprovenClaim(f"the header given for block {height} does not follow on the one before")
        known = seals.block_hash(found) if self.checkpoint.validators else found.hash()
        if height == self.checkpoint.height and known != self.checkpoint.block_hash:
            raise UnprovenClaim(f"block {height} is 0x{known.hex()}, not the checkpoint's: another chain")
        if height == 0 and known != self.checkpoint.genesis_hash:
            raise UnprovenClaim("the first block is not the checkpoint's genesis")
        self.height, self._known = height + 1, known
        return found


@dataclass(slots=True, kw_only=True)
class Finality:
    """Whether block `height` is final: it takes each header from the checkpoint on, if that is before.

    With seals: of a block at or before the checkpoint its own list of validators counts, since the
    checkpoint's hash has it in it; after it the checkpoint's, changed only as sealed votes say.
    """

    checkpoint: Checkpoint
    height: int
    _known: frozenset[bytes] = field(default=frozenset())
    _parent: Header | None = field(default=None)
    _sealed: str = field(default="")

    def take(self, given: Header) -> None:
        """Look at the next header; raise `InvalidSeals` where it is not sealed as it must be."""
        if not self.checkpoint.validators or given.number > self.height:
            return
        if given.number <= self.checkpoint.height:
            self._take_before(given)
        elif self._parent is not None:
            self._follow(self._parent, given)
        self._parent = given
        if given.number == self.height:
            self._sealed = self._sealing(given)

    def sentence(self) -> str:
        """Return why the block is final; raise `UnprovenClaim` where nothing says that it is."""
        if self._sealed:
            return self._sealed
        if self.checkpoint.validators or self.height > self.checkpoint.height:
            raise UnprovenClaim("without seals only a checkpoint at or after the block proves it")
        return "finality not proven by seals; the block is as final as the checkpoint's"

    def _take_before(self, given: Header) -> None:
        if given.number not in (self.height, self.checkpoint.height):
            return
        known = frozenset(self.checkpoint.validators)
        listed = frozenset(seals.decode(given.extra_data).validators) or known
        if given.number == self.checkpoint.height and listed != known:
            raise InvalidSeals("the checkpoint's block lists other validators than the checkpoint")
        self._known = listed

    def _follow(self, parent: Header, given: Header) -> None:
        following = seals.validators_after(self._known, parent, given)
        if following != self._known:
            # Else fewer than a quorum could vote out whoever is in their way.
            if parent.number > self.checkpoint.height:
                seals.require_seals(parent, self._known)
            seals.require_seals(given, following)
        self._known = following

    def _sealing(self, given: Header) -> str:
        if given.number == 0:
            return "the genesis block, which the checkpoint names"
        count = seals.require_seals(given, self._known)
        return f"sealed by {count} of {len(self._known)} validators"
