"""Whatever is done to any answer of an RPC node, afterwards every payment has settled once (R1, R2, R3).

One bank's node lives through all cases of a run, on one store and one chain, started anew for each.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from node.bootstrap.build import build
from node.bootstrap.node import Node, Part
from node.clock import SystemClock, SystemRandom
from node.mirror.head import head
from node.services.acceptance import accept
from node.services.filters import Filter
from node.services.payments import list_payments
from node.services.requests import PaymentRequest
from node.settings import Settings
from node.store.incidents import open_incidents
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from tests.chains import Anvil
from tests.e2e.ground import founded_on
from tests.proxy import Fault, Proxy
from tests.scenario import BANKS, USD, Network

_FUNDS = 10**9
_PAYMENTS = 3
_TIMES = 3
_TIMEOUT = 1.0
_BLOCK_SECONDS = 1
_WAIT_SECONDS_MAX = 250
_FINAL = {"settled", "rejected", "cancelled"}

METHODS = (
    "eth_blockNumber",
    "eth_call",
    "eth_chainId",
    "eth_gasPrice",
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "eth_getCode",
    "eth_getTransactionByBlockNumberAndIndex",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
    "eth_maxPriorityFeePerGas",
    "eth_sendRawTransaction",
)
# One that lags or lies does so only where there is something to say.
_STALE = {
    "eth_blockNumber",
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "eth_getTransactionByBlockNumberAndIndex",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
}
_FALSE = {"eth_getBlockReceipts", "eth_getTransactionReceipt"}
PRODUCT = [
    (fault, method)
    for fault in Fault
    for method in METHODS
    if (fault is not Fault.STALE or method in _STALE)
    and (fault is not Fault.FALSE_RECEIPT or method in _FALSE)
]
# Each fault once and each method at least once; those where it matters most whether it was taken.
SAMPLE = [
    (Fault.TIMEOUT_BEFORE, "eth_getTransactionCount"),
    (Fault.TIMEOUT_AFTER, "eth_sendRawTransaction"),
    (Fault.TOO_MANY_REQUESTS, "eth_call"),
    (Fault.SERVER_ERROR, "eth_chainId"),
    (Fault.REDIRECT, "eth_getCode"),
    (Fault.RESET_BEFORE, "eth_getTransactionByBlockNumberAndIndex"),
    (Fault.RESET_AFTER, "eth_sendRawTransaction"),
    (Fault.HALF_BODY, "eth_getBlockReceipts"),
    (Fault.WRONG_ID, "eth_sendRawTransaction"),
    (Fault.WRONG_VERSION, "eth_getBlockByNumber"),
    (Fault.EMPTY, "eth_gasPrice"),
    (Fault.PAGE, "eth_maxPriorityFeePerGas"),
    (Fault.UNKNOWN_ERROR, "eth_sendRawTransaction"),
    (Fault.DRIP, "eth_getBlockReceipts"),
    (Fault.STALE, "eth_blockNumber"),
    (Fault.FALSE_RECEIPT, "eth_getTransactionReceipt"),
]


@dataclass(kw_only=True)
class _Life:
    """One bank's node from case to case: its store, the chain behind the proxy, and what it was asked."""

    settings: Settings
    network: Network
    proxy: Proxy
    anvil: Anvil
    expected: dict[str, str] = field(default_factory=dict)

    def mine(self, *, every: int) -> None:
        """Let the chain mine by the clock, or not at all (0)."""
        _tell(self.anvil, "evm_setIntervalMining", every)

    @contextmanager
    def node(self, **settings: object) -> Iterator[Node]:
        """A node that has just started; it waits for its chain where that is away."""
        made = build(
            self.settings.model_copy(update=settings),
            clock=SystemClock(),
            random=SystemRandom(),
            deployment=self.network.contracts.deployment,
            signer=self.network.signer(BANKS[0]),
            parts=(Part.SUBMITTER, Part.FOLLOWER),
        )
        try:
            made.start()
            yield made
        finally:
            made.stop()

    def ask(self, node: Node, kind: InstructionKind, amount: int, state: str) -> None:
        """Take an instruction, and remember how it must end."""
        name = f"E{len(self.expected)}"
        self.expected[name] = state
        context = node.context
        accept(
            context.store,
            context.settings,
            context.clock,
            context.random,
            actor="tok",
            key=name,
            body=b"",
            requests=[
                PaymentRequest(
                    payee=BankReference(bic=BANKS[1].bic),
                    currency="USD",
                    amount=str(amount),
                    end_to_end_id=name,
                    document={"end_to_end_id": name},
                )
            ],
            kind=kind,
        )

    def pay(self, node: Node) -> None:
        """Take payments that settle."""
        for _ in range(_PAYMENTS):
            self.ask(node, InstructionKind.PAYMENT, 1, "settled")

    def states(self, node: Node) -> dict[str, str]:
        """Every instruction's shown state, page by page."""
        found: dict[str, str] = {}
        cursor = None
        while True:
            page = list_payments(
                node.context.store,
                node.context.settings,
                node.context.clock,
                Filter(),
                limit=1000,
                cursor=cursor,
            )
            found |= {payment.end_to_end_id: payment.state for payment in page.payments}
            cursor = page.cursor
            if cursor is None:
                return found

    def catch_up(self, node: Node) -> None:
        """Wait until the mirror has what is final now."""
        final = self.network.chain.final_height()

        def has_come() -> bool:
            with node.context.store.snapshot() as connection:
                found = head(connection)
            return found is not None and found.height >= final

        _until(has_come)

    def require_settled(self, node: Node) -> None:
        """All ends as it must, nobody is alarmed, and the chain has each payment once."""
        give_up = time.monotonic() + _WAIT_SECONDS_MAX
        while self.expected != (states := self.states(node)):
            assert time.monotonic() < give_up, {
                name for name in states if states[name] != self.expected[name]
            }
            wrong = {
                name for name, state in states.items() if state in _FINAL and state != self.expected[name]
            }
            assert set() == wrong
            time.sleep(0.1)
        with node.context.store.snapshot() as connection:
            assert () == open_incidents(connection)
        paid = [state for state in self.expected.values() if state == "settled"]
        assert len(paid) == len(_paid(self.network)) == len(set(_paid(self.network)))


