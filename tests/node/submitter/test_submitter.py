"""The submitter's rules, one by one, on a chain that does what it is told."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import select

from node.chain.protocol import Fees, Log
from node.errors import (
    ChainBusy,
    ChainContradiction,
    ChainError,
    ChainUnavailable,
    ContractFault,
    ContractRefused,
    EndpointBehind,
    FeesAboveLimit,
    ForeignTransaction,
    GasUnfunded,
    LeaseLost,
    MalformedAnswer,
    NonceGap,
    OutOfGas,
    TransactionRefused,
    Underpriced,
    WriterStopped,
)
from node.outbox.rows import waiting_count
from node.outbox.transactions import unconcluded
from node.services.payments import get_payment
from node.services.voids import void_payment
from node.store.incidents import clear_incident, open_incidents, raise_incident
from node.store.session import Store
from node.store.tables import leases, transactions
from node.submitter.broadcast import LOOKS_MIN, REPEAT_SECONDS, REPEAT_SECONDS_MAX
from node.submitter.submitter import LEASE_SECONDS, RECONCILE_SECONDS, Submitter
from settlement.errors import SettlementError, WrongReceipts
from settlement.instruction import keccak
from settlement.participant import KeyRole
from tests.node.chain_of_events import CONTRACTS
from tests.simulation.chain import PAY_KEY, SECOND_KEY, PlainSigner
from tests.simulation.faults import Crash
from tests.simulation.world import World, world


def _incident(made: World) -> int:
    with made.store.snapshot() as connection:
        (found,) = open_incidents(connection)
    return found.id


def _clear(made: World) -> None:
    incident = _incident(made)
    with made.store.transaction() as connection:
        clear_incident(connection, incident, by="a person", at=int(made.clock.now()))


def _only(made: World) -> str:
    (payment,) = made.payments()
    return payment.id


def _events(made: World) -> list[str]:
    history = get_payment(made.store, made.settings, made.clock, _only(made))
    return [entry.event for entry in history.timeline]


def _nonces(made: World, key: bytes = PAY_KEY) -> list[int]:
    query = select(transactions.c.nonce).where(transactions.c.key == key).order_by(transactions.c.nonce)
    with made.store.snapshot() as connection:
        return list(connection.scalars(query))


def _stops(made: World, submitter: Submitter, error: type[SettlementError]) -> None:
    """The submitter finds this, remembers it, and neither signs nor sends until a person has looked."""
    with pytest.raises(error):
        submitter.tick()
    sent, signed = len(made.sent), len(made.signer.signed)
    for each in (submitter, made.submitter()):
        with pytest.raises(WriterStopped):
            each.tick()
    assert (sent, signed) == (len(made.sent), len(made.signer.signed))


def test_incident_of_any_writer_stops_signing(store: Store) -> None:
    """While the follower has stopped nothing is signed either, until a person has looked (R10)."""
    made = world(store)
    made.accept(1)
    error = WrongReceipts("a block's receipts are not those of its header")
    with store.transaction() as connection:
        number = raise_incident(connection, writer="follower", subject="block 7", error=error, at=1)
    submitter = made.submitter()
    for _ in range(3):
        with pytest.raises(WriterStopped):
            submitter.tick()
    assert [] == made.signer.signed == made.sent
    with store.transaction() as connection:
        clear_incident(connection, number, by="anna", at=2)
    made.run(submitter)
    assert {"E0": "settled"} == made.states()


def test_pays_in_batches(store: Store) -> None:
    """Payments go out in the order accepted, as many in a transaction as the setting says."""
    made = world(store, batch_payments_max=3)
    made.accept(*range(1, 8))
    made.run(made.submitter())
    assert {"settled": 7} == Counter(made.states().values())
    assert list(range(1, 8)) == made.chain.paid
    assert 3 == len(made.sent)


def test_refused_payment_is_voided_before_it_is_rejected(store: Store) -> None:
    """Without funds it shows as submitted until its sequence is burnt, then as rejected with the reason."""
    made = world(store, funds=100)
    made.accept(101)
    submitter = made.submitter()
    submitter.tick()
    made.mine()
    assert {"E0": "submitted"} == made.states()
    made.run(submitter)
    (payment,) = made.payments()
    assert ("rejected", "InsufficientFunds") == (payment.state, payment.reason)
    assert [] == made.chain.paid


def test_pipeline_has_a_limit(store: Store) -> None:
    """No more transactions of a key are in flight than the setting allows."""
    made = world(store, batch_payments_max=1, pipeline_transactions_max=3)
    made.accept(1, 2, 3, 4, 5)
    submitter = made.submitter()
    assert [3, 0] == [submitter.tick(), submitter.tick()]
    made.mine()
    assert 3 + 2 == submitter.tick()


def test_lost_transaction_is_sent_again_as_it_was(store: Store) -> None:
    """What the chain forgot before it was mined is sent again with the same bytes."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.drop_pool()
    submitter.tick()
    assert 1 == len(made.sent)
    made.clock.sleep(REPEAT_SECONDS)
    submitter.tick()
    assert 2 == len(made.sent)
    assert made.sent[0] == made.sent[1]
    made.run(submitter)
    assert [1] == made.chain.paid


