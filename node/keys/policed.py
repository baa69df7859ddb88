"""One signer for all keys, wherever they lie: its policy is asked first, then the key."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from node.errors import KeyNotFound, SigningError
from node.keys import signing
from node.keys.limits import DayLimits
from node.keys.policy import Policy
from node.keys.signer import SignedTransaction, UnsignedTransaction
from settlement.document import Json
from settlement.evidence import attestation
from settlement.evidence.attestation import Attestation
from settlement.letter import digest_to_sign


class PolicedSigner:
    """Keys that sign what a policy lets through, within limits; a `Signer`. Safe for several threads."""

    __slots__ = ("_keys", "_limits", "_policy")

    def __init__(
        self, keys: Mapping[bytes, signing.Sign], policy: Policy, limits: DayLimits | None = None
    ) -> None:
        """Take for each 20-byte address how its key signs."""
        self._keys = dict(keys)
        self._policy = policy
        self._limits = limits

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join('0x' + address.hex() for address in self._keys)}>"

    def __reduce__(self) -> NoReturn:
        raise SigningError("a signer can't be copied out of its process")

    def addresses(self) -> Sequence[bytes]:
        """Return the addresses it can sign for."""
        return tuple(self._keys)

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        """Sign a transaction; raise `KeyNotFound`, `PolicyRefused`, `DayLimitReached`."""
        self._policy.check(transaction)
        key = self._key(address)
        if self._limits is not None:
            self._limits.count(address, transaction)
        return signing.sign_transaction(key, transaction)

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; raise `KeyNotFound`, `PolicyRefused`."""
        self._policy.check_digest()
        return signing.sign_digest(self._key(address), digest)

    def sign_letter(self, address: bytes, given: bytes) -> bytes:
        """Sign a letter to another node; raise `KeyNotFound`, `PolicyRefused`, `InvalidLetter`."""
        self._policy.check_letter()
        return signing.sign_digest(self._key(address), digest_to_sign(given))

    def attest(self, address: bytes, said: Mapping[str, Json]) -> Attestation:
        """Sign what the bank says, which moves nothing on a chain; raise `KeyNotFound`, `PolicyRefused`."""
        self._policy.check_attestation()
        return Attestation(
            signer=address, signature=signing.sign_digest(self._key(address), attestation.digest_of(said))
        )

    def _key(self, address: bytes) -> signing.Sign:
        try:
            return self._keys[address]
        except KeyError:
            raise KeyNotFound(f"this signer has no key 0x{address.hex()}") from None
