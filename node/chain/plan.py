"""The deployer's six transactions, to the byte: what makes the contracts and who is given power over them.

See contracts/deployment.md. They follow from the deployer and the authority asked for, so that whoever knows
both can check them.
"""

from dataclasses import dataclass

import rlp
from eth_abi.abi import encode as encode_abi

from node.chain.compiled import CONTRACTS, artifact
from node.chain.contracts import Contracts
from node.chain.deployment import Authority
from settlement.instruction import keccak

# AccessManager's own number for the role that may do everything, and ours for the operators'.
ADMIN_ROLE = 0
OPERATOR_ROLE = 1
_NO_DELAY = 0

# What only operators may call; everything else that is `restricted` is the quorum's.
OPERATORS_OWN = {
    "Participants": ("admit", "addMemberId", "suspend", "resume", "setSponsor"),
    "Ledger": ("registerAsset", "close", "openAccount", "freeze", "unfreeze", "setFirstThresholds"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the deployer's transactions: what it calls (None: it creates a contract), and with what."""

    name: str
    to: bytes | None
    data: bytes


def created_address(creator: bytes, nonce: int) -> bytes:
    """Return where a creator's contract goes (CREATE; Ethereum Yellow Paper, section 7)."""
    return keccak(rlp.encode([creator, nonce]))[12:]


def planned_steps(contracts: Contracts, deployer: bytes, authority: Authority) -> tuple[Step, ...]:
    """Return the deployer's transactions by nonce, from 0: five contracts, and the handing over.

    Operators and members go in by their addresses' order, in whatever order they were named.
    """
    created = (
        Step(
            name=name,
            to=None,
            data=artifact(name).creation + _arguments(name, deployer, contracts, authority),
        )
        for name in CONTRACTS
    )
    handover = contracts.calldata("AccessManager", "multicall", _handover(contracts, deployer, authority))
    return (*created, Step(name="the handover", to=contracts.address("AccessManager"), data=handover))


def _arguments(name: str, deployer: bytes, contracts: Contracts, authority: Authority) -> bytes:
    manager, participants = contracts.address("AccessManager"), contracts.address("Participants")
    given: dict[str, tuple[tuple[str, object], ...]] = {
        "AccessManager": (("address", deployer),),
        "Quorum": (
            ("address[]", sorted(authority.members)),
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
        *(
            call("grantRole", OPERATOR_ROLE, operator, _NO_DELAY)
            for operator in sorted(set(authority.operators))
        ),
        call("grantRole", ADMIN_ROLE, contracts.address("Quorum"), _NO_DELAY),
        call("renounceRole", ADMIN_ROLE, deployer),
    ]
