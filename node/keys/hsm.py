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

import pkcs11
from pkcs11 import KDF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import DeriveMixin, SignMixin

from node.clock import Random
from node.errors import KeyNotFound, TokenBusy, TokenError, TokenKeyUnsafe, WrongPin
from node.keys import signing
from node.keys.agreement import Agreements
from node.keys.policed import PolicedSigner
from node.keys.policy import Policy
from node.keys.token_errors import is_passing, module_missing, token_error
from node.keys.token_uses import AGREEING, NEVER_READ, READ, SIGNING, Use, bare_point

# How often a session that was lost is opened anew for one signature.
REOPENINGS_MAX = 1
_ID_BYTES = 16
_SHARED_BITS = 256
_TURN = RLock()

_T = TypeVar("_T")


class Token:
    """One token of one module, opened by its PIN.

    Signing keys are known by their addresses, encryption keys by their thumbprints.
    """

    def __init__(self, module: Path, label: str, pin: bytes | None) -> None:
        """Log in, or without a PIN only look at what is public.

        Raise `TokenModuleMissing`, `TokenAbsent`, `WrongPin`, `PinLocked`, `TokenBusy`.
        """
        self._module = str(module)
        if pin is not None and not pin.isascii():
            raise WrongPin(f"the PIN of the token {label!r} must be of ASCII characters")
        self._label = label
        self._pin = pin
        self._refused: TokenError | None = None
        self._points: dict[bytes, bytes] = {}  # of encryption keys, by thumbprint
        self._ids: dict[bytes, bytes] = {}
        self._keys: dict[bytes, pkcs11.PrivateKey] = {}
        with self._translated():
            self._session = self._open()
            self._read_ids()

    def addresses(self) -> list[bytes]:
        """Return the 20-byte addresses of its signing keys, sorted."""
        return sorted(self._ids.keys() - self._points.keys())

    def look(self) -> list[bytes]:
        """Return the addresses anew, as other processes have left them; raise `TokenError`."""

        def ask() -> None:
            self._read_ids()
            if not self._ids:
                raise pkcs11.TokenNotPresent  # as some modules show a token that was pulled out

        self._asked(ask)
        return self.addresses()

    def thumbprints(self) -> list[bytes]:
        """Return the 32-byte thumbprints of its encryption keys, sorted."""
        return sorted(self._points)

    def create(self, random: Random) -> bytes:
        """Make a signing key that can't leave the token; return its address."""
        return self._create(SIGNING, random)

    def create_encryption(self, random: Random) -> bytes:
        """Make an encryption key that can't leave the token; return its public point."""
        name = self._create(AGREEING, random)
        return self._points[name]

    def signer(self, policy: Policy, addresses: Sequence[bytes] | None = None) -> PolicedSigner:
        """Return a signer of the keys of `addresses` (None: of all).

        Raise `KeyNotFound`, and `TokenKeyUnsafe` for a key that could be read out of the token.
        """
        wanted = self.addresses() if addresses is None else addresses
        return PolicedSigner({address: self.key(address) for address in wanted}, policy)

    def key(self, address: bytes) -> signing.Sign:
        """Return how one key signs; raise `KeyNotFound`, `TokenKeyUnsafe`."""
        self._asked(partial(self._require_safe, address))
        return partial(self.sign, address)

    def sign(self, address: bytes, digest: bytes) -> bytes:
        """Return r ‖ s ‖ recovery over a 32-byte digest; raise `KeyNotFound`, `TokenError`."""

        def ask() -> bytes:
            key = self._key(address)
            if address in self._points or not isinstance(key, SignMixin):
                raise KeyNotFound(f"the token {self._label!r} has no signing key {address.hex()}")
            return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))

        return signing.recoverable(address, digest, self._asked(ask))

    def agreements(self) -> Agreements:
        """Return its encryption keys; raise `TokenKeyUnsafe`."""
        for name in self.thumbprints():
            self._asked(partial(self._require_safe, name))
        return Agreements(
            {name: (point, partial(self._agree, name)) for name, point in sorted(self._points.items())}
        )

    def remove(self, address: bytes) -> None:
        """Destroy a signing key, both halves; raise `KeyNotFound`, `TokenError`."""

        def ask() -> None:
            if address not in self._ids or address in self._points:
                raise self._missing(address)
            for half in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
                asked = {Attribute.CLASS: half, Attribute.ID: self._ids[address]}
                for found in list(self._session.get_objects(asked)):
                    found.destroy()
            self._read_ids()

        self._asked(ask)

    def close(self) -> None:
        """Log out; what was signed stays signed."""
        with _TURN, suppress(pkcs11.PKCS11Error):
            self._session.close()

    def _agree(self, name: bytes, point: bytes) -> bytes:
        def ask() -> bytes:
            key = self._key(name)
            assert isinstance(key, DeriveMixin)
            shared = key.derive_key(
                KeyType.GENERIC_SECRET,
                _SHARED_BITS,
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, point),
                template=READ,
            )
            return bytes(shared[Attribute.VALUE])

        return self._asked(ask)

    def _create(self, use: Use, random: Random) -> bytes:
        identifier = random.bytes(_ID_BYTES)
        self._asked(partial(self._generate, use, identifier))
        with self._translated():
            self._read_ids()
        return next(name for name, known in self._ids.items() if known == identifier)

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
            self._session = self._open_anew()
        except pkcs11.PKCS11Error as error:
            refused = token_error(error, self._label)
            if isinstance(refused, WrongPin):
                self._refused = refused
            raise
        self._read_ids()

    def _open_anew(self) -> pkcs11.Session:
        try:
            return self._open()
        except pkcs11.PKCS11Error as error:
            if not is_passing(error):
                raise
        # Some modules find a token that was put back only when they start anew. Sessions of other tokens end
        # with it, and are opened again when they are next asked.
        pkcs11.lib(self._module).reinitialize()
        return self._open()

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
        ids: dict[bytes, bytes] = {}
        points: dict[bytes, bytes] = {}
        for use in (SIGNING, AGREEING):
            asked = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_PARAMS: use.curve}
            for public in list(self._session.get_objects(asked)):
                point = bare_point(public[Attribute.EC_POINT])
                name = use.name_of(point)
                if name in ids:
                    raise TokenError(f"the token {self._label!r} has the key {name.hex()} twice; delete one")
                ids[name] = bytes(public[Attribute.ID])
                if use is AGREEING:
                    points[name] = point
        self._ids, self._points, self._keys = ids, points, {}

    def _key(self, name: bytes) -> pkcs11.PrivateKey:
        if name in self._keys:
            return self._keys[name]
        if not self._ids:
            raise pkcs11.TokenNotPresent  # as some modules show a token that was pulled out
        if name not in self._ids:
            raise self._missing(name)
        try:
            found = self._session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=self._ids[name])
        except pkcs11.NoSuchKey:
            if not list(self._session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY})):
                raise pkcs11.TokenNotPresent from None
            raise self._missing(name) from None
        assert isinstance(found, pkcs11.PrivateKey)
        self._keys[name] = found
        return found

    def _missing(self, name: bytes) -> KeyNotFound:
        return KeyNotFound(f"the token {self._label!r} has no key {name.hex()}")

    def _generate(self, use: Use, identifier: bytes) -> None:
        parameters = self._session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: use.curve}, local=True
        )
        parameters.generate_keypair(
            id=identifier,
            label="vostro",
            store=True,
            public_template=use.public,
            private_template=NEVER_READ | use.private,
        )

    def _require_safe(self, name: bytes) -> None:
        key = self._key(name)
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            raise TokenKeyUnsafe(
                f"the key {name.hex()} could be read out of the token {self._label!r}: "
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
