"""A chain small enough to reason about, with our contracts on it: it forks, forgets and errs on command.

It keeps the `Chain` protocol and the real contracts' ABI, so the real follower mirrors it.
"""

# ruff: noqa: ARG002 - the protocol asks for more than the model needs

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import orjson

from node.chain.protocol import Block, Fees, Log, Receipt
from node.errors import AlreadyKnown, BlockNotFound, ContractRefused, NonceTaken, PolicyRefused, Underpriced
from node.keys.policy import Policy, node_policy
from node.keys.signer import SignedTransaction, UnsignedTransaction
from settlement.instruction import Terms, keccak
from settlement.money import AMOUNT_MAX
from tests.node.chain_of_events import (
    CONTRACTS,
    SECONDS_PER_BLOCK,
    START,
    ChainOfEvents,
    log,
    said,
    transaction,
)
from tests.node.headers import sealed_up
from tests.simulation.books import Books, Reverted
from tests.simulation.contracts import execute, view

ISSUER, PAYER, PAYEES = 1, 2, (3, 4, 5)
# The money the bank pays in, which another issues; and the one that it issues itself.
ASSET, OWN_ASSET = 840, 978
PAY_KEY, SECOND_KEY, STRANGER = b"\x11" * 20, b"\x12" * 20, b"\x99" * 20
ISSUER_KEY, PAYEE_KEY = b"\x01" * 20, b"\x13" * 20
_PAY = CONTRACTS.selector("Payments", "pay")


@dataclass(frozen=True, slots=True)
class Carried:
    """A signed transaction as the model reads it back from its bytes."""

    chain_id: int
    sender: bytes
    nonce: int
    to: bytes
    data: bytes
    raw: bytes
    hash: bytes
    price: int = 0


def read(raw: bytes) -> Carried:
    """What signed bytes say."""
    chain_id, sender, nonce, to, data, price = orjson.loads(raw)
    fields = bytes.fromhex(sender), nonce, bytes.fromhex(to), bytes.fromhex(data)
    return Carried(chain_id, *fields, raw, keccak(raw), price)


def carried(sender: bytes, nonce: int, to: bytes, data: bytes) -> Carried:
    """A transaction that somebody signs who is not the node."""
    chain_id = CONTRACTS.deployment.chain_id
    return read(orjson.dumps([chain_id, sender.hex(), nonce, to.hex(), data.hex(), 0]))


def bic(participant: int) -> str:
    """The BIC of a participant of the model."""
    return f"VOBKUS3{participant}XXX"


def _admitted(participant: int) -> Log:
    lei = f"LEI{participant:017}".encode().ljust(32, b"\0")
    return log("Participants", "ParticipantAdmitted", participant, 2, bic(participant).encode(), lei, 0)


def _money(funds: int) -> list[Log]:
    issued = Terms(sequence=1, asset=ASSET, payer=ISSUER, payee=PAYER, amount=funds)
    return [
        *(
            log("Ledger", "AssetRegistered", asset, asset, 1, issuer, 1)
            for asset, issuer in ((ASSET, ISSUER), (OWN_ASSET, PAYER))
        ),
        *(
            log("Ledger", "AccountOpened", asset, holder)
            for asset in (ASSET, OWN_ASSET)
            for holder in (PAYER, *PAYEES)
        ),
        # A single key is enough for everything: thresholds are not modelled.
        *(
            log("Ledger", "ThresholdSet", holder, asset, AMOUNT_MAX)
            for asset in (ASSET, OWN_ASSET)
            for holder in (ISSUER, PAYER, *PAYEES)
        ),
        said("Ledger", "Issued", issued),
    ]


@cache
def _beginning(funds: int) -> tuple[Block, ...]:
    """The first blocks: everybody admitted, monies registered, the bank funded, its two keys added."""
    chain = ChainOfEvents()
    chain.mine(transaction(*(_admitted(each) for each in (ISSUER, PAYER, *PAYEES)), *_money(funds)))
    keys = enumerate((PAY_KEY, SECOND_KEY), 1)
    added = [log("Participants", "KeyAdded", PAYER, number, key, 1, 0, 2**40 - 1) for number, key in keys]
    chain.mine(transaction(*added))
    return tuple(chain.mined)


