"""Whether the chain is the one a deployment names, with our code, and powers as planned."""

from collections.abc import Mapping

from node.chain.authority import founding_of, verify_authority
from node.chain.compiled import CONTRACTS, WORD_BYTES, Artifact, artifact
from node.chain.deployment import Deployment
from node.chain.plan import created_address
from node.chain.protocol import Chain
from node.errors import ChainUnavailable, DemoDeployment, WrongChain, WrongCode, WrongGenesis


def verify_deployment(chain: Chain, deployment: Deployment, *, demo_allowed: bool) -> None:
    """Raise `WrongChain`, `WrongGenesis`, `WrongCode`, `DemoDeployment` or `WrongAuthority` unless all is as
    deployed; `ChainUnavailable` while the RPC node has not come as far as the deployment.
    """
    verify_chain(chain, deployment)
    _require_in_step(chain, deployment)
    missing = set(CONTRACTS) - set(deployment.contracts)
    if missing:
        raise WrongCode(f"the deployment names no {', '.join(sorted(missing))}; deploy them")
    delays = {
        name: delay
        for each in deployment.contracts
        for name, delay in verify_code(chain, each, deployment).items()
    }
    without = [name for name, delay in delays.items() if delay == 0]
    if without and not demo_allowed:
        raise DemoDeployment(
            f"{', '.join(without)} at chain {deployment.chain_id} let power be gained without delay; "
            "deploy with one, or set VOSTRO_DEMO for a demonstration"
        )
    verify_authority(chain, deployment)


def _require_in_step(chain: Chain, deployment: Deployment) -> None:
    """Tell a chain without the contracts from an RPC node that still reads the chain."""
    needed, final = max(founding_of(deployment).heights, default=0), chain.final_height()
    if final < needed:
        raise ChainUnavailable(
            f"the RPC node's last final block is {final}, the contracts were deployed up to block {needed}; "
            "wait until it has caught up"
        )


def verify_chain(chain: Chain, deployment: Deployment) -> None:
    """Raise `WrongChain` or `WrongGenesis` unless this is the chain of the deployment."""
    chain_id = chain.chain_id()
    if chain_id != deployment.chain_id:
        raise WrongChain(
            f"the RPC node serves chain {chain_id}, the deployment is on {deployment.chain_id}; "
            "check VOSTRO_RPC_URL and VOSTRO_DEPLOYMENT_FILE"
        )
    genesis_hash = chain.genesis_hash()
    if genesis_hash != deployment.genesis_hash:
        raise WrongGenesis(
            f"chain {chain_id} starts with {genesis_hash.hex()}, the deployment's with "
            f"{deployment.genesis_hash.hex()}: another chain of the same number"
        )


def verify_code(chain: Chain, name: str, deployment: Deployment) -> dict[str, int]:
    """Compare the code at a contract's address with the compiled contract, for the ledger that of its
    administration too; return the delays (seconds) that these were made with, by name. Raise `WrongCode`.
    """
    address = deployment.contracts[name]
    immutables = _compare(name, address, chain.code(address), deployment.contracts)
    delays = {name: int.from_bytes(immutables["delay"], "big")} if "delay" in immutables else {}
    if name != "Ledger":
        return delays
    # The first contract that the ledger made; by what code it was made, the ledger's own code says.
    made = created_address(address, 1)
    if immutables["administration"] != made.rjust(WORD_BYTES, b"\0"):
        raise WrongCode(f"Ledger at 0x{address.hex()} has another administration than the one it made")
    found = _compare("Administration", made, chain.code(made), deployment.contracts)
    return delays | {"Administration": int.from_bytes(found["delay"], "big")}


def _compare(name: str, address: bytes, code: bytes, contracts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Compare the code at an address with the compiled contract; return its immutables (32 bytes each).

    An immutable that is named like a contract must be that contract's address. Raise `WrongCode`.
    """
    shipped = artifact(name)
    if not code:
        raise WrongCode(f"there is no code at 0x{address.hex()}, where {name} should be")
    found = _immutables(shipped, code)
    if found is None or _without_immutables(shipped, code) != shipped.runtime:
        raise WrongCode(f"the code at 0x{address.hex()} is not the {name} that this node ships")
    for immutable, value in found.items():
        expected = contracts.get(immutable[:1].upper() + immutable[1:])
        if expected is not None and value != expected.rjust(WORD_BYTES, b"\0"):
            raise WrongCode(f"{name} at 0x{address.hex()} has {immutable} 0x{value[12:].hex()}, not ours")
    return found


def _without_immutables(shipped: Artifact, code: bytes) -> bytes:
    masked = bytearray(code)
    for places in shipped.immutables.values():
        for place in places:
            masked[place : place + WORD_BYTES] = bytes(WORD_BYTES)
    return bytes(masked)


def _immutables(shipped: Artifact, code: bytes) -> dict[str, bytes] | None:
    """Return each immutable's value; None when one has several or lies outside the code."""
    found = {}
    for immutable, places in shipped.immutables.items():
        values = {code[place : place + WORD_BYTES] for place in places}
        if len(values) != 1 or len(value := values.pop()) != WORD_BYTES:
            return None
        found[immutable] = value
    return found
