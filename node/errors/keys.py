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


class KeystoreDamaged(SigningError):
    """A file of the keystore can't be read or is not a keystore file."""


class PolicyRefused(SigningError):
    """The signer signs only for this chain and these contracts' functions (R7)."""
