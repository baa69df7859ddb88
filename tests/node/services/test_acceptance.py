"""What comes twice is taken once; what is wrong is refused whole, by name and place."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from node.clock import SystemRandom
from node.errors import (
    AssetNotFound,
    BodyTooLarge,
    DeadlineRefused,
    DuplicateUetr,
    IdempotencyConflict,
    PayeeRefused,
    PayerRefused,
    QueueFull,
    ValueDateRefused,
)
from node.services.answers import InvalidIdempotencyKey
from node.services.audit import verify_audit
from node.services.identifiers import new_uetrs
from node.services.requests import DOCUMENT_BYTES_MAX, InvalidReference
from node.services.settlement_times import DEADLINE_SECONDS_MAX
from node.store.session import Store
from node.store.tables import audit, events, instructions, outbox
from settlement.document import commitment
from settlement.errors import (
    AmbiguousParticipant,
    AmountNotPositive,
    AmountTooLarge,
    ConflictingParticipant,
    FaultyMessage,
    InvalidAmount,
    InvalidBic,
    InvalidDocument,
    InvalidLei,
    InvalidMemberId,
    InvalidUetr,
    SettlementError,
    UnknownCurrency,
    UnknownParticipant,
)
from settlement.identifiers import BankReference, MemberId
from settlement.instruction import InstructionKind, Leg, Terms
from tests.embedded import NOON
from tests.node.bank import Bank, request
from tests.scenario import BANKS, OPERATOR, Network
from tests.words import head_word, leg_word

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


@pytest.fixture
def sqlite_bank(stores: Callable[[str], Store], network: Network) -> Bank:
    """The first bank on SQLite, for rules that have nothing to do with the store."""
    return Bank(store=stores("sqlite"), network=network)


def _row(bank: Bank) -> Any:
    with bank.store.snapshot() as connection:
        return connection.execute(select(instructions)).one()


def test_writes_everything_at_once(bank: Bank) -> None:
    """One request is one instruction, one row of the outbox, one audit entry, and an answer that names it."""
    answer = bank.accept(request(uetr=UETR))
    row = _row(bank)
    expected = {"payments": [{"id": row.id, "uetr": UETR, "end_to_end_id": "E0"}]}
    assert (202, expected, False) == (answer.status, orjson.loads(answer.body), answer.replayed)
    assert (1, 1) == bank.counts()
    with bank.store.snapshot() as connection:
        assert ("pay", row.id) == connection.execute(select(outbox.c.action, outbox.c.instruction_id)).one()
        assert ["payments_accepted"] == list(connection.scalars(select(audit.c.action)))
        assert 1 == verify_audit(connection)[0]


def test_terms_and_commitment(bank: Bank) -> None:
    """The stored word says what the columns say, and the commitment is of the salted document."""
    bank.accept(request(uetr=UETR, urgent=True))
    row = _row(bank)
    terms = Terms(
        sequence=row.sequence, asset=840, payer=BANKS[0].id, payee=BANKS[1].id, amount=1000, urgent=True
    )
    assert terms.encoded() == row.terms
    assert commitment(row.document.encode(), row.salt) == row.commitment
    assert {"Dbtr": {"Nm": "Debtor 0"}, "uetr": UETR} == orjson.loads(row.document)


def test_each_payment_has_its_own_salt(bank: Bank) -> None:
    """Payments with equal documents can't be recognised by equal commitments."""
    bank.accept(*(request(0, uetr=None) for _ in range(5)))
    with bank.store.snapshot() as connection:
        rows = connection.execute(select(instructions.c.salt, instructions.c.commitment)).all()
    assert [5, 5] == [len({row.salt for row in rows}), len({row.commitment for row in rows})]
    assert {32} == {len(row.salt) for row in rows}


def test_made_uetr_is_in_document_and_answer(bank: Bank) -> None:
    """Who gives no UETR gets one: in the answer, and in the document that is committed to."""
    answer = bank.accept(request())
    row = _row(bank)
    assert row.uetr == orjson.loads(answer.body)["payments"][0]["uetr"] == orjson.loads(row.document)["uetr"]


