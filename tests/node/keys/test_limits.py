"""A key signs for so much on a UTC day, whatever happens to its process, and each payment counts once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import coincurve
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.chain import own_calls
from node.chain.compiled import CONTRACTS
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.protocol import Fees
from node.errors import DayLimitReached, PolicyRefused, SettingsInvalid
from node.keys.keystore import KeystoreSigner
from node.keys.limits import DAY_SECONDS, PAYMENTS_MAX, SPENDING, DayLimits
from node.keys.policy import PAYING, node_policy
from node.keys.signer import UnsignedTransaction
from node.keys.signing import address_of
from node.settings import limits_from_text
from node.store.spending import REMEMBERED_DAYS, SpendingBook
from settlement.instruction import Leg, OneLeg, Terms, keccak
from settlement.trade import trade_of
from tests.clocks import SetClock
from tests.words import head_word, leg_word

_USD, _EUR = 840, 978
_CONTRACTS = Contracts(
    Deployment(
        chain_id=5,
        genesis_hash=bytes(32),
        contracts={name: keccak(name.encode())[12:] for name in CONTRACTS},
        demo=True,
    )
)
_KEYS = {address_of(key): key for key in (coincurve.PrivateKey(keccak(name)) for name in (b"one", b"two"))}
_ONE, _TWO = _KEYS
_NOON = 20_000 * DAY_SECONDS + DAY_SECONDS // 2
# What a pay key may call and no value moves by, each with its reason.
_SPENDS_NOTHING = {
    ("Ledger", "confirmRedemption"): "burns what its holder has asked for, counted at the holder's signer",
    ("Ledger", "refuseRedemption"): "gives back",
    ("Ledger", "withdrawRedemption"): "takes back",
    ("Ledger", "void"): "burns a sequence",
    ("Settlement", "cancel"): "takes back",
    ("Settlement", "withdraw"): "takes back",
    ("Settlement", "sweep"): "ends what is over",
    ("Settlement", "hold"): "keeps from settling",
    ("Settlement", "release"): "lets settle what was counted when it was submitted",
    ("Settlement", "setUrgency"): "changes an order only",
    ("Settlement", "settle"): "settles what was counted when it was submitted, by each payer's own signer",
    ("Netting", "settle"): "settles what was counted when it was affirmed, by each member's own signer",
    ("Netting", "withdraw"): "takes back",
    ("Netting", "sweep"): "ends what is over",
    ("Ledger", "setReserve"): "sets aside what stays the same participant's",
    ("Participants", "anchor"): "says a digest",
}

Made = Callable[[str], KeystoreSigner]


@pytest.fixture
def clock() -> SetClock:
    """Noon of some day."""
    return SetClock(_NOON)


@pytest.fixture
def signer(tmp_path: Path, clock: SetClock) -> Made:
    """A function that makes a signer with limits, as each start of a node does."""

    def make(limits: str) -> KeystoreSigner:
        return _signer(limits, tmp_path / "spending.sqlite", clock)

    return make


def _signer(limits: str, path: Path, clock: SetClock) -> KeystoreSigner:
    made = DayLimits(
        limits_from_text(limits, setting="VOSTRO_KEY_DAY_LIMITS"),
        contracts=_CONTRACTS,
        clock=clock,
        book=SpendingBook(path),
    )
    return KeystoreSigner(_KEYS, node_policy(_CONTRACTS), made)


def _terms(sequence: int, amount: int, asset: int = _USD) -> Terms:
    return Terms(sequence=sequence, asset=asset, payer=1, payee=2, amount=amount)


def _leg(**changed: int) -> Leg:
    return Leg(**{"asset": _USD, "payer": 1, "payee": 2, "amount": 5} | changed)


def _pay(*payments: Terms, nonce: int = 0) -> UnsignedTransaction:
    return _call("Payments", _CONTRACTS.pay_calldata([(terms, bytes(32)) for terms in payments]), nonce=nonce)


def _call(contract: str, data: bytes, *, nonce: int = 0) -> UnsignedTransaction:
    return UnsignedTransaction(
        chain_id=5, nonce=nonce, to=_CONTRACTS.address(contract), data=data, gas=1, fees=Fees(price=0)
    )


def _supply(function: str, terms: Terms) -> UnsignedTransaction:
    return _call("Ledger", _CONTRACTS.calldata("Ledger", function, terms.word(), bytes(32), []))


def test_limit_is_reached_to_the_unit(signer: Made) -> None:
    """A key signs up to its limit and not a unit above; what does not fit is named, and nothing counted."""
    made = signer("USD=1.00")
    made.sign(_ONE, _pay(_terms(1, 60)))
    above, fits = _terms(2, 41), _terms(3, 40)

    with pytest.raises(DayLimitReached, match="100 in asset 840") as reached:
        made.sign(_ONE, _pay(above, fits))

    assert {above.encoded()} == reached.value.words
    made.sign(_ONE, _pay(fits))
    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _pay(_terms(4, 1)))


def test_each_key_and_asset_for_itself(signer: Made) -> None:
    """One key's spending is not another's, nor one currency's another's."""
    made = signer("USD=1.00 EUR=1.00 1001=7")
    for key in (_ONE, _TWO):
        made.sign(key, _pay(_terms(1, 100), _terms(2, 100, _EUR), _terms(3, 7, 1001)))
        for asset in (_USD, _EUR, 1001):
            with pytest.raises(DayLimitReached):
                made.sign(key, _pay(_terms(4, 1, asset)))


def test_asset_without_limit_is_refused(signer: Made) -> None:
    """Once there is a limit, money without one is not signed for: a limit that was forgotten shows."""
    with pytest.raises(DayLimitReached, match="0 in asset 978"):
        signer("USD=1.00").sign(_ONE, _pay(_terms(1, 1, _EUR)))


def test_restart_forgets_nothing(signer: Made) -> None:
    """The counter survives the process, and another process on the same folder shares it."""
    first, second = signer("USD=1.00"), signer("USD=1.00")
    first.sign(_ONE, _pay(_terms(1, 60)))
    second.sign(_ONE, _pay(_terms(2, 40)))

    for made in (first, second, signer("USD=1.00")):
        with pytest.raises(DayLimitReached):
            made.sign(_ONE, _pay(_terms(3, 1)))


def test_signed_again_counts_once(signer: Made) -> None:
    """The same bytes, another nonce, another batch, another start: a payment counts once."""
    for nonce in range(3):
        signer("USD=1.00").sign(_ONE, _pay(_terms(1, 60), nonce=nonce))
    signer("USD=1.00").sign(_ONE, _pay(_terms(1, 60), _terms(2, 40), _terms(2, 40)))

    with pytest.raises(DayLimitReached):
        signer("USD=1.00").sign(_ONE, _pay(_terms(3, 1)))


def test_tomorrow_is_another_day(signer: Made, clock: SetClock) -> None:
    """At midnight UTC the sum starts anew; what was signed before midnight stays counted there."""
    made = signer("USD=1.00")
    made.sign(_ONE, _pay(_terms(1, 100)))
    clock.timestamp = _NOON + DAY_SECONDS // 2 - 1
    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _pay(_terms(2, 100)))

    clock.timestamp = _NOON + DAY_SECONDS // 2
    made.sign(_ONE, _pay(_terms(1, 100), _terms(2, 100)))
    clock.timestamp = _NOON
    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _pay(_terms(3, 1)))


def test_book_does_not_grow_for_ever(signer: Made, clock: SetClock) -> None:
    """What was signed a month ago is forgotten, and would count again."""
    made = signer("USD=1.00")
    made.sign(_ONE, _pay(_terms(1, 100)))
    clock.timestamp = _NOON + (REMEMBERED_DAYS + 1) * DAY_SECONDS
    made.sign(_ONE, _pay(_terms(2, 1)))

    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _pay(_terms(1, 100)))


@pytest.mark.parametrize("function", ["issue", "requestRedemption"])
def test_other_spending_counts(signer: Made, function: str) -> None:
    """Issuing and redeeming count as paying does."""
    made = signer("USD=1.00")
    made.sign(_ONE, _supply(function, _terms(1, 60)))

    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _supply(function, _terms(2, 41)))
    made.sign(_ONE, _call("Ledger", _CONTRACTS.calldata("Ledger", "void", [2])))


def test_every_function_is_thought_of() -> None:
    """Of what a pay key calls, each function is either counted or said to move nothing."""
    paying = {(contract, function) for contract, functions in PAYING.items() for function in functions}

    assert paying == SPENDING | set(_SPENDS_NOTHING)
    assert not SPENDING & set(_SPENDS_NOTHING)


def _submit(*payments: Terms) -> UnsignedTransaction:
    forms = [(OneLeg(terms=terms, valid_until=_NOON), bytes(32)) for terms in payments]
    return _call("Settlement", own_calls.submit(_CONTRACTS, forms).calldata)


def test_payment_counts_once_in_both_lanes(signer: Made) -> None:
    """What was signed for in `pay` is not counted again on its way to the queue; what was not, is."""
    made, first = signer("USD=1.00"), replace(_terms(1, 60), urgent=True)
    made.sign(_ONE, _pay(first))
    made.sign(_ONE, _submit(first, _terms(2, 40)))
    made.sign(_ONE, _submit(_terms(2, 40)))
    with pytest.raises(DayLimitReached) as caught:
        made.sign(_ONE, _submit(first, _terms(3, 1)))
    assert frozenset({_terms(3, 1).encoded()}) == caught.value.words


@pytest.mark.parametrize(
    "instruction",
    [
        (head_word(1, 1), bytes(32), []),
        (head_word(1, 1), bytes(32), [leg_word(_leg())] * 33),
        (head_word(1, 77), bytes(32), [leg_word(_leg())]),
        (head_word(1, 1), bytes(32), [leg_word(_leg(payer_for=9))]),
        (head_word(1, 1), bytes(32), [leg_word(_leg()) | 1]),
    ],
    ids=["no leg", "too many legs", "a stranger's", "for a corporate", "a marked leg"],
)
def test_instruction_that_no_node_writes_is_not_signed(
    signer: Made, instruction: tuple[int, bytes, list[int]]
) -> None:
    """Where there are limits, an instruction is signed only if it is one that a node writes."""
    data = _CONTRACTS.calldata("Settlement", "submit", [instruction], 0, [])
    with pytest.raises(PolicyRefused):
        signer("USD=1.00").sign(_ONE, _call("Settlement", data))


def test_consents_to_trades_count(signer: Made) -> None:
    """A proposal counts what its initiator pays, an affirmation the most that any other debtor does, once."""
    legs = (_of(1, 2, 60), _of(2, 1, 70), _of(3, 1, 50))
    trade = trade_of(initiator=1, sequence=9, valid_until=_NOON, commitment=bytes(32), legs=legs)
    propose = _call("Settlement", own_calls.propose(_CONTRACTS, trade.words, urgent=False).calldata)
    affirm = _call("Settlement", own_calls.affirm(_CONTRACTS, trade.words, urgent=True).calldata)
    with pytest.raises(DayLimitReached):
        signer("USD=0.59").sign(_ONE, propose)
    with pytest.raises(DayLimitReached):
        signer("USD=0.69").sign(_ONE, affirm)
    made = signer("USD=1.30")
    for transaction in (propose, affirm, propose, affirm):
        made.sign(_ONE, transaction)
    with pytest.raises(DayLimitReached):
        made.sign(_ONE, _submit(_terms(1, 1)))


def _of(payer: int, payee: int, amount: int) -> Leg:
    return _leg(payer=payer, payee=payee, amount=amount)


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:100], lambda data: data + bytes(32)], ids=["cut", "more"]
)
def test_submission_in_another_layout_is_not_signed(signer: Made, spoil: Callable[[bytes], bytes]) -> None:
    """What can't be read in the one layout that a node writes is not signed."""
    sound = _submit(_terms(1, 1))
    with pytest.raises(PolicyRefused):
        signer("USD=1.00").sign(_ONE, replace(sound, data=spoil(sound.data)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:4],
        lambda data: data[:-100],
        lambda data: data[:4] + (96).to_bytes(32, "big") + data[36:],
        lambda data: data[:68] + (PAYMENTS_MAX + 1).to_bytes(32, "big") + data[100:],
        lambda data: data[:68] + bytes(32) + data[100:],
        lambda data: data[:100] + bytes(32) + data[132:],
    ],
    ids=["no arguments", "cut off", "moved", "too many", "none", "no terms"],
)
def test_what_cannot_be_read_is_refused(signer: Made, spoil: Callable[[bytes], bytes]) -> None:
    """A payment in a layout that no node writes could hide what it moves: it is not signed."""
    data = _pay(_terms(1, 1), _terms(2, 1)).data
    with pytest.raises(PolicyRefused):
        signer("USD=1.00").sign(_ONE, _call("Payments", spoil(data)))


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 60)), min_size=1, max_size=4), max_size=15)
)
@settings(max_examples=30)
def test_sum_never_goes_above(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, int]]]
) -> None:
    """Whatever is asked, in whatever batches and starts: a day's signatures sum to the limit at most."""
    path = tmp_path_factory.mktemp("book") / "spending.sqlite"
    signed: set[Terms] = set()
    for batch in batches:
        asked = {_terms(sequence, amount) for sequence, amount in batch}
        try:
            _signer("USD=1.00", path, SetClock(_NOON)).sign(_ONE, _pay(*asked))
        except DayLimitReached as reached:
            assert sum(terms.amount for terms in signed | asked) > 100
            fitting = {terms for terms in asked if terms.encoded() not in reached.words}
            if not fitting:
                continue
            _signer("USD=1.00", path, SetClock(_NOON)).sign(_ONE, _pay(*fitting))
            asked = fitting
        signed |= asked
        assert sum(terms.amount for terms in signed) <= 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("USD=5000000.00", {840: 500_000_000}),
        ("USD=1 JPY=1  1001=250000", {840: 100, 392: 1, 1001: 250_000}),
    ],
)
def test_limits_are_read(text: str, expected: dict[int, int]) -> None:
    """Currencies in decimals, other assets by their number in minor units."""
    assert expected == limits_from_text(text, setting="VOSTRO_KEY_DAY_LIMITS")


@pytest.mark.parametrize(
    "text", ["USD", "USD=", "USD=0", "USD=-1", "USD=1.001", "XXX=1", "1001=1.5", "USD=1 USD=2"]
)
def test_limits_that_are_none(text: str) -> None:
    """A limit that can't be read is refused by the setting's name, at start."""
    with pytest.raises(SettingsInvalid, match="VOSTRO_KEY_DAY_LIMITS"):
        limits_from_text(text, setting="VOSTRO_KEY_DAY_LIMITS")
