"""A checkpoint: what an auditor trusts beforehand, got apart from the evidence that is checked against it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from settlement.document import Json
from settlement.errors import InvalidCheckpoint, UnprovenClaim
from settlement.evidence import files
from settlement.evidence.attestation import Attestation, read_signatures, shown_signatures

CHECKPOINT_BYTES_MAX = 1024 * 1024
_FIELDS = ("chain_id", "genesis_hash", "height", "block_hash", "validators", "contracts")
_CONTRACT_FIELDS = ("address", "code_hash")
_VALIDATORS_MAX, _CONTRACTS_MAX = 1024, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Where a contract is, and the Keccak-256 of the code that whoever made the checkpoint found there."""

    address: bytes
    code_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A block of a chain. `validators` seal the block at `height`; none where the engine has no seals.

    `signatures` are over all the rest (`attested`), by whoever vouches for it.
    """

    chain_id: int
    genesis_hash: bytes
    height: int
    block_hash: bytes
    validators: tuple[bytes, ...]
    contracts: Mapping[str, Deployed]
    signatures: tuple[Attestation, ...] = ()

    def address(self, contract: str) -> bytes:
        """Return where a contract is; raise `UnprovenClaim` when it does not say."""
        if contract not in self.contracts:
            raise UnprovenClaim(f"the checkpoint names no contract {contract}")
        return self.contracts[contract].address


def read_checkpoint(content: bytes) -> Checkpoint:
    """Read a checkpoint file; raise `InvalidCheckpoint`."""
    refused = InvalidCheckpoint
    found = files.read_json(content, bytes_max=CHECKPOINT_BYTES_MAX, refused=refused)
    given = found.pop("signatures", [])
    files.require_fields(found, _FIELDS, refused=refused)
    validators = files.octets_list(found, "validators", count_max=_VALIDATORS_MAX, refused=refused)
    if len(set(validators)) != len(validators) or any(len(each) != 20 for each in validators):
        raise refused("a validator is no address, or is listed twice", param="validators")
    contracts = found["contracts"]
    if not isinstance(contracts, dict) or len(contracts) > _CONTRACTS_MAX:
        raise refused("contracts is no object of name and contract", param="contracts")
    read = Checkpoint(
        chain_id=files.whole(found, "chain_id", refused=refused),
        genesis_hash=files.octets(found["genesis_hash"], "genesis_hash", 32, refused=refused),
        height=files.whole(found, "height", refused=refused),
        block_hash=files.octets(found["block_hash"], "block_hash", 32, refused=refused),
        validators=validators,
        contracts={name: _deployed(name, each) for name, each in contracts.items()},
    )
    return replace(read, signatures=read_signatures(given, attested(read), refused=refused))


def write_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Return the file of a checkpoint."""
    shown = _shown(checkpoint)
    if checkpoint.signatures:
        shown["signatures"] = shown_signatures(checkpoint.signatures)
    return json.dumps(shown, indent=2).encode() + b"\n"


def attested(checkpoint: Checkpoint) -> dict[str, Json]:
    """Return what is signed of a checkpoint: its fields as in the file, numbers as text, and what it is."""
    said = _shown(checkpoint) | {name: str(getattr(checkpoint, name)) for name in ("chain_id", "height")}
    return said | {"format": "vostro.checkpoint"}


def _shown(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "chain_id": checkpoint.chain_id,
        "genesis_hash": "0x" + checkpoint.genesis_hash.hex(),
        "height": checkpoint.height,
        "block_hash": "0x" + checkpoint.block_hash.hex(),
        "validators": ["0x" + each.hex() for each in checkpoint.validators],
        "contracts": {
            name: {"address": "0x" + each.address.hex(), "code_hash": "0x" + each.code_hash.hex()}
            for name, each in sorted(checkpoint.contracts.items())
        },
    }


def differences(one: Checkpoint, other: Checkpoint) -> list[str]:
    """Return what two checkpoints of one height do not agree on; validators in any order are the same."""
    found = [name for name in _FIELDS[:4] if getattr(one, name) != getattr(other, name)]
    if frozenset(one.validators) != frozenset(other.validators):
        found.append("validators")
    names = sorted({*one.contracts, *other.contracts})
    return found + [
        f"contract {name}" for name in names if one.contracts.get(name) != other.contracts.get(name)
    ]


def _deployed(name: str, found: Any) -> Deployed:
    if not isinstance(found, dict):
        raise InvalidCheckpoint(f"the contract {name} has no address", param="contracts")
    files.require_fields(found, _CONTRACT_FIELDS, refused=InvalidCheckpoint)
    return Deployed(
        address=files.octets(found["address"], "address", 20, refused=InvalidCheckpoint),
        code_hash=files.octets(found["code_hash"], "code_hash", 32, refused=InvalidCheckpoint),
    )
