"""The complete core on a real chain: whatever it does, the mirror has it, in both stores (R4, R5)."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from node.follower.rebuild import picture, rebuild
from node.services.filters import Filter
from node.services.payments import get_payment, list_payments
from node.services.reconciliation import Reconciliation, reconcile
from node.services.reports import payment_status
from node.services.statements import statement
from node.settings import Settings
from node.store.session import Store
from node.store.tables import events
from settlement.instruction import Leg
from settlement.iso20022 import camt053
from settlement.lifecycle import State
from tests.embedded import FUNDS
from tests.node.services.core import Core, names
from tests.node.services.ledgers import Ledger
from tests.scenario import BANKS, EUR, OPERATOR, USD, Member, Network
from tests.words import LAPSES_WITH_DAY

_ONE, _TWO, _THREE = BANKS
_CUST = b"CUST"


def _leg(payer: Member, payee: Member, amount: int, asset: int = USD) -> Leg:
    return Leg(asset=asset, payer=payer.id, payee=payee.id, amount=amount)


def _play(network: Network) -> Core:
    """Let three banks and the operator do everything that moves value, or ends without."""
    core = Core(network=network)
    _settle_at_once(core)
    _settle_a_queue(core)
    _end_unsettled(core)
    _settle_cycles(core)
    _intervene(core)
    network.pay(_ONE, [(_TWO, USD, 11), (_THREE, EUR, 12)])
    return core


def _settle_at_once(core: Core) -> None:
    """One leg by one consent; two currencies by two; a circle of three that nets to nothing."""
    assert ["Submitted", "Settled"] == names(core.submit(_ONE, core.instruct(_ONE, _leg(_ONE, _TWO, 100))))
    exchange = core.instruct(_ONE, _leg(_ONE, _TWO, 500), _leg(_TWO, _ONE, 450, EUR))
    assert ["Submitted"] == names(core.submit(_ONE, exchange))
    assert ["Affirmed", "Settled"] == names(core.affirm(_TWO, exchange))
    circle = core.instruct(_ONE, *(_leg(a, b, 7) for a, b in ((_ONE, _TWO), (_TWO, _THREE), (_THREE, _ONE))))
    core.submit(_ONE, circle)
    assert ["Affirmed"] == names(core.affirm(_TWO, circle))
    assert ["Affirmed", "Settled"] == names(core.affirm(_THREE, circle))


def _settle_a_queue(core: Core) -> None:
    """Neither bank has the money; together they settle, one of them held and released before."""
    there = core.instruct(_ONE, _leg(_ONE, _TWO, 3 * FUNDS))
    back = core.instruct(_TWO, _leg(_TWO, _ONE, 2 * FUNDS + 1_000))
    assert ["Submitted", "Queued"] == names(core.submit(_ONE, there, urgent=1))
    assert ["Submitted", "Queued"] == names(core.submit(_TWO, back))
    core.call(_ONE, "setUrgency", there.words(), False)
    core.call(_TWO, "hold", back.words())
    assert ["SetRefused"] == names(core.settle(_THREE, there, back))
    assert ["Released"] == names(core.call(_TWO, "release", back.words()))
    assert ["SetRefused"] == names(core.settle(_THREE, there))
    assert ["Settled", "Settled"] == names(core.settle(_THREE, there, back))


def _end_unsettled(core: Core) -> None:
    """Withdrawn, cancelled, refused after the cut-off, swept after its day, swept after its time."""
    proposed = core.instruct(_ONE, _leg(_ONE, _TWO, 5), _leg(_TWO, _ONE, 5, EUR))
    core.submit(_ONE, proposed)
    assert ["Cancelled"] == names(core.call(_ONE, "withdraw", proposed.words()))
    queued = core.instruct(_ONE, _leg(_ONE, _TWO, 9 * FUNDS))
    core.submit(_ONE, queued)
    assert ["Cancelled"] == names(core.call(_ONE, "cancel", queued.words(), _CUST))
    lapsing = core.instruct(_ONE, _leg(_ONE, _TWO, 9 * FUNDS), flags=LAPSES_WITH_DAY)
    core.submit(_ONE, lapsing)
    assert ["DayCutOff"] == names(core.administer(OPERATOR, "cutOff", USD))
    assert ["Refused"] == names(core.submit(_ONE, core.instruct(_ONE, _leg(_ONE, _TWO, 5))))
    assert ["DayClosed"] == names(core.administer(OPERATOR, "close", USD))
    assert ["DayOpened"] == names(core.administer(OPERATOR, "open", USD))
    assert ["Expired"] == names(core.call(_THREE, "sweep", [lapsing.words()]))
    until = int(core.network.clock.now()) + 1_000
    late = core.instruct(_ONE, _leg(_ONE, _TWO, 9 * FUNDS), valid_until=until)
    core.submit(_ONE, late)
    core.network.clock.sleep(2_000)
    assert ["Expired"] == names(core.call(_THREE, "sweep", [late.words()]))


def _settle_cycles(core: Core) -> None:
    """A cycle of three settles on the net; one that a member withdraws from gives back what was locked."""
    first = core.cycle(_ONE, {_ONE: -70, _TWO: 90, _THREE: -20}, counter=1)
    assert ["CycleProposed", "CycleAffirmed"] == names(core.net(_ONE, "propose", first))
    assert ["CycleAffirmed"] == names(core.net(_TWO, "affirm", first))
    assert ["CycleAffirmed", "CycleSettled"] == names(core.net(_THREE, "affirm", first))
    second = core.cycle(_TWO, {_ONE: 8, _TWO: -8}, counter=2)
    core.net(_TWO, "propose", second)
    assert ["LockReturned", "CycleCancelled"] == names(core.net(_ONE, "withdraw", second))
    # Still locked when the day ends.
    core.net(_THREE, "propose", core.cycle(_THREE, {_ONE: 3, _THREE: -3}, counter=2))


def _intervene(core: Core) -> None:
    """The guardian pauses, the operator resumes; a court's order moves what is frozen."""
    payments = core.network.contracts.address("Payments")
    assert ["ModulePaused"] == names(core.administer(OPERATOR, "pause", [payments], use="administer too"))
    assert "ModuleResumed" in names(core.administer(OPERATOR, "resume", payments))
    assert ["ChangeAgreed", "WaitingRulesSet"] == names(
        core.agree(OPERATOR, "setWaitingRules", EUR, True, True)
    )
    core.administer(OPERATOR, "freeze", USD, _TWO.id)
    moved = core.agree(OPERATOR, "moveByCourtOrder", USD, _TWO.id, _THREE.id, 77, b"\1" * 32)
    assert "MovedByCourtOrder" == names(moved)[-1]