def test_same_body_gets_the_first_answer(bank: Bank) -> None:
    """The same body under the same key is answered with the same bytes, on any later day, and taken once."""
    first = bank.accept(request())
    bank.network.clock.sleep(3 * 86_400)
    again = bank.accept(request())
    assert (first.status, first.body, True) == (again.status, again.body, again.replayed)
    assert (1, 1) == bank.counts()


def test_other_body_under_a_used_key_is_refused(bank: Bank) -> None:
    """A key stands for one body."""
    bank.accept(request())
    with pytest.raises(IdempotencyConflict):
        bank.accept(request(1), body=b"other")
    assert (1, 1) == bank.counts()


def test_key_belongs_to_its_actor_and_operation(bank: Bank) -> None:
    """Another actor's key is another key, and a payment's body is not a redemption's."""
    bank.accept(request())
    bank.accept(request(), actor="tok_2")
    with pytest.raises(IdempotencyConflict):
        bank.accept(request(), kind=InstructionKind.REDEMPTION)
    assert 2 == bank.counts()[0]


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb"])
def test_key_without_form_is_refused(sqlite_bank: Bank, key: str) -> None:
    """An idempotency key has 1 to 255 printable ASCII characters."""
    with pytest.raises(InvalidIdempotencyKey):
        sqlite_bank.accept(request(), key=key)


def test_known_uetr_is_the_same_payment(bank: Bank) -> None:
    """A UETR with the same content, under any key, names the payment that it named before."""
    first = bank.accept(request(uetr=UETR))
    bank.network.clock.sleep(86_400)
    again = bank.accept(request(uetr=UETR), key="other")
    assert orjson.loads(first.body) == orjson.loads(again.body)
    assert (1, 1) == bank.counts()


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "1001"},
        {"payee": BankReference(bic=BANKS[2].bic)},
        {"urgent": True},
        {"queue": True},
        {"deadline": int(NOON) + 3600},
        {"end_to_end_id": "E9"},
        {"currency": "EUR"},
        {"value_date": "2025-03-10"},
        {"document": {"Dbtr": {"Nm": "Somebody else"}}},
    ],
)
def test_known_uetr_with_other_content_is_refused(sqlite_bank: Bank, changed: dict[str, Any]) -> None:
    """A UETR that was accepted with other content is refused, whatever it is that differs."""
    sqlite_bank.accept(request(uetr=UETR))
    with pytest.raises(DuplicateUetr):
        sqlite_bank.accept(request(uetr=UETR, **changed), key="other")
    assert (1, 1) == sqlite_bank.counts()


