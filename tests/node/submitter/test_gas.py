"""The gas formula holds on the real contracts, in the dearest cases: every limit set, all storage fresh."""

from dataclasses import replace

import coincurve
import pytest

from node.chain import calls, own_calls
from node.chain.protocol import Receipt
from node.keys.signing import in_memory, sign_digest
from node.outbox.actions import Action
from node.outbox.work import Order, Row
from node.submitter.batch import CALLDATA_BYTES_MAX, GAS_MAX, Batch, batch_of
from settlement.approval import ACTION_OF_KIND, SETTLE, Approval, approval_digest
from settlement.identifiers import MemberId
from settlement.instruction import InstructionKind, OneLeg, Terms, digest, keccak
from settlement.participant import KeyRole
from tests.embedded import FUNDS, embedded_network
from tests.scenario import BANKS, EUR, JPY, OPERATOR, USD, Network

PAYER = BANKS[0]
_NO_LIMIT = 2**63 - 1
_VALID_SECONDS = 1000


def _rows(
    network: Network,
    action: Action,
    count: int,
    assets: tuple[int, ...],
    *,
    gap: int,
    amount: int = 1,
    urgent: bool = False,
) -> list[Row]:
    first = network.terms(PAYER, BANKS[1], USD, 1).sequence * 1_000_000
    rows = []
    deadline = int(network.clock.now()) + _VALID_SECONDS
    for place in range(count):
        payee = BANKS[1 + place // len(assets) % 2]
        terms = Terms(
            sequence=first + place * gap,
            asset=assets[place % len(assets)],
            payer=PAYER.id,
            payee=payee.id,
            amount=amount + place,
            urgent=urgent,
        )
        order = Order(id=str(place), terms=terms, commitment=keccak(terms.encoded()), deadline=deadline)
        rows.append(Row(id=place, action=action, contract=action.contract, calldata=None, order=order))
    return rows


def _send(network: Network, batch: Batch) -> Receipt:
    return network.sender.send(PAYER.key("pay"), batch.to, batch.calldata)


def _events(network: Network, receipt: Receipt) -> list[str]:
    events = [network.contracts.decode(log) for log in receipt.logs]
    return [event.name for event in events if event is not None]


def _limit_everything(network: Network) -> None:
    """Limits, reserves and bilateral limits, in both directions, so that every check reads and writes."""
    for asset in (USD, EUR, JPY):
        limits = own_calls.set_limits(
            network.contracts, asset=asset, per_instruction=_NO_LIMIT - 1, per_day=_NO_LIMIT - 1
        )
        network.send(PAYER.key("administer"), limits)
        network.send(PAYER.key("pay"), own_calls.set_reserve(network.contracts, asset=asset, amount=1))
        for one, other in ((PAYER, BANKS[1]), (PAYER, BANKS[2]), (BANKS[1], PAYER), (BANKS[2], PAYER)):
            bilateral = own_calls.set_bilateral_limit(
                network.contracts, asset=asset, counterparty=other.id, amount=_NO_LIMIT - 1
            )
            network.send(one.key("administer"), bilateral)


@pytest.mark.parametrize(("count", "gap"), [(1, 1), (2, 256), (150, 1), (60, 256)])
@pytest.mark.parametrize("assets", [(USD,), (USD, EUR, JPY)])
def test_payments_stay_below_their_limit(count: int, gap: int, assets: tuple[int, ...]) -> None:
    """Payments with every limit set, fresh accounts and fresh words use less gas than the formula gives."""
    with embedded_network() as network:
        _limit_everything(network)
        network.issue(PAYER, JPY, 10**6)
        batch = batch_of(network.contracts, _rows(network, Action.PAY, count, assets, gap=gap))
        receipt = _send(network, batch)
        assert ["Paid"] * count == _events(network, receipt)
        assert receipt.gas_used < batch.gas


@pytest.mark.parametrize(("count", "gap"), [(1, 1), (2, 256), (60, 1), (40, 256)])
@pytest.mark.parametrize("assets", [(USD,), (USD, EUR, JPY)])
@pytest.mark.parametrize("last", ["Settled", "Queued"])
@pytest.mark.parametrize("priority", ["normal", "urgent"])
def test_submissions_stay_below_their_limit(
    count: int, gap: int, assets: tuple[int, ...], last: str, priority: str
) -> None:
    """Submissions that settle or queue, with every limit set and fresh storage, use less gas than given."""
    with embedded_network() as network:
        _limit_everything(network)
        network.issue(PAYER, JPY, 10**6)
        amount, urgent = 1 if last == "Settled" else 10**15, priority == "urgent"
        rows = _rows(network, Action.SUBMIT, count, assets, gap=gap, amount=amount, urgent=urgent)
        batch = batch_of(network.contracts, rows)
        receipt = _send(network, batch)
        assert ["Submitted", last] * count == _events(network, receipt)
        assert receipt.gas_used < batch.gas
        if last == "Settled":
            return
        swept = batch_of(network.contracts, [replace(row, action=Action.SWEEP) for row in rows])
        network.clock.sleep(2 * _VALID_SECONDS)
        receipt = _send(network, swept)
        assert ["Expired"] * count == _events(network, receipt)
        assert receipt.gas_used < swept.gas


@pytest.mark.parametrize(("count", "gap"), [(1, 1), (60, 1), (40, 256)])
@pytest.mark.parametrize("action", [Action.PAY, Action.SUBMIT])
def test_approved_stay_below_their_limit(count: int, gap: int, action: Action) -> None:
    """What carries a second consent uses less gas than the formula gives, in either lane."""
    with embedded_network() as network:
        _limit_everything(network)
        for asset in (USD, EUR, JPY):
            lower = own_calls.set_threshold(network.contracts, currency=asset, amount=0)
            network.send(PAYER.key("administer"), lower)
        network.issue(PAYER, JPY, 10**6)
        plain = _rows(network, action, count, (USD, EUR, JPY), gap=gap)
        batch = batch_of(network.contracts, [_approved(network, row) for row in plain])
        receipt = _send(network, batch)
        ended = ["Paid"] if action is Action.PAY else ["Submitted", "Settled"]
        assert ended * count == _events(network, receipt)
        assert receipt.gas_used < batch.gas


def _approved(network: Network, row: Row) -> Row:
    order, ledger = row.due, network.contracts.address("Ledger")
    chain_id = network.contracts.deployment.chain_id
    named = (
        (
            ACTION_OF_KIND[InstructionKind.PAYMENT],
            digest(chain_id=chain_id, ledger=ledger, terms=order.terms, commitment=order.commitment),
        ),
        (SETTLE, order.one_leg.digest(chain_id=chain_id, ledger=ledger, commitment=order.commitment)),
    )
    sign = in_memory(coincurve.PrivateKey(PAYER.secret("approve")))
    signature, queue_signature = (
        sign_digest(
            sign,
            approval_digest(
                chain_id=chain_id, ledger=ledger, action=action, digest=each, deadline=order.deadline
            ),
        )
        for action, each in named
    )
    approval = Approval(deadline=order.deadline, signature=signature, queue_signature=queue_signature)
    return replace(row, order=replace(order, approval=approval))


@pytest.mark.parametrize("priority", ["normal", "urgent"])
def test_cancellation_stays_below_its_limit(priority: str) -> None:  # either case
    """Taking one from the queue uses less gas than given to a single action."""
    with embedded_network() as network:
        _limit_everything(network)
        urgent = priority == "urgent"
        (row,) = _rows(network, Action.SUBMIT, 1, (USD,), gap=1, amount=10**15, urgent=urgent)
        _send(network, batch_of(network.contracts, [row]))
        batch = batch_of(network.contracts, [replace(row, action=Action.CANCEL)])
        receipt = _send(network, batch)
        assert ["Cancelled"] == _events(network, receipt)
        assert receipt.gas_used < batch.gas


@pytest.mark.parametrize(("count", "gap"), [(1, 1), (40, 1), (40, 256)])
def test_voids_stay_below_their_limit(count: int, gap: int) -> None:
    """Voids in one word or each in its own use less gas than the formula gives."""
    with embedded_network() as network:
        batch = batch_of(network.contracts, _rows(network, Action.VOID, count, (USD,), gap=gap))
        receipt = _send(network, batch)
        assert ["Voided"] * count == _events(network, receipt)
        assert receipt.gas_used < batch.gas


def test_single_actions_stay_below_their_limit() -> None:
    """Issue, redemption and the dearest administrative call use less than their fixed limits."""
    with embedded_network() as network:
        terms = network.terms(PAYER, OPERATOR, JPY, 5)
        network.issue(PAYER, JPY, 10**6)
        order = Order(id="x", terms=terms, commitment=keccak(terms.encoded()), deadline=0)
        action = Action.REQUEST_REDEMPTION
        row = Row(id=1, action=action, contract=action.contract, calldata=None, order=order)
        batch = batch_of(network.contracts, [row])
        assert _send(network, batch).gas_used < batch.gas
        call = Row(id=2, action=Action.CALL, contract="Ledger", calldata=b"", order=None)
        admission = calls.Admission(
            kind=PAYER.kind,
            bic="NEWBUS33XXX",
            lei="549300VOSTRONEWBK001",
            members=tuple(MemberId(system="USABA", member=str(number)) for number in range(4)),
            keys=tuple(
                calls.KeyTerms(address=keccak(bytes([number]))[:20], role=KeyRole.PAY) for number in range(8)
            ),
        )
        admitted = network.send(OPERATOR.key("administer"), calls.admit(network.contracts, admission))
        assert admitted.gas_used < batch_of(network.contracts, [call]).gas


@pytest.mark.slow
def test_a_set_from_the_queue() -> None:
    """The gas of a call that settles sets is enough for the most instructions that a run puts into one."""
    from node.services.queue.runs import INSTRUCTIONS_MAX

    with embedded_network() as network:
        waiting = _queue_of(network, INSTRUCTIONS_MAX)
        call = own_calls.settle(network.contracts, [waiting])
        row = Row(id=1, action=Action.CALL, contract=call.contract, calldata=call.calldata, order=None)
        batch = batch_of(network.contracts, [row])
        receipt = _send(network, batch)
    assert INSTRUCTIONS_MAX == _events(network, receipt).count("Settled")
    assert receipt.gas_used <= batch.gas <= GAS_MAX
    assert len(batch.calldata) <= CALLDATA_BYTES_MAX


def _queue_of(network: Network, count: int) -> list[own_calls.Words]:
    """Payments that queue by turns both ways, in the order of their digests."""
    chain_id, ledger = network.chain.chain_id(), network.contracts.address("Ledger")
    found = []
    for at in range(count):
        payer, payee = BANKS[at % 3], BANKS[(at + 1) % 3]
        terms = network.terms(payer, payee, USD, FUNDS + 1)
        payment, commitment = OneLeg(terms=terms), keccak(terms.encoded())
        named = payment.digest(chain_id=chain_id, ledger=ledger, commitment=commitment)
        found.append((named, payment, commitment, payer))
    for payer in BANKS:
        own = [(payment, commitment) for _, payment, commitment, of in found if of is payer]
        for first in range(0, len(own), 50):
            network.send(payer.key("pay"), own_calls.submit(network.contracts, own[first : first + 50]))
    return [
        (payment.head, commitment, [payment.leg.word()])
        for _, payment, commitment, _ in sorted(found, key=lambda each: each[0])
    ]