def test_known_transaction_is_not_sent_again(store: Store) -> None:
    """A new process asks the chain first: what is mined is not sent again."""
    made = world(store)
    made.accept(1)
    made.submitter().tick()
    made.chain.mine_pool()
    made.clock.sleep(LEASE_SECONDS + 1)
    made.submitter().tick()
    assert 1 == len(made.sent)


def test_reverted_payments_are_tried_again(store: Store) -> None:
    """After a whole transaction reverted its payments go out under a new nonce."""
    made = world(store)
    made.accept(1, 2)
    made.chain.broken = True
    submitter = made.submitter()
    submitter.tick()
    made.mine()
    assert {"accepted": 2} == Counter(made.states().values())
    made.chain.broken = False
    made.run(submitter)
    assert {"settled": 2} == Counter(made.states().values())
    assert [0, 1] == _nonces(made)


def test_attempts_have_an_end(store: Store) -> None:
    """What reverts each time is tried `attempts_max` times, then shown as unknown with its age and reason."""
    made = world(store, attempts_max=3)
    made.accept(1)
    made.chain.broken = True
    made.run(made.submitter())
    (payment,) = made.payments()
    assert ("unknown", "a contract reverted silently") == (payment.state, payment.reason)
    assert payment.age_seconds
    assert 3 == len(_nonces(made))


def test_unknown_is_resolved_by_a_void(store: Store) -> None:
    """A person voids what is unknown; then it is cancelled, and can never settle."""
    made = world(store, attempts_max=1)
    made.accept(1)
    made.chain.broken = True
    submitter = made.submitter()
    made.run(submitter)
    for _ in range(2):
        void_payment(made.store, made.settings, made.clock, _only(made), actor="tok")
        made.check()
    made.run(submitter)
    assert {"E0": "cancelled"} == made.states()


def test_what_waits_becomes_its_void(store: Store) -> None:
    """Voided before it was ever signed, a payment never leaves at all."""
    made = world(store, unknown_after_seconds=60)
    made.accept(1)
    made.clock.sleep(61)
    void_payment(made.store, made.settings, made.clock, _only(made), actor="tok")
    made.run(made.submitter())
    assert {"E0": "cancelled"} == made.states()
    assert [] == made.chain.paid
    assert 1 == len(made.sent)


def test_void_of_a_payment_in_flight_leaves_it_to_the_chain(store: Store) -> None:
    """What was on its way when it was voided settles or is cancelled: the chain decides which was first."""
    made = world(store, unknown_after_seconds=60)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.clock.sleep(61)
    void_payment(made.store, made.settings, made.clock, _only(made), actor="tok")
    for _ in range(4):
        submitter.tick()
        made.mine()
    assert {"E0": "settled"} == made.states()
    assert made.is_quiet()


def test_voided_payment_is_not_tried_again(store: Store) -> None:
    """When a payment reverts whose void is under way, only the void goes on."""
    made = world(store, unknown_after_seconds=60)
    made.accept(1)
    made.chain.broken = True
    submitter = made.submitter()
    submitter.tick()
    made.clock.sleep(61)
    void_payment(made.store, made.settings, made.clock, _only(made), actor="tok")
    made.mine()
    made.chain.broken = False
    for _ in range(4):
        submitter.tick()
        made.mine()
    assert {"E0": "cancelled"} == made.states()
    assert 2 == len(made.sent)


