"""The other lane on the real contracts: what lacks money waits on chain, and ends there, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.chain import own_calls
from node.chain.calls import Call
from node.errors import CancelRefused, VoidRefused
from node.keeper.keeper import LOOK_SECONDS, Keeper
from node.mirror.ledger import accounts_of
from node.outbox.work import Order, carried, waiting
from node.services.payments import get_payment
from node.services.reconciliation import reconcile
from node.services.reports import own_statement, payment_status
from node.services.voids import cancel_payment, void_payment
from node.store.session import Store
from settlement.participant import KeyRole
from settlement.posting import Bucket
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.node.services.core import Core
from tests.scenario import BANKS, OPERATOR, USD, Network

_TOO_MUCH = 10**15


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


def _pay(bank: Bank, number: int = 0, **changed: object) -> str:
    """Have a payment accepted that is more than the bank has, and return its id."""
    fields = {"amount": str(_TOO_MUCH), "queue": True} | changed
    bank.accept(request(number, **fields), key=f"k{number}")
    return _named(bank, number)


def _named(bank: Bank, number: int) -> str:
    return next(each.id for each in bank.payments() if each.end_to_end_id == f"E{number}")


def _order(bank: Bank, payment: str) -> Order:
    """The instruction as its node brought it on chain."""
    with bank.store.snapshot() as connection:
        rows = [row for number in range(1, 20) for row in carried(connection, number)]
    return next(row.due for row in rows if row.due.id == payment)


def _words(order: Order) -> tuple[int, bytes, list[int]]:
    return order.one_leg.head, order.commitment, [order.one_leg.leg.word()]


def _settle(bank: Bank, payment: str) -> None:
    """Bring it to settlement as a set of its own, as anybody may."""
    core = Core(network=bank.network)
    core.call(BANKS[2], "settle", [([_words(_order(bank, payment))],)])
    bank.follow()


def _shown(bank: Bank, payment: str) -> tuple[str, str | None]:
    found = get_payment(bank.store, bank.settings, bank.network.clock, payment).payment
    return found.state, found.reason


def _events(bank: Bank, payment: str) -> list[str]:
    history = get_payment(bank.store, bank.settings, bank.network.clock, payment)
    return [entry.event for entry in history.timeline]


def _status(bank: Bank, payment: str) -> str:
    report = payment_status(bank.store, bank.settings, bank.network.clock, payment).decode()
    return report.partition("<TxSts>")[2][:4]


def _available(bank: Bank) -> int:
    with bank.store.snapshot() as connection:
        (dollars,) = [each for each in accounts_of(connection, bank.member.id) if each.asset == USD]
        return dollars.balances[Bucket.AVAILABLE]


def _keep(bank: Bank) -> None:
    """Let the node's keeper look."""
    bank.network.clock.sleep(LOOK_SECONDS)
    Keeper(bank.store, bank.network.contracts, bank.network.clock, bank.settings).tick()


def test_queues_and_settles_when_money_comes(bank: Bank) -> None:
    """What lacks money is queued, whatever its age; when money has come anybody settles it, once."""
    network, payment = bank.network, _pay(bank)
    bank.run()
    assert ("queued", "InsufficientFunds") == _shown(bank, payment)
    assert "PDNG" == _status(bank, payment)
    network.clock.sleep(10 * bank.settings.unknown_after_seconds)
    assert "queued" == _shown(bank, payment)[0]
    _settle(bank, payment)  # refused: there is no money yet
    assert "queued" == _shown(bank, payment)[0]

    network.issue(BANKS[0], USD, _TOO_MUCH)
    bank.follow()
    before = _available(bank)
    _settle(bank, payment)
    assert ("settled", None) == _shown(bank, payment)
    assert "ACSC" == _status(bank, payment)
    assert _TOO_MUCH == before - _available(bank)
    assert ["accepted", "signed", "refused", "signed", "queued", "settled"] == _events(bank, payment)
    bank.run()
    assert "settled" == _shown(bank, payment)[0]
    assert () == reconcile(bank.store, network.chain, network.contracts, participant=BANKS[0].id).breaks


def test_statement_names_what_settled_from_the_queue(bank: Bank) -> None:
    """The entry of a payment that settled in the queue has its references, like one that went straight."""
    network, payment = bank.network, _pay(bank)
    bank.run()
    network.issue(BANKS[0], USD, _TOO_MUCH)
    _settle(bank, payment)
    day = datetime.fromtimestamp(network.clock.now(), UTC).date()
    found = own_statement(
        bank.store, bank.settings, network.chain, network.clock, code="USD", first=day, last=day
    )
    (entry,) = [each for each in found.entries if each.amount == -_TOO_MUCH]
    assert ("Settled", "E0") == (entry.event, entry.end_to_end_id)


