"""The way of the data on the real contracts: accepted, signed, on chain, mirrored, shown."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from node.chain import calls, own_calls
from node.errors import NotFound
from node.mirror.ledger import accounts_of
from node.services.administration import ask, progress
from node.services.circumstances import own_participant
from node.services.payments import get_payment
from node.services.redemptions import Ending, Redemption, end_redemption, pending_redemptions
from node.store.session import Store
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from settlement.participant import KeyRole
from settlement.posting import Bucket
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS, EUR, OPERATOR, USD, Network


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


@pytest.fixture
def operator(stores: Callable[[str], Store], network: Network) -> Bank:
    """The operator, that is the central bank."""
    return Bank(store=stores("sqlite"), network=network, member=OPERATOR)


def _available(bank: Bank) -> int:
    with bank.store.snapshot() as connection:
        (dollars,) = [each for each in accounts_of(connection, bank.member.id) if each.asset == USD]
        return dollars.balances[Bucket.AVAILABLE]


def test_payments_settle(bank: Bank) -> None:
    """Payments in several currencies to several banks settle, and their history says how."""
    bank.accept(*(request(n, currency=("USD", "EUR")[n % 2], urgent=n == 3) for n in range(6)))
    bank.run()
    assert {"settled": 6} == Counter(bank.states().values())
    history = get_payment(bank.store, bank.settings, bank.network.clock, bank.payments()[0].id)
    assert ["accepted", "signed", "settled"] == [entry.event for entry in history.timeline]
    assert history.timeline[2].transaction_hash == history.timeline[1].transaction_hash
    assert history.timeline[2].height


def test_payer_without_funds(bank: Bank) -> None:
    """What the payer can't cover is refused, voided, and rejected with the reason; the rest settles."""
    bank.accept(request(0), request(1, amount=str(10**17)), request(2))
    bank.run()
    assert [("settled", None), ("rejected", "InsufficientFunds"), ("settled", None)] == [
        (payment.state, payment.reason) for payment in bank.payments()
    ]


@pytest.mark.parametrize("by", ["suspension", "frozen account"])
def test_suspended_or_frozen(bank: Bank, by: str) -> None:
    """A suspended or frozen payer's payments are rejected with the reason; as payee it is credited."""
    network, contracts = bank.network, bank.network.contracts
    payer, payee = BANKS[0], BANKS[1]
    for member in (payer, payee):
        stop = calls.suspend(contracts, member.id)
        if by == "frozen account":
            stop = calls.freeze(contracts, asset=USD, holder=member.id)
        if member is payee:
            bank.accept(request(0))
            network.send(OPERATOR.key("administer"), stop)
            bank.run()
            assert {"E0": "settled"} == bank.states()
    network.send(
        OPERATOR.key("administer"),
        calls.suspend(contracts, payer.id)
        if by == "suspension"
        else calls.freeze(contracts, asset=USD, holder=payer.id),
    )
    bank.accept(request(1), key="second")
    bank.run()
    rejected = next(payment for payment in bank.payments() if payment.end_to_end_id == "E1")
    reason = "PayerSuspended" if by == "suspension" else "AccountFrozen"
    assert ("rejected", reason) == (rejected.state, rejected.reason)


def test_above_the_threshold(bank: Bank) -> None:
    """A payment that needs a second key is rejected as long as the node collects none."""
    network = bank.network
    lower = own_calls.set_threshold(network.contracts, currency=USD, amount=1)
    network.send(BANKS[0].key("administer"), lower)
    bank.accept(request())
    bank.run()
    assert [("rejected", "ApprovalMissing")] == [(each.state, each.reason) for each in bank.payments()]


def test_issue(operator: Bank, bank: Bank) -> None:
    """The issuer's issue settles, and the holder can pay with it."""
    operator.accept(request(payee=BankReference(bic=BANKS[0].bic)), kind=InstructionKind.ISSUE)
    operator.run()
    assert {"E0": "settled"} == operator.states()


