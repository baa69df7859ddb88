"""How like a name is to those on a list."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from node.services.screening.matching import HIT_SCORE_MIN, Index, Match
from settlement.names_list import ListEntry, comparable

_LETTERS = "abcdefghijklmnoprstuvwyz"
_WORD = st.text(_LETTERS, min_size=4, max_size=9)
_NAME = st.lists(_WORD, min_size=2, max_size=4).map(" ".join)


def _index(*names: str) -> Index:
    return Index([ListEntry(entry=str(number), name=name) for number, name in enumerate(names)])


_PEOPLE = _index("Ivan Sergeevich Petrov", "Zeta Trading House LLC", "Anna", "Müller, Jörg")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ivan Sergeevich Petrov", Match(entry="0", score=100)),
        ("PETROV Ivan", Match(entry="0", score=100)),
        ("Mr Ivan Sergeevich Petrov Esq", Match(entry="0", score=100)),
        ("Iwan Sergejevich Petrov", Match(entry="0", score=93)),
        ("Zeta Trading House", Match(entry="1", score=100)),
        ("Joerg Mueller", Match(entry="3", score=91)),
        ("Jorg Muller", Match(entry="3", score=100)),
        ("anna", Match(entry="2", score=100)),
        ("Anna Adler", None),
        ("Petrov", None),
        ("Corporation B", None),
        ("?!", None),
        ("", None),
    ],
)
def test_examples(name: str, expected: Match | None) -> None:
    """A part of a name is the whole where it has two words; a word alone is only like a word alone."""
    assert expected == _PEOPLE.best([name])


def test_the_likest_counts() -> None:
    """Of several names the likest to any entry counts; of equals the first in order; none of none."""
    assert Match(entry="2", score=100) == _PEOPLE.best(["Iwan Sergejevich Petrov", "Anna", "nobody at all"])
    assert Match(entry="0", score=100) == _index("Anna Adler", "Adler Anna").best(["Anna Adler"])
    assert _PEOPLE.best([]) is None
    assert Index([]).best(["Anna"]) is None


@given(name=_NAME, others=st.lists(_NAME, max_size=20), data=st.data())
def test_one_wrong_letter_is_a_hit(name: str, others: list[str], data: st.DataObject) -> None:
    """A letter too much, too little or another in a name of two words hides it among no others."""
    place = data.draw(st.integers(0, len(name) - 1).filter(lambda each: name[each] != " "))
    letter = data.draw(st.sampled_from(["", *_LETTERS]))
    kept = data.draw(st.booleans()) and letter != ""
    wrong = name[:place] + letter + name[place + (not kept) :]

    found = _index(name, *others).best([wrong])

    assert found is not None
    assert HIT_SCORE_MIN <= found.score <= 100


def test_nothing_likely_is_left_out() -> None:
    """What a look at every entry of a list finds is found, with the same score; chosen at random."""
    chance = random.Random(8)
    syllables = [first + second for first in "bdfghjklmnprstvz" for second in ("a", "e", "in", "or", "us")]

    def made() -> str:
        words = range(chance.randint(1, 4))
        return " ".join("".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in words)

    def damaged(name: str) -> str:
        letters = list(name)
        for _ in range(chance.randint(0, 3)):
            letters[chance.randrange(len(letters))] = chance.choice(["", "a", "e", "xy", " "])
        return "".join(letters)

    names = [comparable(made()) for _ in range(400)]
    index = _index(*names)
    hits = 0
    for name in names:
        asked = comparable(damaged(name))
        scores = [
            (fuzz.token_ratio if " " in asked and " " in each else fuzz.ratio)(asked, each) for each in names
        ]
        expected = int(max(scores)) if max(scores) >= HIT_SCORE_MIN else None
        found = index.best([asked])
        assert expected == (found and found.score), asked
        hits += found is not None
    assert 100 < hits
