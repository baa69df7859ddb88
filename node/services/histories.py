"""Histories of an account or a key, from what was kept when blocks were checked; no chain node is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import Connection

from node.chain.contracts import Contracts
from node.errors import EvidenceMissing, NotFound, StoreInconsistent
from node.mirror.authorised import authorised_at, registered_in
from node.mirror.cycles import settled_cycles
from node.mirror.head import timestamp_of
from node.mirror.ledger import Place, balance_at
from node.mirror.material import headers_between, materials_between
from node.services.evidence import checkpoint_at, mirrored_height
from node.services.filters import InvalidFilter
from node.settings import Settings
from node.store.session import Store
from settlement.errors import InvalidEvidence
from settlement.evidence import header, trie
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.completeness import verify_history
from settlement.evidence.history import (
    BLOCKS_MAX,
    LINE_BYTES_MAX,
    AccountSubject,
    Head,
    KeySubject,
    write_block,
    write_head,
)
from settlement.posting import Bucket

_HEADERS_PER_QUERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Blocks, both ends included, and where the checkpoint is; None: the newest mirrored block."""

    first: int = 0
    last: int | None = None
    height: int | None = None


def write_account_history(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    *,
    asset: int,
    participant: int,
    blocks: Range,
    into: BinaryIO,
    bytes_max: int,
) -> None:
    """Write the file from which anybody derives all entries of an account in a range of blocks.

    It is read back and checked before it is given away: `into` is at its end then. Raise `InvalidFilter`
    (no such range, or more bytes than `bytes_max`), `EvidenceMissing`, `StoreInconsistent`.
    """
    with store.snapshot() as connection:
        last = mirrored_height(connection, blocks.last)
        places = {bucket: Place(asset=asset, participant=participant, bucket=bucket) for bucket in Bucket}
        head = Head(
            chain_id=contracts.deployment.chain_id,
            first=blocks.first,
            last=last,
            subject=AccountSubject(
                asset=asset,
                participant=participant,
                opening={
                    each: balance_at(connection, place, height=blocks.first - 1)
                    for each, place in places.items()
                },
                closing={each: balance_at(connection, place, height=last) for each, place in places.items()},
                cycles=tuple(settled_cycles(connection, blocks.first, last)),
            ),
        )
        checkpoint = _checkpoint(connection, settings, contracts, blocks)
        _write(connection, head, checkpoint, into, bytes_max)
    _require_proof(into, checkpoint)


def write_key_history(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    *,
    address: bytes,
    blocks: Range,
    into: BinaryIO,
    bytes_max: int,
) -> None:
    """Write the file that proves what a key might do after a block, from its registration on.

    Raise as `write_account_history`, and `NotFound` for a key that is not registered.
    """
    with store.snapshot() as connection:
        last = mirrored_height(connection, blocks.last)
        known = authorised_at(connection, last)
        key, timestamp = known.keys.get(address), timestamp_of(connection, last)
        if key is None or timestamp is None:
            raise NotFound(f"no key 0x{address.hex()} is registered at block {last}")
        if not key.valid_at(timestamp):
            raise EvidenceMissing(f"the key might not act at block {last}: it was revoked or not valid then")
        head = Head(
            chain_id=contracts.deployment.chain_id,
            first=registered_in(connection, address),
            last=last,
            subject=KeySubject(address=address, participant=key.participant, role=key.role),
        )
        checkpoint = _checkpoint(connection, settings, contracts, blocks)
        _write(connection, head, checkpoint, into, bytes_max)
    _require_proof(into, checkpoint)


def _checkpoint(
    connection: Connection, settings: Settings, contracts: Contracts, blocks: Range
) -> Checkpoint:
    return checkpoint_at(connection, settings, contracts, mirrored_height(connection, blocks.height))


def _write(
    connection: Connection, head: Head, checkpoint: Checkpoint, into: BinaryIO, bytes_max: int
) -> None:
    first, last = min(head.first, checkpoint.height), max(head.last, checkpoint.height)
    if not head.first <= head.last or last - first >= BLOCKS_MAX:
        raise InvalidFilter(f"blocks {head.first} to {head.last}: name 1 to {BLOCKS_MAX}", param="first")
    written = into.write(write_head(head))
    for line in _lines(connection, head, first, last):
        written += into.write(line)
        if written > bytes_max:
            raise InvalidFilter(
                f"it has more than {bytes_max} bytes: name fewer blocks, or let the command "
                "`vostro evidence` write it",
                param="last",
            )


def _lines(connection: Connection, head: Head, first: int, last: int) -> Iterator[bytes]:
    for each in _headers(connection, first, head.first - 1):
        yield write_block(each, None)
    for height, material in enumerate(materials_between(connection, head.first, head.last), head.first):
        # What has no receipts in the store has none on the chain, or was never checked.
        if not material.receipts and header.decode(material.header).receipts_root != trie.EMPTY_ROOT:
            raise EvidenceMissing(
                f"block {height} was mirrored without a check of its receipts; set VOSTRO_VERIFICATION to "
                "full and mirror into a fresh database"
            )
        yield write_block(material.header, material.receipts)
    for each in _headers(connection, head.last + 1, last):
        yield write_block(each, None)


def _headers(connection: Connection, first: int, last: int) -> Iterator[bytes]:
    for start in range(first, last + 1, _HEADERS_PER_QUERY):
        yield from headers_between(connection, start, min(last, start + _HEADERS_PER_QUERY - 1))


def _require_proof(written: BinaryIO, checkpoint: Checkpoint) -> None:
    """Raise `StoreInconsistent` when what is kept does not prove what is mirrored."""
    written.seek(0)
    try:
        for _ in verify_history(iter(lambda: written.readline(LINE_BYTES_MAX + 1), b""), checkpoint):
            pass
    except InvalidEvidence as error:
        raise StoreInconsistent(
            f"what is kept does not prove it ({error.param}: {error.detail}); rebuild the mirror and compare"
        ) from None
