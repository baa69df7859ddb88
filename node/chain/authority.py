"""Whether a deployment gave power to whom it names and to nobody else, proven by the deployer's transactions.

Code tells what a contract does from now on, not what its constructor did, and no view of the contracts
lists who has a role. But the deployer alone has power until the handover, and none after it: what it sent
until then, byte by byte, is everything that can have happened. What is decided later is told by events,
which the mirror follows.
"""

from eth_abi.abi import decode as decode_abi
from eth_abi.exceptions import DecodingError

from node.chain.compiled import CONTRACTS, artifact
from node.chain.contracts import SELECTOR_BYTES, Contracts
from node.chain.deployment import Deployment, Founding
from node.chain.plan import Step, created_address, planned_steps
from node.chain.protocol import Chain, Transaction
from node.errors import ChainUnavailable, WrongAuthority


def founding_of(deployment: Deployment) -> Founding:
    """Return how a deployment was founded; raise `WrongAuthority` when it does not say."""
    if deployment.founding is None:
        raise WrongAuthority(
            "the deployment does not say who was given power, and where that stands; "
            "`vostro deploy` writes it"
        )
    return deployment.founding


def verify_authority(chain: Chain, deployment: Deployment) -> None:
    """Raise `WrongAuthority` unless the deployer sent exactly what its founding says; `ChainUnavailable`.

    Asks for as many blocks and transactions at most as a deployer sends.
    """
    founding, contracts = founding_of(deployment), Contracts(deployment)
    for nonce, name in enumerate(CONTRACTS):
        if created_address(founding.deployer, nonce) != contracts.address(name):
            raise WrongAuthority(
                f"{name} at 0x{contracts.address(name).hex()} was not made by transaction {nonce} of "
                f"0x{founding.deployer.hex()}, which the deployment names as its deployer"
            )
    steps = planned_steps(contracts, founding.deployer, founding.authority)
    sent = _sent(chain, founding, len(steps))
    for nonce, step in enumerate(steps):
        found = sent.get(nonce)
        if found is None:
            raise WrongAuthority(
                f"{step.name}, transaction {nonce} of 0x{founding.deployer.hex()}, has not succeeded in "
                f"blocks {', '.join(map(str, founding.heights))}; take the deployment file of who deployed"
            )
        if (found.to, found.data) != (step.to, step.data):
            raise WrongAuthority(
                f"{step.name} (transaction 0x{found.hash.hex()}) is not as the deployment says: "
                f"{_difference(contracts, step, found)}; trust these contracts only if that was agreed"
            )


def _sent(chain: Chain, founding: Founding, count: int) -> dict[int, Transaction]:
    """Return the deployer's successful transactions in the blocks of the founding, by nonce."""
    if len(founding.heights) != count:
        raise WrongAuthority(f"the deployment names {len(founding.heights)} transactions, it has {count}")
    found = {}
    for height in sorted(set(founding.heights)):
        for receipt in chain.block(height).receipts:
            if receipt.sender == founding.deployer and receipt.succeeded:
                transaction = chain.transaction(height, receipt.index)
                if transaction.hash != receipt.hash:
                    raise ChainUnavailable(f"block {height} changed between two answers; ask again")
                found[transaction.nonce] = transaction
    return found


def _difference(contracts: Contracts, step: Step, found: Transaction) -> str:
    """Return for people what a transaction does that was not planned, and what it does not."""
    if step.to is None:
        return f"planned {_created(step.name, step.data)}, found {_created(step.name, found.data)}"
    planned, there = _calls(step.data), _calls(found.data)
    told = [
        f"{word} {contracts.called('AccessManager', call)}"
        for word, calls, others in (("not planned", there, planned), ("missing", planned, there))
        for call in calls
        if call not in others
    ]
    return " and ".join(told) or "the same calls in another order"


def _created(name: str, data: bytes) -> str:
    """Return what a contract was created with: the arguments behind its creation code."""
    shipped = artifact(name)
    if not data.startswith(shipped.creation):
        return f"other creation code than that of the {name} that this node ships"
    try:
        kinds = [argument["type"] for argument in shipped.constructor]
        return str(decode_abi(kinds, data[len(shipped.creation) :]))
    except DecodingError:
        return "arguments that are none"


def _calls(data: bytes) -> list[bytes]:
    """Return the calls inside an `AccessManager.multicall`; the data itself when it is none."""
    try:
        (calls,) = decode_abi(["bytes[]"], data[SELECTOR_BYTES:])
    except DecodingError:
        return [data]
    return list(calls)
