"""Passwords and one-time codes: what is kept of them, and whether one is right."""

from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from threading import BoundedSemaphore

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from node.errors import LoginsBusy, PasswordRefused

CHARACTERS_MIN = 12
CHARACTERS_MAX = 200
SECOND_FACTOR_BYTES = 20  # as RFC 4226 has it, for SHA-1
STEP_SECONDS = 30
# A clock that is half a minute off, either way.
_STEPS_AROUND = 1
# Each takes 64 MiB and a core for as long as it works, so strangers must not have many at once.
_AT_ONCE_MAX = 2


class Passwords:
    """argon2id at the costs of RFC 9106 (64 MiB); few at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Take other costs, for tests."""
        self._hasher = hasher or PasswordHasher()
        self._free = BoundedSemaphore(_AT_ONCE_MAX)

    def hash(self, password: str) -> str:
        """Return what is kept of a password; raise `PasswordRefused` for a short or very long one."""
        if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
            raise PasswordRefused(
                f"a password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters; take some words",
                param="password",
            )
        with self._turn():
            return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        """Tell whether this is the password, in the same time for whatever it is; raise `LoginsBusy`."""
        with self._turn():
            try:
                self._hasher.verify(kept, password)
            except (VerificationError, InvalidHashError):
                return False
        return len(password) <= CHARACTERS_MAX

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            raise LoginsBusy("others are logging in at this moment; try again in a second")
        try:
            yield
        finally:
            self._free.release()


def matching_step(secret: bytes, code: str, *, now: float, after: int) -> int | None:
    """Return the step of time whose code this is, if it is one of now and later than `after`; else None."""
    totp = _totp(secret)
    here = int(now) // STEP_SECONDS
    found = None
    for step in range(here - _STEPS_AROUND, here + _STEPS_AROUND + 1):
        if compare_digest(totp.generate_otp(step).encode(), code.encode()) and step > after:
            found = step
    return found


def enrolment_uri(secret: bytes, *, name: str, issuer: str) -> str:
    """Return what an authenticator takes in, as an otpauth address."""
    return _totp(secret).provisioning_uri(name=name, issuer_name=issuer)


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(b32encode(secret).decode(), interval=STEP_SECONDS)
