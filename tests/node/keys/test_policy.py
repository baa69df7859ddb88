"""What a signer signs: this chain, these contracts, these functions, no value (R7)."""

from collections.abc import Callable

import pytest

from node.chain.compiled import CONTRACTS, artifact
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.protocol import Fees
from node.errors import PolicyRefused
from node.keys.policy import (
    ADMINISTERING,
    GAS_MAX,
    OPERATING,
    PAYING,
    Policy,
    deployer_policy,
    node_policy,
    notary_policy,
)
from node.keys.signer import UnsignedTransaction
from settlement.instruction import keccak

_CONTRACTS = Contracts(
    Deployment(
        chain_id=5,
        genesis_hash=bytes(32),
        contracts={name: keccak(name.encode())[12:] for name in CONTRACTS},
        demo=True,
    )
)
_ALLOWED = {
    (contract, function)
    for table in (PAYING, ADMINISTERING, OPERATING)
    for contract, functions in table.items()
    for function in functions
}
_WRITING = {
    (contract, entry["name"])
    for contract in CONTRACTS
    for entry in artifact(contract).abi
    if entry["type"] == "function" and entry["stateMutability"] not in {"view", "pure"}
}


def _call(
    contract: str, function: str, *, chain_id: int = 5, gas: int = GAS_MAX, value: int = 0
) -> UnsignedTransaction:
    return UnsignedTransaction(
        chain_id=chain_id,
        nonce=0,
        to=_CONTRACTS.address(contract),
        data=_CONTRACTS.selector(contract, function) + b"arguments",
        gas=gas,
        fees=Fees(price=0),
        value=value,
    )


def _approver_policy(contracts: Contracts) -> Policy:
    return Policy(chain_id=contracts.deployment.chain_id, digests=True)


def _creation(data: bytes = b"\x60") -> UnsignedTransaction:
    return UnsignedTransaction(chain_id=5, nonce=0, to=None, data=data, gas=1, fees=Fees(price=0))


@pytest.mark.parametrize(("contract", "function"), sorted(_WRITING))
def test_node_signs_what_is_listed(contract: str, function: str) -> None:
    """Of all functions that change something a node signs exactly those in the tables."""
    policy, call = node_policy(_CONTRACTS), _call(contract, function)

    if (contract, function) in _ALLOWED:
        policy.check(call)
    else:
        with pytest.raises(PolicyRefused, match=r"not allowed|none of this"):
            policy.check(call)


def test_tables_name_functions_that_are() -> None:
    """Every function in the tables is one of the contracts, and none is listed twice."""
    assert _ALLOWED <= _WRITING
    assert len(_ALLOWED) == sum(
        len(functions) for table in (PAYING, ADMINISTERING, OPERATING) for functions in table.values()
    )


def test_nobody_hands_power_on() -> None:
    """No node signs what moves value by itself, changes the access manager, or replaces an authority."""
    assert not {
        (contract, function)
        for contract, function in _ALLOWED
        if contract == "AccessManager" or function in {"move", "setAuthority", "setMembers"}
    }


@pytest.mark.parametrize("policy", [node_policy, deployer_policy, _approver_policy])
@pytest.mark.parametrize(
    "transaction",
    [
        _call("Payments", "pay", chain_id=6),
        _call("Payments", "pay", value=1),
        _call("Payments", "pay", gas=GAS_MAX + 1),
        UnsignedTransaction(chain_id=5, nonce=0, to=b"\1" * 20, data=b"", gas=1, fees=Fees(price=0)),
        UnsignedTransaction(
            chain_id=5, nonce=0, to=_CONTRACTS.address("Payments"), data=b"", gas=1, fees=Fees(price=0)
        ),
    ],
    ids=["other chain", "value", "gas", "stranger", "no function"],
)
def test_nobody_signs(policy: Callable[[Contracts], Policy], transaction: UnsignedTransaction) -> None:
    """Another chain, value, too much gas, a stranger or a call of no function: no signer signs it."""
    with pytest.raises(PolicyRefused):
        policy(_CONTRACTS).check(transaction)


def test_only_a_deployer_creates() -> None:
    """Contracts are created by a deployer's signer alone."""
    deployer_policy(_CONTRACTS).check(_creation())
    for policy in (node_policy(_CONTRACTS), _approver_policy(_CONTRACTS)):
        with pytest.raises(PolicyRefused, match="deployer"):
            policy.check(_creation())


def test_deployer_calls_one_function() -> None:
    """A deployer's signer signs the one call that hands its power on, and no other."""
    policy = deployer_policy(_CONTRACTS)
    for contract, function in _WRITING:
        if (contract, function) == ("AccessManager", "multicall"):
            policy.check(_call(contract, function))
        else:
            with pytest.raises(PolicyRefused):
                policy.check(_call(contract, function))


def test_only_an_approver_signs_digests() -> None:
    """A bare digest could say anything, so only approve keys sign one; and they sign nothing else (R8)."""
    _approver_policy(_CONTRACTS).check_digest()
    for policy in (node_policy(_CONTRACTS), deployer_policy(_CONTRACTS)):
        with pytest.raises(PolicyRefused, match="digest"):
            policy.check_digest()
    with pytest.raises(PolicyRefused):
        _approver_policy(_CONTRACTS).check(_call("Payments", "pay"))


def test_only_a_notary_attests() -> None:
    """What a bank says is signed by a signer that was opened for it, and that signs nothing else."""
    notary = notary_policy(5)
    notary.check_attestation()
    with pytest.raises(PolicyRefused):
        notary.check_digest()
    for contract, function in _WRITING:
        with pytest.raises(PolicyRefused):
            notary.check(_call(contract, function))
    for other in (node_policy(_CONTRACTS), deployer_policy(_CONTRACTS), _approver_policy(_CONTRACTS)):
        with pytest.raises(PolicyRefused, match="opened for that"):
            other.check_attestation()
