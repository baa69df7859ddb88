"""A small network as most tests want it: the contracts, an operator that is the central bank, three banks.

    chain = TesterChain(clock)          # or an RpcChain to anvil
    network = found(chain, clock)       # deployed, admitted, monies registered, accounts opened
    network.issue(network.banks[0], USD, 10**12)
    network.pay(network.banks[0], [(network.banks[1], USD, 500)])

Everything goes through the node's own code. The keys are made from names: the same in every run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import coincurve

from node.chain import calls
from node.chain.calls import Admission, KeyTerms
from node.chain.contracts import Contracts
from node.chain.deployment import Authority
from node.chain.protocol import Chain, Receipt
from node.clock import Clock
from node.keys.keystore import KeystoreSigner
from node.keys.policy import Policy, deployer_policy, node_policy
from node.keys.signing import address_of
from node.services.deployment import deploy, planned_deployment
from node.services.direct import DirectSender
from node.services.founding import Founder
from settlement.identifiers import MemberId
from settlement.instruction import Terms, keccak
from settlement.participant import KeyRole, ParticipantKind

USD, EUR, JPY = 840, 978, 392
CURRENCIES = (USD, EUR, JPY)
THRESHOLD = 10**18  # a single key is enough for nearly everything
_ROLES = {"pay": KeyRole.PAY, "approve": KeyRole.APPROVE, "administer": KeyRole.ADMINISTER,
          "administer too": KeyRole.ADMINISTER}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A participant of the network, and how its keys are called."""

    id: int
    kind: ParticipantKind
    bic: str
    lei: str
    members: tuple[MemberId, ...] = ()

    def secret(self, use: str) -> bytes:
        """The private key of a use: `pay`, `approve`, `administer`, `administer too`."""
        return keccak(f"{self.bic} {use}".encode())

    def key(self, use: str) -> bytes:
        """The address of the key of a use."""
        return address_of(coincurve.PrivateKey(self.secret(use)))


def _usaba(*members: str) -> tuple[MemberId, ...]:
    return tuple(MemberId(system="USABA", member=member) for member in members)


# The banks have the member ids of the Fedwire samples in shared/data, so each sample settles between them.
OPERATOR = Member(id=1, kind=ParticipantKind.OPERATOR, bic="VOCBUS33XXX", lei="549300VOSTROCENTRA94")
BANKS = (
    Member(
        id=2,
        kind=ParticipantKind.BANK,
        bic="VOAAUS33XXX",
        lei="549300VOSTROBANKAA57",
        members=_usaba("011104238", "021307481"),
    ),
    Member(
        id=3,
        kind=ParticipantKind.BANK,
        bic="VOBBUS33XXX",
        lei="549300VOSTROBANKBB45",
        members=_usaba("021040078", "021040079", "231981435"),
    ),
    Member(
        id=4,
        kind=ParticipantKind.BANK,
        bic="VOCCDEFFXXX",
        lei="549300VOSTROBANKCC33",
        members=_usaba("091036164", "021151080"),
    ),
)
MEMBERS = (OPERATOR, *BANKS)
DEPLOYER = keccak(b"deployer")


