"""A chain small enough to reason about: pays, refuses, voids and reverts as our contracts do, on command.

It keeps the `Chain` protocol and the real contracts' ABI, so the real follower mirrors it. What is real in
the other tests is modelled here, because these need it to fail at every point, thousands of times.
"""

# ruff: noqa: ARG002 - the protocol asks for more than the model needs

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson
from eth_abi.abi import decode

from node.chain.contracts import REFUSALS
from node.chain.protocol import Block, Fees, Log, Receipt
from node.errors import AlreadyKnown, ContractRefused, NonceTaken, PolicyRefused, Underpriced
from node.keys.signer import SignedTransaction, UnsignedTransaction
from settlement.instruction import Terms, keccak, terms_from_word
from tests.node.chain_of_events import (
    CONTRACTS,
    SECONDS_PER_BLOCK,
    START,
    ChainOfEvents,
    log,
    said,
    transaction,
)

PAYER, PAYEES = 2, (3, 4, 5)
ASSET = 840
PAY_KEY, SECOND_KEY, STRANGER = b"\x11" * 20, b"\x12" * 20, b"\x99" * 20
_PAY = CONTRACTS.selector("Payments", "pay")
_VOID = CONTRACTS.selector("Ledger", "void")
_SEQUENCE_USED = REFUSALS.index("SequenceUsed")
_INSUFFICIENT = REFUSALS.index("InsufficientFunds")


@dataclass(frozen=True, slots=True)
class Carried:
    """A signed transaction as the model reads it back from its bytes."""

    sender: bytes
    nonce: int
    to: bytes
    data: bytes
    raw: bytes
    price: int = 0

    @property
    def hash(self) -> bytes:
        return keccak(self.raw)


def read(raw: bytes) -> Carried:
    """What signed bytes say."""
    sender, nonce, to, data, price = orjson.loads(raw)
    return Carried(bytes.fromhex(sender), nonce, bytes.fromhex(to), bytes.fromhex(data), raw, price)


def bic(participant: int) -> str:
    """The BIC of a participant of the model."""
    return f"VOBKUS3{participant}XXX"


def _admitted(participant: int) -> Log:
    lei = f"LEI{participant:017}".encode().ljust(32, b"\0")
    return log("Participants", "ParticipantAdmitted", participant, 2, bic(participant).encode(), lei, 0)


def _money(funds: int) -> list[Log]:
    issued = Terms(sequence=1, asset=ASSET, payer=1, payee=PAYER, amount=funds)
    return [
        log("Ledger", "AssetRegistered", ASSET, ASSET, 1, 1, 1),
        *(log("Ledger", "AccountOpened", ASSET, holder) for holder in (PAYER, *PAYEES)),
        said("Ledger", "Issued", issued),
    ]


class PlainSigner:
    """Signs by writing down, and remembers everything it signed."""

    def __init__(self, *addresses: bytes) -> None:
        self._addresses = addresses
        self.signed: list[Carried] = []

    def addresses(self) -> Sequence[bytes]:
        return self._addresses

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        assert transaction.to is not None
        to, data, price = transaction.to.hex(), transaction.data.hex(), transaction.fees.price
        raw = orjson.dumps([address.hex(), transaction.nonce, to, data, price])
        self.signed.append(read(raw))
        return SignedTransaction(raw=raw, hash=keccak(raw))

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        raise PolicyRefused("this signer signs transactions only")


