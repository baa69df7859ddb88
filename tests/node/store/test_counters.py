"""Series of numbers: no gap, no repeat, whoever takes them and whatever fails."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from node.errors import NodeError
from node.store.counters import numbers_taken, take_numbers
from node.store.session import Store


def _take(store: Store, count: int, *, above: int = 0) -> int:
    with store.transaction() as connection:
        return take_numbers(connection, "series", count, above=above)


def test_goes_on_after_the_last(store: Store) -> None:
    """The first number ever is 1, each further one follows, and taking none takes none."""
    assert [1, 4, 4, 5] == [_take(store, count) for count in (3, 0, 1, 2)]
    with store.snapshot() as connection:
        assert 6 == numbers_taken(connection, "series")
        assert 0 == numbers_taken(connection, "another")


def test_goes_on_above_what_was_used_elsewhere(store: Store) -> None:
    """A number that was used without this store's knowledge, and all below it, are not given."""
    assert 11 == _take(store, 2, above=10)
    assert 13 == _take(store, 1, above=5)
    assert 101 == _take(store, 1, above=100)


def test_failed_transaction_gives_its_numbers_back(store: Store) -> None:
    """What is rolled back leaves no gap."""

    def fail() -> None:
        with store.transaction() as connection:
            take_numbers(connection, "series", 5)
            raise NodeError("and then something failed")

    with pytest.raises(NodeError):
        fail()
    assert 1 == _take(store, 1)


def test_takers_at_the_same_moment(store: Store) -> None:
    """Many takers at once, also of a series that nobody has begun, get each number once."""
    with ThreadPoolExecutor(6) as pool:
        firsts = sorted(pool.map(lambda _: _take(store, 3), range(12)))
    assert list(range(1, 37, 3)) == firsts
