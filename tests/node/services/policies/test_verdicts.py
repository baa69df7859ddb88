"""What the bank's rules make of payments at the door."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from node.clock import SystemRandom
from node.errors import RefusedByPolicy
from node.services import acceptance
from node.services.acceptance import submission_of
from node.services.actors import Actor, Role
from node.services.approvals import list_waiting
from node.services.audit import verify_audit
from node.services.foreseeing import check_payments
from node.services.incoming_files import FileForm
from node.services.intake import Intake
from node.services.payments import get_payment
from node.services.policies.facts import Facts
from node.services.policies.rules import Rule, retire_rule, write_rule
from node.services.policies.screened import Screened, screen
from node.services.policies.verdicts import KeptVerdict, verdict_of
from node.services.requests import PaymentRequest
from node.services.screening.lists import load_list
from node.store.session import Store
from node.store.tables import audit
from settlement.errors import FaultyMessage
from settlement.identifiers import BankReference
from settlement.names_list import ListEntry
from settlement.policy import Outcome
from tests.embedded import embedded_network
from tests.messages import file_of
from tests.node.bank import Bank, request
from tests.scenario import BANKS

_OPERATOR = Actor(id="usr_1", name="otto", roles=frozenset({Role.OPERATOR}))
_APPROVER = Actor(id="usr_2", name="anton", roles=frozenset({Role.APPROVER}))
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


def _load(bank: Bank, *names: str) -> None:
    listed = frozenset(ListEntry(entry=f"N{number}", name=name) for number, name in enumerate(names))
    with bank.store.transaction() as connection:
        load_list(connection, listed, actor=_OPERATOR, at=1)


def _named(number: int, name: str, party: str = "Cdtr") -> PaymentRequest:
    return request(number, document={"CdtTrfTxInf": {party: {"Nm": name}}})


def test_hit_holds_and_is_shown(bank: Bank) -> None:
    """A name like one on the list is a fact; entry, score and list are kept, and shown to approvers."""
    _load(bank, "Bert Brecht", "Ivan Petrov")
    _write(bank, "listed", "list_hit", "hold")

    bank.accept(_named(0, "PETROV, Ivan"), _named(1, "Anna Adler"), entered_by="erika")

    assert {"E0": "awaiting_approval", "E1": "accepted"} == bank.states()
    hit, clean = _kept(bank, 0), _kept(bank, 1)
    assert hit is not None
    assert clean is not None
    assert (1, "N1", True, 100) == (
        hit.list_version, hit.list_entry, hit.facts["list_hit"], hit.facts["list_score"],
    )  # fmt: skip
    assert (1, None, False, 0) == (
        clean.list_version, clean.list_entry, clean.facts["list_hit"], clean.facts["list_score"],
    )  # fmt: skip
    _load(bank, "Nobody Else")
    (waiting,) = list_waiting(bank.store, bank.network.clock, _APPROVER, limit=10)
    assert waiting.hit is not None
    assert (1, "N1", 100, ("Ivan Petrov",)) == (
        waiting.hit.list_version, waiting.hit.entry, waiting.hit.score, waiting.hit.names,
    )  # fmt: skip


@pytest.mark.parametrize("party", ["Dbtr", "UltmtCdtr", "InitgPty"])
def test_every_name_in_a_document_counts(bank: Bank, party: str) -> None:
    """Whoever a document names is held against the list, in whichever part."""
    _load(bank, "Ivan Petrov")
    _write(bank, "listed", "list_score >= 90", "refuse")

    with pytest.raises(RefusedByPolicy):
        bank.accept(_named(0, "Ivan Petrov", party))
    agent = {"CdtTrfTxInf": {"IntrmyAgt1": {"FinInstnId": {"Nm": "Ivan Petrow"}}}}
    with pytest.raises(RefusedByPolicy):
        bank.accept(request(1, document=agent))


def test_names_of_a_file_count(bank: Bank) -> None:
    """A pacs.008 and a table name their parties where they are looked for."""
    _write(bank, "listed", "list_hit", "refuse")
    table = (
        f"payee_bic,amount,currency,value_date,end_to_end_id,creditor\n{BANKS[1].bic},1.00,USD,{{}},E,{{}}\n"
    )
    today = datetime.fromtimestamp(bank.network.clock.now(), UTC).date().isoformat()
    _load(bank, "Ivan Petrov", "Emile Zola et fils")

    for body, form in (
        (table.format(today, "Ivan Petrov"), FileForm.CSV),
        (file_of("1.00"), FileForm.XML),
    ):
        assert ["refused_by_policy"] == [fault.code for fault in bank.check_file(body, form).faults]


def test_newer_list_counts_at_once(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is loaded between the look at the names and the lock is the one that counts."""
    _write(bank, "listed", "list_hit", "hold")
    _load(bank, "Bert Brecht")

    def overtaken(store: Store, items: Any) -> Screened:
        found = screen(store, items)
        _load(bank, "Ivan Petrov")
        return found

    monkeypatch.setattr(acceptance, "screen", overtaken)
    bank.accept(_named(0, "Ivan Petrov"), entered_by="erika")

    kept = _kept(bank, 0)
    assert kept is not None
    assert ("hold", 2, "N0") == (kept.outcome, kept.list_version, kept.list_entry)


