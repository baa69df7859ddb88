"""A chain in memory whose blocks say what a test wants said: the `Chain` protocol over a list of blocks."""

# ruff: noqa: ARG002 - the protocol asks for more than a list of blocks needs

from collections.abc import Sequence
from hashlib import sha256

from eth_abi.abi import encode

from node.chain.compiled import CONTRACTS as NAMES
from node.chain.compiled import artifact
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.protocol import Block, Fees, Log, Receipt, Transaction
from node.errors import BlockNotFound, ContractRefused
from settlement.events import layouts
from settlement.instruction import Terms, keccak
from tests.node.headers import sealed_up

CHAIN_ID = 20_260_000
START = 1_795_000_000  # UTC seconds of block 0
GENESIS = sealed_up(bytes(32), 0, START, [], []).hash
SECONDS_PER_BLOCK = 10
SENDER = b"\x05" * 20
_LAYOUTS = {
    (name, layout.name): layout for name in NAMES for layout in layouts(name, artifact(name).abi).values()
}
CONTRACTS = Contracts(
    Deployment(
        chain_id=CHAIN_ID,
        genesis_hash=GENESIS,
        contracts={name: keccak(name.encode())[-20:] for name in NAMES},
        demo=True,
    )
)


def log(contract: str, name: str, *arguments: object) -> Log:
    """A log of one of our contracts: its arguments, indexed ones first."""
    layout = _LAYOUTS[contract, name]
    count = len(layout.indexed)
    topics = [
        encode([abi_type], [value])
        for (_, abi_type), value in zip(layout.indexed, arguments[:count], strict=True)
    ]
    data = encode([abi_type for _, abi_type in layout.plain], arguments[count:])
    return Log(index=0, address=CONTRACTS.address(contract), topics=(layout.topic, *topics), data=data)


def commitment(terms: Terms) -> bytes:
    """The commitment that goes with terms in these tests."""
    return sha256(terms.encoded()).digest()


def said(contract: str, name: str, terms: Terms) -> Log:
    """The log by which a contract says what became of terms: settled, asked, redeemed."""
    return log(contract, name, terms.word(), commitment(terms))


def transaction(*logs: Log, sender: bytes = SENDER, succeeded: bool = True) -> Receipt:
    """A transaction that wrote these logs; `ChainOfEvents.mine` numbers it."""
    return Receipt(
        index=0, hash=b"", sender=sender, succeeded=succeeded, gas_used=21_000 + len(logs), logs=logs
    )


class ChainOfEvents:
    """Grows by `mine`; can be cut back and rewritten, which no real chain of ours may be."""

    engine = "events"
    finality = "instant"

    def __init__(self) -> None:
        self.mined: list[Block] = []
        self.served_chain_id = CHAIN_ID
        self.mine()

    def mine(self, *transactions: Receipt) -> Block:
        """Add a block of these; a transaction's bytes are made up, and differ with all before them."""
        height = len(self.mined)
        parent_hash = self.mined[-1].hash if self.mined else bytes(32)
        content = sha256(repr((height, parent_hash, transactions)).encode()).digest()
        signed = [b"\xff" + content + bytes([index]) for index in range(len(transactions))]
        timestamp = START + SECONDS_PER_BLOCK * height
        self.mined.append(sealed_up(parent_hash, height, timestamp, signed, transactions))
        return self.mined[-1]

    def cut(self, height: int) -> None:
        """Forget every block above `height`."""
        del self.mined[height + 1 :]

    def chain_id(self) -> int:
        return self.served_chain_id

    def genesis_hash(self) -> bytes:
        return self.mined[0].hash

    def final_height(self) -> int:
        return len(self.mined) - 1

    def block(self, height: int) -> Block:
        if not 0 <= height < len(self.mined):
            raise BlockNotFound(f"there is no block {height}")
        return self.mined[height]

    def blocks(self, first: int, last: int) -> list[Block]:
        return [self.block(height) for height in range(first, last + 1)]

    def block_hash(self, height: int) -> bytes:
        return self.block(height).hash

    def nonce(self, address: bytes) -> int:
        return 0

    def balance(self, address: bytes) -> int:
        return 0

    def fees(self) -> Fees:
        return Fees(price=0)

    def send(self, raw: bytes) -> None:
        raise ContractRefused("this chain takes no transactions", error="")

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        found = [each for block in self.mined for each in block.receipts if each.hash == transaction_hash]
        return found[0] if found else None

    def transaction(self, height: int, index: int) -> Transaction:
        raise BlockNotFound("this chain keeps receipts only")

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        raise ContractRefused("this chain runs no contracts", error="")

    def code(self, address: bytes) -> bytes:
        return b""


def terms_log(name: str, word: int, second: int) -> Log:
    """A log of Payments with any word for terms, well-formed or not."""
    return log("Payments", name, word, second)


def settle(*payments: Terms) -> Receipt:
    """A transaction that pays all of these."""
    return transaction(*(said("Payments", "Paid", terms) for terms in payments))


def register(participants: Sequence[int], assets: Sequence[int] = (840,)) -> Receipt:
    """A transaction that admits participants and registers assets of issuer 1, with an account for each."""
    logs = []
    for participant in participants:
        bic, lei = f"VOBK{participant:04}XXX".encode(), f"LEI{participant:017}".encode().ljust(32, b"\0")
        logs.append(log("Participants", "ParticipantAdmitted", participant, 2, bic, lei, 0))
    for asset in assets:
        logs.append(log("Ledger", "AssetRegistered", asset, asset, 1, 1, 1))
        logs += (log("Ledger", "AccountOpened", asset, participant) for participant in participants)
    return transaction(*logs)
