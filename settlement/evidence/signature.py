"""Who signed a digest: the address that a recoverable signature leads to."""

import coincurve

from settlement.instruction import keccak

_RECOVERY_MAX = 1


def signer(digest: bytes, signature: bytes) -> bytes | None:
    """Return the address of who signed 32 bytes by r ‖ s ‖ recovery (65 bytes); None when nobody did."""
    if signature[-1] > _RECOVERY_MAX:
        return None
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    # coincurve raises a bare Exception where no key could have signed so.
    except Exception:  # noqa: BLE001
        return None
    return keccak(key.format(compressed=False)[1:])[12:]
