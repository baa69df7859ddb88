"""A chain with many payments on it, brought there as fast as anvil takes them."""

import time
from collections.abc import Iterator
from itertools import islice

from node.chain.endpoint import Endpoint
from node.keys.signer import UnsignedTransaction
from node.services.direct import GAS
from settlement.instruction import keccak
from tests.chains import Anvil
from tests.scenario import USD, Network

_MONEY = 10**15


def bring(
    network: Network, chain: Anvil, *, blocks: int, transactions: int, payments: int, every: float = 0
) -> None:
    """Mine `blocks` with `transactions` each, of `payments` each, from the first bank to the others.

    A block `every` so many seconds, or each at once.
    """
    endpoint = Endpoint(chain.url, 600)
    network.issue(network.banks[0], USD, _MONEY)
    endpoint.request("evm_setAutomine", False)
    signed = _signed(network, blocks * transactions, payments)
    started = time.monotonic()
    for number in range(blocks):
        sent = list(islice(signed, transactions))
        time.sleep(max(0, started + number * every - time.monotonic()))
        endpoint.batch([("eth_sendRawTransaction", ("0x" + raw.hex(),)) for raw in sent])
        endpoint.request("anvil_mine", "0x1")
    endpoint.close()
    _require_all_mined(network, transactions)


def _signed(network: Network, count: int, payments: int) -> Iterator[bytes]:
    payer, *payees = network.banks
    signer, to = network.signer(payer), network.contracts.address("Payments")
    first, fees = network.chain.nonce(payer.key("pay")), network.chain.fees()
    for number in range(count):
        terms = [
            network.terms(payer, payees[place % len(payees)], USD, 1 + place)
            for place in range(number, number + payments)
        ]
        data = network.contracts.pay_calldata([(each, keccak(each.encoded())) for each in terms])
        transaction = UnsignedTransaction(
            chain_id=network.contracts.deployment.chain_id,
            nonce=first + number,
            to=to,
            data=data,
            gas=GAS,
            fees=fees,
        )
        yield signer.sign(payer.key("pay"), transaction).raw


def _require_all_mined(network: Network, transactions: int) -> None:
    last = network.chain.block(network.chain.final_height())
    found = [receipt.succeeded for receipt in last.receipts]
    if found != [True] * transactions:
        raise RuntimeError(f"of {transactions} transactions sent last, {len(found)} were mined: {found}")
