"""The compiled contracts that this node ships: ABI, code, and where immutables stand in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from node.errors import SettingsInvalid

WORD_BYTES = 32
# What may move value on the ledger from its first block on, and all contracts, in the order in which they are
# deployed. (`Administration` is made by the ledger.)
MODULES = ("Payments", "Settlement", "Netting")
CONTRACTS = ("AccessManager", "Quorum", "Participants", "Ledger", *MODULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract. `immutables`: by name, the offsets of its words in `runtime` (zero there)."""

    name: str
    abi: Sequence[Mapping[str, Any]]
    creation: bytes
    runtime: bytes
    immutables: Mapping[str, tuple[int, ...]]

    @property
    def constructor(self) -> Sequence[Mapping[str, Any]]:
        """Return what the constructor takes: `name` and `type` of each argument."""
        return next((entry["inputs"] for entry in self.abi if entry["type"] == "constructor"), ())


@cache
def artifact(name: str) -> Artifact:
    """Return a compiled contract; raise `SettingsInvalid` when this installation has none of that name."""
    try:
        content = orjson.loads((files("node.chain") / "artifacts" / f"{name}.json").read_bytes())
    except OSError as error:
        raise SettingsInvalid(f"no compiled contract {name} in this installation: {error}") from None
    return Artifact(
        name=name,
        abi=content["abi"],
        creation=bytes.fromhex(content["bytecode"].removeprefix("0x")),
        runtime=bytes.fromhex(content["deployedBytecode"].removeprefix("0x")),
        immutables={
            immutable: tuple(place["start"] for place in places)
            for immutable, places in content["immutableReferences"].items()
        },
    )
