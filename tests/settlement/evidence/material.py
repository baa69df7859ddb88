"""A chain whose headers are sealed by the rules, and a payment on it with all its evidence.

Real headers come with the tests on real networks; these are made by the rules that Besu and GoQuorum share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import coincurve
import rlp as library

from settlement.document import Json, canonical, commitment
from settlement.evidence import receipts, seals, trie
from settlement.evidence.bundle import Bundle
from settlement.evidence.checkpoint import Checkpoint, Deployed
from settlement.evidence.header import Header
from settlement.evidence.receipts import ReceiptLog
from settlement.instruction import Terms, keccak

CHAIN_ID = 20_260_000
PAYMENTS, LEDGER, SETTLEMENT = b"\x11" * 20, b"\x12" * 20, b"\x13" * 20
NETTING, PARTICIPANTS = b"\x14" * 20, b"\x15" * 20
CONTRACTS = {
    name: Deployed(address=address, code_hash=keccak(name.encode()))
    for name, address in (
        ("Payments", PAYMENTS),
        ("Ledger", LEDGER),
        ("Settlement", SETTLEMENT),
        ("Netting", NETTING),
        ("Participants", PARTICIPANTS),
    )
}
PAYER = coincurve.PrivateKey(keccak(b"payer"))
VALIDATORS = tuple(coincurve.PrivateKey(keccak(b"validator %d" % number)) for number in range(5))
FOUR = VALIDATORS[:4]
DOCUMENT: dict[str, Json] = {"message": "test", "CdtTrfTxInf": {"purpose": "rent"}}
SALT = bytes(range(32))
TERMS = Terms(sequence=7, asset=840, payer=2, payee=3, amount=125_000)
PAID = keccak(b"Paid(uint256,bytes32)")


def address_of(key: coincurve.PrivateKey) -> bytes:
    return keccak(key.public_key.format(compressed=False)[1:])[12:]


def addresses(keys: Sequence[coincurve.PrivateKey]) -> tuple[bytes, ...]:
    return tuple(sorted(address_of(key) for key in keys))


def extra_data(
    validators: Sequence[bytes],
    *,
    vote: object = (),
    round_number: bytes = b"",
    given: Sequence[bytes] = (),
    more: Sequence[bytes] = (),
) -> bytes:
    """QBFT's extra data, also with what it must not have."""
    encoded: bytes = library.encode([bytes(32), list(validators), vote, round_number, list(given), *more])
    return encoded


