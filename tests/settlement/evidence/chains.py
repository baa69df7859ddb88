"""A sealed chain whose blocks hold what a test wants, and a history of it as anybody would write one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eth_abi.abi import encode

from settlement.evidence import seals
from settlement.evidence.account import AccountEntry
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.completeness import verify_history
from settlement.evidence.declared import LAYOUTS
from settlement.evidence.header import Header
from settlement.evidence.history import AccountSubject, Head, KeySubject, write_block, write_head
from settlement.evidence.receipts import ReceiptLog
from settlement.posting import Bucket
from tests.settlement.evidence.material import (
    CHAIN_ID,
    CONTRACTS,
    FOUR,
    Content,
    addresses,
    extra_data,
    finish,
    header,
    receipt,
    seal,
)

_LAYOUTS = {(contract, each.name): each for contract, known in LAYOUTS.items() for each in known.values()}
FOREIGN = ReceiptLog(address=b"\x77" * 20, topics=(), data=b"another's")


def log(contract: str, name: str, *arguments: object) -> ReceiptLog:
    """A log of one of the contracts: its arguments, indexed ones first."""
    layout = _LAYOUTS[contract, name]
    count = len(layout.indexed)
    topics = [
        encode([kind], [value]) for (_, kind), value in zip(layout.indexed, arguments[:count], strict=True)
    ]
    return ReceiptLog(
        address=CONTRACTS[contract].address,
        topics=(layout.topic, *topics),
        data=encode([kind for _, kind in layout.plain], arguments[count:]),
    )


def balances(available: int = 0, locked: int = 0, issued: int = 0) -> dict[Bucket, int]:
    """Balances by bucket."""
    return {Bucket.AVAILABLE: available, Bucket.LOCKED: locked, Bucket.ISSUED: issued}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A checkpoint, a chain from its genesis on, the receipts of its blocks, and what is claimed of them."""

    checkpoint: Checkpoint
    headers: tuple[Header, ...]
    receipts: Mapping[int, tuple[bytes, ...]]
    head: Head

    def lines(self) -> list[bytes]:
        """The history as lines, as far as the chain goes."""
        head, height = self.head, self.checkpoint.height
        last = min(max(head.last, height), len(self.headers) - 1)
        found = [write_head(head)]
        for number in range(min(head.first, height), last + 1):
            within = head.first <= number <= head.last
            content = self.receipts.get(number, ()) if within else None
            found.append(write_block(self.headers[number].encoded(), content))
        return found

    def claiming(self, **changes: object) -> "Story":
        """The same with something else claimed of its subject."""
        subject = replace(self.head.subject, **changes)  # type: ignore[arg-type]
        return replace(self, head=replace(self.head, subject=subject))

    def over(self, first: int, last: int) -> "Story":
        """The same of another range."""
        return replace(self, head=replace(self.head, first=first, last=last))

    def with_receipts(self, height: int, *given: bytes) -> "Story":
        """The same with other receipts told of a block."""
        return replace(self, receipts={**self.receipts, height: given})


def story(
    blocks: Sequence[Sequence[Sequence[ReceiptLog]]],
    subject: AccountSubject | KeySubject,
    *,
    first: int = 0,
    checkpoint: int | None = None,
    sealed: bool = True,
) -> Story:
    """A chain whose block n + 1 has a receipt for each list of logs in `blocks[n]`, after the genesis."""
    contents = [Content(), *(Content(receipts=tuple(receipt(*logs) for logs in each)) for each in blocks)]
    headers: list[Header] = []
    listed = addresses(FOUR)
    for content in contents:
        extra = extra_data(listed) if sealed else b"dev"
        made = header(headers[-1] if sealed and headers else None, content, extra=extra,
                      parent_hash=headers[-1].hash() if headers and not sealed else None)  # fmt: skip
        made = replace(made, number=len(headers))
        headers.append(seal(made, FOUR[:3]) if sealed and headers else made)
    last = len(headers) - 1
    at = last if checkpoint is None else checkpoint
    return Story(
        checkpoint=finish(
            headers, block=at, checkpoint=at, found=_PROVABLE, validators=listed if sealed else ()
        ).checkpoint,
        headers=tuple(headers),
        receipts={height: content.receipts for height, content in enumerate(contents)},
        head=Head(chain_id=CHAIN_ID, first=first, last=last, subject=subject),
    )


# `finish` makes a bundle too, which no history needs.
_PROVABLE = Content(transactions=(b"\1",) * 3, receipts=(receipt(FOREIGN),) * 3)


@dataclass(slots=True)
class Told:
    """What the verifier said of a history."""

    checks: list[Check] = field(default_factory=list)
    entries: list[AccountEntry] = field(default_factory=list)


def checked(given: Story, change: Callable[[list[bytes]], list[bytes]] = list) -> Told:
    """Verify a history, or what somebody made of its lines."""
    told = Told()
    told.checks.extend(verify_history(iter(change(given.lines())), given.checkpoint, told.entries.append))
    return told


def resealed(given: Story, height: int, keys: Sequence[int]) -> Story:
    """The same with a block that other validators sealed; its hash is the same."""
    sealed_again = seal(given.headers[height], [FOUR[key] for key in keys])
    assert seals.block_hash(sealed_again) == seals.block_hash(given.headers[height])
    headers = (*given.headers[:height], sealed_again, *given.headers[height + 1 :])
    return replace(given, headers=headers)
