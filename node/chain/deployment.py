"""One deployment of the contracts: on which chain, at which addresses; and the file that says so."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from node.errors import SettingsInvalid

_HASH_BYTES = 32
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`contracts`: address (20 bytes) by name. `demo`: deployed without delays, never for production."""

    chain_id: int
    genesis_hash: bytes
    contracts: Mapping[str, bytes]
    demo: bool


def read_deployment(path: Path) -> Deployment:
    """Read the file that `write_deployment` made; raise `SettingsInvalid`."""
    try:
        content = orjson.loads(path.read_bytes())
        found = Deployment(
            chain_id=int(content["chain_id"]),
            genesis_hash=_octets(content["genesis_hash"], _HASH_BYTES),
            contracts={
                name: _octets(text, _ADDRESS_BYTES) for name, text in sorted(content["contracts"].items())
            },
            demo=bool(content["demo"]),
        )
    except OSError as error:
        raise SettingsInvalid(
            f"VOSTRO_DEPLOYMENT_FILE: {path}: {error.strerror}; `vostro deploy` writes it"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsInvalid(f"VOSTRO_DEPLOYMENT_FILE: {path} is not a deployment: {error!r}") from None
    return found


def write_deployment(path: Path, deployment: Deployment) -> None:
    """Write a deployment so that nobody ever reads half of it."""
    content = {
        "chain_id": deployment.chain_id,
        "genesis_hash": "0x" + deployment.genesis_hash.hex(),
        "contracts": {name: "0x" + address.hex() for name, address in sorted(deployment.contracts.items())},
        "demo": deployment.demo,
    }
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _octets(text: str, length: int) -> bytes:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != length:
        raise ValueError(text)
    return found
