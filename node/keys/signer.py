"""The signer as the node sees it: it gives signatures, never keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.chain.protocol import Fees
from settlement.document import Json
from settlement.evidence.attestation import Attestation


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedTransaction:
    """All that is signed of a transaction; `to` is 20 bytes, or None to create a contract."""

    chain_id: int
    nonce: int
    to: bytes | None
    data: bytes
    gas: int
    fees: Fees
    value: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """The bytes to send and their hash."""

    raw: bytes
    hash: bytes


class Signer(Protocol):
    """Holds the keys of one participant, and signs within its policy (R7)."""

    def addresses(self) -> Sequence[bytes]:
        """Return the 20-byte addresses it can sign for."""
        ...

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        """Sign a transaction; raise `KeyNotFound`, `PolicyRefused`."""
        ...

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; return r ‖ s ‖ v (65 bytes)."""
        ...


class LetterSigner(Protocol):
    """Signs letters to other nodes by the keys of one participant."""

    def addresses(self) -> Sequence[bytes]:
        """Return the 20-byte addresses it can sign for."""
        ...

    def sign_letter(self, address: bytes, given: bytes) -> bytes:
        """Sign what becomes a letter to another node (`settlement.letter`); return r ‖ s ‖ v (65 bytes)."""
        ...


class NodeSigner(Signer, LetterSigner, Protocol):
    """All that a running node signs."""


class Notary(Protocol):
    """Signs what its bank says, to be read by people and programs outside of the chain."""

    def attest(self, address: bytes, said: Mapping[str, Json]) -> Attestation:
        """Sign what it says (`settlement.evidence.attestation`); raise `KeyNotFound`, `PolicyRefused`."""
        ...
