"""What the two kinds of keys on a token are for, and what they are known by."""

from collections.abc import Callable
from dataclasses import dataclass

import coincurve
from pkcs11 import Attribute
from pkcs11.util.ec import encode_named_curve_parameters

from node.keys import signing
from node.keys.agreement import POINT_BYTES, thumbprint

_OCTET_STRING = 0x04


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What keys of one curve are for, and what such a key is known by, from its public point."""

    curve: bytes
    name_of: Callable[[bytes], bytes]
    public: dict[Attribute, bool]
    private: dict[Attribute, bool]


SIGNING = Use(
    curve=encode_named_curve_parameters("1.3.132.0.10"),  # secp256k1
    name_of=lambda point: signing.address_of_public(coincurve.PublicKey(point)),
    public={Attribute.VERIFY: True},
    private={Attribute.SIGN: True, Attribute.DERIVE: False},
)
AGREEING = Use(
    curve=encode_named_curve_parameters("secp256r1"),
    name_of=thumbprint,
    public={Attribute.VERIFY: False},
    private={Attribute.SIGN: False, Attribute.DERIVE: True},
)
NEVER_READ = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
# What is derived is the secret of one document, not of the token: it is to be read.
READ = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False, Attribute.TOKEN: False}


def bare_point(point: bytes) -> bytes:
    """Return a public point, which tokens give as it is or as a DER octet string."""
    return point[2:] if point[:2] == bytes([_OCTET_STRING, POINT_BYTES]) else point
