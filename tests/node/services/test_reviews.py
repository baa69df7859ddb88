"""What one key alone consents to on a day: the door's count is never below the chain's, over midnight too."""

from collections.abc import Callable, Iterator

import pytest

from node.chain import own_calls
from node.store.session import Store
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD

THRESHOLD = 5_000
_HALF_A_DAY = 43_200


@pytest.fixture
def bank(store: Store) -> Iterator[Bank]:
    """The first bank at noon; above the threshold in a day the chain wants a second key."""
    with embedded_network() as network:
        lower = own_calls.set_threshold(network.contracts, currency=USD, amount=THRESHOLD)
        network.send(BANKS[0].key("administer"), lower)
        yield Bank(store=store, network=network)


def _enter(bank: Bank, amount: int, number: int) -> str:
    """Enter a payment and tell what becomes of it."""
    bank.accept(request(number, amount=str(amount)), key=f"k{number}", entered_by="erika")
    return bank.states()[f"E{number}"]


def _sleep_over_midnight(bank: Bank) -> None:
    bank.network.clock.sleep(_HALF_A_DAY + 1)


def test_day_begins_at_nothing(bank: Bank) -> None:
    """What ended yesterday leaves today's total as it is."""
    assert "accepted" == _enter(bank, 4_000, 0)
    bank.run()
    assert "awaiting_approval" == _enter(bank, 2_000, 1)

    _sleep_over_midnight(bank)

    assert "accepted" == _enter(bank, 2_000, 2)
    assert "awaiting_approval" == _enter(bank, 4_000, 3)


@pytest.mark.parametrize("work", [lambda _: None, lambda bank: bank.submitter.tick()], ids=["unsent", "sent"])
def test_what_is_under_way_counts_today(bank: Bank, work: Callable[[Bank], object]) -> None:
    """What was entered yesterday, and may come onto the chain today, counts today, however it ends."""
    assert "accepted" == _enter(bank, 4_000, 0)
    work(bank)

    _sleep_over_midnight(bank)

    assert "awaiting_approval" == _enter(bank, 2_000, 1)
    bank.run()
    assert "awaiting_approval" == _enter(bank, 2_000, 2)
    assert "accepted" == _enter(bank, 1_000, 3)


def test_what_came_too_late_does_not_count(bank: Bank) -> None:
    """Past its deadline nothing comes onto the chain any more."""
    assert "accepted" == _enter(bank, 4_000, 0)

    _sleep_over_midnight(bank)
    _sleep_over_midnight(bank)
    _sleep_over_midnight(bank)

    assert "accepted" == _enter(bank, 4_000, 1)