def seal(header: Header, keys: Sequence[coincurve.PrivateKey], *, over: bytes | None = None) -> Header:
    """The header with the seals of these keys over its seal digest (or over something else)."""
    found = seals.decode(header.extra_data)
    digest = seals.seal_digest(header) if over is None else over
    given = [key.sign_recoverable(digest, hasher=None) for key in keys]
    vote: object = () if found.vote is None else (found.vote[0], b"\xff" if found.vote[1] else b"")
    round_number = library.encode(found.round)
    extra = extra_data(found.validators, vote=vote, round_number=library.decode(round_number), given=given)
    return replace(header, extra_data=extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The transactions and receipts of a block."""

    transactions: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()


def header(
    parent: Header | None, content: Content, *, extra: bytes, parent_hash: bytes | None = None
) -> Header:
    """The next header, unsealed."""
    known = bytes(32) if parent is None else seals.block_hash(parent)
    number = 0 if parent is None else parent.number + 1
    return Header(
        parent_hash=known if parent_hash is None else parent_hash,
        ommers_hash=keccak(library.encode([])),
        beneficiary=bytes(20),
        state_root=keccak(b"state %d" % number),
        transactions_root=trie.root(content.transactions),
        receipts_root=trie.root(content.receipts),
        bloom=bytes(256),
        difficulty=1,
        number=number,
        gas_limit=30_000_000,
        gas_used=21_000,
        timestamp=1_795_000_000 + number,
        extra_data=extra,
        mix_hash=keccak(b"mix"),
        nonce=bytes(8),
    )


def transaction(nonce: int, *, chain_id: int = CHAIN_ID, key: coincurve.PrivateKey = PAYER) -> bytes:
    """A signed legacy transaction to Payments."""
    fields = [nonce, 0, 1_000_000, PAYMENTS, 0, b"\xab" * 100]
    signature = key.sign_recoverable(keccak(library.encode([*fields, chain_id, 0, 0])), hasher=None)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    encoded: bytes = library.encode([*fields, signature[64] + 35 + 2 * chain_id, r, s])
    return encoded


def paid(terms: Terms = TERMS, *, contract: bytes = PAYMENTS, salt: bytes = SALT) -> ReceiptLog:
    """The log of a payment whose document is `DOCUMENT`."""
    return ReceiptLog(
        address=contract,
        topics=(PAID,),
        data=terms.encoded() + commitment(canonical(DOCUMENT), salt),
    )


def receipt(*logs: ReceiptLog, succeeded: bool = True, kind: int = 0) -> bytes:
    return receipts.encode(kind=kind, succeeded=succeeded, gas_used=50_000, logs=logs)[0]


def content(*third: ReceiptLog, succeeded: bool = True, kind: int = 0, chain_id: int = CHAIN_ID) -> Content:
    """A block of five transactions; ours is the third, with these logs (default: another's, then ours)."""
    other = ReceiptLog(address=b"\x77" * 20, topics=(), data=b"other")
    logs = third or (other, paid())
    given = [receipt(other) for _ in range(5)]
    given[2] = receipt(*logs, succeeded=succeeded, kind=kind)
    return Content(
        transactions=tuple(transaction(nonce, chain_id=chain_id) for nonce in range(5)), receipts=tuple(given)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A checkpoint, the headers of a chain from its genesis on, and a payment's bundle in one of them."""

    checkpoint: Checkpoint
    headers: tuple[Header, ...]
    bundle: Bundle

    def with_headers(self, *changed: Header) -> "Case":
        """The same with other headers at the heights of these."""
        by_height = {each.number: each for each in changed}
        first = min(self.bundle.height, self.checkpoint.height)
        encoded = list(self.bundle.headers)
        for height, each in by_height.items():
            encoded[height - first] = each.encoded()
        headers = tuple(by_height.get(each.number, each) for each in self.headers)
        return replace(self, headers=headers, bundle=replace(self.bundle, headers=tuple(encoded)))


def bundle_of(
    headers: Sequence[Header], block: int, checkpoint: int, found: Content, *, log: int = 1
) -> Bundle:
    first, last = sorted((block, checkpoint))
    return Bundle(
        chain_id=CHAIN_ID,
        height=block,
        transaction_index=2,
        log=log,
        contract="Payments",
        event="Paid",
        headers=tuple(each.encoded() for each in headers[first : last + 1]),
        transaction=tuple(trie.prove(found.transactions, 2)),
        receipt=tuple(trie.prove(found.receipts, 2)),
        document=DOCUMENT,
        salt=SALT,
    )


def case(
    *,
    block: int = 3,
    checkpoint: int = 1,
    length: int = 6,
    found: Content | None = None,
    sealed: bool = True,
    signers: Sequence[coincurve.PrivateKey] = FOUR[:3],
) -> Case:
    """A chain of constant validators with the payment in `block`."""
    found = content() if found is None else found
    headers: list[Header] = []
    listed = addresses(FOUR)
    for number in range(length):
        within = found if number == block else Content()
        extra = extra_data(listed) if sealed else b"dev"
        parent_hash = None if sealed or not headers else headers[-1].hash()
        made = header(
            headers[-1] if headers and sealed else None, within, extra=extra, parent_hash=parent_hash
        )
        made = replace(made, number=number)
        headers.append(seal(made, signers) if sealed and number else made)
    return finish(
        headers, block=block, checkpoint=checkpoint, found=found, validators=listed if sealed else ()
    )


def finish(
    headers: Sequence[Header],
    *,
    block: int,
    checkpoint: int,
    found: Content,
    validators: tuple[bytes, ...],
) -> Case:
    """A case from the headers of a chain."""
    hash_of = seals.block_hash if validators else Header.hash
    return Case(
        checkpoint=Checkpoint(
            chain_id=CHAIN_ID,
            genesis_hash=hash_of(headers[0]),
            height=checkpoint,
            block_hash=hash_of(headers[checkpoint]),
            validators=validators,
            contracts=CONTRACTS,
        ),
        headers=tuple(headers),
        bundle=bundle_of(headers, block, checkpoint, found),
    )
