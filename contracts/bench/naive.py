"""The baselines: the same lanes as everybody writes them on OpenZeppelin's ERC-20."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chain import CONTRACTS, artifact, create, send
from web3 import Web3
from web3.contract import Contract

SUPPLY = 10**15
BATCH = 500
PAYEES = 19
QUEUED = 300
BANKS = 20

Case = tuple[str, float, str, int]
Leg = tuple[str, str, str, int]


def naive_figures(chain: Web3) -> Iterator[Case]:
    """Each case: name, value, unit, instructions."""
    compiled = _compiled()
    payer, *payees = chain.eth.accounts[5 : 6 + PAYEES]
    token = create(chain, compiled["NaiveToken"], payer, payer, SUPPLY)
    naive = create(chain, compiled["NaivePayments"], payer)
    send(chain, token.functions.approve(naive.address, SUPPLY), payer)
    for payee in payees:
        send(chain, token.functions.transfer(payee, SUPPLY // 100), payer)
    gas = send(chain, token.functions.transfer(payees[0], 12_345), payer)["gasUsed"]
    yield "OpenZeppelin ERC-20 transfer", gas, "gas", 1
    _batch(chain, token, naive, payer, payees, 1)
    gas, size = _batch(chain, token, naive, payer, payees, 1 + BATCH)
    yield f"naive batch of {BATCH}, a payment", round(gas / BATCH, 1), "gas", BATCH
    yield f"naive batch of {BATCH}, calldata", size, "bytes", BATCH
    yield from _settlements(chain, compiled, token, [payer, *payees])
    yield _nets(chain, token, naive, [payer, *payees])


def _compiled() -> dict[str, Any]:
    """The naive contracts, compiled now."""
    with tempfile.TemporaryDirectory() as folder:
        build = CONTRACTS.parent / "scripts" / "build_contracts"
        subprocess.run([sys.executable, str(build), "--bench", "--out", folder], check=True)
        return {path.stem: artifact(path.stem, Path(folder)) for path in Path(folder).glob("*.json")}


def _batch(
    chain: Web3, token: Contract, naive: Contract, payer: str, payees: list[str], first: int
) -> tuple[int, int]:
    """Gas used and bytes of calldata of one naive batch."""
    seeded = random.Random(first)
    batch = [
        (first + i, payees[i % len(payees)], int(10 ** seeded.uniform(0, 9)), seeded.randbytes(32))
        for i in range(BATCH)
    ]
    call = naive.functions.pay(token.address, batch)
    return send(chain, call, payer)["gasUsed"], len(call._encode_transaction_data()) // 2 - 1


def _settlements(chain: Web3, compiled: dict[str, Any], token: Contract, banks: list[str]) -> Iterator[Case]:
    """What stands beside `submit`, delivery versus payment, and `settle`."""
    seeded = random.Random(2026)
    naive = create(chain, compiled["NaiveSettlement"], banks[0])
    other = create(chain, compiled["NaiveToken"], banks[0], banks[0], SUPPLY)
    for bank in banks:
        for money in (token, other):
            send(chain, money.functions.approve(naive.address, SUPPLY), bank)

    def submit(*legs: Leg) -> int:
        call = naive.functions.submit(seeded.randbytes(32), list(legs))
        return int(send(chain, call, legs[0][1])["gasUsed"])

    def settle(*numbers: int) -> int:
        return int(send(chain, naive.functions.settle(list(numbers)), banks[0])["gasUsed"])

    leg = (token.address, banks[0], banks[1], 12_345)
    submit(leg)
    settle(1)
    yield "naive submit and settle, single", submit(leg) + settle(2), "gas", 1

    delivery = (other.address, banks[0], banks[2], 1_000), (token.address, banks[2], banks[0], 900)
    gas = submit(*delivery)
    gas += int(send(chain, naive.functions.affirm(3), banks[2])["gasUsed"])
    yield "naive delivery versus payment: submit, affirm, settle", gas + settle(3), "gas", 1

    for i in range(QUEUED):
        payer, payee = seeded.sample(banks[:BANKS], 2)
        submit((token.address, payer, payee, 1 + i))
    gas = settle(*range(4, 4 + QUEUED))
    yield f"naive settle of {QUEUED} queued, an instruction", round(gas / QUEUED, 1), "gas", QUEUED


def _nets(chain: Web3, token: Contract, naive: Contract, banks: list[str]) -> Case:
    """What stands beside a netting cycle: each net debtor pays net creditors, in a batch of its own."""
    seeded = random.Random(2026)
    nets = [seeded.randint(-(10**10), 10**10) for _ in banks]
    nets[-1] -= sum(nets)
    for bank in banks:
        send(chain, token.functions.approve(naive.address, SUPPLY), bank)

    total = 0
    for bank, net in zip(banks, nets, strict=True):
        left, legs = -net, []
        for place, owed in enumerate(nets):
            moved = min(left, owed)
            if moved > 0:
                legs.append((10**6 + place, banks[place], moved, seeded.randbytes(32)))
                nets[place] -= moved
                left -= moved
        if legs:
            total += send(chain, naive.functions.pay(token.address, legs), bank)["gasUsed"]
    payments = BATCH * BANKS
    return (
        f"naive batches of the nets only, of {payments:,} payments, a payment",
        round(total / payments, 1),
        "gas",
        payments,
    )
