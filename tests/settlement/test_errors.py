"""The tree of errors is the one that is drawn."""

import re

from settlement import errors
from settlement.errors import Fault, FaultyMessage, SettlementError


def _drawn() -> dict[str, str]:
    """Return each drawn error and the one it hangs from, as the docstring shows it.

    A group stands alone on its line with a sentence; a line of leaves separates them by dots, and may
    be followed by more such lines of the same group.
    """
    parents: dict[str, str] = {}
    group = ""
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(
            r"^    (?P<branch>(?:│   |    |├── |└── )*)(?P<names>[A-Z]\w+(?: · [A-Z]\w+)*)", line
        )
        if found is None:
            continue
        names = found["names"].split(" · ")
        depth = len(found["branch"]) // 4
        if depth == 1:
            group = names[0]
            parents[group] = "SettlementError"
        for name in names if depth > 1 else ():
            parents[name] = group
    return parents


def _classes(base: type[SettlementError]) -> dict[str, str]:
    found = {}
    for child in base.__subclasses__():
        if not child.__module__.startswith("settlement."):
            continue  # the node's hang from the same base when its tests run along
        found[child.__name__] = base.__name__
        found |= _classes(child)
    return found


def test_the_drawn_tree_is_the_real_one() -> None:
    """Every error is in the drawing, under the error it derives from, and nothing else is drawn."""
    assert len(_drawn()) > 20
    assert _drawn() == _classes(SettlementError)


def test_a_code_is_the_name_in_snake_case() -> None:
    """Programs know an error by a code that nobody spells by hand, and no two share one."""
    codes = {name: getattr(errors, name).code for name in _drawn()}
    assert "too_many_decimals" == codes["TooManyDecimals"]
    assert len(set(codes.values())) == len(codes)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes.values())


def test_an_error_carries_its_sentence_and_field() -> None:
    """The sentence is for people, the field for forms."""
    error = errors.InvalidBic("'X' is not a BIC", param="bic")
    assert ("'X' is not a BIC", "bic", "'X' is not a BIC") == (error.detail, error.param, str(error))


def test_a_faulty_message_says_where_its_first_fault_is() -> None:
    """Positions are counted from 1 for people and from 0 for programs."""
    fault = Fault(transaction=2, path="A/B", code="missing_element", detail="B is missing")
    assert "1 fault(s); the first, in transaction 3 at A/B: B is missing" == FaultyMessage((fault,)).detail
    file = Fault(transaction=None, path="A", code="missing_element", detail="A is missing")
    assert "in the file at A" in FaultyMessage((file, fault)).detail
