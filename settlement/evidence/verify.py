"""Checks evidence against a checkpoint, one thing after the other; nothing is believed that was not checked.

Where the checkpoint names validators, the block is final by their seals: its own where it is before the
checkpoint, and from the checkpoint on each change of validators is followed header by header. Where it
names none, the block must lie at or before the checkpoint, and that it is final is the checkpoint's word.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from settlement.errors import InvalidEvidence, UnprovenClaim
from settlement.evidence import receipts, transactions, trie
from settlement.evidence.bundle import Bundle, read_bundle
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.claim import Claim, claim_of, topic_of
from settlement.evidence.cycle import CyclePayment, claim_in_cycle
from settlement.evidence.linked import Finality, Links

if TYPE_CHECKING:
    from settlement.evidence.header import Header


class Evidence:
    """A bundle on its way through the checks; each check leaves what the next ones stand on."""

    def __init__(self, content: bytes, checkpoint: Checkpoint) -> None:
        self._content = content
        self._checkpoint = checkpoint
        self._bundle: Bundle
        self._headers: list[Header]
        self._block: Header
        self._settled: bytes
        self._claim: Claim

    def checks(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield each check by its name, in the order in which they stand on each other."""
        yield "file", self._check_file
        yield "chain", self._check_chain
        yield "headers", self._check_headers
        yield "finality", self._check_finality
        yield "transaction", self._check_transaction
        yield "receipt", self._check_receipt
        if self._bundle.cycle is not None:
            yield "cycle", partial(self._check_cycle, self._bundle.cycle)
        yield "document", self._check_document

    def _check_file(self) -> str:
        self._bundle = read_bundle(self._content)
        return f"evidence of {self._bundle.contract}.{self._bundle.event}, {len(self._content)} bytes"

    def _check_chain(self) -> str:
        if self._bundle.chain_id != self._checkpoint.chain_id:
            raise UnprovenClaim(
                f"it is of chain {self._bundle.chain_id}, the checkpoint of {self._checkpoint.chain_id}"
            )
        return f"chain {self._bundle.chain_id}, genesis 0x{self._checkpoint.genesis_hash.hex()}"

    def _check_headers(self) -> str:
        ends = sorted((self._bundle.height, self._checkpoint.height))
        if len(self._bundle.headers) != ends[1] - ends[0] + 1:
            raise UnprovenClaim(
                f"{len(self._bundle.headers)} headers do not reach from block {ends[0]} to {ends[1]}"
            )
        links = Links(checkpoint=self._checkpoint, height=ends[0])
        self._headers = [links.take(encoded) for encoded in self._bundle.headers]
        self._block = self._headers[self._bundle.height - ends[0]]
        return f"block {self._bundle.height} is of the checkpoint's chain (block {self._checkpoint.height})"

    def _check_finality(self) -> str:
        finality = Finality(checkpoint=self._checkpoint, height=self._bundle.height)
        for each in self._headers:
            finality.take(each)
        return finality.sentence()

    def _check_transaction(self) -> str:
        place = self._bundle.transaction_index
        raw = trie.proven(self._block.transactions_root, place, self._bundle.transaction)
        found = transactions.decode(raw)
        if found.chain_id != self._checkpoint.chain_id:
            raise UnprovenClaim(f"the transaction is signed for chain {found.chain_id}")
        return f"0x{found.hash.hex()}, number {place} in the block, signed by 0x{found.sender.hex()}"

    def _check_receipt(self) -> str:
        place, bundle = self._bundle.transaction_index, self._bundle
        found = receipts.decode(trie.proven(self._block.receipts_root, place, bundle.receipt))
        if not found.succeeded:
            raise UnprovenClaim("the transaction reverted: status 0")
        if bundle.log >= len(found.logs):
            raise UnprovenClaim(f"the receipt has {len(found.logs)} logs, none at {bundle.log}")
        log = found.logs[bundle.log]
        if log.address != self._checkpoint.address(bundle.contract):
            raise UnprovenClaim(f"0x{log.address.hex()} wrote it, not the checkpoint's {bundle.contract}")
        if log.topics != (topic_of(bundle.contract, bundle.event),):
            raise UnprovenClaim(f"the log is not {bundle.contract}.{bundle.event}")
        if bundle.cycle is not None:
            self._settled = log.data
            return f"cycle 0x{log.data.hex()} settled"
        self._claim = claim_of(bundle.event, log)
        return self._claim.sentence()

    def _check_cycle(self, given: CyclePayment) -> str:
        self._claim = claim_in_cycle(given, settled=self._settled, checkpoint=self._checkpoint)
        return self._claim.sentence("affirmed by both sides as payment")

    def _check_document(self) -> str:
        if self._bundle.document is None or self._bundle.salt is None:
            return "none given; the chain's commitment stays closed"
        self._claim.require_document(self._bundle.document, self._bundle.salt, self._checkpoint)
        return "the document is the one the chain committed to"


def verify(content: bytes, checkpoint: Checkpoint) -> Iterator[Check]:
    """Yield each check that held; raise `InvalidEvidence` at the first that did not, `param` its name."""
    for name, check in Evidence(content, checkpoint).checks():
        try:
            found = check()
        except InvalidEvidence as error:
            error.param = name
            raise
        yield Check(name=name, found=found)