@dataclass(slots=True, kw_only=True)
class Network:
    """The founded network. Its own sequence numbers start at 1,000,000, far above those of nodes."""

    chain: Chain
    clock: Clock
    contracts: Contracts
    sender: DirectSender
    operator: Member = OPERATOR
    banks: Sequence[Member] = BANKS
    _sequences: dict[int, int] = field(default_factory=dict)

    def terms(self, payer: Member, payee: Member, asset: int, amount: int) -> Terms:
        """Terms with the payer's next sequence."""
        sequence = self._sequences.get(payer.id, 1_000_000)
        self._sequences[payer.id] = sequence + 1
        return Terms(sequence=sequence, asset=asset, payer=payer.id, payee=payee.id, amount=amount)

    def issue(self, holder: Member, asset: int, amount: int) -> Receipt:
        """Issue central-bank money to a bank."""
        terms = self.terms(self.operator, holder, asset, amount)
        return self.send(
            self.operator.key("pay"), calls.issue(self.contracts, terms, keccak(terms.encoded()))
        )

    def pay(self, payer: Member, payments: Sequence[tuple[Member, int, int]]) -> Receipt:
        """Pay (payee, asset, amount) in one transaction."""
        terms = [self.terms(payer, *payment) for payment in payments]
        data = self.contracts.pay_calldata([(each, keccak(each.encoded())) for each in terms])
        return self.sender.send(payer.key("pay"), self.contracts.address("Payments"), data)

    def send(self, key: bytes, call: calls.Call) -> Receipt:
        """Send any call by any key of the network, and wait for it."""
        return self.sender.send(key, self.contracts.address(call.contract), call.calldata)

    def signer(self, *members: Member) -> KeystoreSigner:
        """A signer with the keys of members that send transactions, as their nodes have it."""
        return _signer(self.contracts, members)

    def approver(self, member: Member) -> KeystoreSigner:
        """A signer with a member's approve key."""
        key = coincurve.PrivateKey(member.secret("approve"))
        policy = Policy(chain_id=self.contracts.deployment.chain_id, digests=True)
        return KeystoreSigner({address_of(key): key}, policy)


def found(
    chain: Chain,
    clock: Clock,
    *,
    thresholds: Mapping[int, int] | None = None,
    currencies: Sequence[int] = CURRENCIES,
) -> Network:
    """Deploy (without delays) and bring in everybody and everything."""
    return populated(chain, clock, deployed(chain, clock), thresholds=thresholds, currencies=currencies)


def populated(
    chain: Chain,
    clock: Clock,
    contracts: Contracts,
    *,
    thresholds: Mapping[int, int] | None = None,
    currencies: Sequence[int] = CURRENCIES,
) -> Network:
    """Admit everybody on contracts that know nobody yet, register the monies and open every account."""
    sender = DirectSender(chain, contracts, _signer(contracts, MEMBERS), clock)
    founder = Founder(sender, contracts, OPERATOR.key("administer"))
    for member in MEMBERS:
        first = dict.fromkeys(currencies, THRESHOLD) if thresholds is None else thresholds
        assert member.id == founder.admit(_admission(member), first)
    for currency in currencies:
        assert currency == founder.register_money(currency=currency, issuer=OPERATOR.id)
        founder.open_accounts(asset=currency, holders=[bank.id for bank in BANKS])
    return Network(chain=chain, clock=clock, contracts=contracts, sender=sender)


def deployed(chain: Chain, clock: Clock, *, delay: int = 0) -> Contracts:
    """Deploy the contracts with the operator's administer keys as quorum (two of two)."""
    key = coincurve.PrivateKey(DEPLOYER)
    deployer = address_of(key)
    planned = Contracts(planned_deployment(chain, deployer, delay=delay))
    signer = KeystoreSigner({deployer: key}, deployer_policy(planned))
    members = [OPERATOR.key("administer"), OPERATOR.key("administer too")]
    authority = Authority(
        operators=[members[0]], guardians=[members[1]], members=members, threshold=2, delay=delay
    )
    return Contracts(deploy(chain, signer, deployer, clock, authority))


def _admission(member: Member) -> Admission:
    keys = tuple(KeyTerms(address=member.key(use), role=role) for use, role in _ROLES.items())
    return Admission(kind=member.kind, bic=member.bic, lei=member.lei, members=member.members, keys=keys)


def _signer(contracts: Contracts, members: Sequence[Member]) -> KeystoreSigner:
    keys = [
        coincurve.PrivateKey(member.secret(use))
        for member in members
        for use in _ROLES
        if use != "approve"  # approve keys send no transactions
    ]
    return KeystoreSigner({address_of(key): key for key in keys}, node_policy(contracts))