def test_without_a_list_nobody_is_hit(bank: Bank) -> None:
    """Where there is no list rules may ask for it, and nobody is on it."""
    _write(bank, "listed", "list_hit || list_score > 0", "refuse")

    assert "accepted" == _enter(bank, 0)
    assert (_kept(bank, 0) or pytest.fail("nothing kept")).list_version is None


def test_too_many_names_are_refused(bank: Bank) -> None:
    """What names more than can be looked at is refused while payments are held against a list."""
    crowd = {"CdtTrfTxInf": {"Rcrd": [{"Nm": f"Number {number}"} for number in range(101)]}}
    _load(bank, "Ivan Petrov")
    bank.accept(request(0, document=crowd), key="k0")
    _write(bank, "listed", "list_hit", "hold")

    with pytest.raises(FaultyMessage) as refused:
        bank.accept(request(1), request(2, document=crowd), key="k1")

    assert [(1, "invalid_document")] == [(each.transaction, each.code) for each in refused.value.faults]


def test_refusal_is_in_the_audit_log(bank: Bank) -> None:
    """What rules refuse is in the audit log: to whom, by which rules, who of the list; and no name."""
    _load(bank, "Ivan Petrov")
    _write(bank, "large", "amount > 5000", "refuse")
    _write(bank, "listed", "list_hit", "refuse")
    uetr = "8a562c67-ca16-48ba-b074-65581be6f011"
    listed = request(1, document={"Cdtr": {"Nm": "Ivan Petrow"}}, uetr=uetr)

    with pytest.raises(FaultyMessage):
        bank.accept(request(0), listed, request(2, amount="5001"), key="three", actor="usr_9")

    with bank.store.snapshot() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == "payments_refused_by_policy")).all()
        verify_audit(connection)
    (row,) = rows
    detail = orjson.loads(row.detail)
    assert ("usr_9", "three") == (row.actor, row.subject)
    assert (3, 2, {"listed 1": 1, "large 1": 1}) == (detail["asked"], detail["refused"], detail["rules"])
    expected = {"uetr": uetr, "rule": "listed", "version": 1, "list_version": 1, "list_entry": "N0"}
    assert expected | {"list_score": 90} == detail["first"][0]
    assert "Petro" not in row.detail
    assert (0, 0) == bank.counts()


def test_only_checked_is_not_refused(bank: Bank) -> None:
    """A dry run that a rule would refuse leaves nothing in the audit log."""
    _write(bank, "all", "true", "refuse")
    check_payments(bank.store, bank.settings, bank.network.clock, SystemRandom(), [request(0)])

    with bank.store.snapshot() as connection:
        assert ["policy_rule_written"] == list(connection.scalars(select(audit.c.action)))


def test_refused_among_others_is_logged_once(bank: Bank) -> None:
    """What several callers send at one moment is refused to the one whose it is, and logged once."""
    _write(bank, "large", "amount > 5000", "refuse")
    intake = Intake(bank.store, bank.settings, bank.network.clock, SystemRandom())
    submissions = [
        submission_of(actor=f"usr_{number}", key="k", body=b"", requests=[request(number, amount=amount)])
        for number, amount in enumerate(["1", "5001", "2"])
    ]
    with ThreadPoolExecutor(3) as callers:
        futures = [callers.submit(intake.accept, each) for each in submissions]

    assert [None, RefusedByPolicy, None] == [
        None if (error := future.exception()) is None else type(error) for future in futures
    ]
    refused = select(audit.c.actor).where(audit.c.action == "payments_refused_by_policy")
    with bank.store.snapshot() as connection:
        assert ["usr_1"] == list(connection.scalars(refused))