def test_end_is_concluded_once(store: Store) -> None:
    """Two processes that see the same end put what follows into the outbox once."""
    made = world(store, funds=1)
    made.accept(2)
    first, second = made.submitter(), made.submitter()
    first.tick()
    with made.store.snapshot() as connection:
        (sent,) = unconcluded(connection, key=PAY_KEY, chain_id=CONTRACTS.deployment.chain_id)
    made.mine()
    assert first._concluder.conclude(sent)
    assert second._concluder.conclude(sent)
    with made.store.snapshot() as connection:
        assert 1 == waiting_count(connection)


def test_event_with_another_commitment_is_no_settlement(store: Store) -> None:
    """An event under our sequence that commits to another document never makes a payment settled."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()

    def forge(logs: list[Log]) -> list[Log]:
        return [replace(each, data=each.data[:32] + bytes(32)) for each in logs]

    made.chain.spoken = forge
    made.mine()
    assert {"E0": "unknown"} == made.states()
    _stops(made, submitter, ChainContradiction)


def test_key_used_by_a_stranger_stops_the_writer(store: Store) -> None:
    """A transaction of our key that we never signed stops everything; cleared, it goes on after it."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    made.run(submitter)
    made.chain.nonces[PAY_KEY] += 1
    made.accept(2)
    _stops(made, submitter, ForeignTransaction)
    _clear(made)
    made.run(submitter)
    assert {"settled": 2} == Counter(made.states().values())
    assert [0, 2] == _nonces(made)


def test_idle_key_used_by_a_stranger_stops_the_writer(store: Store) -> None:
    """Also a key with nothing to do is compared with the chain, at start and then now and again."""
    made = world(store)
    made.accept(1)
    made.run(made.submitter())
    made.clock.sleep(LEASE_SECONDS + 1)
    submitter = made.submitter()
    assert 0 == submitter.tick()
    made.chain.nonces[PAY_KEY] += 1
    assert 0 == submitter.tick()
    made.clock.sleep(RECONCILE_SECONDS)
    _stops(made, submitter, ForeignTransaction)
    _clear(made)
    made.clock.sleep(LEASE_SECONDS + 1)
    made.chain.nonces[PAY_KEY] += 1
    _stops(made, made.submitter(), ForeignTransaction)


def test_lagging_node_gets_nothing_signed(store: Store) -> None:
    """A node that does not count a nonce whose end was final is behind: nothing is signed on its word."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    made.run(submitter)
    made.accept(2)
    made.chain.nonces[PAY_KEY] -= 1
    signed = len(made.signer.signed)
    with pytest.raises(EndpointBehind):
        submitter.tick()
    assert signed == len(made.signer.signed)
    made.chain.nonces[PAY_KEY] += 1
    made.run(submitter)
    assert {"settled": 2} == Counter(made.states().values())


def test_gas_above_the_limit_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the chain asks too much nothing is signed, what is in flight is seen through, and it is said."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.accept(2)

    def dear() -> Fees:
        raise FeesAboveLimit("too dear")

    with monkeypatch.context() as patched:
        patched.setattr(made.chain, "fees", dear)
        made.mine()
        with pytest.raises(FeesAboveLimit):
            submitter.tick()
        assert {"E0": "settled", "E1": "accepted"} == made.states()
        assert made.is_quiet()
    made.run(submitter)
    assert {"settled": 2} == Counter(made.states().values())


def test_nonce_taken_by_a_stranger_stops_the_writer(store: Store) -> None:
    """Signed, lost, and the nonce used by another: an incident; cleared, the payment gets a new nonce."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.drop_pool()
    made.chain.nonces[PAY_KEY] += 1
    # It may be an RPC node that is behind, or a clock that jumped; only what stays so is believed.
    for _ in range(LOOKS_MIN - 1):
        made.clock.sleep(30)
        assert 1 == submitter.tick()
    made.clock.sleep(REPEAT_SECONDS)
    _stops(made, submitter, ForeignTransaction)
    _clear(made)
    without_room = made.settings.model_copy(update={"pipeline_transactions_max": 0})
    made.clock.sleep(LEASE_SECONDS + 1)
    replace(made, settings=without_room).submitter().tick()
    assert {"E0": "accepted"} == made.states()
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert [0, 1] == _nonces(made)
    assert ["accepted", "signed", "abandoned", "signed", "settled"] == _events(made)


