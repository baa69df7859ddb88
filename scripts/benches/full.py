"""A store full of settled payments: one is real, the others are copies of its rows.

Their receipts, events and postings are written by the mirror's own writer, as if blocks that the chain
really has had carried them.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from sqlalchemy import Connection, RowMapping, Table, func, insert, select

from node.chain.endpoint import Endpoint
from node.chain.protocol import Block, Log, Receipt
from node.clock import SystemClock, SystemRandom
from node.follower.follower import Follower
from node.mirror.levels import Level
from node.mirror.material import Material
from node.mirror.record import write
from node.services.accepted import ID_PREFIX, SERIES
from node.services.identifiers import new_ids, new_uetrs
from node.store.bulk import insert_rows
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import events, instructions, outbox, transactions
from settlement.instruction import InstructionKind, keccak, terms_from_word
from tests.chains import Anvil
from tests.scenario import BANKS, Network

BANK = BANKS[0]
PAYMENTS = 500
_TRANSACTIONS_AT_ONCE = 20
_SETTLED_SECONDS_MAX = 60


def pay_one(client: httpx2.Client) -> None:
    """Make the payment that is real, by the API of a running node, and wait until it has settled."""
    body = {"payee": {"bic": BANKS[1].bic}, "amount": "100", "currency": "USD", "end_to_end_id": "E0"}
    client.post("/v1/payments", json=body, headers={"Idempotency-Key": "one"}).raise_for_status()
    give_up = time.monotonic() + _SETTLED_SECONDS_MAX
    while not client.get("/v1/payments", params={"state": "settled"}).json()["payments"]:
        if time.monotonic() > give_up:
            raise RuntimeError(f"the payment has not settled within {_SETTLED_SECONDS_MAX} s")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Real:
    """The rows of the one real payment, and what the chain said of it."""

    instruction: RowMapping
    row: RowMapping
    transaction: RowMapping
    receipt: Receipt

    @property
    def log(self) -> Log:
        return self.receipt.logs[0]


def fill(store: Store, network: Network, chain: Anvil, *, batches: int) -> None:
    """Let the chain have empty blocks, and mirror them as if each had carried `PAYMENTS` payments."""
    follower = Follower(store, network.chain, network.contracts, network.clock)
    while follower.tick():
        pass
    real = _real(store, network)
    first = network.chain.final_height() + 1
    endpoint = Endpoint(chain.url, 60)
    endpoint.request("anvil_mine", hex(batches))
    nonce = network.chain.nonce(BANK.key("pay"))
    endpoint.request("anvil_setNonce", "0x" + BANK.key("pay").hex(), hex(nonce + batches))
    for offset in range(0, batches, _TRANSACTIONS_AT_ONCE):
        blocks = network.chain.blocks(
            first + offset, first + min(offset + _TRANSACTIONS_AT_ONCE, batches) - 1
        )
        with store.transaction() as connection:
            carrying = [
                _carrying(connection, real, block, nonce + offset + place)
                for place, block in enumerate(blocks)
            ]
            material = [
                Material(header=block.header.encoded(), transactions=(), receipts=()) for block in blocks
            ]
            write(connection, network.contracts, carrying, material, level=Level.OFF)
    with store.snapshot() as connection:
        paid = connection.scalar(select(func.count()).where(events.c.name == "Paid"))
    if paid != 1 + batches * PAYMENTS:
        raise RuntimeError(f"the store has {paid} settled payments")


def _real(store: Store, network: Network) -> _Real:
    with store.snapshot() as connection:
        instruction = connection.execute(select(instructions)).mappings().one()
        row = connection.execute(select(outbox).where(outbox.c.instruction_id.is_not(None))).mappings().one()
        carries = transactions.c.id == row["transaction_id"]
        sent = connection.execute(select(transactions).where(carries)).mappings().one()
    receipt = network.chain.receipt(sent["hash"])
    assert receipt is not None
    return _Real(instruction=instruction, row=row, transaction=sent, receipt=receipt)


def _carrying(connection: Connection, real: _Real, block: Block, nonce: int) -> Block:
    """Write a batch of accepted payments with its transaction; return the block as if it had carried it."""
    digest = keccak(b"a copy" + nonce.to_bytes(8, "big"))
    first = take_numbers(connection, SERIES, PAYMENTS)
    terms = terms_from_word(int.from_bytes(real.instruction["terms"], "big"))
    words = [replace(terms, sequence=first + each).encoded() for each in range(PAYMENTS)]
    ids = new_ids(ID_PREFIX[InstructionKind.PAYMENT], PAYMENTS, SystemClock(), SystemRandom())
    copies = zip(ids, words, range(first, first + PAYMENTS), new_uetrs(PAYMENTS, SystemRandom()), strict=True)
    _copy(
        connection,
        instructions,
        dict(real.instruction),
        [
            {"id": name, "terms": word, "sequence": sequence, "uetr": uetr, "end_to_end_id": f"E{sequence}"}
            for name, word, sequence, uetr in copies
        ],
    )
    kept = {name: value for name, value in real.transaction.items() if name != "id"}
    made = insert(transactions).values(kept | {"nonce": nonce, "hash": digest, "payload_digest": digest})
    number = connection.execute(made.returning(transactions.c.id)).scalar_one()
    row = {name: value for name, value in real.row.items() if name != "id"}
    _copy(connection, outbox, row, [{"instruction_id": name, "transaction_id": number} for name in ids])
    logs = tuple(
        replace(real.log, index=place, data=word + real.instruction["commitment"])
        for place, word in enumerate(words)
    )
    return replace(block, receipts=(replace(real.receipt, index=0, hash=digest, logs=logs),))


def _copy(
    connection: Connection, table: Table, row: Mapping[str, Any], changes: Sequence[dict[str, Any]]
) -> None:
    """Insert a row once for each of the changes."""
    values = dict(row)
    insert_rows(connection, table, list(values), (tuple((values | each).values()) for each in changes))
