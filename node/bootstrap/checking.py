"""Whether every key opens and works, before anybody depends on it."""

from contextlib import closing
from dataclasses import dataclass

import coincurve

from node.bootstrap.opening import open_encryption_keystore, open_keystore, open_token
from node.keys.agreement import Agreements, public_jwk
from node.keys.policy import Policy
from node.keys.signer import Signer
from node.keys.signing import address_of_public
from node.settings import Settings
from settlement.instruction import keccak

# Nobody's digest: a signature over it is worth nothing, on no chain.
_PROBE = keccak(b"vostro keys check")
_V_OFFSET = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedKey:
    """A key that opened: its address or thumbprint, and its public part where that is registered whole."""

    kind: str
    name: bytes
    works: bool
    public_key: str | None = None


def check_keys(settings: Settings, password: bytes) -> list[CheckedKey]:
    """Open every key there is; raise `WrongPassword`, `KeystoreDamaged`, `TokenError`."""
    probing = Policy(chain_id=0, digests=True)
    if settings.signer == "keystore":
        signer = open_keystore(settings).open(password, probing)
        return _checked(signer, open_encryption_keystore(settings).open(password))
    with closing(open_token(settings, password)) as token:
        return _checked(token.signer(probing), token.agreements())


def _checked(signer: Signer, agreements: Agreements) -> list[CheckedKey]:
    signing = [
        CheckedKey(kind="signing", name=address, works=_signs(signer, address))
        for address in signer.addresses()
    ]
    return signing + [
        CheckedKey(
            kind="encryption",
            name=name,
            works=agreements.works(name),
            public_key=public_jwk(agreements.public(name)).decode(),
        )
        for name in agreements.thumbprints()
    ]


def _signs(signer: Signer, address: bytes) -> bool:
    signature = signer.sign_digest(address, _PROBE)
    recoverable = signature[:-1] + bytes([signature[-1] - _V_OFFSET])
    key = coincurve.PublicKey.from_signature_and_message(recoverable, _PROBE, hasher=None)
    return address_of_public(key) == address
