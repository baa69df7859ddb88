"""The complete core in a test: instructions of many legs, sets, cycles, court orders, sent past any node."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import coincurve

from node.chain.protocol import Receipt
from node.keys.keystore import KeystoreSigner
from node.keys.policy import Policy
from node.keys.signing import address_of
from node.services.direct import DirectSender
from settlement.events import Event
from settlement.instruction import Leg, keccak
from tests.cycles import Trees
from tests.scenario import BANKS, OPERATOR, USD, Member, Network
from tests.words import head_word, leg_word, position_word

# What no node sends yet, and so no node's signer signs.
_CALLS = {
    "Settlement": (
        "submit", "affirm", "withdraw", "settle", "setUrgency", "hold", "release", "cancel", "sweep",
    ),
    "Ledger": ("moveByCourtOrder", "setWaitingRules", "freeze", "cutOff", "close", "open", "pause", "resume"),
    "Netting": ("propose", "affirm", "withdraw"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """An instruction of many legs, as its initiator packs it."""

    head: int
    commitment: bytes
    legs: tuple[Leg, ...]

    def words(self) -> tuple[int, bytes, list[int]]:
        """Return it as the ABI's struct."""
        return self.head, self.commitment, [leg_word(leg) for leg in self.legs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A netting cycle in dollars; `nets` by member, who each pay one payment of it, their `counter`-th.

    Of one with `trees` those say the positions and the root.
    """

    proposer: Member
    valid_until: int
    nets: dict[int, int]
    counter: int
    trees: Trees | None = None

    def words(self) -> tuple[int, int, int, int, bytes, list[int]]:
        """Return it as the ABI's struct."""
        counters = self.counter, self.counter
        positions = [position_word(member, net, *counters) for member, net in sorted(self.nets.items())]
        root = b"\1" * 32
        if self.trees is not None:
            positions, root = self.trees.positions, self.trees.root
        return USD, self.proposer.id, self.counter, self.valid_until, root, positions


@dataclass(slots=True, kw_only=True)
class Core:
    """Calls of the complete core on a founded network, each waited for."""

    network: Network
    _sequence: int = 5_000_000
    sender: DirectSender = field(init=False)

    def __post_init__(self) -> None:
        contracts = self.network.contracts
        keys = [
            coincurve.PrivateKey(member.secret(use))
            for member in (OPERATOR, *BANKS)
            for use in ("pay", "administer", "administer too")
        ]
        policy = Policy(
            chain_id=contracts.deployment.chain_id,
            calls={
                contracts.address(name): frozenset(contracts.selector(name, each) for each in functions)
                for name, functions in _CALLS.items()
            },
        )
        signer = KeystoreSigner({address_of(key): key for key in keys}, policy)
        self.sender = DirectSender(self.network.chain, contracts, signer, self.network.clock)

    def instruct(self, initiator: Member, *legs: Leg, valid_until: int = 0, flags: int = 0) -> Instruction:
        """Pack an instruction with the initiator's next sequence."""
        self._sequence += 1
        head = head_word(self._sequence, initiator.id, valid_until=valid_until, flags=flags)
        return Instruction(head=head, commitment=keccak(head.to_bytes(32, "big")), legs=legs)

    def submit(self, initiator: Member, *instructions: Instruction, urgent: int = 0) -> list[Event]:
        """Submit a batch; return what it led to."""
        words = [instruction.words() for instruction in instructions]
        return self.call(initiator, "submit", words, urgent, [])

    def affirm(self, member: Member, instruction: Instruction) -> list[Event]:
        """Consent to a proposal; return what it led to."""
        return self.call(member, "affirm", instruction.words(), False, [])

    def settle(self, sender: Member, *instructions: Instruction) -> list[Event]:
        """Settle one set; return what it led to."""
        ordered = sorted(instructions, key=self.digest)
        return self.call(sender, "settle", [([instruction.words() for instruction in ordered],)])

    def call(self, member: Member, function: str, *arguments: object) -> list[Event]:
        """Call Settlement by a member's pay key."""
        return self.events(self.sender.call(member.key("pay"), "Settlement", function, *arguments))

    def administer(
        self, member: Member, function: str, *arguments: object, use: str = "administer"
    ) -> list[Event]:
        """Call the ledger by an administer key; of the operator's two, the second is the guardian's."""
        return self.events(self.sender.call(member.key(use), "Ledger", function, *arguments))

    def agree(self, member: Member, function: str, *arguments: object) -> list[Event]:
        """Call by both administer keys, one after the other; return what came of the second."""
        self.administer(member, function, *arguments)
        return self.administer(member, function, *arguments, use="administer too")

    def cycle(
        self, proposer: Member, nets: dict[Member, int], *, counter: int, trees: Trees | None = None
    ) -> Cycle:
        """Make up a cycle that may settle for an hour."""
        until = int(self.network.clock.now()) + 3_600
        by_id = {member.id: net for member, net in nets.items()}
        return Cycle(proposer=proposer, valid_until=until, nets=by_id, counter=counter, trees=trees)

    def net(self, member: Member, function: str, cycle: Cycle) -> list[Event]:
        """Call Netting by a member's pay key, for a consent with its approve key's approval."""
        contracts, chain, words = self.network.contracts, self.network.chain, cycle.words()
        arguments: list[object] = [words]
        if function != "withdraw":
            digest = contracts.read(chain, "Netting", "digestOf", words)
            asked = contracts.read(
                chain, "Ledger", "approvalDigest", keccak(b"net"), digest, cycle.valid_until
            )
            signature = self.network.approver(member).sign_digest(member.key("approve"), asked)
            arguments.append((0, cycle.valid_until, signature))
        return self.events(self.sender.call(member.key("pay"), "Netting", function, *arguments))

    def digest(self, instruction: Instruction) -> bytes:
        """Return an instruction's name on chain."""
        found: bytes = self.network.contracts.read(
            self.network.chain, "Settlement", "digestOf", instruction.words()
        )
        return found

    def sequence(self, instruction: Instruction) -> int:
        """Return an instruction's sequence."""
        return instruction.head >> 184 & (2**64 - 1)

    def events(self, receipt: Receipt) -> list[Event]:
        """Return the events of a receipt."""
        decode = self.network.contracts.decode
        return [event for event in map(decode, receipt.logs) if event is not None]


def names(events: Sequence[Event]) -> list[str]:
    """Return the names of events."""
    return [event.name for event in events]