def _until(condition: Callable[[], bool]) -> None:
    """Wait for something; fail when it does not happen, however slow the machine is."""
    give_up = time.monotonic() + _WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.1)


def _paid(network: Network) -> list[int]:
    """The sequences of every payment event on chain, read without the proxy."""
    logs = (
        log
        for block in network.chain.blocks(0, network.chain.final_height())
        for receipt in block.receipts
        for log in receipt.logs
    )
    return [
        event.terms.sequence
        for log in logs
        if (event := network.contracts.decode(log)) and event.name == "Paid"
    ]


def _tell(anvil: Anvil, method: str, *parameters: object) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    assert "error" not in httpx2.post(anvil.url, json=body).json()


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """The first bank, with money and gas, on a chain that mines by the clock and charges for gas."""
    folder = tmp_path_factory.mktemp("faults")
    anvil = Anvil(chain_id=20_280_001)
    with founded_on(anvil) as network, Proxy(anvil.port, timeout=2 * _TIMEOUT) as proxy:
        network.issue(BANKS[0], USD, _FUNDS)
        _tell(anvil, "anvil_setBalance", "0x" + BANKS[0].key("pay").hex(), hex(10**24))
        _tell(anvil, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
        _tell(anvil, "evm_setAutomine", False)
        _tell(anvil, "evm_setIntervalMining", _BLOCK_SECONDS)
        settings = Settings(
            bic=BANKS[0].bic,
            home=Path(folder),
            engine="anvil",
            rpc_url=proxy.url,
            rpc_timeout_seconds=_TIMEOUT,
            demo=True,
            tick_seconds=0.02,
            batch_payments_max=2,
        )
        yield _Life(settings=settings, network=network, proxy=proxy, anvil=anvil)
    anvil.stop()


def test_list_of_methods_is_complete(root: Path) -> None:
    """Every method that the code names is disturbed, but for two that no payment needs.

    One sets a test chain's clock, the other is asked by the health page where gas costs something.
    """
    named = {
        method
        for path in (root / "node").rglob("*.py")
        for method in re.findall(r'"((?:eth|evm|net|debug|txpool|web3)_\w+)"', path.read_text())
    }
    assert {*METHODS, "evm_setNextBlockTimestamp", "eth_getBalance"} == named - {"eth_tester"}


def test_sample_has_every_fault_and_every_method() -> None:
    """The cases of the usual run are of the whole product, and leave out no fault and no method."""
    assert set(SAMPLE) <= set(PRODUCT)
    assert set(Fault) == {fault for fault, _ in SAMPLE}
    assert set(METHODS) == {method for _, method in SAMPLE}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "method"), SAMPLE, ids=str)
def test_fault_is_a_pause(life: _Life, fault: Fault, method: str) -> None:
    """During the fault nothing settles falsely; when it has ended all that was accepted settles once."""
    _live_through(life, fault, method)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.RESET_BEFORE, Fault.PAGE, Fault.STALE], ids=str)
def test_another_endpoint_takes_over(life: _Life, fault: Fault) -> None:
    """While one endpoint fails or lags in everything and for ever, the node goes on by another."""
    with (
        Proxy(life.anvil.port, timeout=2 * _TIMEOUT) as second,
        life.node(rpc_url=f"{life.proxy.url},{second.url}") as node,
    ):
        life.catch_up(node)
        life.proxy.disturb(fault, None, times=10**9)
        # The other endpoint may be in use already; this one is asked when they are compared.
        _until(lambda: life.proxy.hits > 0)
        for _ in range(2):
            life.pay(node)
            life.require_settled(node)
        life.proxy.heal()


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("fault", "method"), [case for case in PRODUCT if case not in SAMPLE], ids=str)
def test_every_fault_on_every_method_is_a_pause(life: _Life, fault: Fault, method: str) -> None:
    """The same for the whole product."""
    _live_through(life, fault, method)


def _live_through(life: _Life, fault: Fault, method: str) -> None:
    with life.node() as node:
        life.catch_up(node)
        # In flight when the node ends: the next one asks the chain what became of it.
        life.mine(every=0)
        life.pay(node)
        _until(lambda: "accepted" not in life.states(node).values())
    life.proxy.disturb(fault, method, times=_TIMES)
    with life.node(fee_rule="legacy" if method == "eth_gasPrice" else None) as node:
        if method == "eth_getTransactionReceipt":
            _until(lambda: life.proxy.hits > 0)
        life.mine(every=_BLOCK_SECONDS)
        life.pay(node)
        # More than there is: it reverts, and the node asks why.
        life.ask(node, InstructionKind.REDEMPTION, 100 * _FUNDS, "cancelled")
        _until(lambda: life.proxy.hits == _TIMES or life.states(node) == life.expected)
        assert life.proxy.hits
        life.proxy.heal()
        life.require_settled(node)
