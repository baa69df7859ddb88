"""The signer of a running node: a key that is put into its keystore or token is opened, one that is taken
out is let go, and nothing is started again for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from node.errors import KeyNotFound, SigningError
from node.keys import signing
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.limits import DayLimits
from node.keys.policed import PolicedSigner
from node.keys.policy import Policy

LOOK_SECONDS = 5.0

_log = structlog.get_logger("vostro.keys")


class KeySource(Protocol):
    """Where keys lie."""

    def addresses(self) -> list[bytes]:
        """Return the addresses of the keys that lie there now; raise `SigningError`."""
        ...

    def opened(self, address: bytes) -> signing.Sign:
        """Return how a key signs; raise `SigningError`."""
        ...

    def state(self, address: bytes) -> object:
        """Return what is another once a key that did not open may do so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeystoreKeys:
    """Keys in files. The password is asked for each time: it may be another after `vostro keys reseal`."""

    keystore: Keystore
    password: Callable[[], bytes]

    def addresses(self) -> list[bytes]:
        """Return the addresses of the files."""
        return self.keystore.addresses()

    def opened(self, address: bytes) -> signing.Sign:
        """Open a file, which takes a second."""
        return self.keystore.key(address, self.password())

    def state(self, address: bytes) -> object:
        """Return what the second is spent for: this file, this password."""
        return self.keystore.version(address), self.password()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeys:
    """Keys on a token."""

    token: Token

    def addresses(self) -> list[bytes]:
        """Return the addresses of the keys, also of those that another process made since."""
        return self.token.look()

    def opened(self, address: bytes) -> signing.Sign:
        """Return how a key signs on the token."""
        return self.token.key(address)

    def state(self, _: bytes) -> object:
        """Return something new: asking a token again costs nothing."""
        return object()


class KeyRing(PolicedSigner):
    """A signer whose keys are those of its source, as of the last tick."""

    __slots__ = ("_refused", "_source")

    def __init__(
        self,
        source: KeySource,
        addresses: Sequence[bytes],
        policy: Policy,
        *,
        limits: DayLimits | None = None,
    ) -> None:
        """Open these keys; raise `SigningError` for the first that does not open."""
        super().__init__({address: source.opened(address) for address in addresses}, policy, limits)
        self._source = source
        self._refused: dict[bytes, tuple[object, SigningError]] = {}

    def tick(self) -> int:
        """Let go what is gone and open one key that has come; return how many that were.

        A keystore or token without any key is taken for one that is away, and what is open stays open.
        Raise `SigningError`.
        """
        there = self._source.addresses()
        if not there:
            raise KeyNotFound("no key lies there any more; is it mounted? What is open is kept and signs on")
        gone = set(self._keys) - set(there)
        self._refused = {address: why for address, why in self._refused.items() if address in there}
        keys = {address: key for address, key in self._keys.items() if address not in gone}
        opened = next((each for each in there if each not in keys and self._opens(each, keys)), None)
        self._keys = keys
        for address in gone:
            _log.warning("key_let_go", key=address.hex())
        if opened is not None:
            _log.info("key_opened", key=opened.hex())
        return len(gone) + (opened is not None)

    def warning(self) -> str | None:
        """Return which keys that came did not open, and why."""
        told = "; ".join(
            f"key 0x{address.hex()} is not used: {error.code}: {error.detail}"
            for address, (_, error) in self._refused.items()
        )
        return told or None

    def _opens(self, address: bytes, keys: dict[bytes, signing.Sign]) -> bool:
        """Open a key that has come, unless it did not open before and nothing has changed."""
        state = self._source.state(address)
        known = self._refused.get(address)
        if known is not None and known[0] == state:
            return False
        try:
            keys[address] = self._source.opened(address)
        except SigningError as error:
            if known is None or known[1].detail != error.detail:
                _log.error("key_refused", key=address.hex(), code=error.code, detail=error.detail)
            self._refused[address] = (state, error)
            return False
        self._refused.pop(address, None)
        return True
