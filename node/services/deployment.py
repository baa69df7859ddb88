"""Deploys the contracts as contracts/deployment.md says; a run cut short goes on where it stopped.

The deployer is a fresh key used for nothing else: its first transactions are its contracts (so their
addresses are known beforehand), and its last hands its power to the quorum, the operators and the guardians.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from node.chain.compiled import CONTRACTS
from node.chain.contracts import Contracts
from node.chain.deployment import Authority, Deployment, Founding
from node.chain.plan import created_address, planned_steps
from node.chain.protocol import Chain
from node.chain.verify import verify_code, verify_deployment
from node.clock import Clock
from node.errors import ChainUnavailable, WrongCode
from node.keys.signer import Signer
from node.services.direct import DirectSender

_BLOCKS_PER_LOOK = 256
_POLL_SECONDS = 0.1
_POLLS_MAX = 600


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

    Raise `WrongCode` or `WrongAuthority` when the deployer did something else than is asked for,
    `ChainError`, `SigningError`.
    """
    planned = planned_deployment(chain, deployer, delay=authority.delay)
    contracts = Contracts(planned)
    sender = DirectSender(chain, contracts, signer, clock)
    done = chain.nonce(deployer)
    # Of a key that is new nothing stands in earlier blocks.
    first = chain.final_height() if done == 0 else 0
    steps = planned_steps(contracts, deployer, authority)
    for nonce, step in enumerate(steps):
        if nonce >= done:
            sender.send(deployer, step.to, step.data)
        if step.to is None:
            _verify_contract(chain, contracts, step.name, authority)
    heights = tuple(islice(_heights(chain, clock, deployer, first), len(steps)))
    founding = Founding(deployer=deployer, authority=authority, heights=heights)
    deployment = replace(planned, founding=founding)
    verify_deployment(chain, deployment, demo_allowed=authority.delay == 0)
    return deployment


def _verify_contract(chain: Chain, contracts: Contracts, name: str, authority: Authority) -> None:
    for made, delay in verify_code(chain, name, contracts.deployment).items():
        if delay != authority.delay:
            raise WrongCode(
                f"{made} at 0x{contracts.address(name).hex()} stands already, with a delay of {delay} "
                f"and not {authority.delay} seconds; ask for what is there, or deploy anew with a fresh key"
            )


def _heights(chain: Chain, clock: Clock, deployer: bytes, first: int) -> Iterator[int]:
    """Yield the height of each transaction of the deployer, waiting until they are final."""
    for _ in range(_POLLS_MAX):
        final = chain.final_height()
        while first <= final:
            last = min(final, first + _BLOCKS_PER_LOOK - 1)
            for block in chain.blocks(first, last):
                yield from [block.height for receipt in block.receipts if receipt.sender == deployer]
            first = last + 1
        clock.sleep(_POLL_SECONDS)
    raise ChainUnavailable(
        f"the deployer's transactions are not final after {_POLLS_MAX} looks; deploy again: it goes on"
    )
