"""Deploys the contracts as contracts/deployment.md says; a run cut short goes on where it stopped.

The deployer is a fresh key used for nothing else: its contracts are its transactions 0 to 4 (so their
addresses are known beforehand), and the sixth hands its power to the quorum and the operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_abi.abi import encode as encode_abi

from node.chain.compiled import CONTRACTS, WORD_BYTES, artifact
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.protocol import Chain
from node.chain.verify import verify_code, verify_deployment
from node.clock import Clock
from node.errors import WrongCode
from node.keys.signer import Signer
from node.services.direct import DirectSender
from settlement.instruction import keccak

# AccessManager's own number for the role that may do everything, and ours for the operators'.
ADMIN_ROLE = 0
OPERATOR_ROLE = 1
_NO_DELAY = 0
# `ModuleStatus.Trusted` of Kinds.sol.
TRUSTED = 2

# What only operators may call; everything else that is `restricted` is the quorum's.
OPERATORS_OWN = {
    "Participants": ("admit", "addMemberId", "suspend", "resume"),
    "Ledger": ("registerAsset", "close", "openAccount", "freeze", "unfreeze", "setFirstThresholds"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who decides. `operators`: keys with the operator's role; `members`: the quorum's keys, `threshold` of
    which decide; `delay` (seconds): what everything waits that gains power, 0 only for a demonstration.
    """

    operators: Sequence[bytes]
    members: Sequence[bytes]
    threshold: int
    delay: int


def planned_deployment(chain: Chain, deployer: bytes, *, delay: int) -> Deployment:
    """Return the deployment that `deploy` by this key leads to, whether or not it has been made."""
    return Deployment(
        chain_id=chain.chain_id(),
        genesis_hash=chain.genesis_hash(),
        contracts={name: created_address(deployer, nonce) for nonce, name in enumerate(CONTRACTS)},
        demo=delay == 0,
    )


def deploy(chain: Chain, signer: Signer, deployer: bytes, clock: Clock, authority: Authority) -> Deployment:
    """Deploy what is missing and verify everything; return the deployment.

    Raise `WrongCode` when the deployer's addresses hold something else than was asked for, `ChainError`,
    `SigningError`.
    """
    deployment = planned_deployment(chain, deployer, delay=authority.delay)
    contracts = Contracts(deployment)
    sender = DirectSender(chain, contracts, signer, clock)
    done = chain.nonce(deployer)
    for nonce, name in enumerate(CONTRACTS):
        if nonce >= done:
            arguments = _arguments(name, deployer, contracts, authority)
            sender.send(deployer, None, artifact(name).creation + arguments)
        _verify_contract(chain, contracts, name, authority)
    if done <= len(CONTRACTS):
        sender.call(deployer, "AccessManager", "multicall", _handover(contracts, deployer, authority))
    verify_deployment(chain, deployment, demo_allowed=authority.delay == 0)
    _verify_authority(chain, contracts, deployer, authority)
    return deployment


def _verify_contract(chain: Chain, contracts: Contracts, name: str, authority: Authority) -> None:
    address = contracts.address(name)
    immutables = verify_code(name, address, chain.code(address), contracts.deployment.contracts)
    delay = int.from_bytes(immutables.get("delay", authority.delay.to_bytes(WORD_BYTES, "big")), "big")
    if delay != authority.delay:
        raise WrongCode(
            f"{name} at 0x{address.hex()} stands already, with a delay of {delay} and not {authority.delay} "
            "seconds; ask for what is there, or deploy anew with a fresh key"
        )


def _verify_authority(chain: Chain, contracts: Contracts, deployer: bytes, authority: Authority) -> None:
    """Raise `WrongCode` unless the power is where it should be and the deployer has none."""

    def read(contract: str, function: str, *arguments: object) -> Any:
        return contracts.read(chain, contract, function, *arguments)

    manager = contracts.address("AccessManager")
    found = {
        "the quorum decides": read("AccessManager", "hasRole", ADMIN_ROLE, contracts.address("Quorum"))[0],
        "the deployer has no power": not read("AccessManager", "hasRole", ADMIN_ROLE, deployer)[0],
        "the operators operate": all(
            read("AccessManager", "hasRole", OPERATOR_ROLE, operator)[0] for operator in authority.operators
        ),
        "the quorum has these members": {
            bytes.fromhex(member.removeprefix("0x")) for member in read("Quorum", "members")
        }
        == set(authority.members),
        "the quorum has this threshold": read("Quorum", "threshold") == authority.threshold,
        "the operators' functions are theirs": all(
            read(
                "AccessManager",
                "getTargetFunctionRole",
                contracts.address(contract),
                contracts.selector(contract, function),
            )
            == OPERATOR_ROLE
            for contract, functions in OPERATORS_OWN.items()
            for function in functions
        ),
        "the ledger trusts Payments": read("Ledger", "moduleStatus", contracts.address("Payments"))[0]
        == TRUSTED,
        "the access manager guards both": all(
            read(contract, "authority") == "0x" + manager.hex() for contract in OPERATORS_OWN
        ),
    }
    missing = [rule for rule, holds in found.items() if not holds]
    if missing:
        raise WrongCode(
            f"the contracts stand already, and it is not so that {' and '.join(missing)}; "
            "ask for what is there, or deploy anew with a fresh key"
        )


def created_address(creator: bytes, nonce: int) -> bytes:
    """Return where a creator's contract goes (CREATE; Ethereum Yellow Paper, section 7)."""
    return keccak(rlp.encode([creator, nonce]))[12:]


def _arguments(name: str, deployer: bytes, contracts: Contracts, authority: Authority) -> bytes:
    manager, participants = contracts.address("AccessManager"), contracts.address("Participants")
    given: dict[str, tuple[tuple[str, object], ...]] = {
        "AccessManager": (("address", deployer),),
        "Quorum": (
            ("address[]", list(authority.members)),
            ("uint32", authority.threshold),
            ("uint32", authority.delay),
        ),
        "Participants": (("address", manager), ("uint32", authority.delay)),
        "Ledger": (
            ("address", participants),
            ("address", manager),
            ("uint32", authority.delay),
            ("address[]", [contracts.address("Payments")]),
        ),
        "Payments": (("address", participants), ("address", contracts.address("Ledger"))),
    }
    kinds, values = zip(*given[name], strict=True)
    return encode_abi(kinds, values)


def _handover(contracts: Contracts, deployer: bytes, authority: Authority) -> list[bytes]:
    def call(function: str, *arguments: object) -> bytes:
        return contracts.calldata("AccessManager", function, *arguments)

    return [
        *(
            call(
                "setTargetFunctionRole",
                contracts.address(contract),
                [contracts.selector(contract, function) for function in functions],
                OPERATOR_ROLE,
            )
            for contract, functions in OPERATORS_OWN.items()
        ),
        *(call("grantRole", OPERATOR_ROLE, operator, _NO_DELAY) for operator in authority.operators),
        call("grantRole", ADMIN_ROLE, contracts.address("Quorum"), _NO_DELAY),
        call("renounceRole", ADMIN_ROLE, deployer),
    ]
