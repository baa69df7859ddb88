"""Why a key can't be used."""

from node.errors.base import NodeError


class SigningError(NodeError):
    """A key can't be used."""


class WrongPassword(SigningError):
    """The password does not open the keystore."""


class KeyNotFound(SigningError):
    """No key of this role, name or address."""


class KeyExists(SigningError):
    """The keystore has this key already."""


class KeyInUse(SigningError):
    """The key may still act, or something that it signed is in flight."""


class KeystoreDamaged(SigningError):
    """A file of the keystore can't be read or is not a keystore file."""


class PolicyRefused(SigningError):
    """The signer signs only for this chain and these contracts' functions (R7)."""


class SomeRefused(PolicyRefused):
    """Some of what one transaction would carry is not signed; nothing was signed for any.

    `words` are the terms (32 bytes each) of those; without them the rest would be.
    """

    def __init__(self, detail: str, *, words: frozenset[bytes]) -> None:
        super().__init__(detail)
        self.words = words


class DayLimitReached(SomeRefused):
    """These payments would take the key above its limit of this UTC day."""


class NotApproved(SomeRefused):
    """These instructions take a second person's consent, and have none that counts."""


class ApproverRefused(SigningError):
    """This secret opens no key with which this approver may consent."""

    status = 403


class ApproverBusy(SigningError):
    """Another key is being opened, or this approver gave too many wrong secrets; try again later."""

    status = 429


class TokenError(SigningError):
    """A PKCS#11 token can't be used."""


class TokenModuleMissing(TokenError):
    """The token's PKCS#11 module can't be loaded."""


class TokenAbsent(TokenError):
    """The module sees no such token."""


class TokenBusy(TokenError):
    """This process is logged in to the token already."""


class TokenSessionLost(TokenError):
    """The session with the token ended, and opening it anew did not help."""


class TokenKeyUnsafe(TokenError):
    """A key on the token could be read out of it."""


class WrongPin(TokenError):
    """The PIN does not open the token."""


class PinLocked(TokenError):
    """The token takes no PIN any more, after too many wrong ones or because it has expired."""
