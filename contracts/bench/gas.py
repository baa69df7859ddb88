"""What a payment costs: gas of real transactions, from the receipts of an anvil under a named hard fork.

    python contracts/bench/gas.py [HARDFORK ...]      cancun and berlin unless named

Prints one JSON object a line: bench, case, value, unit, n, hardfork. Needs web3 and the npm packages of contracts/.
One payer, 19 funded payees, accounts warm from a first batch, consecutive sequences, all checks on.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from typing import Any

from chain import anvil, deploy, send
from cycles import cycle_figures
from escrows import escrow_figures
from eth_account import Account
from instructions import settlement_figures
from naive import naive_figures
from web3 import Web3

BATCH = 500
APPROVED_BATCH = 150
PAYEES = 19
USD = 840
SUPPLY = 10**15
FOREVER = 2**40 - 1
APPROVAL_SECONDS = 24 * 60 * 60
PAYER = 2
FIRST_PAYEE = 3
OPERATOR, BANK, PAY_ROLE, APPROVE_ROLE, ADMINISTER_ROLE = 1, 2, 1, 2, 3
CENTRAL_BANK_MONEY, BUSINESS_DAY = 1, 1

Figure = dict[str, Any]


def figure(case: str, value: float, unit: str, n: int, hardfork: str) -> Figure:
    """One line of the result."""
    return {"bench": "gas", "case": case, "value": value, "unit": unit, "n": n, "hardfork": hardfork}


def terms(sequence: int, payer: int, payee: int, amount: int) -> int:
    """An instruction's word (contracts/src/types/Terms.sol)."""
    return sequence << 184 | USD << 152 | payer << 120 | payee << 88 | amount << 24


def figures(hardfork: str) -> Iterator[Figure]:
    """All cases under one hard fork."""
    with anvil(hardfork) as chain:
        yield from Payer(chain).figures(hardfork)
        for case, value, unit, n in naive_figures(chain):
            yield figure(case, value, unit, n, hardfork)
    with anvil(hardfork) as chain:
        for case, value, unit, n in settlement_figures(chain):
            yield figure(case, value, unit, n, hardfork)
    with anvil(hardfork) as chain:
        for case, value, unit, n in cycle_figures(chain):
            yield figure(case, value, unit, n, hardfork)
    with anvil(hardfork) as chain:
        for case, value, unit, n in escrow_figures(chain):
            yield figure(case, value, unit, n, hardfork)


