"""What the bank's rules make of payments at the door."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.clock import SystemRandom
from node.errors import RefusedByPolicy
from node.services.actors import Actor, Role
from node.services.foreseeing import check_payments
from node.services.payments import get_payment
from node.services.policies.facts import Facts
from node.services.policies.rules import Rule, retire_rule, write_rule
from node.services.policies.verdicts import KeptVerdict, verdict_of
from node.store.session import Store
from settlement.errors import FaultyMessage
from settlement.identifiers import BankReference
from settlement.policy import Outcome
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS

_OPERATOR = Actor(id="usr_1", name="otto", roles=frozenset({Role.OPERATOR}))
_OUTCOMES = list(Outcome)


@pytest.fixture
def bank(store: Store) -> Iterator[Bank]:
    """The first bank, with no rules yet."""
    with embedded_network() as network:
        yield Bank(store=store, network=network)


def _write(bank: Bank, name: str, condition: str, outcome: str) -> None:
    with bank.store.transaction() as connection:
        write_rule(
            connection, name=name, condition=condition, outcome=outcome, reason=f"because of {name}",
            actor=_OPERATOR, at=1,
        )  # fmt: skip


def _enter(bank: Bank, number: int, amount: int = 1_000, payee: int = 1) -> str:
    """Enter a payment and tell what becomes of it."""
    to = BankReference(bic=BANKS[payee].bic)
    bank.accept(request(number, amount=str(amount), payee=to), key=f"k{number}", entered_by="erika")
    return bank.states()[f"E{number}"]


def _kept(bank: Bank, number: int) -> KeptVerdict | None:
    identifier = next(each.id for each in bank.payments() if each.end_to_end_id == f"E{number}")
    return get_payment(bank.store, bank.settings, bank.network.clock, identifier).policy


def test_without_rules_nothing_is_kept(bank: Bank) -> None:
    """A bank without rules pays as before, and keeps no verdicts."""
    assert "accepted" == _enter(bank, 0)
    assert _kept(bank, 0) is None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("allow", "accepted"), ("needs_approval", "awaiting_approval"), ("hold", "awaiting_approval")],
)
def test_outcome_is_kept_with_why(bank: Bank, outcome: str, state: str) -> None:
    """The payment shows the rule, its version, its facts and why; and nothing is sent that waits."""
    _write(bank, "large", "amount > 500", outcome)

    assert state == _enter(bank, 0)

    kept = _kept(bank, 0)
    assert kept is not None
    assert (outcome, "large", 1, "because of large") == (kept.outcome, kept.rule, kept.version, kept.why)
    assert (1_000, "USD", BANKS[1].bic, True) == tuple(
        kept.facts[name] for name in ("amount", "currency", "counterparty", "new_payee")
    )
    bank.run()
    assert ("settled" if outcome == "allow" else state) == bank.states()["E0"]


def test_silence_is_kept_too(bank: Bank) -> None:
    """Where there are rules and none is true of a payment, that is kept, and it goes."""
    _write(bank, "large", "amount > 5000", "refuse")

    assert "accepted" == _enter(bank, 0)
    assert Outcome.ALLOW == (_kept(bank, 0) or pytest.fail("nothing kept")).outcome


def test_refused_is_not_taken(bank: Bank) -> None:
    """What a rule refuses leaves no row, alone or among others: all are taken or none."""
    _write(bank, "large", "amount > 5000", "refuse")
    large = request(1, amount="5001")

    with pytest.raises(RefusedByPolicy, match="because of large"):
        bank.accept(large)
    with pytest.raises(FaultyMessage) as refused:
        bank.accept(request(0), large, key="both")

    assert [(1, "refused_by_policy")] == [(each.transaction, each.code) for each in refused.value.faults]
    assert (0, 0) == bank.counts()


def test_splitting_does_not_help(bank: Bank) -> None:
    """Velocity counts what went before within a day, in earlier requests and in the same one, by payee."""
    _write(bank, "much", "velocity_sum + amount > 2500", "hold")
    _write(bank, "often", "velocity_count >= 3", "hold")
    first = [request(number, amount="1000") for number in range(3)]

    bank.accept(*first, entered_by="erika")

    expected = {"E0": "accepted", "E1": "accepted", "E2": "awaiting_approval"}
    assert expected == bank.states()
    assert "awaiting_approval" == _enter(bank, 3, 1)
    assert "accepted" == _enter(bank, 4, payee=2)
    bank.network.clock.sleep(86_401)
    assert "accepted" == _enter(bank, 5)


def test_payee_is_new_until_something_settled(bank: Bank) -> None:
    """A payee is new until a payment to it has settled; one that is on its way does not count."""
    _write(bank, "new", "new_payee", "needs_approval")
    assert "awaiting_approval" == _enter(bank, 0)
    with bank.store.transaction() as connection:
        retire_rule(connection, name="new", actor=_OPERATOR, at=2)
    assert "accepted" == _enter(bank, 1)
    _write(bank, "new", "new_payee", "needs_approval")
    assert "awaiting_approval" == _enter(bank, 2)

    bank.run()

    assert "accepted" == _enter(bank, 3)
    assert "awaiting_approval" == _enter(bank, 4, payee=2)


def test_rule_without_answer_holds(bank: Bank) -> None:
    """A rule that can't be asked holds the payment, whatever it would have said."""
    _write(bank, "square", "amount * amount > 0", "allow")

    assert "awaiting_approval" == _enter(bank, 0, 2**40)

    kept = _kept(bank, 0)
    assert kept is not None
    assert ("hold", "square") == (kept.outcome, kept.rule)
    assert "could not be asked" in kept.why


