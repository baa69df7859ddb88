"""Keys on a PKCS#11 token: made there, used there, and by nothing ever read out.

Python-pkcs11 tells the module that it is used by one thread at a time, so one lock keeps it so for the
whole process. Every error of the module leaves as a `TokenError`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TypeVar

import coincurve
import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import SignMixin
from pkcs11.util.ec import encode_named_curve_parameters

from node.clock import Random
from node.errors import KeyNotFound, TokenBusy, TokenError, TokenKeyUnsafe, WrongPin
from node.keys import signing
from node.keys.limits import DayLimits
from node.keys.policed import PolicedSigner
from node.keys.policy import Policy
from node.keys.token_errors import is_passing, module_missing, token_error

# How often a session that was lost is opened anew for one signature.
REOPENINGS_MAX = 1
_ID_BYTES = 16
_SECP256K1 = encode_named_curve_parameters("1.3.132.0.10")
_OCTET_STRING = 0x04
_POINT_BYTES = 65
_TURN = RLock()

_T = TypeVar("_T")


class HsmSigner(PolicedSigner):
    """The keys of a token and what they may sign; a `Signer`. Safe for several threads."""

    __slots__ = ()


class Token:
    """One token of one module, opened by its PIN. Keys are known by their addresses."""

    def __init__(self, module: Path, label: str, pin: bytes | None) -> None:
        """Log in, or without a PIN only look at what is public.

        Raise `TokenModuleMissing`, `TokenAbsent`, `WrongPin`, `PinLocked`, `TokenBusy`.
        """
        self._module = str(module)
        self._label = label
        self._pin = pin
        self._refused: TokenError | None = None
        self._ids: dict[bytes, bytes] = {}
        self._keys: dict[bytes, SignMixin] = {}
        with self._translated():
            self._session = self._open()
            self._read_ids()

    def addresses(self) -> list[bytes]:
        """Return the 20-byte addresses of its keys, sorted."""
        return sorted(self._ids)

    def create(self, random: Random) -> bytes:
        """Make a key that can't leave the token; return its address."""
        identifier = random.bytes(_ID_BYTES)
        self._asked(partial(self._generate, identifier))
        with self._translated():
            self._read_ids()
        return next(address for address, known in self._ids.items() if known == identifier)

    def signer(
        self, policy: Policy, addresses: Sequence[bytes] | None = None, *, limits: DayLimits | None = None
    ) -> HsmSigner:
        """Return a signer of the keys of `addresses` (None: of all).

        Raise `KeyNotFound`, and `TokenKeyUnsafe` for a key that could be read out of the token.
        """
        wanted = self.addresses() if addresses is None else addresses
        for address in wanted:
            self._asked(partial(self._require_safe, address))
        return HsmSigner({address: partial(self.sign, address) for address in wanted}, policy, limits)

    def sign(self, address: bytes, digest: bytes) -> bytes:
        """Return r ‖ s ‖ recovery over a 32-byte digest; raise `KeyNotFound`, `TokenError`."""
        signature = self._asked(lambda: self._key(address).sign(digest, mechanism=Mechanism.ECDSA))
        return signing.recoverable(address, digest, bytes(signature))

    def close(self) -> None:
        """Log out; what was signed stays signed."""
        with _TURN, suppress(pkcs11.PKCS11Error):
            self._session.close()

    def _asked(self, question: Callable[[], _T]) -> _T:
        """Ask the token; a session that was lost is opened anew, `REOPENINGS_MAX` times."""
        with self._translated():
            for _ in range(REOPENINGS_MAX):
                try:
                    return question()
                except pkcs11.PKCS11Error as error:
                    if not is_passing(error):
                        raise
                self._reopen()
            return question()

    def _reopen(self) -> None:
        # A PIN that was refused once is not tried again: three tries lock most tokens.
        if self._refused is not None:
            raise self._refused
        with suppress(pkcs11.PKCS11Error):
            self._session.close()
        try:
            self._session = self._open()
        except pkcs11.PKCS11Error as error:
            refused = token_error(error, self._label)
            if isinstance(refused, WrongPin):
                self._refused = refused
            raise
        self._read_ids()

    def _open(self) -> pkcs11.Session:
        try:
            library = pkcs11.lib(self._module)
        except pkcs11.PKCS11Error as error:
            if type(error) is pkcs11.PKCS11Error:  # what the loader says; the module's own errors are named
                raise module_missing(self._module) from None
            raise
        try:
            token = library.get_token(token_label=self._label)
            if self._pin is None:
                return token.open()
            return token.open(rw=True, user_pin=self._pin.decode())
        except pkcs11.UserAlreadyLoggedIn:
            # A login is the process's: going on would accept any PIN, another person's too (R8).
            raise TokenBusy(
                f"this process is logged in to the token {self._label!r} already; each signer needs its own"
            ) from None

    def _read_ids(self) -> None:
        found: dict[bytes, bytes] = {}
        asked = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_PARAMS: _SECP256K1}
        for public in list(self._session.get_objects(asked)):
            address = _address_of_point(public[Attribute.EC_POINT])
            if address in found:
                raise TokenError(f"the token {self._label!r} has the key 0x{address.hex()} twice; delete one")
            found[address] = bytes(public[Attribute.ID])
        self._ids, self._keys = found, {}

    def _key(self, address: bytes) -> SignMixin:
        if address in self._keys:
            return self._keys[address]
        missing = KeyNotFound(f"the token {self._label!r} has no key 0x{address.hex()}")
        if address not in self._ids:
            raise missing
        try:
            found = self._session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=self._ids[address])
        except pkcs11.NoSuchKey:
            raise missing from None
        assert isinstance(found, SignMixin)
        self._keys[address] = found
        return found

    def _generate(self, identifier: bytes) -> None:
        parameters = self._session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: _SECP256K1}, local=True
        )
        parameters.generate_keypair(
            id=identifier,
            label="vostro",
            store=True,
            public_template={Attribute.VERIFY: True},
            private_template={
                Attribute.EXTRACTABLE: False,
                Attribute.SENSITIVE: True,
                Attribute.PRIVATE: True,
                Attribute.SIGN: True,
                Attribute.DERIVE: False,
            },
        )

    def _require_safe(self, address: bytes) -> None:
        key = self._key(address)
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            raise TokenKeyUnsafe(
                f"the key 0x{address.hex()} could be read out of the token {self._label!r}: "
                "make another with `vostro keys new` and rotate to it"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Take the process's turn at the module, and raise its errors as ours."""
        with _TURN:
            try:
                yield
            except pkcs11.PKCS11Error as error:
                raise token_error(error, self._label) from None


def _address_of_point(point: bytes) -> bytes:
    """Return the address of a public key as the token gives it: a point, bare or as a DER octet string."""
    bare = point[2:] if point[:2] == bytes([_OCTET_STRING, _POINT_BYTES]) else point
    return signing.address_of_public(coincurve.PublicKey(bare))
