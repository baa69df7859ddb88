"""What an escrow costs: to lock, to release by inspectors or by a secret, to give back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from chain import artifact, create, send
from eth_account import Account
from instructions import FIRST_BANK, USD, Queue
from web3 import Web3
from web3.contract.contract import ContractFunction

DAY_SECONDS = 24 * 60 * 60
PAYER, PAYEE, FIRST_INSPECTOR = FIRST_BANK, FIRST_BANK + 1, FIRST_BANK + 2
AMOUNT = 12_345
STAGES = 3
SECRET = b"\x07" * 32
NO_HASH = b"\0" * 32

Agreement = tuple[int, bytes, int, bytes, int, list[int], list[int]]


class Escrows:
    """The first bank locks for the second. One escrow stays open, so that no total of locks is ever zero."""

    def __init__(self, chain: Web3) -> None:
        self.chain = chain
        self.queue = Queue(chain)
        self.keys, self.ledger = self.queue.keys, self.queue.ledger
        made = self.queue.participants.address, self.ledger.address, self.queue.manager.address
        self.escrow = create(chain, artifact("Escrow"), chain.eth.accounts[0], *made)
        for verb in ("proposeModule", "acceptModule"):
            self.decide(self.ledger.encode_abi(verb, [self.escrow.address]))
        self.lock(self.hashed())

    def decide(self, call: str) -> None:
        """What the quorum, of one member without delay, does in the ledger."""
        propose = self.queue.quorum.functions.propose(self.ledger.address, call)
        send(self.chain, propose, self.queue.operator)
        last = self.queue.quorum.functions.proposalCount().call()
        send(self.chain, self.queue.quorum.functions.execute(last), self.queue.operator)

    def agreement(self, secret_hash: bytes, needed: int, inspectors: list[int], stages: int) -> Agreement:
        """The payer's next one, good for a day."""
        sequence, amount = self.queue.sequence(PAYER), AMOUNT * stages
        word = sequence << 184 | USD << 152 | PAYER << 120 | PAYEE << 88 | amount << 24
        until = self.chain.eth.get_block("latest")["timestamp"] + DAY_SECONDS
        document = self.queue.random.randbytes(32)
        return word, document, until, secret_hash, needed, inspectors, [AMOUNT] * stages

    def hashed(self) -> Agreement:
        """A secret releases it."""
        return self.agreement(hashlib.sha256(SECRET).digest(), 0, [], 1)

    def inspected(self, needed: int, inspectors: int, stages: int) -> Agreement:
        """Inspectors release it."""
        places = list(range(FIRST_INSPECTOR, FIRST_INSPECTOR + inspectors))
        return self.agreement(NO_HASH, needed, places, stages)

    def lock(self, agreement: Agreement, *approvals: tuple[int, int, bytes]) -> int:
        """Gas of locking it."""
        return self.gas(self.escrow.functions.lock(agreement, list(approvals)), PAYER)

    def approval(self, agreement: Agreement) -> tuple[int, int, bytes]:
        """The payer's approve key's consent."""
        deadline = self.chain.eth.get_block("latest")["timestamp"] + DAY_SECONDS
        digest = self.escrow.functions.digestOf(agreement).call()
        asked = self.ledger.functions.approvalDigest(Web3.keccak(text="escrow"), digest, deadline).call()
        key = self.queue.approvers[PAYER - FIRST_BANK].key
        return 0, deadline, Account.unsafe_sign_hash(asked, key).signature

    def gas(self, call: ContractFunction, sender: int) -> int:
        """Of one transaction by a bank."""
        receipt: dict[str, Any] = send(self.chain, call, self.keys[sender])
        return int(receipt["gasUsed"])

    def confirm(self, agreement: Agreement, stage: int, place: int) -> int:
        """Gas of an inspector's confirmation."""
        call = self.escrow.functions.confirm(agreement, stage, place)
        return self.gas(call, FIRST_INSPECTOR + place)

    def by_secret(self) -> Iterator[tuple[str, int]]:
        """Locked and claimed; locked and renounced."""
        agreement = self.hashed()
        yield "lock by a secret, steady", self.lock(agreement)
        yield "claim", self.gas(self.escrow.functions.claim(agreement, SECRET), PAYEE)
        agreement = self.hashed()
        yield "lock by a secret, with an approval", self.lock(agreement, self.approval(agreement))
        yield "renounce", self.gas(self.escrow.functions.renounce(agreement), PAYEE)
        self.queue.sequences[PAYER] = (self.queue.sequences[PAYER] // 256 + 1) * 256
        yield "lock by a secret, first of its 256 sequences", self.lock(self.hashed())

    def by_inspectors(self) -> Iterator[tuple[str, int]]:
        """A notary; two of three in stages."""
        agreement = self.inspected(1, 1, 1)
        yield "lock by a notary, steady", self.lock(agreement)
        yield "confirm by a notary, which pays", self.confirm(agreement, 0, 0)
        agreement = self.inspected(2, 3, STAGES)
        yield (
            f"lock by two of three in {STAGES} stages, with an approval",
            self.lock(agreement, self.approval(agreement)),
        )
        yield "confirm by the first of two", self.confirm(agreement, 0, 0)
        yield "confirm by the second of two, which pays a stage", self.confirm(agreement, 0, 1)

    def after_deadline(self) -> Iterator[tuple[str, int]]:
        """Given back."""
        agreement = self.hashed()
        self.lock(agreement)
        self.chain.provider.make_request("evm_increaseTime", [DAY_SECONDS + 1])  # type: ignore[arg-type]
        yield "refund", self.gas(self.escrow.functions.refund(agreement), PAYEE)


def escrow_figures(chain: Web3) -> Iterator[tuple[str, float, str, int]]:
    """Each case: name, value, unit, how many."""
    escrows = Escrows(chain)
    for cases in (escrows.by_secret(), escrows.by_inspectors(), escrows.after_deadline()):
        for case, gas in cases:
            yield f"escrow, {case}", gas, "gas", 1
