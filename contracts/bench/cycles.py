"""What a netting cycle costs: twenty members, ten thousand payments, all transactions and approvals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chain import send
from eth_account import Account
from instructions import BANKS, USD, Queue
from web3 import Web3

PAYMENTS = 10_000
DAY_SECONDS = 24 * 60 * 60

Position = tuple[int, int, int, int]
Cycle = tuple[int, int, int, int, bytes, list[int]]


def word(position: Position) -> int:
    """As contracts/src/types/Cycle.sol has it: participant, first and last counter, net."""
    participant, first, last, net = position
    return participant << 224 | first << 160 | last << 96 | (net % 2**64) << 32


class Cycles:
    """Twenty banks that pay each other off chain; the chain sees only what it comes to."""

    def __init__(self, chain: Web3) -> None:
        self.chain = chain
        self.queue = Queue(chain)
        self.random, self.netting, self.ledger = self.queue.random, self.queue.netting, self.queue.ledger
        self.banks = list(self.queue.keys)
        self.counters = dict.fromkeys(self.banks, 0)
        self.number = 0

    def positions(self) -> list[Position]:
        """What ten thousand payments of 0.01 … 100,000.00 between random banks come to."""
        nets = dict.fromkeys(self.banks, 0)
        lasts = dict(self.counters)
        for _ in range(PAYMENTS):
            payer, payee = self.random.sample(self.banks, 2)
            amount = int(10 ** self.random.uniform(0, 7))
            nets[payer] -= amount
            nets[payee] += amount
            lasts[payer] += 1
        return [(bank, self.counters[bank] + 1, lasts[bank], nets[bank]) for bank in self.banks]

    def cycle(self, positions: list[Position]) -> Cycle:
        """A cycle that the first bank proposes, good for a day."""
        self.number += 1
        until = self.chain.eth.get_block("latest")["timestamp"] + DAY_SECONDS
        root = self.random.randbytes(32)
        return USD, self.banks[0], self.number, until, root, [word(position) for position in positions]

    def consent(self, verb: str, cycle: Cycle, bank: int) -> dict[str, Any]:
        """The receipt of a bank's `propose` or `affirm`, with its approver's signature."""
        views = self.ledger.functions
        deadline = self.chain.eth.get_block("latest")["timestamp"] + DAY_SECONDS
        digest = self.netting.functions.digestOf(cycle).call()
        signed = views.approvalDigest(Web3.keccak(text="net"), digest, deadline).call()
        approver = self.queue.approvers[self.banks.index(bank)]
        signature = Account.unsafe_sign_hash(signed, approver.key).signature
        call = self.netting.functions[verb](cycle, (0, deadline, signature))
        return send(self.chain, call, self.queue.keys[bank])

    def settle(self, positions: list[Position]) -> tuple[int, list[int]]:
        """Gas of the proposal, which affirms for the first bank, and of the others' affirmations."""
        cycle = self.cycle(positions)
        proposed = self.consent("propose", cycle, self.banks[0])["gasUsed"]
        receipts = [self.consent("affirm", cycle, bank) for bank in self.banks[1:]]
        topic = Web3.keccak(text="CycleSettled(bytes32)")
        if not any(log["topics"][0] == topic for log in receipts[-1]["logs"]):
            raise RuntimeError("the last affirmation did not settle")
        self.counters = {bank: last for bank, _, last, _ in positions}
        return proposed, [receipt["gasUsed"] for receipt in receipts]

    def keep_locks(self) -> None:
        """Two cycles that nobody completes, so that every bank has something locked by the module."""
        half = len(self.banks) // 2
        for sign in (1, -1):
            nets = [sign * (1 if place < half else -1) for place in range(len(self.banks))]
            positions = [(bank, 1, 1, net) for bank, net in zip(self.banks, nets, strict=True)]
            cycle = self.cycle(positions)
            self.consent("propose", cycle, self.banks[0])
            for bank, net in zip(self.banks[1:], nets[1:], strict=True):
                if net < 0:
                    self.consent("affirm", cycle, bank)

    def figures(self, case: str) -> Iterator[tuple[str, float, str, int]]:
        """One cycle, measured."""
        positions = self.positions()
        debtors = [net < 0 for *_, net in positions[1:]]
        proposed, affirmed = self.settle(positions)
        total = proposed + sum(affirmed)
        yield f"{case}, a payment", round(total / PAYMENTS, 1), "gas", PAYMENTS
        yield f"{case}, net debtors", sum(net < 0 for *_, net in positions), "members", BANKS
        yield f"{case}, all transactions", total, "gas", BANKS
        yield f"{case}, the proposal", proposed, "gas", 1
        for kind, is_debtor in (("debtor", True), ("creditor", False)):
            some = [gas for gas, other in zip(affirmed[:-1], debtors[:-1], strict=True) if other is is_debtor]
            yield f"{case}, a net {kind}'s affirmation", round(sum(some) / len(some), 1), "gas", len(some)
        yield f"{case}, the last affirmation, which settles", affirmed[-1], "gas", 1


def cycle_figures(chain: Web3) -> Iterator[tuple[str, float, str, int]]:
    """Each case: name, value, unit, how many."""
    cycles = Cycles(chain)
    cycles.settle(cycles.positions())
    case = f"netting cycle, {BANKS} members, {PAYMENTS:,} payments"
    yield from cycles.figures(f"{case}, no other open")
    cycles.keep_locks()
    cycles.settle(cycles.positions())
    yield from cycles.figures(f"{case}, steady")
