"""Approve keys: each opens only with its own person's secret, for one approval, and is forgotten after (R8).

They lie apart from the node's keys: an approver's in a folder, or on a token, of that approver's own name.
So a secret opens nobody else's, whoever's session it is given in.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from node.clock import Clock, Random
from node.errors import ApproverBusy, ApproverRefused, KeyNotFound, TokenAbsent, WrongPassword, WrongPin
from node.keys import signing
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.sealing import SCRYPT_N, KeyCipher

ATTEMPTS_MAX = 5
PAUSE_SECONDS = 900
TURN_SECONDS = 10
# More names than a bank has approvers; beyond it the oldest count is forgotten.
_COUNTED_MAX = 1000
_FOLDER_CHARACTERS_MAX = 200

# From 32-byte digests to the signing key's address and its signatures (r ‖ s ‖ v).
Signed = tuple[bytes, list[bytes]]


class ApproverKeystores:
    """Keys in files, a folder for each approver. `scrypt_n` is of the files it makes."""

    def __init__(
        self, folder: Path, *, cipher: KeyCipher = KeyCipher.AES_256_GCM, scrypt_n: int = SCRYPT_N
    ) -> None:
        self._folder = folder
        self._cipher = cipher
        self._scrypt_n = scrypt_n

    def create(self, approver: str, password: bytes, random: Random) -> bytes:
        """Make an approver's key; return its address, to be registered as an approve key."""
        return self._of(approver).create(password, random)

    def addresses(self, approver: str) -> list[bytes]:
        """Return the addresses of an approver's keys, sorted."""
        return self._of(approver).addresses()

    @contextmanager
    def opened(self, approver: str, secret: bytes, address: bytes) -> Iterator[signing.Sign]:
        """Give how one key signs; raise `WrongPassword`, `KeyNotFound`."""
        yield self._of(approver).key(address, secret)

    def _of(self, approver: str) -> Keystore:
        name = quote(approver, safe="").replace(".", "%2E")
        if not 1 <= len(name) <= _FOLDER_CHARACTERS_MAX:
            raise KeyNotFound(f"an approver's name has at most {_FOLDER_CHARACTERS_MAX} characters")
        return Keystore(self._folder / name, cipher=self._cipher, scrypt_n=self._scrypt_n)


class ApproverTokens:
    """Keys on PKCS#11 tokens, each labelled with its approver's name."""

    def __init__(self, module: Path) -> None:
        self._module = module

    def create(self, approver: str, pin: bytes, random: Random) -> bytes:
        """Make an approver's key on the approver's token; return its address."""
        with closing(Token(self._module, approver, pin)) as token:
            return token.create(random)

    def addresses(self, approver: str) -> list[bytes]:
        """Return the addresses of the keys on an approver's token; raise `TokenError`."""
        with closing(Token(self._module, approver, None)) as token:
            return token.addresses()

    @contextmanager
    def opened(self, approver: str, secret: bytes, address: bytes) -> Iterator[signing.Sign]:
        """Log in, give how one key signs, log out; raise `WrongPin`, `KeyNotFound`, `TokenError`."""
        with closing(Token(self._module, approver, secret)) as token:
            yield token.key(address)


class Approvers:
    """Opens approve keys, one at a time, and bears few wrong secrets: what is tried is counted by name."""

    def __init__(self, keys: ApproverKeystores | ApproverTokens, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._turn = Lock()
        self._wrong: dict[str, tuple[int, float]] = {}  # how often in a row, and when last

    def addresses(self, approver: str) -> list[bytes]:
        """Return the addresses of an approver's keys; none for a name that has none."""
        try:
            return self._keys.addresses(approver)
        except (KeyNotFound, TokenAbsent):
            return []

    def sign(
        self, approver: str, secret: bytes, digests: Sequence[bytes], may_approve: Callable[[bytes], bool]
    ) -> Signed:
        """Sign with the approver's key that may approve, and forget it.

        Raise `ApproverRefused` when there is none or the secret does not open it, `ApproverBusy`.
        """
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise ApproverBusy("another approval's key is being opened; ask again in a few seconds")
        try:
            self._require_patience(approver)
            address = next(filter(may_approve, self.addresses(approver)), None)
            if address is None:
                raise ApproverRefused(f"{approver!r} has no key here that may approve on the chain")
            return address, self._signed(approver, secret, address, digests)
        finally:
            self._turn.release()

    def _signed(self, approver: str, secret: bytes, address: bytes, digests: Sequence[bytes]) -> list[bytes]:
        try:
            with self._keys.opened(approver, secret, address) as sign:
                made = [signing.sign_digest(sign, digest) for digest in digests]
        except (WrongPassword, WrongPin):
            self._count(approver)
            raise ApproverRefused("this secret does not open your key; nothing was approved") from None
        self._wrong.pop(approver, None)
        return made

    def _require_patience(self, approver: str) -> None:
        times, at = self._wrong.get(approver, (0, 0.0))
        if not 0 <= self._clock.now() - at < PAUSE_SECONDS:
            self._wrong.pop(approver, None)
        elif times >= ATTEMPTS_MAX:
            raise ApproverBusy(
                f"{ATTEMPTS_MAX} wrong secrets in a row; the next try is in {PAUSE_SECONDS // 60} minutes"
            )

    def _count(self, approver: str) -> None:
        if approver not in self._wrong and len(self._wrong) >= _COUNTED_MAX:
            self._wrong.pop(next(iter(self._wrong)))
        times, _ = self._wrong.get(approver, (0, 0.0))
        self._wrong[approver] = times + 1, self._clock.now()
