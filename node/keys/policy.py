"""What a signer signs: this chain, these contracts, these functions, no value (R7).

The chain asks again who may do what; this keeps a fault of ours, or a request somebody slipped in, from
ever becoming a signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.chain.contracts import SELECTOR_BYTES, Contracts
from node.errors import PolicyRefused
from node.keys.signer import UnsignedTransaction

GAS_MAX = 30_000_000

# What a pay key and an administer key of a participant may call, and what the operator's may.
PAYING = {
    "Payments": ("pay",),
    "Settlement": (
        "submit",
        "affirm",
        "cancel",
        "withdraw",
        "sweep",
        "hold",
        "release",
        "setUrgency",
        "settle",
    ),
    "Participants": ("anchor",),
    "Netting": ("propose", "affirm", "settle", "withdraw", "sweep"),
    "Ledger": (
        "issue",
        "requestRedemption",
        "confirmRedemption",
        "refuseRedemption",
        "withdrawRedemption",
        "void",
        "setReserve",
    ),
}
ADMINISTERING = {
    "Participants": (
        "stopOutgoing",
        "resumeOutgoing",
        "addKey",
        "rotateKey",
        "setKeyExpiry",
        "revokeKey",
        "vetoRecovery",
        "setEndpoint",
        "setEncryptionKey",
        "cancelChange",
    ),
    "Ledger": (
        "openAccount",
        "freeze",
        "unfreeze",
        "close",
        "setCredit",
        "setLimits",
        "setBilateralLimit",
        "setThreshold",
        "cancelChange",
    ),
}
OPERATING = {
    "Participants": ("admit", "addMemberId", "suspend", "resume", "setSponsor"),
    "Ledger": ("registerAsset", "setFirstThresholds"),
    "Quorum": ("propose", "approve", "revokeApproval", "execute"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`calls`: the allowed selectors by contract address. `creates`: may it create contracts (deployer).

    `digests`: may it sign a bare 32-byte digest, that is, consent as an approve key. `attests`: may it
    sign what its bank says outside of the chain. `letters`: may it sign letters to other nodes.
    """

    chain_id: int
    calls: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)
    creates: bool = False
    digests: bool = False
    attests: bool = False
    letters: bool = False

    def check(self, transaction: UnsignedTransaction) -> None:
        """Raise `PolicyRefused` unless the transaction is one this signer signs."""
        if transaction.chain_id != self.chain_id:
            raise PolicyRefused(
                f"a transaction for chain {transaction.chain_id}; this signer is for {self.chain_id}"
            )
        if transaction.value != 0 or transaction.gas > GAS_MAX:
            raise PolicyRefused(
                f"value {transaction.value} and gas {transaction.gas}; at most 0 and {GAS_MAX} are signed"
            )
        if transaction.to is None:
            if not self.creates:
                raise PolicyRefused(
                    "a transaction that creates a contract; only a deployer's signer signs it"
                )
            return
        self._check_call(transaction.to, transaction.data[:SELECTOR_BYTES])

    def check_digest(self) -> None:
        """Raise `PolicyRefused` unless this signer consents by bare digests."""
        if not self.digests:
            raise PolicyRefused("a bare digest; only an approver's signer signs it")

    def check_attestation(self) -> None:
        """Raise `PolicyRefused` unless this signer signs what its bank says."""
        if not self.attests:
            raise PolicyRefused("an attestation; only a signer opened for that signs one")

    def check_letter(self) -> None:
        """Raise `PolicyRefused` unless this signer signs letters to other nodes."""
        if not self.letters:
            raise PolicyRefused("a letter; only a running node's signer signs one")

    def _check_call(self, to: bytes, selector: bytes) -> None:
        if to not in self.calls:
            raise PolicyRefused(f"a call of 0x{to.hex()}, which is none of this deployment's contracts")
        if selector not in self.calls[to]:
            raise PolicyRefused(
                f"a call of function 0x{selector.hex()} at 0x{to.hex()}, which is not allowed"
            )


def node_policy(contracts: Contracts) -> Policy:
    """Return what a node's own keys sign: what a participant or the operator sends, letters, no digests."""
    allowed: dict[bytes, frozenset[bytes]] = {}
    for table in (PAYING, ADMINISTERING, OPERATING):
        for contract, functions in table.items():
            address = contracts.address(contract)
            selectors = frozenset(contracts.selector(contract, function) for function in functions)
            allowed[address] = allowed.get(address, frozenset()) | selectors
    return Policy(chain_id=contracts.deployment.chain_id, calls=allowed, letters=True)


def notary_policy(chain_id: int) -> Policy:
    """Return what signs what a bank attests, by any of its keys: nothing else."""
    return Policy(chain_id=chain_id, attests=True)


def deployer_policy(contracts: Contracts) -> Policy:
    """Return what a deployer signs: new contracts, and the one call that hands their power on."""
    handover = frozenset({contracts.selector("AccessManager", "multicall")})
    return Policy(
        chain_id=contracts.deployment.chain_id,
        calls={contracts.address("AccessManager"): handover},
        creates=True,
    )