def test_repeated_request_gets_its_first_answer(bank: Bank) -> None:
    """What was accepted before a rule stays accepted: the same request gets the same answer."""
    first = bank.accept(request(0), key="k0")
    _write(bank, "all", "true", "refuse")

    assert first.body == bank.accept(request(0), key="k0").body


def test_dry_run_says_what_rules_would(bank: Bank) -> None:
    """What is only checked is told what the rules say, and nothing is kept."""
    _write(bank, "large", "amount > 5000", "hold")
    _write(bank, "huge", "amount > 9000", "refuse")

    def checked(amount: str) -> object:
        found = check_payments(
            bank.store, bank.settings, bank.network.clock, SystemRandom(), [request(0, amount=amount)]
        )
        return getattr(found[0], "need", None) or getattr(found[0], "code", None)

    assert [None, "PolicyHold", "refused_by_policy"] == [checked(each) for each in ("1", "5001", "9001")]
    assert (0, 0) == bank.counts()


@given(outcomes=st.lists(st.tuples(st.booleans(), st.sampled_from(_OUTCOMES)), max_size=6))
def test_strictest_of_the_true_ones(outcomes: list[tuple[bool, Outcome]]) -> None:
    """Of the rules that are true of a payment the strictest is its verdict; the others don't matter."""
    rules = [
        Rule(
            name=f"r{number}", version=1, condition=str(true).lower(), outcome=outcome, reason="because",
            in_force=True, author="a", author_name="a", created_at=0,
        )
        for number, (true, outcome) in enumerate(outcomes)
    ]  # fmt: skip
    expected = max((each for true, each in outcomes if true), key=_OUTCOMES.index, default=Outcome.ALLOW)

    assert expected == verdict_of(rules, Facts.example()).outcome


def test_queued_payment_makes_no_payee_known(bank: Bank) -> None:
    """What only waits in the chain's queue has not settled: its payee is still new."""
    bank.accept(request(0, amount=str(10**15), queue=True), key="k0", entered_by="erika")
    bank.run()
    assert "queued" == bank.states()["E0"]
    _write(bank, "new", "new_payee", "hold")

    assert "awaiting_approval" == _enter(bank, 1)
