"""Checks a history against a checkpoint: every receipt of every block is there, and what follows from them.

A block's receipts are all there when they make its receipts root again: that root is in the header, whose
hash the next header names, up to the checkpoint. Blooms are not asked: one that is set proves nothing.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from settlement.errors import InvalidBundle, InvalidEvidence, UnprovenClaim
from settlement.evidence import history, receipts, trie
from settlement.evidence.account import Account, AccountEntry
from settlement.evidence.authority import Authority
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.header import Header
from settlement.evidence.history import AccountSubject, Head
from settlement.evidence.linked import Finality, Links
from settlement.evidence.receipts import ReceiptBody


class _Reading(Protocol):
    """Something that is derived from all receipts."""

    def read(self, height: int, timestamp: int, receipts: list[ReceiptBody], /) -> None:
        """Read all receipts of the next block."""
        ...

    def found(self) -> str:
        """Return what they come to; raise `UnprovenClaim` unless it is what the file says."""
        ...


class History:
    """A history on its way through the checks. `stage`: the check that is at work while blocks are read."""

    def __init__(
        self, lines: Iterator[bytes], checkpoint: Checkpoint, take: Callable[[AccountEntry], None]
    ) -> None:
        self._lines = lines
        self._checkpoint = checkpoint
        self._take = take
        self._head: Head
        self._subject: str
        self._finality: Finality
        self._reading: _Reading
        self._count = 0
        self.stage = ""

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield each check by its name. The blocks are read once, in the first of those that need them."""
        yield "file", self._check_file
        yield "chain", self._check_chain
        yield "headers", self._check_blocks
        yield "finality", self._finality.sentence
        yield "receipts", self._check_receipts
        yield self._subject, self._reading.found

    def _check_file(self) -> str:
        head = self._head = history.read_head(next(self._lines, b""))
        subject = head.subject
        if isinstance(subject, AccountSubject):
            self._subject, told = "account", f"asset {subject.asset} of participant {subject.participant}"
        else:
            self._subject, told = "key", f"the key 0x{subject.address.hex()}"
        return f"history of {told}, blocks {head.first} to {head.last}"

    def _check_chain(self) -> str:
        if self._head.chain_id != self._checkpoint.chain_id:
            raise UnprovenClaim(
                f"it is of chain {self._head.chain_id}, the checkpoint of {self._checkpoint.chain_id}"
            )
        return f"chain {self._head.chain_id}, genesis 0x{self._checkpoint.genesis_hash.hex()}"

    def _check_blocks(self) -> str:
        head, checkpoint = self._head, self._checkpoint
        first, last = min(head.first, checkpoint.height), max(head.last, checkpoint.height)
        if last - first >= history.BLOCKS_MAX:
            raise UnprovenClaim(f"the checkpoint is more than {history.BLOCKS_MAX} blocks away")
        self.stage = self._subject
        self._reading = self._begun()
        self._finality = Finality(checkpoint=checkpoint, height=head.last)
        links = Links(checkpoint=checkpoint, height=first)
        for height in range(first, last + 1):
            self._read_block(height, links)
        self.stage = "file"
        if next(self._lines, b""):
            raise InvalidBundle("the file goes on after its last block")
        self.stage = ""
        return f"blocks {head.first} to {head.last} are of the checkpoint's chain (block {checkpoint.height})"

    def _begun(self) -> _Reading:
        head = self._head
        if isinstance(head.subject, AccountSubject):
            return Account(head.subject, self._checkpoint, first=head.first, take=self._take)
        return Authority(head.subject, self._checkpoint)

    def _read_block(self, height: int, links: Links) -> None:
        head = self._head
        within = head.first <= height <= head.last
        self.stage = "file"
        line = next(self._lines, b"")
        if not line.endswith(b"\n"):
            raise InvalidBundle(f"the file ends before block {height}, or in the middle of it")
        encoded, given = history.read_block(line, within=within)
        self.stage = "headers"
        block = links.take(encoded)
        self.stage = "finality"
        self._finality.take(block)
        if within:
            self.stage = "receipts"
            found = _all_receipts(block, given)
            self._count += len(found)
            self.stage = self._subject
            self._reading.read(height, block.timestamp, found)

    def _check_receipts(self) -> str:
        head = self._head
        return (
            f"all {self._count} receipts of {head.last - head.first + 1} blocks, each as its header has them"
        )


def _all_receipts(block: Header, given: tuple[bytes, ...]) -> list[ReceiptBody]:
    if trie.root(given) != block.receipts_root:
        raise UnprovenClaim(
            f"these are not the receipts of block {block.number}: one is false, missing or made up"
        )
    found = [receipts.decode(each) for each in given]
    if any(each.logs and not each.succeeded for each in found):
        raise UnprovenClaim(f"in block {block.number} a transaction that reverted has logs")
    return found


def verify_history(
    lines: Iterator[bytes], checkpoint: Checkpoint, take: Callable[[AccountEntry], None] = lambda _: None
) -> Iterator[Check]:
    """Yield each check that held; raise `InvalidEvidence` at the first that did not, `param` its name.

    `lines` each end in a line feed. `take` is given the entries of an account while they are derived: they
    are proven only when all checks have held.
    """
    evidence = History(lines, checkpoint, take)
    for name, check in evidence.checks():
        try:
            found = check()
        except InvalidEvidence as error:
            error.param = evidence.stage or name
            raise
        yield Check(name=name, found=found)