def _reconcile(ledger: Ledger) -> Reconciliation:
    # The third bank has started nothing, so nothing has to be found among its own instructions.
    network = ledger.network
    return reconcile(ledger.store, network.chain, network.contracts, participant=_THREE.id)


def test_mirror_has_what_the_chain_has(ledger: Ledger) -> None:
    """After all of it every balance and lock of the mirror is the chain's, and every entry sums to zero."""
    _play(ledger.network)
    ledger.mirror()

    found = _reconcile(ledger)

    assert () == found.breaks
    with ledger.store.snapshot() as connection:
        said = set(connection.scalars(select(events.c.name)))
    assert {
        "Affirmed", "Cancelled", "DayCutOff", "DayOpened", "Expired", "Held", "ModulePaused", "Queued",
        "MovedByCourtOrder", "Refused", "Released", "SetRefused", "Settled", "Submitted", "UrgencySet",
        "WaitingRulesSet", "CycleProposed", "CycleAffirmed", "CycleSettled", "LockReturned", "CycleCancelled",
    } <= said  # fmt: skip


def test_both_stores_and_a_rebuild_have_the_same(network: Network, stores: Callable[[str], Store]) -> None:
    """SQLite, PostgreSQL and a rebuild from genesis hold the very same rows (R4)."""
    with closing(stores("sqlite")) as sqlite, closing(stores("postgresql")) as postgresql:
        first, second = (Ledger(store=store, network=network) for store in (sqlite, postgresql))
        first.mirror()
        _play(network)
        for each in (first, second):
            each.mirror()
        expected = picture(sqlite)
        assert expected == picture(postgresql)

        with closing(stores("sqlite")) as fresh:
            chain, contracts = network.chain, network.contracts
            list(rebuild(fresh, chain, contracts, network.clock, height=expected.head.height))
            assert [] == expected.differences(picture(fresh))


