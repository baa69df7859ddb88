"""Deploying from settings: whose keys get which power, and where it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.bootstrap.opening import connected_chain, key_addresses, opened_signer, require_endpoint
from node.chain.calls import Admission
from node.chain.contracts import Contracts
from node.chain.deployment import Authority, Deployment, read_deployment, write_deployment
from node.chain.verify import verify_deployment
from node.clock import SystemClock, SystemRandom
from node.errors import KeyNotFound, SettingsInvalid
from node.keys.keystore import Keystore
from node.keys.policy import deployer_policy
from node.services.deployment import deploy, planned_deployment
from node.services.direct import DirectSender
from node.services.founding import Founder
from node.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What is on the chain now. `made` is False when everything was there before."""

    chain_id: int
    contracts: dict[str, bytes]
    demo: bool
    made: bool
    file: str


def deploy_contracts(
    settings: Settings,
    password: bytes,
    *,
    operators: Sequence[bytes],
    guardians: Sequence[bytes],
    members: Sequence[bytes],
    threshold: int | None,
    delay: int,
) -> Deployed:
    """Deploy or find the contracts, and write the deployment file.

    Without `operators` every key of the node is one; without `members` the operators are; without
    `guardians` the operators are too, in a demonstration. Raise `SettingsInvalid`, `KeyNotFound`,
    `WrongPassword`, `ChainError`.
    """
    require_endpoint(settings)
    if delay == 0 and not settings.demo:
        raise SettingsInvalid(
            "a deployment without delay is for demonstrations only: set VOSTRO_DEMO, or give one"
        )
    if not guardians and not settings.demo:
        raise SettingsInvalid(
            "nobody could pause a module at once: name a guardian's address with --guardian; only a "
            "demonstration (VOSTRO_DEMO) takes the operators for that"
        )
    operators = operators or key_addresses(settings)
    if not operators:
        raise KeyNotFound("nobody would have the operator's role; make a key with `vostro keys new`")
    members = members or operators
    authority = Authority(
        operators=operators,
        guardians=guardians or operators,
        members=members,
        threshold=threshold or len(members) // 2 + 1,
        delay=delay,
    )
    clock = SystemClock()
    keystore = Keystore(settings.home / "deployer")
    deployer = _deployer(keystore, password)
    with connected_chain(settings, clock) as chain:
        planned = planned_deployment(chain, deployer, delay=delay)
        _require_same(settings, planned)
        used = chain.nonce(deployer)
        signer = keystore.open(password, deployer_policy(Contracts(planned)), [deployer])
        deployment = deploy(chain, signer, deployer, clock, authority)
        made = chain.nonce(deployer) != used
    write_deployment(settings.deployment_file, deployment)
    return Deployed(
        chain_id=deployment.chain_id,
        contracts=dict(deployment.contracts),
        demo=deployment.demo,
        made=made,
        file=str(settings.deployment_file),
    )


def admit_operator(settings: Settings, password: bytes, admission: Admission, operator: bytes) -> int:
    """Admit the operator itself, at once, and return its number: no node of its works before that.

    Raise `ContractRefused` when it is there already, or `operator` has not the operator's role.
    """
    clock = SystemClock()
    deployment = read_deployment(settings.deployment_file)
    contracts = Contracts(deployment)
    with (
        opened_signer(settings, contracts, clock, password, addresses=[operator]) as signer,
        connected_chain(settings, clock, deployment) as chain,
    ):
        verify_deployment(chain, deployment, demo_allowed=settings.demo)
        founder = Founder(DirectSender(chain, contracts, signer, clock), contracts, operator)
        return founder.admit(admission, None)


def _require_same(settings: Settings, planned: Deployment) -> None:
    """Refuse to write over the file of another deployment."""
    if settings.deployment_file.exists() and read_deployment(settings.deployment_file) != planned:
        raise SettingsInvalid(
            f"VOSTRO_DEPLOYMENT_FILE: {settings.deployment_file} is of another deployment; move it away first"
        )


def _deployer(keystore: Keystore, password: bytes) -> bytes:
    known = keystore.addresses()
    return known[0] if known else keystore.create(password, SystemRandom())
