"""Four eyes on the real contracts: what waits, who may answer, and what a forger can't do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import coincurve
import orjson
import pytest
from sqlalchemy import insert, select, text, update

from node.chain import own_calls
from node.errors import (
    ApprovalRefused,
    ApproverBusy,
    ApproverRefused,
    NotApproved,
    NotFound,
    SelfApproval,
    WriterStopped,
)
from node.keys.approvers import ATTEMPTS_MAX, PAUSE_SECONDS, ApproverKeystores, Approvers
from node.keys.keystore import Keystore
from node.keys.signing import address_of, in_memory, sign_digest
from node.mirror.head import pinned
from node.outbox.actions import Action
from node.outbox.rows import enqueue
from node.services.actors import Actor, Role
from node.services.answers import Answer, request_of
from node.services.approvals import ContentChanged, approve, list_waiting, reject
from node.services.payments import get_payment
from node.services.policies.rules import write_rule
from node.services.second_person import InvalidReason
from node.store.incidents import clear_incident, open_incidents
from node.store.session import Store
from node.store.tables import approvals, audit, instructions, outbox
from settlement.approval import ACTION_OF_KIND, approval_digest
from settlement.instruction import InstructionKind, digest, terms_from_word
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS, OPERATOR, USD, Network

SECRET = b"correct horse"
ERIKA = Actor(id="tok_1", name="erika", roles=frozenset({Role.OFFICER, Role.APPROVER}))
OTTO = Actor(id="tok_2", name="otto", roles=frozenset({Role.APPROVER}))
_LIMIT = {"approval_limits": "USD=50.00"}  # 5,000 minor units


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        network.issue(BANKS[0], USD, 10**9)
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank, with a limit of its own above which one person is not enough."""
    bank = Bank(store=store, network=network)
    bank.set(**_LIMIT)
    return bank


@pytest.fixture
def approvers(tmp_path: Path, bank: Bank) -> Approvers:
    """Otto's key is the registered approve key, Erika has one that nobody registered."""
    folder = tmp_path / "approvers"
    Keystore(folder / "otto", scrypt_n=2).add(BANKS[0].secret("approve"), SECRET)
    Keystore(folder / "erika", scrypt_n=2).add(b"\x07" * 32, SECRET)
    return Approvers(ApproverKeystores(folder, scrypt_n=2), bank.network.clock)


def _enter(bank: Bank, amount: int, *, number: int = 0, **changed: object) -> str:
    answer = bank.accept(request(number, amount=str(amount), **changed), key=f"k{number}", entered_by="erika")
    return str(orjson.loads(answer.body)["payments"][0]["id"])


def _shown(bank: Bank, payment: str) -> bytes:
    found = list_waiting(bank.store, bank.network.clock, OTTO, limit=100)
    return next(each.digest for each in found if each.id == payment)


def _approve(
    bank: Bank,
    approvers: Approvers,
    payment: str,
    *,
    actor: Actor = OTTO,
    secret: bytes = SECRET,
    shown: bytes | None = None,
    reason: str | None = "Invoice seen",
) -> Answer:
    return approve(
        bank.store,
        bank.network.clock,
        approvers,
        request_of(actor=actor.id, key=f"approve {payment}", operation="approve", body=b""),
        actor=actor,
        payment_id=payment,
        shown=_shown(bank, payment) if shown is None else shown,
        secret=secret,
        reason=reason,
    )


def _reject(bank: Bank, payment: str, reason: str = "No such invoice") -> Answer:
    asked = request_of(actor=OTTO.id, key=f"reject {payment}", operation="reject", body=reason.encode())
    return reject(bank.store, bank.network.clock, asked, actor=OTTO, payment_id=payment, reason=reason)


def _events(bank: Bank, payment: str) -> list[str]:
    history = get_payment(bank.store, bank.settings, bank.network.clock, payment)
    return [entry.event for entry in history.timeline]