class Payer:
    """A deployed chain with one paying bank, and the transactions that are measured on it."""

    def __init__(self, chain: Web3) -> None:
        self.chain = chain
        self.random = random.Random(2026)
        self.operator, self.issuer_key, self.key, *_ = chain.eth.accounts[1:]
        self.approver = Account.from_key(b"\x11" * 32)
        self.next_sequence = 1
        contracts = deploy(chain, chain.eth.accounts[0], self.operator)
        self.participants, self.ledger = contracts["Participants"], contracts["Ledger"]
        self.payments = contracts["Payments"]
        self.admit()
        self.open_and_fund()

    def admit(self) -> None:
        """Participant 1 issues, 2 pays, 3 … 22 are paid; the last one has an empty account."""
        keys = {
            1: [(self.issuer_key, PAY_ROLE)],
            2: [(self.key, PAY_ROLE), (self.approver.address, APPROVE_ROLE)],
        }
        for number in range(1, FIRST_PAYEE + PAYEES + 1):
            bic = f"BANK{number:04d}XXX".encode()
            lei = f"{number:020d}".encode().ljust(32, b"\0")
            first_keys = [(key, role, 0, FOREVER) for key, role in keys.get(number, [])]
            kind = OPERATOR if number == 1 else BANK
            admission = (kind, bic, lei, 0, [("USABA", f"{number:09d}")], first_keys)
            send(self.chain, self.participants.functions.admit(admission), self.operator)

    def open_and_fund(self) -> None:
        """Dollars for the payer and a little for each payee but the last."""
        calls = self.ledger.functions
        for number in range(1, FIRST_PAYEE + PAYEES + 1):
            send(self.chain, calls.setFirstThresholds(number, [(USD, 2**62)]), self.operator)
        send(self.chain, calls.registerAsset(USD, CENTRAL_BANK_MONEY, 1, BUSINESS_DAY), self.operator)
        for holder in range(PAYER, FIRST_PAYEE + PAYEES + 1):
            send(self.chain, calls.openAccount(USD, holder), self.operator)
        for holder in range(PAYER, FIRST_PAYEE + PAYEES):
            amount = SUPPLY if holder == PAYER else 1_000_000
            issue = calls.issue(terms(holder, 1, holder, amount), self.random.randbytes(32), [])
            send(self.chain, issue, self.issuer_key)

    def batch(self, count: int) -> list[tuple[int, bytes]]:
        """Payments of 0.01 … 10,000,000.00 to all payees in turn, small amounts as likely as large ones."""
        made = []
        for i in range(count):
            amount = int(10 ** self.random.uniform(0, 9))
            word = terms(self.next_sequence, PAYER, FIRST_PAYEE + i % PAYEES, amount)
            made.append((word, self.random.randbytes(32)))
            self.next_sequence += 1
        return made

    def approval(self, index: int, payment: tuple[int, bytes]) -> tuple[int, int, bytes]:
        """The approve key's consent to one payment of a batch."""
        views = self.ledger.functions
        deadline = self.chain.eth.get_block("latest")["timestamp"] + APPROVAL_SECONDS
        digest = views.approvalDigest(
            Web3.keccak(text="pay"), views.digestOf(*payment).call(), deadline
        ).call()
        return index, deadline, Account.unsafe_sign_hash(digest, self.approver.key).signature

    def pay(self, batch: list[tuple[int, bytes]], approvals: list[tuple[int, int, bytes]]) -> tuple[int, int]:
        """Gas used and bytes of calldata of one transaction in which every payment settled."""
        call = self.payments.functions.pay(batch, approvals)
        receipt = send(self.chain, call, self.key)
        paid = Web3.keccak(text="Paid(uint256,bytes32)")
        settled = sum(log["topics"][0] == paid for log in receipt["logs"])
        if settled != len(batch):
            raise RuntimeError(f"{len(batch) - settled} of {len(batch)} payments were refused")
        return receipt["gasUsed"], len(call._encode_transaction_data()) // 2 - 1

    def figures(self, hardfork: str) -> Iterator[Figure]:
        """The lane `pay`."""
        self.pay(self.batch(BATCH), [])
        gas, size = self.pay(self.batch(BATCH), [])
        yield figure(f"pay, batch of {BATCH}, a payment", round(gas / BATCH, 1), "gas", BATCH, hardfork)
        yield figure(f"pay, batch of {BATCH}, the transaction", gas, "gas", BATCH, hardfork)
        yield figure(f"pay, batch of {BATCH}, calldata", size, "bytes", BATCH, hardfork)

        batch = self.batch(APPROVED_BATCH)
        gas, size = self.pay(batch, [self.approval(i, payment) for i, payment in enumerate(batch)])
        case = f"pay, batch of {APPROVED_BATCH}, each approved"
        yield figure(f"{case}, a payment", round(gas / APPROVED_BATCH, 1), "gas", APPROVED_BATCH, hardfork)
        yield figure(f"{case}, calldata", size, "bytes", APPROVED_BATCH, hardfork)

        yield figure("pay, single, steady", self.pay(self.batch(1), [])[0], "gas", 1, hardfork)
        self.next_sequence = (self.next_sequence // 256 + 1) * 256
        fresh = (terms(self.next_sequence, PAYER, FIRST_PAYEE + PAYEES, 12_345), self.random.randbytes(32))
        yield figure("pay, single, worst", self.pay([fresh], [])[0], "gas", 1, hardfork)
        yield self.page_each(hardfork)

    def page_each(self, hardfork: str) -> Figure:
        """The dearest batch that settles: each sequence on a fresh page of 256, so the debtor is read and written each time."""
        first = (self.next_sequence // 256 + 1) * 256
        batch = [
            (terms(first + 256 * i, PAYER, FIRST_PAYEE + i % PAYEES, 1), self.random.randbytes(32))
            for i in range(BATCH)
        ]
        self.next_sequence = first + 256 * BATCH
        gas, _ = self.pay(batch, [])
        return figure(
            f"pay, batch of {BATCH}, a page each, a payment", round(gas / BATCH, 1), "gas", BATCH, hardfork
        )


if __name__ == "__main__":
    for name in sys.argv[1:] or ["cancun", "berlin"]:
        for line in figures(name):
            print(json.dumps(line), flush=True)
