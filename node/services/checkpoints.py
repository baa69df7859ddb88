"""Checkpoints of several banks held against each other and against this node's own mirror."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.chain.contracts import Contracts
from node.chain.engines import engine
from node.chain.protocol import Chain
from node.errors import StoreInconsistent
from node.mirror.head import head
from node.mirror.material import headers_between
from node.mirror.registry import directory, key
from node.services.evidence import make_checkpoint
from node.settings import Settings
from node.store.session import Store
from settlement.evidence import header, seals
from settlement.evidence.checkpoint import Checkpoint, differences

_HEADERS_AT_ONCE = 5_000
# What two checkpoints of one chain share whatever their heights.
_OF_A_HEIGHT = frozenset({"height", "block_hash", "validators"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One checkpoint: who signed it, and in what it differs from the first one and from this node's own.

    `mirrored`: this node has come so far, so that it can tell. Of another height than the first only what
    holds at every height is compared with that.
    """

    height: int
    block_hash: bytes
    signed_by: tuple[str, ...]
    mirrored: bool
    differs_from_first: tuple[str, ...]
    differs_from_node: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every checkpoint, and of how many headers the chain is that leads from the lowest to the highest.

    `headers` is None where this node can't tell whether the higher one descends from the lower.
    """

    compared: tuple[Compared, ...]
    headers: int | None

    @property
    def agree(self) -> bool:
        """Tell whether they are of one chain, by all that this node knows."""
        told = (each.differs_from_first or each.differs_from_node for each in self.compared)
        return self.headers is not None and not any(told)


def compare(
    store: Store, settings: Settings, contracts: Contracts, chain: Chain, given: Sequence[Checkpoint]
) -> Comparison:
    """Compare checkpoints with the first and with the mirror; raise `StoreInconsistent`, `ChainError`."""
    with store.snapshot() as connection:
        newest = head(connection)
        names = [_signers(connection, each) for each in given]
    height = -1 if newest is None else newest.height
    compared = []
    for each, signed_by in zip(given, names, strict=True):
        mirrored = each.height <= height
        own = make_checkpoint(store, settings, contracts, chain, height=each.height) if mirrored else each
        compared.append(
            Compared(
                height=each.height,
                block_hash=each.block_hash,
                signed_by=signed_by,
                mirrored=mirrored,
                differs_from_first=_from_first(given[0], each),
                differs_from_node=tuple(differences(own, each)),
            )
        )
    ours = all(each.mirrored and "block_hash" not in each.differs_from_node for each in compared)
    heights = [each.height for each in given]
    headers = None
    if ours:
        with store.snapshot() as connection:
            headers = _linked(connection, settings, min(heights), max(heights))
    return Comparison(compared=tuple(compared), headers=headers)


def _from_first(first: Checkpoint, each: Checkpoint) -> tuple[str, ...]:
    found = differences(first, each)
    if first.height != each.height:
        found = [name for name in found if name not in _OF_A_HEIGHT]
    return tuple(found)


def _signers(connection: Connection, checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return who signed, by address and by whose key that is in the mirror."""
    told = []
    for address in (each.signer for each in checkpoint.signatures):
        known = key(connection, address)
        whose = "no registered key"
        if known is not None:
            bic = directory(connection).get(known.participant).bic
            whose = f"{known.role.name.lower()} key of {bic}" + (", revoked" if known.revoked else "")
        told.append(f"0x{address.hex()} ({whose})")
    return tuple(told)


def _linked(connection: Connection, settings: Settings, first: int, last: int) -> int:
    """Return how many headers lead from one mirrored block to another, each the parent of the next."""
    hash_of = seals.block_hash if engine(settings.engine).sealed else header.Header.hash
    known: bytes | None = None
    for start in range(first, last + 1, _HEADERS_AT_ONCE):
        for encoded in headers_between(connection, start, min(start + _HEADERS_AT_ONCE - 1, last)):
            read = header.decode(encoded)
            if known is not None and read.parent_hash != known:
                raise StoreInconsistent(f"header {read.number} does not follow on the one before it")
            known = hash_of(read)
    return last - first + 1