class ModelChain(ChainOfEvents):
    """Takes transactions into a pool; `mine_pool` runs them by nonce. `broken`: every `pay` reverts, with
    `revert_data`.
    """

    def __init__(self, funds: int) -> None:
        super().__init__()
        self.funds = funds
        self.broken = False
        self.revert_data = b""
        self.pool: dict[tuple[bytes, int], Carried] = {}
        self.nonces: defaultdict[bytes, int] = defaultdict(int)
        self.used: set[int] = set()
        self.paid: list[int] = []
        self.taken: list[Carried] = []
        self.price = 0  # what it asks for gas, and what is not mined below
        self.on_send: Callable[[Carried], None] = lambda _: None
        keys = [
            log("Participants", "KeyAdded", PAYER, number, address, 1, 0, 2**40 - 1)
            for number, address in enumerate((PAY_KEY, SECOND_KEY), 1)
        ]
        self.mine(transaction(*(_admitted(each) for each in (1, PAYER, *PAYEES)), *_money(funds)))
        self.mine(transaction(*keys))

    def send(self, raw: bytes) -> None:
        """Take a transaction, or say why not, as a node's pool does."""
        carried = read(raw)
        self.on_send(carried)
        if carried.nonce < self.nonces[carried.sender]:
            raise NonceTaken(f"nonce {carried.nonce} is used")
        place = carried.sender, carried.nonce
        if place in self.pool:
            if self.pool[place] == carried:
                raise AlreadyKnown("already known")
            if carried.price * 10 < self.pool[place].price * 11 or carried.price == 0:
                raise Underpriced("replacement transaction underpriced")
        self.pool[place] = carried
        self.taken.append(carried)

    def nonce(self, address: bytes) -> int:
        return self.nonces[address]

    def fees(self) -> Fees:
        return Fees(price=self.price)

    def drop_pool(self) -> None:
        """Forget what was taken and not mined, as a node that restarts does."""
        self.pool.clear()

    def mine_pool(self) -> Block:
        """Mine a block of everything in the pool whose turn it is."""
        receipts = []
        for sender, nonce in sorted(self.pool):
            if nonce == self.nonces[sender] and self.pool[sender, nonce].price >= self.price:
                carried = self.pool.pop((sender, nonce))
                self.nonces[sender] += 1
                receipts.append(self._run(carried))
        return self._append(receipts)

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        if self.broken:
            raise ContractRefused("reverted", error="", data=self.revert_data)
        return b""

    def _run(self, carried: Carried) -> Receipt:
        logs: list[Log] = []
        succeeded = True
        if carried.data.startswith(_PAY):
            succeeded = not self.broken
            logs = self._pay(carried.data) if succeeded else []
        elif carried.data.startswith(_VOID):
            (sequences,) = decode(["uint64[]"], carried.data[4:])
            logs = [log("Ledger", "Voided", PAYER, each) for each in sequences if each not in self.used]
            self.used.update(sequences)
        made = transaction(*logs, sender=carried.sender, succeeded=succeeded)
        return replace(made, hash=carried.hash)

    def _pay(self, data: bytes) -> list[Log]:
        payments, _ = decode(["(uint256,bytes32)[]", "(uint32,uint40,bytes)[]"], data[4:])
        logs = []
        for word, commitment in payments:
            terms = terms_from_word(word)
            if terms.sequence in self.used:
                logs.append(log("Payments", "Refused", word, _SEQUENCE_USED))
            elif terms.amount > self.funds:
                logs.append(log("Payments", "Refused", word, _INSUFFICIENT))
            else:
                self.used.add(terms.sequence)
                self.paid.append(terms.sequence)
                self.funds -= terms.amount
                logs.append(log("Payments", "Paid", word, commitment))
        return logs

    def _append(self, receipts: list[Receipt]) -> Block:
        height, parent = len(self.mined), self.mined[-1].hash
        numbered: list[Receipt] = []
        first = 0
        for index, receipt in enumerate(receipts):
            logs = tuple(replace(each, index=first + place) for place, each in enumerate(receipt.logs))
            numbered.append(replace(receipt, index=index, logs=logs))
            first += len(logs)
        self.mined.append(
            Block(
                height=height,
                hash=keccak(parent + b"".join(receipt.hash for receipt in receipts) + bytes([height % 256])),
                parent_hash=parent,
                timestamp=START + SECONDS_PER_BLOCK * height,
                receipts=tuple(numbered),
            )
        )
        return self.mined[-1]