def test_without_leave_to_queue_it_is_rejected(bank: Bank) -> None:
    """A payment that may not queue is voided, and rejected with the reason."""
    payment = _pay(bank, queue=False)
    bank.run()
    assert ("rejected", "InsufficientFunds") == _shown(bank, payment)
    assert ["accepted", "signed", "refused", "signed", "voided"] == _events(bank, payment)


@pytest.mark.parametrize(("setting", "state"), [(True, "queued"), (False, "rejected")])
def test_setting_decides_where_the_payment_does_not(bank: Bank, setting: bool, state: str) -> None:  # noqa: FBT001
    """A payment that does not say goes the way the node is set."""
    bank.set(queue=setting)
    payment = _pay(bank, queue=None)
    bank.run()
    assert state == _shown(bank, payment)[0]


def test_other_reasons_do_not_queue(bank: Bank) -> None:
    """What money does not mend is rejected, also when it may queue."""
    lower = own_calls.set_threshold(bank.network.contracts, currency=USD, amount=1)
    bank.network.send(BANKS[0].key("administer"), lower)
    payment = _pay(bank, amount="1000")
    bank.run()
    assert ("rejected", "ApprovalMissing") == _shown(bank, payment)


def test_settles_at_once_if_money_came_meanwhile(bank: Bank) -> None:
    """Money that comes between the refusal and the queue is enough: it never waits."""
    payment = _pay(bank)
    bank.submitter.tick()
    bank.follow()
    bank.network.issue(BANKS[0], USD, _TOO_MUCH)
    bank.run()
    assert ("settled", None) == _shown(bank, payment)
    assert ["accepted", "signed", "refused", "signed", "settled"] == _events(bank, payment)


def test_refused_by_the_queue_too(bank: Bank) -> None:
    """What the queue refuses for another reason is voided: rejected with the last reason."""
    payment = _pay(bank)
    bank.submitter.tick()
    bank.follow()
    lower = own_calls.set_threshold(bank.network.contracts, currency=USD, amount=1)
    bank.network.send(BANKS[0].key("administer"), lower)
    bank.run()
    assert ("rejected", "ApprovalMissing") == _shown(bank, payment)
    assert ["refused", "signed", "refused", "signed", "voided"] == _events(bank, payment)[2:]


def test_batch_divides(bank: Bank) -> None:
    """Of one batch what has money settles, what may queue is queued, the rest is rejected: each by itself."""
    requests = [
        request(number, amount=str(_TOO_MUCH if number % 3 else 5), queue=number % 3 == 1, urgent=number > 4)
        for number in range(9)
    ]
    bank.accept(*requests)
    bank.run()
    assert {"settled": 3, "queued": 3, "rejected": 3} == Counter(bank.states().values())
    assert {"queued"} == {payment.state for payment in bank.payments(state="queued")}
    contracts, chain = bank.network.contracts, bank.network.chain
    for payment in bank.payments(state="queued"):
        digest = _order(bank, payment.id).digest
        report = contracts.read(chain, "Settlement", "waitingOf", digest)
        assert [payment.urgent] == [bool(report[3])]
        assert report[1]


def test_debtor_cancels(bank: Bank) -> None:
    """A payment in the queue is cancelled by its payer; asked twice, once; then it never settles."""
    payment = _pay(bank)
    with pytest.raises(CancelRefused):
        cancel_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    bank.run()
    with pytest.raises(VoidRefused):
        void_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    rows = bank.counts()[1]
    for _ in range(2):
        cancel_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    assert rows + 1 == bank.counts()[1]
    bank.run()
    assert ("cancelled", "CUST") == _shown(bank, payment)
    assert "CANC" == _status(bank, payment)
    bank.network.issue(BANKS[0], USD, _TOO_MUCH)
    _settle(bank, payment)
    assert ("cancelled", "CUST") == _shown(bank, payment)
    with pytest.raises(CancelRefused):
        cancel_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")


def test_cancellation_that_comes_too_late(bank: Bank) -> None:
    """What settles before its cancellation is settled; the cancellation is not tried again."""
    payment = _pay(bank)
    bank.run()
    bank.network.issue(BANKS[0], USD, _TOO_MUCH)
    cancel_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    _settle(bank, payment)
    bank.run()
    assert ("settled", None) == _shown(bank, payment)
    assert ["queued", "signed", "reverted", "settled"] == _events(bank, payment)[4:]


def test_void_of_unknown_that_the_queue_took_first(bank: Bank) -> None:
    """Who asked for the void of an unknown payment gets its cancellation when the queue was first."""
    payment = _pay(bank)
    bank.submitter.tick()
    bank.follow()
    bank.submitter.tick()  # refused in `pay`; submitted, and mined, but not mirrored
    bank.network.clock.sleep(bank.settings.unknown_after_seconds)
    assert "unknown" == _shown(bank, payment)[0]
    void_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    bank.run()
    assert ("cancelled", "CUST") == _shown(bank, payment)