def _state(bank: Bank, payment: str) -> tuple[str, str | None]:
    found = get_payment(bank.store, bank.settings, bank.network.clock, payment).payment
    return found.state, found.reason


def test_waits_until_a_second_person_approves(bank: Bank, approvers: Approvers) -> None:
    """Above the limit nothing is signed until somebody else consents; names, reason and times are kept."""
    small, large = _enter(bank, 5_000, number=1), _enter(bank, 5_001, number=2)
    bank.run()
    assert ("settled", None) == _state(bank, small)
    assert ("awaiting_approval", None) == _state(bank, large)
    assert [large] == [payment.id for payment in bank.payments(state="awaiting_approval")]
    _approve(bank, approvers, large)
    bank.run()
    assert ("settled", None) == _state(bank, large)
    assert ["accepted", "awaiting_approval", "approved", "signed", "settled"] == _events(bank, large)
    waited, approved = get_payment(bank.store, bank.settings, bank.network.clock, large).timeline[1:3]
    assert ("AboveLimit", "erika") == (waited.reason, waited.by)
    assert ("Invoice seen", "otto") == (approved.reason, approved.by)


def test_consented_on_chain_above_the_threshold(bank: Bank, approvers: Approvers) -> None:
    """What the participant's threshold asks for goes along; splitting below it does not help."""
    lower = own_calls.set_threshold(bank.network.contracts, currency=USD, amount=3_000)
    bank.network.send(BANKS[0].key("administer"), lower)
    bank.follow()
    payments = [_enter(bank, 1_000, number=number) for number in range(5)]
    bank.run()
    assert ["settled"] * 3 + ["awaiting_approval"] * 2 == [_state(bank, each)[0] for each in payments]
    for each in payments[3:]:
        _approve(bank, approvers, each)
    bank.run()
    assert ["settled"] * 5 == [_state(bank, each)[0] for each in payments]
    total = bank.network.contracts.read(bank.network.chain, "Ledger", "thresholdOf", BANKS[0].id, USD)[1]
    assert 3_000 == total


def test_queued_with_the_same_consent(bank: Bank, approvers: Approvers) -> None:
    """One approval counts in either lane: what lacks money goes on to the queue with it."""
    lower = own_calls.set_threshold(bank.network.contracts, currency=USD, amount=1)
    bank.network.send(BANKS[0].key("administer"), lower)
    bank.follow()
    payment = _enter(bank, 10**15, queue=True)
    _approve(bank, approvers, payment)
    bank.run()
    assert ("queued", "InsufficientFunds") == _state(bank, payment)


def test_issues_take_two_too(stores: Callable[[str], Store], network: Network, tmp_path: Path) -> None:
    """An issue above the limit waits, and goes with the approval of its own action."""
    operator = Bank(store=stores("sqlite"), network=network, member=OPERATOR)
    operator.set(**_LIMIT)
    lower = own_calls.set_threshold(network.contracts, currency=USD, amount=0)
    network.send(OPERATOR.key("administer"), lower)
    folder = tmp_path / "of the operator"
    Keystore(folder / "otto", scrypt_n=2).add(OPERATOR.secret("approve"), SECRET)
    operator.follow()
    answer = operator.accept(request(amount="9000"), kind=InstructionKind.ISSUE, entered_by="erika")
    issue = str(orjson.loads(answer.body)["issues"][0]["id"])
    operator.run()
    assert "awaiting_approval" == _state(operator, issue)[0]
    _approve(operator, Approvers(ApproverKeystores(folder, scrypt_n=2), network.clock), issue)
    operator.run()
    assert "settled" == _state(operator, issue)[0]


def test_who_entered_it_does_not_approve(bank: Bank, approvers: Approvers) -> None:
    """Neither by the account that entered it, nor by another of the same name."""
    payment = _enter(bank, 6_000)
    shown = _shown(bank, payment)
    for actor in (ERIKA, Actor(id="tok_9", name="erika", roles=OTTO.roles)):
        assert [] == list_waiting(bank.store, bank.network.clock, actor, limit=100)
        with pytest.raises(SelfApproval):
            _approve(bank, approvers, payment, actor=actor, shown=shown)
    assert "awaiting_approval" == _state(bank, payment)[0]