@pytest.mark.parametrize(
    ("asked", "setting", "kept"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_leave_to_queue(sqlite_bank: Bank, *, asked: bool | None, setting: bool, kept: bool) -> None:
    """A payment queues if it says so, else if its node is set so."""
    sqlite_bank.set(queue=setting)
    sqlite_bank.accept(request(queue=asked))
    assert kept is _row(sqlite_bank).queue


def test_only_a_payment_queues(sqlite_bank: Bank) -> None:
    """A redemption has no form for the queue, whatever is asked."""
    sqlite_bank.accept(request(queue=True), kind=InstructionKind.REDEMPTION)
    row = _row(sqlite_bank)
    assert (False, None, None) == (row.queue, row.head, row.digest)


def test_digest_is_the_contracts(sqlite_bank: Bank) -> None:
    """Head and digest of a payment are what Settlement makes of it, with the deadline in it."""
    network = sqlite_bank.network
    deadline = int(network.clock.now()) + 3600
    sqlite_bank.accept(request(deadline=deadline))
    row = _row(sqlite_bank)
    leg = Leg(asset=row.asset, payer=row.payer, payee=row.payee, amount=row.amount)
    words = head_word(row.sequence, row.payer, valid_until=deadline), row.commitment, [leg_word(leg)]
    assert row.head == words[0].to_bytes(32, "big")
    assert row.digest == network.contracts.read(network.chain, "Settlement", "digestOf", words)


@pytest.mark.parametrize("seconds", [-1, DEADLINE_SECONDS_MAX + 1])
def test_deadline_out_of_reach(sqlite_bank: Bank, seconds: int) -> None:
    """A deadline that is past, or too far ahead, is refused, and nothing is taken."""
    with pytest.raises(DeadlineRefused):
        sqlite_bank.accept(request(deadline=int(sqlite_bank.network.clock.now()) + seconds))
    assert (0, 0) == sqlite_bank.counts()


def test_answered_uetr_can_be_used_to_ask_again(bank: Bank) -> None:
    """Who asks again with the UETR that was made for it the first time gets the same payment."""
    made = orjson.loads(bank.accept(request()).body)["payments"][0]["uetr"]
    bank.accept(request(uetr=made), key="other")
    assert (1, 1) == bank.counts()


def test_known_and_new_together(bank: Bank) -> None:
    """In a request of many a known payment stays what it is, and the others are new."""
    (known,) = orjson.loads(bank.accept(request(1, uetr=UETR)).body)["payments"]
    answer = bank.accept(request(0), request(1, uetr=UETR), request(2), key="many")
    listed = orjson.loads(answer.body)["payments"]
    assert ["E0", "E1", "E2"] == [each["end_to_end_id"] for each in listed]
    assert known == listed[1]
    assert (3, 3) == bank.counts()


def test_uetr_twice_in_one_request_is_refused(sqlite_bank: Bank) -> None:
    """Two payments of one request can't share a UETR."""
    with pytest.raises(FaultyMessage) as refused:
        sqlite_bank.accept(request(0, uetr=UETR), request(1, uetr=UETR))
    assert [(1, "uetr", "duplicate_uetr")] == [
        (fault.transaction, fault.path, fault.code) for fault in refused.value.faults
    ]


@pytest.mark.parametrize(
    ("changed", "error", "param"),
    [
        ({"amount": "0"}, AmountNotPositive, "amount"),
        ({"amount": "-5"}, AmountNotPositive, "amount"),
        ({"amount": str(2**63)}, AmountTooLarge, "amount"),
        ({"amount": "1.5"}, InvalidAmount, "amount"),
        ({"amount": "\x00"}, InvalidAmount, "amount"),
        ({"currency": "XXX"}, UnknownCurrency, "currency"),
        ({"currency": "CHF"}, AssetNotFound, "currency"),
        ({"payee": BankReference(bic="NOBKUS33")}, UnknownParticipant, None),
        ({"payee": BankReference(bic="bad")}, InvalidBic, "bic"),
        ({"payee": BankReference(lei="549300VOSTROBANKBB46")}, InvalidLei, "lei"),
        ({"payee": BankReference(member=MemberId(system="", member="1"))}, InvalidMemberId, "member"),
        ({"payee": BankReference()}, AmbiguousParticipant, None),
        ({"payee": BankReference(bic=BANKS[1].bic, lei=BANKS[2].lei)}, ConflictingParticipant, None),
        ({"payee": BankReference(bic=BANKS[0].bic)}, PayeeRefused, "payee"),
        ({"payer": BankReference(bic=BANKS[1].bic)}, PayerRefused, "payer"),
        ({"uetr": UETR.upper()}, InvalidUetr, "uetr"),
        ({"uetr": "8a562c67-ca16-11ba-b074-65581be6f011"}, InvalidUetr, "uetr"),
        ({"uetr": "\x00"}, InvalidUetr, "uetr"),
        ({"value_date": "2025-03-11"}, ValueDateRefused, "value_date"),
        ({"value_date": "2025-03-09"}, ValueDateRefused, "value_date"),
        ({"value_date": "tomorrow"}, ValueDateRefused, "value_date"),
        ({"end_to_end_id": ""}, InvalidReference, "end_to_end_id"),
        ({"end_to_end_id": "x" * 36}, InvalidReference, "end_to_end_id"),
        ({"end_to_end_id": "a\x00b"}, InvalidReference, "end_to_end_id"),
        ({"document": {"Nm": "\ud800"}}, InvalidDocument, "document"),
        ({"document": {"amount": 2**60}}, InvalidDocument, "document"),
        ({"document": {"Nm": "x" * DOCUMENT_BYTES_MAX}}, InvalidDocument, "document"),
    ],
)
def test_wrong_request_is_refused(
    sqlite_bank: Bank, changed: dict[str, Any], error: type[SettlementError], param: str | None
) -> None:
    """A single request that is wrong raises what is wrong with it, and nothing is written."""
    with pytest.raises(error) as refused:
        sqlite_bank.accept(request(**changed))
    assert (error, param) == (type(refused.value), refused.value.param)
    assert (0, 0) == sqlite_bank.counts()
    assert not sqlite_bank.accept(request()).replayed


def test_every_fault_is_listed_with_its_place(bank: Bank) -> None:
    """One bad payment among many refuses them all, and every fault is named with its position."""
    nobody = BankReference(bic="NOBKUS33")
    with pytest.raises(FaultyMessage) as refused:
        bank.accept(request(0), request(1, amount="0"), request(2), request(3, payee=nobody))
    assert [(1, "amount", "amount_not_positive"), (3, "payee", "unknown_participant")] == [
        (fault.transaction, fault.path, fault.code) for fault in refused.value.faults
    ]
    assert (0, 0) == bank.counts()


def test_bank_is_found_by_each_of_its_names(sqlite_bank: Bank) -> None:
    """A payee may be named by BIC of 8 or 11, LEI or clearing-system member id."""
    names = [
        BankReference(bic=BANKS[1].bic[:8]),
        BankReference(bic=BANKS[1].bic),
        BankReference(lei=BANKS[1].lei),
        BankReference(member=BANKS[1].members[0]),
    ]
    sqlite_bank.accept(*(request(number, payee=name) for number, name in enumerate(names)))
    assert {BANKS[1].bic} == {payment.payee for payment in sqlite_bank.payments()}


def test_limits(sqlite_bank: Bank) -> None:
    """No more payments in a request, and no more waiting, than the settings allow."""
    sqlite_bank.set(payments_max=2, outbox_max=3)
    with pytest.raises(BodyTooLarge):
        sqlite_bank.accept(request(0), request(1), request(2))
    sqlite_bank.accept(request(0), request(1))
    with pytest.raises(QueueFull):
        sqlite_bank.accept(request(2), request(3), key="second")
    sqlite_bank.accept(request(2), key="third")
    assert (3, 3) == sqlite_bank.counts()


def test_sequences_go_on_above_the_chain(bank: Bank) -> None:
    """A store that was set back does not give a sequence again that the chain has seen."""
    bank.network.pay(BANKS[0], [(BANKS[1], 840, 5)])
    bank.follow()
    bank.accept(request(0), request(1))
    with bank.store.snapshot() as connection:
        given = list(connection.scalars(select(instructions.c.sequence).order_by(instructions.c.id)))
        seen = connection.scalar(select(func.max(events.c.sequence)).where(events.c.initiator == BANKS[0].id))
    assert [seen + 1, seen + 2] == given


def test_only_the_issuer_issues(network: Network, stores: Callable[[str], Store]) -> None:
    """A bank can't issue the central bank's money; the central bank can, and can't redeem its own."""
    bank = Bank(store=stores("sqlite"), network=network)
    with pytest.raises(PayerRefused):
        bank.accept(request(), kind=InstructionKind.ISSUE)
    issuer = Bank(store=stores("sqlite"), network=network, member=OPERATOR)
    assert b'"iss_' in issuer.accept(request(), kind=InstructionKind.ISSUE).body
    with pytest.raises(PayeeRefused):
        issuer.accept(request(), key="r", kind=InstructionKind.REDEMPTION)


def test_same_request_at_the_same_moment(bank: Bank) -> None:
    """Of many callers with the same request at once one is first, and all get its answer."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: bank.accept(request()), range(6)))
    assert 1 == len({answer.body for answer in answers})
    assert 5 == sum(answer.replayed for answer in answers)
    assert (1, 1) == bank.counts()


def test_same_uetr_at_the_same_moment(bank: Bank) -> None:
    """Of many callers with one UETR and the same content at once, all get the one payment."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda key: bank.accept(request(uetr=UETR), key=str(key)), range(6)))
    assert 1 == len({answer.body for answer in answers})
    assert (1, 1) == bank.counts()


def test_sequences_have_no_gaps_under_load(bank: Bank) -> None:
    """Callers at the same moment get sequences without a gap or a repeat, and a whole audit log."""

    def ask(number: int) -> None:
        uetrs = new_uetrs(3, SystemRandom())
        bank.accept(*(request(number, uetr=uetr) for uetr in uetrs), key=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(8)))
    with bank.store.snapshot() as connection:
        given = sorted(connection.scalars(select(instructions.c.sequence)))
        assert 8 == verify_audit(connection)[0]
    assert list(range(1, 25)) == given