def test_hold_and_release(bank: Bank) -> None:
    """What its debtor holds in the queue is shown as held, however old, until it is released."""
    payment = _pay(bank)
    bank.run()
    core, words = Core(network=bank.network), _words(_order(bank, payment))
    for verb, state in (("hold", "held"), ("release", "queued"), ("hold", "held")):
        core.call(BANKS[0], verb, words)
        bank.follow()
        bank.network.clock.sleep(bank.settings.unknown_after_seconds)
        assert state == _shown(bank, payment)[0]
        assert [payment] == [each.id for each in bank.payments(state=state)]
    assert "PDNG" == _status(bank, payment)
    assert ["queued", "held", "released", "held"] == _events(bank, payment)[4:]


def test_payee_that_has_to_consent_meanwhile(bank: Bank) -> None:
    """Where the issuer asks for the payee's consent from now on, it is proposed; its bank takes it back."""
    payment = _pay(bank)
    bank.submitter.tick()
    bank.follow()
    Core(network=bank.network).agree(OPERATOR, "setWaitingRules", USD, False, True)
    bank.run()
    bank.network.clock.sleep(bank.settings.unknown_after_seconds)
    assert "awaiting_approval" == _shown(bank, payment)[0]
    assert [payment] == [each.id for each in bank.payments(state="awaiting_approval")]
    assert ["refused", "signed", "proposed"] == _events(bank, payment)[2:]
    cancel_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
    bank.run()
    assert ("cancelled", "WDRN") == _shown(bank, payment)


def test_operator_cancels(bank: Bank) -> None:
    """A cancellation by the operator is shown with its reason."""
    payment = _pay(bank)
    bank.run()
    contracts, words = bank.network.contracts, _words(_order(bank, payment))
    calldata = contracts.calldata("Settlement", "cancel", words, b"TECH")
    bank.network.send(OPERATOR.key("administer"), Call(contract="Settlement", calldata=calldata))
    bank.follow()
    assert ("cancelled", "TECH") == _shown(bank, payment)


def test_expires_in_the_queue(bank: Bank) -> None:
    """Past its deadline nothing settles in the queue, and the node has it swept: expired, once."""
    network = bank.network
    payment = _pay(bank, deadline=int(network.clock.now()) + 1000)
    bank.run()
    _keep(bank)
    bank.run()
    assert "queued" == _shown(bank, payment)[0]
    network.clock.sleep(1000)
    network.issue(BANKS[0], USD, _TOO_MUCH)
    _settle(bank, payment)  # refused: it has lapsed
    assert "queued" == _shown(bank, payment)[0]
    for _ in range(3):
        _keep(bank)
        bank.run()
    assert "expired" == _shown(bank, payment)[0]
    assert "RJCT" == _status(bank, payment)
    assert ["queued", "signed", "expired"] == _events(bank, payment)[4:]


def test_deadline_before_it_is_signed(bank: Bank) -> None:
    """What was not signed in time is not signed any more: rejected with that reason, the others settle."""
    now = int(bank.network.clock.now())
    bank.accept(request(0, deadline=now + 10), request(1, deadline=now + 5000), request(2, deadline=now + 11))
    bank.network.clock.sleep(11)
    bank.run()
    assert {"E0": "rejected", "E1": "settled", "E2": "settled"} == bank.states()
    (late,) = bank.payments(state="rejected")
    assert "DeadlinePassed" == late.reason
    assert ["accepted", "unsigned", "signed", "voided"] == _events(bank, late.id)


def test_deadline_between_refusal_and_queue(bank: Bank) -> None:
    """A refused payment whose deadline is past does not go to the queue any more."""
    payment = _pay(bank, deadline=int(bank.network.clock.now()) + 10)
    bank.submitter.tick()
    bank.follow()
    bank.network.clock.sleep(11)
    bank.run()
    assert ("rejected", "DeadlinePassed") == _shown(bank, payment)


def test_another_instruction_under_its_sequence_in_the_queue(bank: Bank) -> None:
    """What waits in the queue under a payment's sequence but says another thing is not the payment (R3)."""
    payment = _pay(bank)
    with bank.store.snapshot() as connection:
        (row,) = waiting(connection, role=KeyRole.PAY, key=BANKS[0].key("pay"), rows_max=1)
    usurper = replace(row.due, commitment=bytes(32))
    bank.network.send(
        BANKS[0].key("pay"),
        own_calls.submit(bank.network.contracts, [(usurper.one_leg, usurper.commitment)]),
    )
    bank.follow()
    assert "unknown" == _shown(bank, payment)[0]
    assert ["accepted", "usurped"] == _events(bank, payment)
    assert [payment] == [each.id for each in bank.payments(state="unknown")]
    with pytest.raises(VoidRefused, match="something else has the sequence"):
        void_payment(bank.store, bank.settings, bank.network.clock, payment, actor="tok")
