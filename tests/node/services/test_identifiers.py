"""Ids sort by time and within a request; UETRs have the standard's form."""

import re

from hypothesis import given
from hypothesis import strategies as st

from node.services.identifiers import new_id, new_ids, new_uetrs
from settlement.identifiers import validate_uetr
from tests.clocks import SetClock


class _Chance:
    """Gives the highest bytes there are: the hardest case for counting on from them."""

    def bytes(self, count: int) -> bytes:
        return b"\xff" * count


class _Bytes:
    def __init__(self, source: bytes) -> None:
        self._source = source

    def bytes(self, count: int) -> bytes:
        return (self._source * count)[:count]


# 48 bits of milliseconds last until the year 10889.
_times = st.floats(0, 2**38)


@given(_times, _times)
def test_sort_by_time(first: float, second: float) -> None:
    """An id made a millisecond later, or more, sorts later, whatever the chance."""
    early, late = sorted((first, second))
    one = new_id("pay", SetClock(early), _Chance())
    other = new_id("pay", SetClock(late), _Bytes(b"\0"))
    if int(late * 1000) > int(early * 1000):
        assert one < other


@given(st.integers(1, 300))
def test_of_one_request_sort_in_its_order(count: int) -> None:
    """The ids of one request sort in its order, and are different."""
    ids = new_ids("pay", count, SetClock(1e9), _Chance())
    assert sorted(set(ids)) == ids
    assert count == len(ids)


@given(_times, st.binary(min_size=1))
def test_form(time: float, source: bytes) -> None:
    """An id is its prefix and 26 characters of Crockford's base32."""
    identifier = new_id("tok", SetClock(time), _Bytes(source))
    assert re.fullmatch(r"tok_[0-9A-HJKMNP-TV-Z]{26}", identifier)


@given(st.integers(0, 20), st.binary(min_size=1))
def test_uetrs_are_of_the_standard(count: int, source: bytes) -> None:
    """Every UETR that is made is one that would be taken."""
    made = new_uetrs(count, _Bytes(source))
    assert made == [validate_uetr(each) for each in made]
    assert count == len(made)
