"""The names list as a table, and names made comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import FaultyMessage, InvalidMessage, MessageTooLarge, WrongMessage
from settlement.names_list import ListEntry, comparable, read_names

_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)


def _read(text: str | bytes, *, names_max: int = 10) -> frozenset[ListEntry]:
    data = text.encode() if isinstance(text, str) else text
    return read_names(data, bytes_max=10_000, names_max=names_max)


def test_names_of_a_table() -> None:
    """A line is a name of an entry; columns stand in any order, an empty cell says nothing, twice is once."""
    table = 'country,name,entry\nRU,"Petrov, Ivan",7\n,Иван Петров,7\n\nRU,"Petrov, Ivan",7\n'
    expected = {
        ListEntry(entry="7", name="Petrov, Ivan", country="RU"),
        ListEntry(entry="7", name="Иван Петров"),
    }

    assert expected == _read("\ufeff" + table)


def test_every_fault_has_its_line() -> None:
    """All that is wrong is listed, each with line and column."""
    table = "entry,name,country\n1,,RU\n2,Anna,ru\n,Anna\n3,?!,\n4, Anna,\n"
    with pytest.raises(FaultyMessage) as found:
        _read(table)

    expected = [
        ("line 2/name", "missing_element"),
        ("line 3/country", "invalid_text"),
        ("line 4", "invalid_text"),
        ("line 5/name", "invalid_text"),
        ("line 6/name", "invalid_text"),
    ]
    assert expected == [(fault.path, fault.code) for fault in found.value.faults]


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("", FaultyMessage),
        ("entry,name\n", FaultyMessage),
        ("entry,nom\n1,Anna\n", FaultyMessage),
        ("entry,name,name\n1,Anna,Anna\n", FaultyMessage),
        (b"entry,name\n1,\xff\n", WrongMessage),
        ("entry,name\n" + "1,Anna\n" * 11, MessageTooLarge),
        ("entry,name\n1," + "a" * 10_000, MessageTooLarge),
        ("entry,name\n1," + "a" * 351, FaultyMessage),
        ('entry,name\n1,"Anna\n', FaultyMessage),
    ],
)
def test_what_is_no_list(table: str | bytes, error: type[Exception]) -> None:
    """What is no table of names, or larger than the limits, is refused whole."""
    with pytest.raises(error):
        _read(table)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused(data: bytes) -> None:
    """Whatever comes in is a list, or a typed refusal says what is wrong."""
    try:
        assert _read(b"entry,name\n" + data)
    except InvalidMessage:
        return


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PETROV, Ivan", "ivan petrov"),
        ("Iván  Petrov.", "ivan petrov"),
        ("\uff29\uff56\uff41\uff4e Petrov", "ivan petrov"),
        ("O'Neill-Smith", "oneill smith"),
        ("O\u2019Neill Smith", "oneill smith"),
        ("Müller & Söhne GmbH", "gmbh muller sohne"),
        ("Straße", "strasse"),
        ("Łódź Øresund Þór", "lodz oresund thor"),
        ("ИВАН ПЕТРОВ", "иван петров"),
        ("A\u200bnna", "anna"),
        ("?!", ""),
    ],
)
def test_comparable(name: str, expected: str) -> None:
    """Case, accents, width, punctuation and word order make no difference; scripts do."""
    assert expected == comparable(name)


@given(words=st.lists(_WORD, min_size=1, max_size=5), data=st.data())
def test_order_case_and_signs_do_not_matter(words: list[str], data: st.DataObject) -> None:
    """However the words of a name are ordered, written and parted, it is the same name."""
    shuffled = data.draw(st.permutations(words))
    parted = data.draw(st.sampled_from([" ", "  ", ", ", "-", " / "])).join(shuffled)

    expected = comparable(" ".join(words))

    assert expected == comparable(parted.upper()) == comparable(expected)
