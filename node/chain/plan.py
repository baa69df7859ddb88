"""The deployer's transactions, to the byte: what makes the contracts and who is given power over them.

See contracts/deployment.md. They follow from the deployer and the authority asked for, so that whoever knows
both can check them.
"""

from dataclasses import dataclass

import rlp
from eth_abi.abi import encode as encode_abi

from node.chain.compiled import CONTRACTS, MODULES, artifact
from node.chain.contracts import Contracts
from node.chain.deployment import Authority
from settlement.instruction import keccak

# AccessManager's own number for the role that may do everything, and ours for operators and guardians.
ADMIN_ROLE = 0
OPERATOR_ROLE = 1
GUARDIAN_ROLE = 2
_NO_DELAY = 0

# What only a role may call. Everything else that is `restricted` is the quorum's.
ROLES_OWN = (
    (OPERATOR_ROLE, "Participants", ("admit", "addMemberId", "suspend", "resume", "setSponsor")),
    (
        OPERATOR_ROLE,
        "Ledger",
        (
            "registerAsset",
            "cutOff",
            "close",
            "open",
            "openAccount",
            "freeze",
            "unfreeze",
            "setFirstThresholds",
            "resume",
        ),
    ),
    (OPERATOR_ROLE, "Settlement", ("settle", "release", "cancel")),
    (GUARDIAN_ROLE, "Ledger", ("pause",)),
)


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
    """Return the deployer's transactions by nonce, from 0: the contracts, and the handing over.

    Members, operators and guardians go in by their addresses' order, in whatever order they were named.
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
    """Encode what a contract is created with; a constructor's arguments go by their names."""
    given: dict[str, object] = {
        "initialAdmin": deployer,
        "firstMembers": sorted(authority.members),
        "firstThreshold": authority.threshold,
        "authority": contracts.address("AccessManager"),
        "delaySeconds": authority.delay,
        "participantsContract": contracts.address("Participants"),
        "ledgerContract": contracts.address("Ledger"),
        "firstModules": [contracts.address(module) for module in MODULES],
    }
    arguments = artifact(name).constructor
    return encode_abi(
        [argument["type"] for argument in arguments], [given[argument["name"]] for argument in arguments]
    )


def _handover(contracts: Contracts, deployer: bytes, authority: Authority) -> list[bytes]:
    def call(function: str, *arguments: object) -> bytes:
        return contracts.calldata("AccessManager", function, *arguments)

    holders = ((OPERATOR_ROLE, authority.operators), (GUARDIAN_ROLE, authority.guardians))
    return [
        *(
            call(
                "setTargetFunctionRole",
                contracts.address(contract),
                [contracts.selector(contract, function) for function in functions],
                role,
            )
            for role, contract, functions in ROLES_OWN
        ),
        *(
            call("grantRole", role, holder, _NO_DELAY)
            for role, addresses in holders
            for holder in sorted(set(addresses))
        ),
        call("grantRole", ADMIN_ROLE, contracts.address("Quorum"), _NO_DELAY),
        call("renounceRole", ADMIN_ROLE, deployer),
    ]
