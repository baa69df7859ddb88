"""What instructions cost: `settle` of a large set, `submit` that settles at once, delivery versus payment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chain import deploy, send
from eth_account import Account
from web3 import Web3

USD, EUR = 840, 978
CENTRAL_BANK, BANK = 1, 2
PAY_ROLE, APPROVE_ROLE, ADMINISTER_ROLE = 1, 2, 3
CENTRAL_BANK_MONEY, BUSINESS_DAY = 1, 1
FOREVER = 2**40 - 1
FUNDS = 10**12
UNLIMITED_THRESHOLD = 2**62
BANKS = 20
ISSUER, FIRST_BANK = 1, 2
QUEUED = 300
SUBMITTED_AT_ONCE = 50

Word = int
Instruction = tuple[Word, bytes, list[Word]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Amount in minor units; participants by number."""

    asset: int
    payer: int
    payee: int
    amount: int

    def word(self) -> Word:
        """As contracts/src/types/Legs.sol has it."""
        return self.asset << 224 | self.payer << 192 | self.payee << 160 | self.amount << 96


class Queue:
    """A deployed chain with twenty banks, each with dollars and euros but the last, which has no euros."""

    def __init__(self, chain: Web3) -> None:
        self.chain = chain
        self.random = random.Random(2026)
        self.operator, self.issuer_key = chain.eth.accounts[1:3]
        self.keys = {FIRST_BANK + i: key for i, key in enumerate(chain.eth.accounts[3 : 3 + BANKS])}
        self.administers = [Account.from_key(bytes([2]) * 31 + bytes([1 + i])).address for i in range(BANKS)]
        self.approvers = [Account.from_key(bytes([3]) * 31 + bytes([1 + i])) for i in range(BANKS)]
        self.sequences = dict.fromkeys(range(ISSUER, FIRST_BANK + BANKS), 1)
        contracts = deploy(chain, chain.eth.accounts[0], self.operator)
        self.participants, self.ledger = contracts["Participants"], contracts["Ledger"]
        self.settlement, self.netting = contracts["Settlement"], contracts["Netting"]
        self.quorum, self.manager = contracts["Quorum"], contracts["AccessManager"]
        self.enter()
        self.open_and_fund()

    def enter(self) -> None:
        """Participant 1 issues, 2 … 21 are banks."""
        for number in range(1, FIRST_BANK + BANKS):
            key = self.issuer_key if number == ISSUER else self.keys[number]
            bic, lei = f"BANK{number:04d}XXX".encode(), f"{number:020d}".encode().ljust(32, b"\0")
            keys = [(key, PAY_ROLE, 0, FOREVER)]
            if number != ISSUER:
                keys.append((self.administers[number - FIRST_BANK], ADMINISTER_ROLE, 0, FOREVER))
                keys.append((self.approvers[number - FIRST_BANK].address, APPROVE_ROLE, 0, FOREVER))
            kind = CENTRAL_BANK if number == ISSUER else BANK
            admission = (kind, bic, lei, 0, [("USABA", f"{number:09d}")], keys)
            send(self.chain, self.participants.functions.admit(admission), self.operator)
            thresholds = [(USD, UNLIMITED_THRESHOLD), (EUR, UNLIMITED_THRESHOLD)]
            send(self.chain, self.ledger.functions.setFirstThresholds(number, thresholds), self.operator)

    def open_and_fund(self) -> None:
        """Every bank but the last has both monies; the last one's euro account is open and empty."""
        calls = self.ledger.functions
        for asset in (USD, EUR):
            send(
                self.chain,
                calls.registerAsset(asset, CENTRAL_BANK_MONEY, ISSUER, BUSINESS_DAY),
                self.operator,
            )
            for bank in self.keys:
                send(self.chain, calls.openAccount(asset, bank), self.operator)
                if (asset, bank) != (EUR, max(self.keys)):
                    self.issue(asset, bank, FUNDS)

    def issue(self, asset: int, bank: int, amount: int) -> None:
        """Central-bank money for a bank."""
        word = self.sequence(ISSUER) << 184 | asset << 152 | ISSUER << 120 | bank << 88 | amount << 24
        send(self.chain, self.ledger.functions.issue(word, bytes(32), []), self.issuer_key)

    def sequence(self, initiator: int) -> int:
        """The initiator's next number."""
        self.sequences[initiator] += 1
        return self.sequences[initiator]

    def instruction(self, initiator: int, *legs: Leg) -> Instruction:
        """An instruction without end of validity."""
        head = self.sequence(initiator) << 184 | initiator << 152
        return head, self.random.randbytes(32), [leg.word() for leg in legs]

    def submit(self, initiator: int, instructions: list[Instruction]) -> dict[str, Any]:
        """The receipt of a batch."""
        call = self.settlement.functions.submit(instructions, 0, [])
        return send(self.chain, call, self.keys[initiator])

    def must(self, receipt: dict[str, Any], event: str, times: int) -> None:
        """Stop unless the event is in the receipt that often."""
        shape = "(uint256,bytes32,uint256[])" if event == "Settled" else "(uint256,bytes32)"
        topic = Web3.keccak(text=event + shape)
        found = sum(log["topics"][0] == topic for log in receipt["logs"])
        if found != times:
            raise RuntimeError(f"{found} and not {times} are {event}")

    def queue(self) -> list[Instruction]:
        """Three hundred instructions, fifteen of each bank, kept back by a reserve that is then lifted."""
        made = []
        for bank in self.keys:
            others = [other for other in self.keys if other != bank]
            batch = [
                self.instruction(
                    bank, Leg(asset=USD, payer=bank, payee=self.random.choice(others), amount=self.amount())
                )
                for _ in range(QUEUED // BANKS)
            ]
            send(self.chain, self.ledger.functions.setReserve(USD, 2**62), self.keys[bank])
            self.must(self.submit(bank, batch), "Queued", len(batch))
            made += batch
        for bank in self.keys:
            send(self.chain, self.ledger.functions.setReserve(USD, 1), self.keys[bank])
        digest = self.settlement.functions.digestOf
        return sorted(made, key=lambda each: digest(each).call())

    def amount(self) -> int:
        """0.01 … 100,000.00, small amounts as likely as large ones."""
        return int(10 ** self.random.uniform(0, 7))

    def settle(self, queued: list[Instruction]) -> tuple[int, int]:
        """Gas used and bytes of calldata of one set in which everything settled."""
        call = self.settlement.functions.settle([(queued,)])
        receipt = send(self.chain, call, self.operator)
        self.must(receipt, "Settled", len(queued))
        return receipt["gasUsed"], len(call._encode_transaction_data()) // 2 - 1

    def limit_all_pairs(self) -> None:
        """Each bank limits its net outflow to every other."""
        for bank, administer in zip(self.keys, self.administers, strict=True):
            self.chain.provider.make_request("anvil_impersonateAccount", [administer])  # type: ignore[arg-type]
            for other in self.keys:
                if other != bank:
                    limit = self.ledger.functions.setBilateralLimit(USD, other, FUNDS)
                    send(self.chain, limit, administer)

    def at_once(self) -> Iterator[tuple[str, int, int]]:
        """One leg that settles with its submission: (case, gas, instructions)."""
        payer, payee, *_, last = self.keys
        leg = Leg(asset=USD, payer=payer, payee=payee, amount=12_345)
        self.must(self.submit(payer, [self.instruction(payer, leg)]), "Settled", 1)
        receipt = self.submit(payer, [self.instruction(payer, leg)])
        self.must(receipt, "Settled", 1)
        yield "submit that settles at once, single, steady", receipt["gasUsed"], 1

        batch = [self.instruction(payer, leg) for _ in range(SUBMITTED_AT_ONCE)]
        receipt = self.submit(payer, batch)
        self.must(receipt, "Settled", len(batch))
        yield f"submit that settles at once, batch of {len(batch)}", receipt["gasUsed"], len(batch)

        self.sequences[payer] = (self.sequences[payer] // 256 + 1) * 256
        fresh = Leg(asset=EUR, payer=payer, payee=last, amount=12_345)
        send(
            self.chain,
            self.settlement.functions.submit([self.other_euros(payer, payee)], 0, []),
            self.keys[payer],
        )
        self.sequences[payer] = (self.sequences[payer] // 256 + 1) * 256
        receipt = self.submit(payer, [self.instruction(payer, fresh)])
        self.must(receipt, "Settled", 1)
        yield "submit that settles at once, single, worst", receipt["gasUsed"], 1

    def other_euros(self, payer: int, payee: int) -> Instruction:
        """Something earlier of the day in the same money."""
        return self.instruction(payer, Leg(asset=EUR, payer=payer, payee=payee, amount=1))

    def delivery(self) -> tuple[int, int]:
        """Gas of the proposal and of the affirmation of two legs; the buyer had nothing of what it buys."""
        seller, buyer = list(self.keys)[4], max(self.keys) - 1
        emptied = Leg(asset=EUR, payer=buyer, payee=seller, amount=FUNDS)
        self.must(self.submit(buyer, [self.instruction(buyer, emptied)]), "Settled", 1)
        self.submit(seller, [self.instruction(seller, Leg(asset=EUR, payer=seller, payee=3, amount=1))])
        for payer, asset in ((seller, USD), (buyer, USD)):
            leg = Leg(asset=asset, payer=payer, payee=FIRST_BANK, amount=1)
            self.must(self.submit(payer, [self.instruction(payer, leg)]), "Settled", 1)
        # Another one waits already, so that the count of proposals is not zero before or after.
        self.submit(seller, [self.exchange(seller, buyer)])
        exchange = self.exchange(seller, buyer)
        proposed = self.submit(seller, [exchange])
        affirmed = send(self.chain, self.settlement.functions.affirm(exchange, False, []), self.keys[buyer])
        self.must(affirmed, "Settled", 1)
        return proposed["gasUsed"], affirmed["gasUsed"]

    def exchange(self, seller: int, buyer: int) -> Instruction:
        """Euros delivered against dollars."""
        return self.instruction(
            seller,
            Leg(asset=EUR, payer=seller, payee=buyer, amount=1_000_000),
            Leg(asset=USD, payer=buyer, payee=seller, amount=900_000),
        )


def settlement_figures(chain: Web3) -> Iterator[tuple[str, float, str, int]]:
    """Each case: name, value, unit, instructions."""
    queue = Queue(chain)
    for case, gas, count in queue.at_once():
        yield f"{case}, an instruction", round(gas / count, 1), "gas", count
    proposed, affirmed = queue.delivery()
    yield "delivery versus payment, submit", proposed, "gas", 1
    yield "delivery versus payment, affirm", affirmed, "gas", 1
    yield "delivery versus payment, both", proposed + affirmed, "gas", 1
    for case in (f"settle, {QUEUED} queued", f"settle, {QUEUED} queued, limits on all pairs"):
        if case.endswith("pairs"):
            queue.limit_all_pairs()
        queue.settle(queue.queue())
        gas, size = queue.settle(queue.queue())
        yield f"{case}, an instruction", round(gas / QUEUED, 1), "gas", QUEUED
        yield f"{case}, calldata", size, "bytes", QUEUED
