"""Every custom error of every contract is one of the node's typed errors, and says what to do next."""

import re
from pathlib import Path

import orjson
import pytest
from eth_abi.abi import encode

from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.errors import ContractFault, ContractRefused, InstructionForbidden, kind_of, status_of
from node.errors.reverts import KINDS
from settlement.errors import BrokenRule, SettlementError
from settlement.instruction import keccak

_BUILD = Path(__file__).parents[3] / "contracts" / "build"
_SOLIDITYS_OWN = {"Panic"}
_NOTHING: dict[str, object] = {"address": bytes(20), "bool": False, "int": 0, "string": "", "uint": 0}
_CONTRACTS = Contracts(
    Deployment(
        chain_id=1,
        genesis_hash=bytes(32),
        contracts={path.stem: keccak(path.stem.encode())[12:] for path in _BUILD.glob("*.json")},
        demo=True,
    )
)


def _errors() -> dict[str, list[str]]:
    """Return the argument types of each custom error, by its signature, in every ABI that is shipped."""
    return {
        f"{entry['name']}({','.join(argument['type'] for argument in entry['inputs'])})": [
            argument["type"] for argument in entry["inputs"]
        ]
        for path in _BUILD.glob("*.json")
        for entry in orjson.loads(path.read_bytes())["abi"]
        if entry["type"] == "error"
    }


def _subclasses(base: type[SettlementError]) -> set[type[SettlementError]]:
    return {base, *(found for child in base.__subclasses__() for found in _subclasses(child))}


def test_table_and_abis_have_the_same_errors() -> None:
    """An error that a contract gains or loses is missing here until somebody has said what it asks for."""
    named = {signature.partition("(")[0] for signature in _errors()}

    assert len(named) > 100
    assert set() == named ^ (set(KINDS) - _SOLIDITYS_OWN)


@pytest.mark.parametrize("signature", sorted(_errors()))
def test_error_comes_back_typed(signature: str) -> None:
    """The bytes of each error become its class, with its own name as code, a status, and the next step."""
    name, types = signature.partition("(")[0], _errors()[signature]
    arguments = encode(types, [_NOTHING.get(kind.rstrip("0123456789"), b"") for kind in types])
    error = _CONTRACTS.error(keccak(signature.encode())[:4] + arguments)

    assert type(error) is kind_of(name) is not ContractRefused
    assert name == error.error
    assert re.sub(r"([A-Z])", r"_\1", name).lower().lstrip("_") == error.code
    assert error.detail.endswith(error.remedy)
    assert status_of(error) in {400, 403, 404, 409, 500, 503}


def test_codes_are_not_shared() -> None:
    """No code of a contract's error is that of another error of this node, unless both have one name."""
    of_classes = {kind.code: kind.__name__ for kind in _subclasses(SettlementError)}

    for name, kind in KINDS.items():
        error = kind("", error=name)
        assert name == of_classes.get(error.code, name)


def test_what_a_rule_forbids_says_which() -> None:
    """The last argument of each error that names a refusal is its number."""
    for path in _BUILD.glob("*.json"):
        for entry in orjson.loads(path.read_bytes())["abi"]:
            if entry["type"] == "error":
                last = entry["inputs"][-1:]
                says_why = [(each["name"], each["type"]) for each in last] == [("reason", "uint8")]
                assert says_why == (kind_of(entry["name"]) is InstructionForbidden)


def test_broken_invariants_stop_the_writer() -> None:
    """A failed assertion in a contract is a broken rule; a refusal of what was asked is none."""
    panic = _CONTRACTS.error(keccak(b"Panic(uint256)")[:4] + (17).to_bytes(32, "big"))

    assert isinstance(panic, ContractFault)
    assert isinstance(panic, BrokenRule)
    assert {"ContractFault"} == {kind.__name__ for kind in KINDS.values() if issubclass(kind, BrokenRule)}


def test_stranger_stays_untyped() -> None:
    """What no contract of ours has is told as it came, under the base's code and status."""
    error = _CONTRACTS.error(bytes.fromhex("deadbeef"))

    assert (ContractRefused, "contract_refused", 409) == (type(error), error.code, status_of(error))