def test_nobody_at_the_terminal_is_a_first_person(bank: Bank, approvers: Approvers) -> None:
    """What was entered at the terminal is nobody's in particular, so nobody is its second person."""
    answer = bank.accept(request(amount="6000"), actor="terminal", entered_by="terminal")
    payment = str(orjson.loads(answer.body)["payments"][0]["id"])
    with pytest.raises(SelfApproval, match="terminal"):
        _approve(bank, approvers, payment)


def test_another_approvers_session_is_not_enough(bank: Bank, approvers: Approvers) -> None:
    """Erika with Otto's stolen session has not his secret, and her own opens nothing of his."""
    payment = _enter(bank, 6_000)
    with pytest.raises(ApproverRefused):
        _approve(bank, approvers, payment, secret=b"erika's own")
    with pytest.raises(ApproverRefused, match="no key here that may approve"):
        _approve(bank, approvers, payment, actor=Actor(id="tok_3", name="anna", roles=OTTO.roles))


def test_unregistered_key_is_not_asked(bank: Bank, approvers: Approvers) -> None:
    """A key that the chain does not know as an approve key is refused at the door."""
    answer = bank.accept(request(amount="6000"), entered_by="otto")
    payment = str(orjson.loads(answer.body)["payments"][0]["id"])
    second = Actor(id="tok_8", name="erika", roles=OTTO.roles)
    with pytest.raises(ApproverRefused, match="no key here that may approve"):
        _approve(bank, approvers, payment, actor=second, shown=_digest(bank, payment))


def _digest(bank: Bank, payment: str) -> bytes:
    with bank.store.snapshot() as connection:
        row = connection.execute(select(instructions).where(instructions.c.id == payment)).mappings().one()
        chain = pinned(connection)
    return digest(
        chain_id=chain.chain_id,
        ledger=chain.ledger,
        terms=terms_from_word(int.from_bytes(row["terms"], "big")),
        commitment=row["commitment"],
    )


def test_wrong_secrets_are_counted(bank: Bank, approvers: Approvers) -> None:
    """After some wrong secrets in a row even the right one waits; it is said nowhere which they were."""
    payment = _enter(bank, 6_000)
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(ApproverRefused) as refused:
            _approve(bank, approvers, payment, secret=b"wrong-secret-77")
        assert "wrong-secret-77" not in repr(
            (refused.value, refused.value.__dict__, refused.value.__context__)
        )
    with pytest.raises(ApproverBusy, match=f"{PAUSE_SECONDS // 60} minutes"):
        _approve(bank, approvers, payment)


def test_only_what_was_shown_is_approved(bank: Bank, approvers: Approvers) -> None:
    """Another digest than the instruction's approves nothing."""
    payment = _enter(bank, 6_000)
    with pytest.raises(ApprovalRefused, match="not what you were shown"):
        _approve(bank, approvers, payment, shown=bytes(32))


def test_answered_once(bank: Bank, approvers: Approvers) -> None:
    """The same request has the same answer; any other finds nothing that waits."""
    payment = _enter(bank, 6_000)
    shown = _shown(bank, payment)
    first = _approve(bank, approvers, payment)
    again = _approve(bank, approvers, payment, shown=shown)
    assert (first.body, True) == (again.body, again.replayed)
    with pytest.raises(ApprovalRefused, match="does not wait"):
        _reject(bank, payment)
    with pytest.raises(NotFound):
        _approve(bank, approvers, "pay_none", shown=shown)


def test_rejected_with_a_reason(bank: Bank, approvers: Approvers) -> None:
    """What a second person rejects is voided, and shown with the reason; it can't be approved after."""
    payment = _enter(bank, 6_000)
    shown = _shown(bank, payment)
    _reject(bank, payment)
    with pytest.raises(ApprovalRefused):
        _approve(bank, approvers, payment, shown=shown)
    bank.run()
    assert ("rejected", "ApproverRejected") == _state(bank, payment)
    assert ["accepted", "awaiting_approval", "disapproved"] == _events(bank, payment)[:3]
    for reason in ("", "\n", "x" * 501):
        with pytest.raises(InvalidReason):
            _reject(bank, payment, reason)