def test_another_key_hides_no_stranger(store: Store) -> None:
    """A nonce taken by a stranger is found although another key is looked after in between."""
    made = world(store)
    made.accept(1)
    made.submitter().tick()
    made.chain.drop_pool()
    made.chain.nonces[PAY_KEY] += 1
    both = _with_keys(made, PAY_KEY, SECOND_KEY)
    for _ in range(LOOKS_MIN - 1):
        made.clock.sleep(max(RECONCILE_SECONDS, LEASE_SECONDS + 1))
        both.tick()
    made.clock.sleep(RECONCILE_SECONDS)
    with pytest.raises(ForeignTransaction):
        both.tick()


def test_success_without_a_word_stops_the_writer(store: Store) -> None:
    """A final transaction whose events do not speak of its payment is a contradiction, and nobody guesses."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.mute = True
    made.mine()
    _stops(made, submitter, ChainContradiction)
    assert {"E0": "submitted"} == made.states()
    _clear(made)
    submitter.tick()
    assert made.is_quiet()


def test_failed_assertion_stops_the_writer(store: Store) -> None:
    """A contract that breaks its own rules is no refusal: nothing is signed until a person has looked."""
    made = world(store)
    made.accept(1)
    made.chain.broken = True
    made.chain.revert_data = keccak(b"Panic(uint256)")[:4] + (17).to_bytes(32, "big")
    submitter = made.submitter()
    submitter.tick()
    made.mine()
    _stops(made, submitter, ContractFault)
    made.chain.broken = False
    _clear(made)
    made.run(submitter)
    assert {"E0": "settled"} == made.states()


def test_refused_bytes_stop_the_writer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that the RPC node refuses for ever block their nonce, so a person must look."""
    made = world(store)
    made.accept(1)

    def refuse(_: bytes) -> None:
        raise TransactionRefused("intrinsic gas too low")

    submitter = made.submitter()
    with monkeypatch.context() as patched:
        patched.setattr(made.chain, "send", refuse)
        _stops(made, submitter, TransactionRefused)
    _clear(made)
    made.run(submitter)
    assert {"E0": "settled"} == made.states()


@pytest.mark.parametrize(
    "error",
    [
        NonceGap("nonce too high"),
        Underpriced("transaction underpriced"),
        GasUnfunded("insufficient funds"),
        ContractRefused("execution reverted", error=""),
        OutOfGas("out of gas"),
        ChainBusy("txpool is full"),
        ChainUnavailable("no answer"),
        MalformedAnswer("<html>"),
    ],
    ids=lambda error: error.code,
)
def test_what_passes_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch, error: ChainError) -> None:
    """Whatever an RPC node says that is not for ever, it gets the same bytes later, without an alarm."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    asked = []

    def refuse(raw: bytes) -> None:
        asked.append(raw)
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(made.chain, "send", refuse)
        for _ in range(3):
            with suppress(ChainBusy, ChainUnavailable):
                submitter.tick()
            made.clock.sleep(REPEAT_SECONDS_MAX)
    assert 3 == len(asked)
    made.run(submitter)
    assert {"E0": "settled"} == made.states()
    assert [0] == _nonces(made)
    assert {made.sent[0].raw} == set(asked)


def test_pauses_grow_to_a_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is postponed is asked again after pauses that double, and never after more than the limit."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    asked: list[float] = []

    def refuse(_: bytes) -> None:
        asked.append(made.clock.now())
        raise Underpriced("transaction underpriced")

    monkeypatch.setattr(made.chain, "send", refuse)
    for _ in range(400):
        submitter.tick()
        made.clock.sleep(1)
    pauses = [int(later - earlier) for earlier, later in pairwise(asked)]
    assert [3, 6, 12, 24, 48, 60, 60] == pauses[:7]
    assert set(pauses[7:]) <= {REPEAT_SECONDS_MAX}


@pytest.mark.parametrize("jump", [-(10**6), 10**6])
def test_clock_that_jumps_delays_nothing(store: Store, jump: int) -> None:
    """A clock set back or forward neither keeps a lost transaction from being sent again nor alarms."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.drop_pool()
    made.clock.sleep(jump)
    assert 1 == submitter.tick()
    made.run(submitter)
    assert {"E0": "settled"} == made.states()


def test_one_writer_per_key(store: Store) -> None:
    """While a lease runs, another process on the same key does nothing at all."""
    made = world(store)
    made.accept(1)
    first, second = made.submitter(), made.submitter()
    assert 1 == first.tick()
    made.accept(2, 3)
    assert 0 == second.tick()
    made.clock.sleep(LEASE_SECONDS + 1)
    assert 2 == second.tick()
    assert 0 == first.tick()
    made.run(second)
    assert {"settled": 3} == Counter(made.states().values())


