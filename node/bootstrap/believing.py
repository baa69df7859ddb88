"""Whom a follower believes: how blocks are checked, which endpoints must agree, who the validators are."""

from node.chain.engines import engine
from node.chain.failover import FailoverChain
from node.chain.protocol import Chain
from node.chain.witnesses import Witnesses
from node.clock import Clock
from node.errors import SettingsInvalid
from node.follower.checking import Checks
from node.follower.validators import ContractValidators, validator_contract
from node.mirror.levels import Level
from node.settings import Settings


def checks_of(settings: Settings) -> Checks:
    """Return how blocks are checked before they are mirrored."""
    return Checks(level=Level(settings.verification), sealed=engine(settings.engine).sealed)


def witnesses_of(settings: Settings, chain: Chain, clock: Clock) -> Witnesses | None:
    """Return the endpoints that must agree before a block is mirrored, None where one is enough.

    Raise `SettingsInvalid` when there are not so many, or a hash would say nothing of its block.
    """
    if settings.rpc_agreement == 1:
        return None
    if Level(settings.verification) is Level.OFF:
        raise SettingsInvalid(
            "VOSTRO_RPC_AGREEMENT: endpoints agree on hashes, which VOSTRO_VERIFICATION=off does not check"
        )
    if not isinstance(chain, FailoverChain):
        raise SettingsInvalid(
            f"VOSTRO_RPC_AGREEMENT: {settings.rpc_agreement} endpoints must agree, VOSTRO_RPC_URL names one"
        )
    return Witnesses(chain, needed=settings.rpc_agreement, clock=clock)


def validators_of(settings: Settings, chain: Chain, witnesses: Witnesses | None) -> ContractValidators | None:
    """Return who asks the contract that keeps the validators, None where headers list them.

    Raise `SettingsInvalid` for an engine without seals.
    """
    if settings.validator_contract is None:
        return None
    contract = validator_contract(settings.validator_contract)
    if not engine(settings.engine).sealed:
        raise SettingsInvalid(f"VOSTRO_VALIDATOR_CONTRACT: nobody seals the blocks of {settings.engine}")
    return ContractValidators(chain, contract, witnesses)
