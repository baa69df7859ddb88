"""One deployment of the contracts: on which chain, at which addresses; and the file that says so."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from node.errors import SettingsInvalid

_HASH_BYTES = 32
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who decides. `operators`: keys with the operator's role; `guardians`: keys that may pause a module at
    once; `members`: the quorum's keys, `threshold` of which decide; `delay` (seconds): what everything waits
    that gains power, 0 only for a demonstration.
    """

    operators: Sequence[bytes]
    guardians: Sequence[bytes]
    members: Sequence[bytes]
    threshold: int
    delay: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """Who deployed (20 bytes), whom that gave power, and the heights of the deployer's transactions."""

    deployer: bytes
    authority: Authority
    heights: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`contracts`: address (20 bytes) by name. `demo`: deployed without delays, never for production.

    Chain and addresses say which one it is; `founding` (None: not known yet) is where that is proven.
    """

    chain_id: int
    genesis_hash: bytes
    contracts: Mapping[str, bytes]
    demo: bool
    founding: Founding | None = field(default=None, compare=False)


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
            founding=_founding(content["founding"]),
        )
    except OSError as error:
        raise SettingsInvalid(
            f"VOSTRO_DEPLOYMENT_FILE: {path}: {error.strerror}; `vostro deploy` writes it"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsInvalid(f"VOSTRO_DEPLOYMENT_FILE: {path} is not a deployment: {error!r}") from None
    return found


def write_deployment(path: Path, deployment: Deployment) -> None:
    """Write a founded deployment so that nobody ever reads half of it."""
    content: dict[str, Any] = {
        "chain_id": deployment.chain_id,
        "genesis_hash": "0x" + deployment.genesis_hash.hex(),
        "contracts": {name: "0x" + address.hex() for name, address in sorted(deployment.contracts.items())},
        "demo": deployment.demo,
    }
    if deployment.founding is not None:
        content["founding"] = _written(deployment.founding)
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _founding(content: dict[str, Any]) -> Founding:
    return Founding(
        deployer=_octets(content["deployer"], _ADDRESS_BYTES),
        authority=Authority(
            operators=[_octets(text, _ADDRESS_BYTES) for text in content["operators"]],
            guardians=[_octets(text, _ADDRESS_BYTES) for text in content["guardians"]],
            members=[_octets(text, _ADDRESS_BYTES) for text in content["members"]],
            threshold=int(content["threshold"]),
            delay=int(content["delay"]),
        ),
        heights=[int(height) for height in content["heights"]],
    )


def _written(founding: Founding) -> dict[str, Any]:
    authority = founding.authority
    return {
        "deployer": "0x" + founding.deployer.hex(),
        "operators": ["0x" + operator.hex() for operator in authority.operators],
        "guardians": ["0x" + guardian.hex() for guardian in authority.guardians],
        "members": ["0x" + member.hex() for member in authority.members],
        "threshold": authority.threshold,
        "delay": authority.delay,
        "heights": list(founding.heights),
    }


def _octets(text: str, length: int) -> bytes:
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != length:
        raise ValueError(text)
    return found
