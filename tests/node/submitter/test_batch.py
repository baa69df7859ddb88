"""What goes into one transaction: the oldest first, alike only, and within wire, contract and gas."""

from collections.abc import Sequence
from dataclasses import replace

from eth_abi.abi import decode
from hypothesis import given
from hypothesis import strategies as st

from node.outbox.actions import Action
from node.outbox.work import Order, Row
from node.submitter.batch import CALLDATA_BYTES_MAX, GAS_MAX, PAYMENTS_MAX, QUEUE_MAX, batch_of, next_batch
from settlement.instruction import Leg, Terms, keccak
from tests.node.chain_of_events import CONTRACTS
from tests.words import head_word, leg_word

LATER = 2_000_000_000


def _row(number: int, action: Action = Action.PAY, *, asset: int = 840, payee: int = 3, gap: int = 1) -> Row:
    terms = Terms(sequence=number * gap, asset=asset, payer=2, payee=payee, amount=1 + number)
    return Row(
        id=number,
        action=action,
        contract="Ledger" if action is Action.CALL else action.contract,
        calldata=b"call" if action is Action.CALL else None,
        order=Order(id=f"pay_{number}", terms=terms, commitment=keccak(terms.encoded()), deadline=LATER),
    )


_rows = st.lists(
    st.tuples(
        st.sampled_from(Action),
        st.integers(1, 4),
        st.integers(1, 400),
        st.sampled_from([1, 256, 10_000]),
        st.integers(1, 700),
    ),
    min_size=1,
    max_size=3,
).map(
    lambda runs: [
        _row(number, action, asset=number % assets, payee=number % payees, gap=gap)
        for action, assets, payees, gap, count in runs
        for number in range(count)
    ]
)


@given(_rows, st.integers(1, 500))
def test_is_the_longest_beginning_that_may_go(rows: Sequence[Row], payments_max: int) -> None:
    """A batch is a beginning of the waiting rows, all of one action, and within every limit."""
    batch = next_batch(CONTRACTS, rows, payments_max=payments_max)
    assert batch is not None
    assert list(batch.rows) == list(rows[: len(batch.rows)])
    assert {rows[0].action} == {row.action for row in batch.rows}
    assert len(batch.calldata) <= CALLDATA_BYTES_MAX
    assert batch.gas <= GAS_MAX
    if batch.action is Action.PAY:
        assert len(batch.rows) <= min(payments_max, PAYMENTS_MAX)
    elif batch.action in (Action.SUBMIT, Action.SWEEP):
        assert len(batch.rows) <= min(payments_max, QUEUE_MAX)
    elif batch.action is not Action.VOID:
        assert 1 == len(batch.rows)
    assert batch == batch_of(CONTRACTS, batch.rows)


def test_ordinary_payments_fill_a_batch() -> None:
    """Payments in a row to a few banks are not cut short by the gas limit."""
    rows = [_row(number, payee=3 + number % 20) for number in range(800)]
    batch = next_batch(CONTRACTS, rows, payments_max=500)
    assert batch is not None
    assert 500 == len(batch.rows)


def test_calldata_has_each_payment_once() -> None:
    """The calldata holds every row's terms and commitment, an asset after the other, else in their order."""
    rows = [_row(number, asset=(840, 978)[number % 2]) for number in range(6)]
    batch = batch_of(CONTRACTS, rows)
    payments, approvals = decode(["(uint256,bytes32)[]", "(uint32,uint40,bytes)[]"], batch.calldata[4:])
    expected = [rows[place].due for place in (0, 2, 4, 1, 3, 5)]
    assert [(order.terms.word(), order.commitment) for order in expected] == list(payments)
    assert 0 == len(approvals)


def test_void_names_the_sequences() -> None:
    """A void burns exactly the sequences of its rows."""
    rows = [_row(number, Action.VOID) for number in range(3)]
    batch = batch_of(CONTRACTS, rows)
    assert ((0, 1, 2),) == decode(["uint64[]"], batch.calldata[4:])
    assert CONTRACTS.address("Ledger") == batch.to


def test_submissions_are_the_payments_in_their_other_form() -> None:
    """Each row is an instruction of one leg: head with the deadline, commitment, and a bit if urgent."""
    rows = [_row(number, Action.SUBMIT) for number in range(3)]
    urgent = replace(rows[1].due, terms=replace(rows[1].due.terms, urgent=True))
    batch = batch_of(CONTRACTS, [rows[0], replace(rows[1], order=urgent), rows[2]])
    instructions, bits, approvals = decode(
        ["(uint256,bytes32,uint256[])[]", "uint256", "(uint32,uint40,bytes)[]"], batch.calldata[4:]
    )
    expected = [
        (head_word(row.due.terms.sequence, 2, valid_until=LATER), row.due.commitment, (leg_word(_leg(row)),))
        for row in rows
    ]
    assert (expected, 0b010, ()) == (list(instructions), bits, approvals)
    assert CONTRACTS.address("Settlement") == batch.to


def _leg(row: Row) -> Leg:
    terms = row.due.terms
    return Leg(asset=terms.asset, payer=terms.payer, payee=terms.payee, amount=terms.amount)


def test_nothing_waits() -> None:
    """Without rows there is no batch."""
    assert next_batch(CONTRACTS, [], payments_max=500) is None
