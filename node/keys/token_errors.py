"""PKCS#11's errors as ours: the only file that knows them by name."""

import pkcs11

from node.errors import (
    PinLocked,
    TokenAbsent,
    TokenError,
    TokenModuleMissing,
    TokenSessionLost,
    WrongPin,
)

_Kinds = tuple[type[pkcs11.PKCS11Error], ...]

_ABSENT: _Kinds = (
    pkcs11.NoSuchToken,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.DeviceRemoved,
    pkcs11.SlotIDInvalid,
)
_LOST: _Kinds = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.UserNotLoggedIn,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.DeviceError,
    pkcs11.GeneralError,
    pkcs11.FunctionFailed,
)
_WRONG_PIN: _Kinds = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
_LOCKED: _Kinds = (pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized)


def is_passing(error: pkcs11.PKCS11Error) -> bool:
    """Tell whether a new session may mend it."""
    # The base itself says that another part of this process has closed the module.
    return isinstance(error, _LOST + _ABSENT) or type(error) is pkcs11.PKCS11Error


def token_error(error: pkcs11.PKCS11Error, label: str) -> TokenError:
    """Return what an error of the module means for the token of this label."""
    token = f"the token {label!r}"
    if isinstance(error, _ABSENT):
        return TokenAbsent(f"{token} is not there: is it plugged in, and VOSTRO_TOKEN_LABEL its label?")
    if isinstance(error, _WRONG_PIN):
        return WrongPin(f"the PIN does not open {token}; it is not tried again, for too many tries lock it")
    if isinstance(error, _LOCKED):
        return PinLocked(f"{token} takes no PIN any more; its security officer must set a new one")
    if isinstance(error, _LOST):
        return TokenSessionLost(f"{token} dropped the session and the one opened after it; look at the token")
    return TokenError(f"{token} refused: {type(error).__name__}")


def module_missing(module: str) -> TokenModuleMissing:
    """Return that a module can't be loaded."""
    return TokenModuleMissing(
        f"{module} is no PKCS#11 module that can be loaded: see VOSTRO_TOKEN_MODULE (SoftHSM's is installed "
        "by `apt-get install softhsm2`)"
    )