def test_writer_that_slept_past_its_lease_signs_nothing(store: Store) -> None:
    """A process that was stopped between its lease and its signature finds the fence changed."""
    made = world(store)
    made.accept(1)
    stopped = made.submitter()
    stopped.tick()
    (old,) = stopped._leases.values()
    made.clock.sleep(LEASE_SECONDS + 1)
    made.accept(2)
    other = made.submitter()
    other.tick()
    made.accept(3)
    with pytest.raises(LeaseLost):
        stopped._writer.write(old, KeyRole.PAY, named_only=False)
    made.run(other)
    assert {"settled": 3} == Counter(made.states().values())
    assert [0, 1, 2] == _nonces(made)


def test_lease_from_a_wrong_clock_does_not_last(store: Store) -> None:
    """A lease that ends later than any lease can came from a clock that ran ahead: nobody waits for it."""
    made = world(store)
    made.accept(1)
    made.clock.sleep(80_000)
    made.submitter().tick()
    made.clock.sleep(-80_000)
    made.accept(2)
    made.run(made.submitter())
    assert {"settled": 2} == Counter(made.states().values())


def test_fence_rises_with_each_holder(store: Store) -> None:
    """Each new holder of a key has a higher fencing number, and it stands in what it signs."""
    made = world(store)
    fences = []
    for amount in (1, 2, 3):
        made.accept(amount)
        made.submitter().tick()
        made.mine()
        made.clock.sleep(LEASE_SECONDS + 1)
        with made.store.snapshot() as connection:
            fences.append(connection.scalar(select(leases.c.fence)))
    with made.store.snapshot() as connection:
        signed = list(connection.scalars(select(transactions.c.fence).order_by(transactions.c.nonce)))
    assert [1, 2, 3] == fences == signed


def test_key_that_ended_is_seen_through_by_its_holder(store: Store) -> None:
    """With two keys the one valid longest signs; the other still concludes what it sent."""
    made = world(store)
    made.accept(1)
    made.submitter().tick()
    both = _with_keys(made, PAY_KEY, SECOND_KEY)
    made.accept(2)
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(both)
    assert {"settled": 2} == Counter(made.states().values())


def test_foreign_key_signs_nothing(store: Store) -> None:
    """A key that is not registered for this participant is never used."""
    made = world(store)
    made.accept(1)
    assert 0 == _with_keys(made, b"\x77" * 20).tick()
    assert [] == made.sent


def test_before_it_is_mirrored_there_is_nothing_to_do(store: Store) -> None:
    """A node whose participant is not in the mirror yet waits quietly."""
    made = world(store)
    made.settings = made.settings.model_copy(update={"bic": "NOBKUS33XXX"})
    assert 0 == made.submitter().tick()


def test_crash_between_commit_and_send_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Committed, not sent, dead: the next process sends the very bytes that stand in the store."""
    made = world(store)
    made.accept(1)

    def die(_: bytes) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(made.chain, "send", die)
        with pytest.raises(Crash):
            made.submitter().tick()
    assert [] == made.sent
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(made.submitter())
    assert {"E0": "settled"} == made.states()
    assert 1 == len(made.signer.signed)


def _with_keys(made: World, *addresses: bytes) -> Submitter:
    made.signer = PlainSigner(*addresses)
    return made.submitter()


def test_clock_set_back_delays_no_alarm(store: Store) -> None:
    """What stays so is found within the same seconds also when the clock went back by a day meanwhile."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.drop_pool()
    made.chain.nonces[PAY_KEY] += 1
    made.clock.sleep(REPEAT_SECONDS)
    submitter.tick()
    made.clock.sleep(-86_400)
    submitter.tick()
    made.clock.sleep(REPEAT_SECONDS)
    _stops(made, submitter, ForeignTransaction)


def test_clock_set_back_delays_no_repetition(store: Store) -> None:
    """What the chain forgot is sent again also when the clock went back by a day since it was sent."""
    made = world(store)
    made.accept(1)
    submitter = made.submitter()
    submitter.tick()
    made.chain.drop_pool()
    made.clock.sleep(-86_400)
    submitter.tick()
    assert 2 == len(made.sent)