class PlainSigner:
    """Signs by writing down, within a node's policy, and remembers everything it signed."""

    def __init__(self, *addresses: bytes, policy: Policy | None = None) -> None:
        self._addresses = addresses
        self._policy = policy or node_policy(CONTRACTS)
        self.signed: list[Carried] = []

    def addresses(self) -> Sequence[bytes]:
        return self._addresses

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        self._policy.check(transaction)
        assert transaction.to is not None
        fields = address.hex(), transaction.nonce, transaction.to.hex(), transaction.data.hex()
        made = read(orjson.dumps([transaction.chain_id, *fields, transaction.fees.price]))
        self.signed.append(made)
        return SignedTransaction(raw=made.raw, hash=made.hash)

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        raise PolicyRefused("this signer signs transactions only")


class ModelChain(ChainOfEvents):
    """Takes transactions into a pool; `mine_pool` runs them by nonce.

    `depth`: how many blocks make one below them final; 0 is instant. `broken`: every `pay` reverts, with
    `revert_data`. `mute`: it does nothing and says nothing, as no contract of ours may; `spoken`: what
    becomes of the logs of one that did something.
    """

    def __init__(self, funds: int, *, depth: int = 0) -> None:
        super().__init__()
        self.depth = depth
        self.finality = f"depth {depth}" if depth else "instant"
        self.broken = False
        self.mute = False
        self.muted: set[bytes] = set()
        self.spoken: Callable[[list[Log]], list[Log]] = list
        self.revert_data = b""
        self.pool: dict[tuple[bytes, int], Carried] = {}
        self.nonces: defaultdict[bytes, int] = defaultdict(int)
        self.taken: list[Carried] = []
        self.price = 0  # what it asks for gas, and what is not mined below
        self.on_send: Callable[[Carried], None] = lambda _: None
        self.forks = 0
        self.books = Books(
            keys={PAY_KEY: PAYER, SECOND_KEY: PAYER, ISSUER_KEY: ISSUER, PAYEE_KEY: PAYEES[0]},
            issuers={ASSET: ISSUER, OWN_ASSET: PAYER},
            balances={(asset, holder): 0 for asset in (ASSET, OWN_ASSET) for holder in (PAYER, *PAYEES)},
        )
        self.books.balances[ASSET, PAYER] = self.books.supply[ASSET] = funds
        self.books.used.add((ISSUER, 1))
        self.mined = list(_beginning(funds))
        # What was true after each block, from the first that the model can go back to.
        self._first = len(self.mined) - 1
        self._after = [(self.books.copy(), dict(self.nonces))]
        # The transactions of each block, to be mined again after a fork.
        self._carried: dict[int, list[Carried]] = {}
        self._receipts: dict[bytes, Receipt] = {}
        for _ in range(depth):
            self._append([])

    @property
    def paid(self) -> list[int]:
        """The sequences under which the bank's instructions have settled, in order."""
        return [sequence for initiator, sequence in self.books.settled if initiator == PAYER]

    @property
    def used(self) -> set[int]:
        """The bank's sequences that can't settle any more."""
        return {sequence for initiator, sequence in self.books.used if initiator == PAYER}

    @property
    def funds(self) -> int:
        """What the bank holds."""
        return self.books.balances[ASSET, PAYER]

    def books_at(self, height: int) -> Books:
        """What the contracts remembered after a block."""
        return self._after[max(0, height - self._first)][0]

    def final_height(self) -> int:
        return max(0, len(self.mined) - 1 - self.depth)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        return self._receipts.get(transaction_hash)

    def send(self, raw: bytes) -> None:
        """Take a transaction, or say why not, as a node's pool does."""
        sent = read(raw)
        self.on_send(sent)
        if sent.nonce < self.nonces[sent.sender]:
            raise NonceTaken(f"nonce {sent.nonce} is used")
        place = sent.sender, sent.nonce
        if place in self.pool:
            if self.pool[place] == sent:
                raise AlreadyKnown("already known")
            if sent.price * 10 < self.pool[place].price * 11 or sent.price == 0:
                raise Underpriced("replacement transaction underpriced")
        self.pool[place] = sent
        self.taken.append(sent)

    def nonce(self, address: bytes) -> int:
        return self.nonces[address]

    def fees(self) -> Fees:
        return Fees(price=self.price)

    def act(self, sender: bytes, contract: str, function: str, *arguments: object) -> None:
        """Put somebody else's transaction into the pool, behind what that key has there."""
        nonce = self.nonces[sender]
        while (sender, nonce) in self.pool:
            nonce += 1
        data = CONTRACTS.calldata(contract, function, *arguments)
        self.pool[sender, nonce] = carried(sender, nonce, CONTRACTS.address(contract), data)

    def usurp(self, sender: bytes, to: bytes, data: bytes) -> Carried:
        """Mine a transaction of somebody who has one of our keys, in place of what waits with its nonce."""
        made = carried(sender, self.nonces[sender], to, data)
        self.pool[sender, made.nonce] = made
        self.mine_pool()
        return made

    def drop_pool(self) -> None:
        """Forget what was taken and not mined, as a node that restarts does."""
        self.pool.clear()

    def mine_pool(self) -> Block:
        """Mine a block of everything in the pool whose turn it is."""
        ready = []
        for sender, nonce in sorted(self.pool):
            if nonce == self.nonces[sender] and self.pool[sender, nonce].price >= self.price:
                ready.append(self.pool.pop((sender, nonce)))
                self.nonces[sender] += 1
        return self._append(ready)

    def set_back(self, count: int) -> list[Carried]:
        """Forget the newest blocks, and return the transactions that were in them."""
        height = len(self.mined) - count
        assert height > self._first
        lost = [each for block in range(height, len(self.mined)) for each in self._carried.pop(block)]
        for each in lost:
            del self._receipts[each.hash]
        del self.mined[height:]
        del self._after[height - self._first :]
        books, nonces = self._after[-1]
        self.books, self.nonces = books.copy(), defaultdict(int, nonces)
        self.pool = {place: each for place, each in self.pool.items() if place[1] >= self.nonces[place[0]]}
        self.forks += 1
        return lost

    def reorganise(self, count: int, *, length: int, kept: bool) -> None:
        """Replace the newest blocks by `length` others; `kept`: what was in them goes back into the pool."""
        lost = self.set_back(count)
        if kept:
            self.pool |= {(each.sender, each.nonce): each for each in lost}
        for _ in range(length):
            self.mine_pool()

    def block(self, height: int) -> Block:
        if not 0 <= height < len(self.mined):
            raise BlockNotFound(f"there is no block {height}")
        return self.mined[height]

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        if self.broken and data.startswith(_PAY):
            raise ContractRefused("reverted", error="", data=self.revert_data)
        if height is not None:
            self.block(height)  # as engines do: no state of a block that is not there
        books = (self.books if height is None else self.books_at(height)).copy()
        try:
            if sender is None:
                return view(books, to, data)
            execute(books, sender, to, data)
        except Reverted as reverted:
            raise ContractRefused("reverted", error="", data=reverted.data) from None
        return b""

    def _run(self, sent: Carried) -> Receipt:
        logs: list[Log] = []
        pays = sent.data.startswith(_PAY)
        succeeded = not (self.broken and pays)
        if succeeded and self.mute and pays:
            self.muted.add(sent.hash)
        elif succeeded:
            try:
                logs = self.spoken(execute(self.books, sent.sender, sent.to, sent.data))
            except Reverted:
                succeeded = False
        made = transaction(*logs, sender=sent.sender, succeeded=succeeded)
        return replace(made, hash=sent.hash)

    def _append(self, ready: Sequence[Carried]) -> Block:
        height, parent = len(self.mined), self.mined[-1].hash
        timestamp = START + SECONDS_PER_BLOCK * height
        self.books.now = timestamp
        signed, receipts = [sent.raw for sent in ready], [self._run(sent) for sent in ready]
        # Two forks have two hashes, also where nothing is in them.
        fork = self.forks.to_bytes(4, "big")
        self.mined.append(sealed_up(parent, height, timestamp, signed, receipts, extra_data=fork))
        self._receipts |= {receipt.hash: receipt for receipt in self.mined[-1].receipts}
        self._carried[height] = list(ready)
        self._after.append((self.books.copy(), dict(self.nonces)))
        return self.mined[-1]