def test_what_waits_is_never_unknown(bank: Bank) -> None:
    """A person may take longer than a machine: at any age it is known where it is."""
    payment = _enter(bank, 6_000)
    bank.set(unknown_after_seconds=0)
    assert ("awaiting_approval", None) == _state(bank, payment)
    assert [payment] == [each.id for each in bank.payments(state="awaiting_approval")]


def test_audit_log_has_both(bank: Bank, approvers: Approvers) -> None:
    """The log says who entered it, who approved, and by which key; no secret is anywhere in the store."""
    payment = _enter(bank, 6_000)
    _approve(bank, approvers, payment)
    with bank.store.snapshot() as connection:
        rows = connection.execute(select(audit).where(audit.c.subject == payment)).mappings().all()
        kept = repr([connection.execute(select(table)).all() for table in approvals.metadata.sorted_tables])
    assert [("tok_2", "payment_approved")] == [(row["actor"], row["action"]) for row in rows]
    assert {"entered_by": "tok_1", "key": BANKS[0].key("approve").hex()}.items() <= orjson.loads(
        rows[0]["detail"]
    ).items()
    assert SECRET.decode() not in kept


# What full access to the database and to every file can do: rows may be forged, a signature may not.


def _forged(bank: Bank, payment: str, key: bytes) -> None:
    """An approval as the node writes it, by a key of the forger's own, and the row let go."""
    with bank.store.snapshot() as connection:
        row = connection.execute(select(instructions).where(instructions.c.id == payment)).mappings().one()
        chain = pinned(connection)
    asked = approval_digest(
        chain_id=chain.chain_id,
        ledger=chain.ledger,
        action=ACTION_OF_KIND[InstructionKind.PAYMENT],
        digest=_digest(bank, payment),
        deadline=row["deadline"],
    )
    private = coincurve.PrivateKey(key)
    with bank.store.transaction() as connection:
        connection.execute(
            insert(approvals).values(
                instruction_id=payment, digest=_digest(bank, payment), key=address_of(private),
                deadline=row["deadline"], signature=sign_digest(in_memory(private), asked), approver="tok_2",
                approver_name="otto", created_at=row["created_at"],
            )
        )  # fmt: skip
        connection.execute(update(outbox).where(outbox.c.instruction_id == payment).values(held=False))


def _stops(bank: Bank, payment: str) -> None:
    with pytest.raises(NotApproved):
        bank.run()
    with pytest.raises(WriterStopped):
        bank.run()
    bank.follow()
    assert "settled" != _state(bank, payment)[0]


@pytest.mark.parametrize("use", ["pay", "administer", "stranger"])
def test_forged_approval_is_not_signed(bank: Bank, use: str) -> None:
    """An approval by any other key than an approve key, the node's own too, stops the writer (R10)."""
    payment = _enter(bank, 6_000)
    _forged(bank, payment, BANKS[0].secret(use))
    _stops(bank, payment)


def test_forged_registration_is_not_believed(bank: Bank) -> None:
    """A forger's key in the mirror's tables counts for nothing: the chain is asked who may approve."""
    payment = _enter(bank, 6_000)
    with bank.store.transaction() as connection:
        connection.execute(
            text("UPDATE keys SET address = :forged WHERE address = :true").bindparams(
                forged=address_of(coincurve.PrivateKey(b"\x07" * 32)), true=BANKS[0].key("approve")
            )
        )
    _forged(bank, payment, b"\x07" * 32)
    _stops(bank, payment)


