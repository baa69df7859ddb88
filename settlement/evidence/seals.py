"""QBFT: what validators seal, and whether enough of them did (EIP-650's successor; Besu, GoQuorum).

``extraData = [vanity (32 bytes), [validators], vote, round, [seals]]``; a vote is ``[]`` or
``[address, 0xff to add or nothing to drop]``, a seal r ‖ s ‖ v with v 0 or 1. A block's hash is over its
header with the round 0 and no seals, since two honest nodes may hold other rounds and seals of one block;
a seal is over the header with the round as it is and no seals.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from settlement.errors import InvalidRlp, InvalidSeals
from settlement.evidence import rlp
from settlement.evidence.header import Header
from settlement.evidence.signature import signer

VANITY_BYTES, ADDRESS_BYTES, SEAL_BYTES = 32, 20, 65
VALIDATORS_MAX = 1024
_FIELDS = 5
_VOTE_FIELDS = (0, 2)
_ADD = b"\xff"
_DROPS = (b"", b"\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraData:
    """The consensus part of a header. `vote` is whom its proposer wants added (True) or dropped (False)."""

    vanity: bytes
    validators: tuple[bytes, ...]
    vote: tuple[bytes, bool] | None
    round: int
    seals: tuple[bytes, ...]


def decode(extra_data: bytes) -> ExtraData:
    """Read a header's `extra_data`; raise `InvalidSeals` unless it is the only form of what it says."""
    try:
        vanity, validators, vote, round_number, seals = rlp.items(rlp.decode(extra_data), _FIELDS)
        return ExtraData(
            vanity=rlp.octets(vanity, VANITY_BYTES),
            validators=_validators(validators),
            vote=_vote(vote),
            round=rlp.number(round_number, bytes_max=4),
            seals=tuple(rlp.octets(seal, SEAL_BYTES) for seal in rlp.items(seals)),
        )
    except InvalidRlp as error:
        raise InvalidSeals(f"the block's extra data is not QBFT's: {error.detail}") from None


def block_hash(header: Header) -> bytes:
    """Return a block's hash on a chain with seals; raise `InvalidSeals`."""
    return _without_seals(header, keep_round=False).hash()


def seal_digest(header: Header) -> bytes:
    """Return what the validators seal; raise `InvalidSeals`."""
    return _without_seals(header, keep_round=True).hash()


def quorum(validators: int) -> int:
    """Return how many of so many validators must seal: two thirds, rounded up."""
    return -(-2 * validators // 3)


def require_seals(header: Header, validators: Iterable[bytes]) -> int:
    """Return how many validators sealed a block; raise `InvalidSeals` unless it is a quorum of these.

    Every seal must be one of theirs, and no validator's may come twice.
    """
    allowed, seals = frozenset(validators), decode(header.extra_data).seals
    if not allowed:
        raise InvalidSeals(f"nobody is known to be a validator of block {header.number}")
    if len(seals) > len(allowed):
        raise InvalidSeals(f"block {header.number} has {len(seals)} seals of {len(allowed)} validators")
    digest = seal_digest(header)
    signers = [signer(digest, seal) for seal in seals]
    for each in signers:
        if each not in allowed:
            who = "nobody" if each is None else f"0x{each.hex()}"
            raise InvalidSeals(f"block {header.number} is sealed by {who}, no validator of it")
    if len(set(signers)) != len(signers):
        raise InvalidSeals(f"block {header.number} has two seals of one validator")
    if len(signers) < quorum(len(allowed)):
        raise InvalidSeals(
            f"block {header.number} has {len(signers)} seals; {quorum(len(allowed))} of its {len(allowed)} "
            "validators make it final"
        )
    return len(signers)


def validators_after(known: frozenset[bytes], parent: Header, header: Header) -> frozenset[bytes]:
    """Return the validators of `header`, whose parent's were `known`; raise `InvalidSeals`.

    They are the same or differ by the one whom the parent's vote names: a block carries one vote, and takes
    effect in the next. Where a contract keeps the validators headers list none, and the known ones stay.
    """
    listed = decode(header.extra_data).validators
    if not listed or frozenset(listed) == known:
        return known
    vote = decode(parent.extra_data).vote
    if vote is not None:
        whom, added = vote
        if frozenset(listed) == (known | {whom} if added else known - {whom}):
            return frozenset(listed)
    raise InvalidSeals(f"block {header.number} lists other validators than follow from the block before it")


def _without_seals(header: Header, *, keep_round: bool) -> Header:
    decode(header.extra_data)
    vanity, validators, vote, round_number, _ = rlp.items(rlp.decode(header.extra_data), _FIELDS)
    kept = round_number if keep_round else b""
    return replace(header, extra_data=rlp.encode([vanity, validators, vote, kept, []]))


def _validators(item: rlp.Item) -> tuple[bytes, ...]:
    found = tuple(rlp.octets(each, ADDRESS_BYTES) for each in rlp.items(item))
    if len(found) > VALIDATORS_MAX or len(set(found)) != len(found):
        raise InvalidRlp("a validator is listed twice, or there are too many")
    return found


def _vote(item: rlp.Item) -> tuple[bytes, bool] | None:
    found = rlp.items(item, *_VOTE_FIELDS)
    if not found:
        return None
    kind = rlp.octets(found[1])
    if kind != _ADD and kind not in _DROPS:
        raise InvalidRlp("a vote neither adds nor drops")
    return rlp.octets(found[0], ADDRESS_BYTES), kind == _ADD