@pytest.mark.parametrize(
    ("ending", "event"),
    [
        (Ending.CONFIRMED, "redeemed"),
        (Ending.REFUSED, "redemption_refused"),
        (Ending.WITHDRAWN, "redemption_withdrawn"),
    ],
)
def test_redemption(operator: Bank, bank: Bank, ending: Ending, event: str) -> None:
    """A redemption that was asked for waits on both sides, until its issuer or its holder ends it, once."""
    bank.accept(request(), kind=InstructionKind.REDEMPTION)
    bank.run()
    operator.follow()
    (pending,) = pending_redemptions(operator.store, OPERATOR.id)
    assert [pending] == pending_redemptions(bank.store, BANKS[0].id)
    assert [] == pending_redemptions(bank.store, BANKS[1].id)
    assert pending.terms is not None
    asked = _available(bank)
    acting = bank if ending is Ending.WITHDRAWN else operator
    row = _end(acting, pending, ending)
    acting.run()
    assert "done" == progress(acting.store, row).state
    with pytest.raises(NotFound):
        _end(acting, pending, ending)
    operator.follow()
    bank.follow()
    assert [] == pending_redemptions(operator.store, OPERATOR.id) == pending_redemptions(bank.store, 2)
    assert (0 if ending is Ending.CONFIRMED else pending.terms.amount) == _available(bank) - asked
    history = get_payment(bank.store, bank.settings, bank.network.clock, bank.payments()[0].id)
    assert ["accepted", "signed", "settled", event] == [entry.event for entry in history.timeline]


def _end(acting: Bank, pending: Redemption, ending: Ending) -> int:
    with acting.store.transaction() as connection:
        return end_redemption(
            connection, acting.network.contracts, own=own_participant(connection, acting.settings),
            holder=pending.holder.bic,
            sequence=pending.terms.sequence, ending=ending, actor="tok", at=int(acting.network.clock.now()),
        )  # fmt: skip


def test_redemption_without_funds_is_not_tried_again(bank: Bank) -> None:
    """What a rule forbids is voided after one attempt, and the reason is kept."""
    bank.accept(request(amount=str(10**17)), kind=InstructionKind.REDEMPTION)
    bank.run()
    (payment,) = bank.payments()
    assert ("cancelled", "InsufficientFunds") == (payment.state, payment.reason)
    history = get_payment(bank.store, bank.settings, bank.network.clock, payment.id)
    assert ["request_redemption", "void"] == [entry.action for entry in history.timeline if entry.action]


def test_operator_work_goes_through_the_outbox(operator: Bank) -> None:
    """The operator's calls are signed by the key they name, in order; one that reverts says why, once."""
    network = operator.network
    asked = [
        ask(
            operator.store, network.clock, call, role=KeyRole.ADMINISTER, actor="tok",
            action="participant_suspended", signer=OPERATOR.key("administer"),
        )
        for call in [calls.suspend(network.contracts, 2)] * 2 + [calls.resume(network.contracts, 2)]
    ]  # fmt: skip
    assert "waiting" == progress(operator.store, asked[0]).state
    operator.run()
    found = [progress(operator.store, row) for row in asked]
    assert ["done", "reverted", "done"] == [each.state for each in found]
    assert found[1].reason is not None
    assert found[1].reason.startswith("AlreadySuspended(participant=2): look at how it stands now")


def test_two_keys_change_a_limit(bank: Bank) -> None:
    """What gains power takes two keys: the same call is put into the outbox for each of them by name."""
    network = bank.network
    raised = own_calls.set_threshold(network.contracts, currency=EUR, amount=2 * 10**18)
    rows = [
        ask(
            bank.store, network.clock, raised, role=KeyRole.ADMINISTER, actor="tok",
            action="threshold_set", signer=BANKS[0].key(use),
        )
        for use in ("administer", "administer too")
    ]  # fmt: skip
    bank.run()
    assert ["done", "done"] == [progress(bank.store, row).state for row in rows]
    threshold = network.contracts.read(network.chain, "Ledger", "thresholdOf", BANKS[0].id, EUR)
    assert 2 * 10**18 == threshold[0]


def test_restart_in_the_middle(bank: Bank) -> None:
    """A new process goes on where the old one was, and nothing is paid twice."""
    bank.accept(*(request(n) for n in range(5)))
    bank.set(batch_payments_max=2, pipeline_transactions_max=1)
    for _ in range(8):
        bank.submitter.tick()
        bank.restart()
        bank.network.clock.sleep(10)
        bank.follow()
    bank.run()
    assert {"settled": 5} == Counter(bank.states().values())