def test_forged_release_is_not_signed(bank: Bank) -> None:
    """A row that is let go without an approval, or put in anew, is not signed above the limit."""
    payment = _enter(bank, 6_000)
    with bank.store.transaction() as connection:
        connection.execute(update(outbox).values(held=False))
    _stops(bank, payment)
    with bank.store.transaction() as connection:
        enqueue(connection, Action.PAY, [payment], at=0)
    with pytest.raises(WriterStopped):
        bank.run()


def test_approval_does_not_fit_another_amount(bank: Bank, approvers: Approvers) -> None:
    """After approval nothing of it can be changed: the signature is over all that the chain is told."""
    payment = _enter(bank, 6_000)
    _approve(bank, approvers, payment)
    with bank.store.snapshot() as connection:
        word = connection.scalar(select(instructions.c.terms).where(instructions.c.id == payment)) or b""
    _drop_triggers(bank, "instructions")
    raised = (int.from_bytes(word, "big") + (1 << 24)).to_bytes(32, "big")
    with bank.store.transaction() as connection:
        connection.execute(update(instructions).values(terms=raised, amount=6_001))
    _stops(bank, payment)


def test_changed_row_is_not_shown_for_approval(bank: Bank, approvers: Approvers) -> None:
    """Where what is shown is not what would be sent, the approver signs nothing."""
    payment = _enter(bank, 6_000)
    shown = _shown(bank, payment)
    _drop_triggers(bank, "instructions")
    with bank.store.transaction() as connection:
        connection.execute(update(instructions).values(amount=5))
    with pytest.raises(ContentChanged):
        _approve(bank, approvers, payment, shown=shown)


def test_only_the_forged_row_ends(bank: Bank) -> None:
    """Once a person has looked and cleared it, the forged instruction is rejected and the others settle."""
    payment, other = _enter(bank, 6_000, number=1), _enter(bank, 4_000, number=2)
    with bank.store.transaction() as connection:
        connection.execute(update(outbox).values(held=False))
    _stops(bank, payment)
    with bank.store.transaction() as connection:
        for incident in open_incidents(connection):
            clear_incident(connection, incident.id, by="operator", at=int(bank.network.clock.now()))
    bank.run()
    assert [("rejected", "NotApproved"), ("settled", None)] == [
        _state(bank, each) for each in (payment, other)
    ]


def test_chain_refuses_what_the_submitter_would_let_through(bank: Bank) -> None:
    """Also a submitter that asks nothing moves nothing above the threshold: the chain refuses."""
    lower = own_calls.set_threshold(bank.network.contracts, currency=USD, amount=1)
    bank.network.send(BANKS[0].key("administer"), lower)
    bank.set(approval_limits=None)
    payment = _enter(bank, 6_000)
    with bank.store.transaction() as connection:
        connection.execute(update(outbox).values(held=False))
    bank.run()
    assert ("rejected", "ApprovalMissing") == _state(bank, payment)


def _drop_triggers(bank: Bank, table: str) -> None:
    with bank.store.transaction() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))
        else:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER {table}_append_only_{verb}"))


def test_held_by_rule_takes_a_reason(bank: Bank, approvers: Approvers) -> None:
    """What a rule holds goes when a second person says why, never by who entered it, also after a restart."""
    operator = Actor(id="usr_1", name="anna", roles=frozenset({Role.OPERATOR}))
    with bank.store.transaction() as connection:
        write_rule(
            connection, name="all", condition="true", outcome="hold", reason="look", actor=operator, at=1
        )
    payment = _enter(bank, 100)
    bank.restart()
    bank.run()
    assert ("awaiting_approval", "PolicyHold") == (bank.states()["E0"], _need(bank))

    with pytest.raises(InvalidReason):
        _approve(bank, approvers, payment, reason=None)
    with pytest.raises(SelfApproval):
        _approve(bank, approvers, payment, actor=ERIKA)
    _approve(bank, approvers, payment)
    bank.run()

    assert "settled" == bank.states()["E0"]


def _need(bank: Bank) -> str:
    (waiting,) = list_waiting(bank.store, bank.network.clock, OTTO, limit=100)
    return waiting.need
