"""The rule in Python says of every set what the compiled Ledger says of it."""

import random
from collections import Counter

import pytest

from node.chain import own_calls
from node.chain.calls import Call
from node.chain.contracts import REFUSALS
from settlement.instruction import Leg
from settlement.liquidity.queue import Account, BilateralLimit, Payment, Queue
from settlement.liquidity.rule import Positions
from tests.embedded import FUNDS, embedded_network
from tests.scenario import BANKS, OPERATOR, USD, Member, Network
from tests.words import head_word

LEDGERS, SETS_PER_LEDGER = 6, 150
_URGENT, _FIRST = 1, 2
_NOBODY = bytes(20)


@pytest.mark.slow
def test_python_and_solidity_agree() -> None:
    """Over random accounts and sets the rule and `Ledger.setRefusal` refuse the same, for one reason."""
    chance = random.Random(20_261_123)
    seen: Counter[str] = Counter()
    for _ in range(LEDGERS):
        with embedded_network() as network:
            _prepare(network, chance)
            reports, limits = {bank.bic: _account(network, bank) for bank in BANKS}, _limits(network)
            for _ in range(SETS_PER_LEDGER):
                queue, chosen = _set(reports, limits, chance)
                breaches = Positions(queue, chosen).breaches()

                refusal = _refusal(network, [queue.payments[at] for at in chosen])

                assert (refusal == "None") == (not breaches), (queue, chosen, refusal)
                assert refusal == "None" or refusal in breaches.values(), (queue, chosen, refusal)
                seen[refusal] += 1
    wanted = {"None", "DayLimit", "InsufficientFunds", "ReserveTouched", "UrgentWaiting", "BilateralLimit"}
    assert wanted == {refusal for refusal, count in seen.items() if count > 5}, seen


def _prepare(network: Network, chance: random.Random) -> None:
    """Give each bank a balance, a reserve, a credit line, limits, and urgent instructions that wait."""
    for bank in BANKS:
        payee = chance.choice([other for other in BANKS if other is not bank])
        network.pay(bank, [(payee, USD, chance.randrange(1, FUNDS // 2))])
        credit = own_calls.set_credit(
            network.contracts, asset=USD, holder=bank.id, amount=chance.choice([0, FUNDS // 3])
        )
        for use in ("administer", "administer too"):
            network.send(OPERATOR.key(use), credit)
        limits = (
            own_calls.set_limits(
                network.contracts, asset=USD, per_instruction=2**63 - 1, per_day=chance.choice([2, 9]) * FUNDS
            ),
            own_calls.set_bilateral_limit(
                network.contracts, asset=USD, counterparty=payee.id, amount=chance.randrange(FUNDS)
            ),
        )
        for call in limits:
            network.send(bank.key("administer"), call)
        for _ in range(chance.choice([0, 0, 1, 2])):
            _queue_urgent(network, bank, payee)
        # Last, since what it leaves waits: a reserve may be more than there is.
        reserve = chance.choice([0, FUNDS // 2, 2 * FUNDS])
        network.send(bank.key("pay"), own_calls.set_reserve(network.contracts, asset=USD, amount=reserve))


def _queue_urgent(network: Network, payer: Member, payee: Member) -> None:
    """Submit an urgent payment that no money is there for."""
    terms = network.terms(payer, payee, USD, 10 * FUNDS)
    leg = Leg(asset=USD, payer=payer.id, payee=payee.id, amount=terms.amount)
    instruction = (head_word(terms.sequence, payer.id), bytes(32), [leg.word()])
    data = network.contracts.calldata("Settlement", "submit", [instruction], 1, [])
    network.send(payer.key("pay"), Call(contract="Settlement", calldata=data))


def _set(
    reports: dict[str, tuple[int, ...]], limits: tuple[BilateralLimit, ...], chance: random.Random
) -> tuple[Queue, list[int]]:
    """Draw payments, and which of them settle; the accounts are as the Ledger says."""
    waiting = {bic: report[6] for bic, report in reports.items()}
    payments = []
    for number in range(chance.randrange(1, 9)):
        payer, payee = chance.sample(BANKS, 2)
        is_urgent = waiting[payer.bic] > 0 and chance.random() < 0.5
        waiting[payer.bic] -= is_urgent
        amount = round(FUNDS * chance.choice([0.1, 0.5, 1.0]) * chance.random()) + 1
        payments.append(
            Payment(id=f"{number}", payer=payer.bic, payee=payee.bic, amount=amount, urgent=is_urgent)
        )
    accounts = []
    for bic, (balance, reserve, credit, *_, per_day, outflow, _) in reports.items():
        accounts.append(
            Account(
                participant=bic,
                balance=balance,
                reserve=reserve,
                credit=credit,
                outflow_left=max(per_day - outflow, 0),
                urgent_elsewhere=waiting[bic],
            )
        )
    chosen = [at for at in range(len(payments)) if chance.random() < 0.8] or [0]
    return Queue(asset="USD", accounts=tuple(accounts), payments=tuple(payments), limits=limits), chosen


def _account(network: Network, bank: Member) -> tuple[int, ...]:
    found: tuple[int, ...] = network.contracts.read(network.chain, "Ledger", "accountOf", USD, bank.id)
    return found


def _limits(network: Network) -> tuple[BilateralLimit, ...]:
    """The bilateral limits that are set."""
    found = []
    for payer in BANKS:
        for payee in BANKS:
            is_set, limit, _, net = network.contracts.read(
                network.chain, "Ledger", "bilateralLimitOf", USD, payer.id, payee.id
            )
            if is_set:
                found.append(BilateralLimit(payer=payer.bic, payee=payee.bic, left=limit - net))
    return tuple(found)


def _refusal(network: Network, payments: list[Payment]) -> str:
    """What the Ledger would say of a set that somebody sends who is neither a payer nor the operator."""
    ids = {bank.bic: bank.id for bank in BANKS}
    legs = [
        Leg(asset=USD, payer=ids[each.payer], payee=ids[each.payee], amount=each.amount).word()
        | (_URGENT if each.urgent else 0)
        | _FIRST
        for each in payments
    ]
    refusal = network.contracts.read(network.chain, "Ledger", "setRefusal", legs, _NOBODY, False)
    return REFUSALS[refusal]
