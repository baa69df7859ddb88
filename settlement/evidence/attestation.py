"""What a bank says under its key: canonical JSON, signed as a message that no chain takes for anything else.

The digest is that of EIP-191, version 0x45 (`personal_sign` of wallets), over RFC 8785's form of the object.
It is no transaction and no consent of a contract (EIP-712), so such a signature moves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settlement.document import Json, canonical
from settlement.errors import InvalidEvidence
from settlement.evidence import files
from settlement.evidence.signature import signer
from settlement.instruction import keccak

SIGNATURES_MAX = 100
_PREFIX = b"\x19Ethereum Signed Message:\n"
_FIELDS = ("signer", "signature")
_SIGNATURE_BYTES, _V_OFFSET = 65, 27
# Half the order of secp256k1: of the two signatures that are one, the lower counts (EIP-2).
_S_MAX = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Who signed: an address, and r ‖ s ‖ v (65 bytes, v 27 or 28)."""

    signer: bytes
    signature: bytes


def digest_of(said: Mapping[str, Json]) -> bytes:
    """Return the 32 bytes that are signed for what is said; raise `InvalidDocument`."""
    text = canonical(said)
    return keccak(_PREFIX + str(len(text)).encode() + text)


def read_signatures(
    found: Any, said: Mapping[str, Json], *, refused: type[InvalidEvidence]
) -> tuple[Attestation, ...]:
    """Read who signed what is said; raise `refused` for a signature that is not the one it says it is."""
    if not isinstance(found, list) or len(found) > SIGNATURES_MAX:
        raise refused(f"signatures is no list, or one of more than {SIGNATURES_MAX}", param="signatures")
    digest = digest_of(said)
    read = [_read(each, digest, refused) for each in found]
    if len({each.signer for each in read}) != len(read):
        raise refused("it has two signatures of one key", param="signatures")
    return tuple(read)


def shown_signatures(signatures: Iterable[Attestation]) -> list[dict[str, str]]:
    """Return signatures as they stand in a file."""
    return [
        {"signer": "0x" + each.signer.hex(), "signature": "0x" + each.signature.hex()} for each in signatures
    ]


def _read(found: Any, digest: bytes, refused: type[InvalidEvidence]) -> Attestation:
    if not isinstance(found, dict):
        raise refused("a signature is no object", param="signatures")
    files.require_fields(found, _FIELDS, refused=refused)
    address = files.octets(found["signer"], "signer", 20, refused=refused)
    signature = files.octets(found["signature"], "signature", _SIGNATURE_BYTES, refused=refused)
    v, s = signature[-1] - _V_OFFSET, int.from_bytes(signature[32:64], "big")
    if v not in (0, 1) or s > _S_MAX or signer(digest, signature[:-1] + bytes([v])) != address:
        raise refused(f"0x{address.hex()} did not sign this", param="signatures")
    return Attestation(signer=address, signature=signature)