def test_each_leg_is_an_entry_of_the_statement(ledger: Ledger) -> None:
    """A bank sees its own legs of an instruction, each with its counterparty and its own name."""
    core, day = Core(network=ledger.network), date(2025, 3, 10)
    legs = (_leg(_ONE, _TWO, 100), _leg(_TWO, _ONE, 30), _leg(_ONE, _THREE, 5), _leg(_TWO, _ONE, 450, EUR))
    instruction = core.instruct(_ONE, *legs)
    core.submit(_ONE, instruction)
    core.affirm(_TWO, instruction)
    ledger.mirror()

    def entries(owner: Member, asset: int) -> list[tuple[str, str | None, int]]:
        """References without their block, counterparties and amounts of what has settled so."""
        network = ledger.network
        drawn = statement(
            ledger.store, network.chain, network.clock, owner=owner.id, asset=asset, first=day, last=day
        )
        assert camt053.write(drawn, created_at=int(network.clock.now()))
        return [
            (
                entry.reference.partition("-")[2],
                entry.counterparty.bic if entry.counterparty else None,
                entry.amount,
            )
            for entry in drawn.entries
            if entry.event == "Settled"
        ]

    one = [("1", _TWO.bic, -100), ("1.1", _TWO.bic, 30), ("1.2", _THREE.bic, -5)]
    assert one == entries(_ONE, USD)
    assert [("1", _ONE.bic, 100), ("1.1", _ONE.bic, -30)] == entries(_TWO, USD)
    assert [("1.2", _ONE.bic, 5)] == entries(_THREE, USD)
    assert [("1.3", _TWO.bic, 450)] == entries(_ONE, EUR)


def test_cycle_in_a_statement(ledger: Ledger) -> None:
    """A member's statement has what was locked and what came, the latter from nobody in particular."""
    core = Core(network=ledger.network)
    cycle = core.cycle(_TWO, {_ONE: 90, _TWO: -90}, counter=1)
    core.net(_TWO, "propose", cycle)
    core.net(_ONE, "affirm", cycle)
    ledger.mirror()

    network, day = ledger.network, date(2025, 3, 10)
    one, two = (
        statement(ledger.store, network.chain, network.clock, owner=owner.id, asset=USD, first=day, last=day)
        for owner in (_ONE, _TWO)
    )

    assert ("CycleSettled", 90, None) == (
        one.entries[-1].event, one.entries[-1].amount, one.entries[-1].counterparty
    )  # fmt: skip
    assert ("CycleAffirmed", -90) == (two.entries[-1].event, two.entries[-1].amount)
    for drawn in (one, two):
        assert camt053.write(drawn, created_at=int(network.clock.now()))


def test_settlement_that_no_node_accepted_is_found(ledger: Ledger) -> None:
    """What a bank's key settled past its node is a break of that bank, as a payment would be."""
    core = Core(network=ledger.network)
    core.submit(_ONE, core.instruct(_ONE, _leg(_ONE, _TWO, 100)))
    ledger.mirror()

    network = ledger.network
    (found,) = reconcile(ledger.store, network.chain, network.contracts, participant=_ONE.id).breaks

    assert ("instruction", "none") == (found.field, found.found)
    assert () == _reconcile(ledger).breaks


def test_instruction_under_the_sequence_of_a_payment(ledger: Ledger) -> None:
    """What settled under a payment's sequence is another instruction: the payment is not settled (R3)."""
    core = Core(network=ledger.network)
    other = core.instruct(_ONE, _leg(_ONE, _TWO, 100))
    terms = replace(ledger.network.terms(_ONE, _TWO, USD, 100), sequence=core.sequence(other))
    ledger.accept(terms)
    core.submit(_ONE, other)
    ledger.mirror()

    clock, settings = ledger.network.clock, Settings(bic=_ONE.bic)
    (payment,) = list_payments(ledger.store, settings, clock, Filter(), cursor=None, limit=10).payments
    found = get_payment(ledger.store, settings, clock, payment.id)

    assert State.UNKNOWN.value == payment.state == found.payment.state
    assert ["accepted", "usurped"] == [entry.event for entry in found.timeline]
    assert b"<TxSts>PDNG</TxSts>" in payment_status(ledger.store, settings, clock, payment.id)
