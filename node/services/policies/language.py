"""The language of rules: CEL without loops, over the facts of one payment, answering true or false.

Nothing in it repeats, so what a rule costs is bounded by its length. No message of the interpreter is
passed on: it holds the values that were compared.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from node.services.policies.facts import Facts
from settlement.errors import BrokenRule, InvalidValue

CONDITION_CHARACTERS_MAX = 1000
COMPILED_MAX = 256
NESTING_MAX = 20
_METHODS = frozenset({"startsWith", "endsWith", "contains"})
_FUNCTIONS = frozenset({"size"})
# What is left out: loops (`map`, `exists`, …), patterns, times, conversions, fields and messages.
_REFUSED = frozenset({"member_dot", "member_object", "dot_ident", "dot_ident_arg", "map_lit"})


class InvalidCondition(InvalidValue):
    """A rule's condition that is no CEL, or uses what rules can't."""


class ConditionFailed(BrokenRule):
    """A condition has no answer for this payment; not seen outside the policies."""


class Condition:
    """A compiled condition."""

    def __init__(self, program: Any, convert: Callable[[Any], Any], truth: type) -> None:
        self._program = program
        self._convert = convert
        self._truth = truth

    def holds(self, facts: Facts) -> bool:
        """Tell whether it is true of a payment; raise `ConditionFailed`."""
        values = {name: self._convert(value) for name, value in facts.shown().items()}
        try:
            found = self._program.evaluate(values)
        except Exception as error:  # noqa: BLE001  # whatever it is, the rule has not said yes or no
            raise ConditionFailed(f"it has no answer ({_kind(error)})") from None
        if not isinstance(found, self._truth):
            raise ConditionFailed("its answer is neither true nor false")
        return bool(found)


@lru_cache(maxsize=COMPILED_MAX)
def compiled(text: str) -> Condition:
    """Return a condition ready to be asked; raise `InvalidCondition` saying what is wrong with it."""
    if not 1 <= len(text) <= CONDITION_CHARACTERS_MAX or not text.isprintable():
        raise InvalidCondition(
            f"a condition has 1 to {CONDITION_CHARACTERS_MAX} printable characters", param="condition"
        )
    _check_nesting(text)
    # Half a second: paid by the first rule, not by a node that has none.
    from celpy import Environment  # noqa: PLC0415
    from celpy.adapter import json_to_cel  # noqa: PLC0415
    from celpy.celparser import CELParseError  # noqa: PLC0415
    from celpy.celtypes import BoolType  # noqa: PLC0415

    environment = Environment()
    try:
        tree = environment.compile(text)
    except CELParseError as error:
        raise InvalidCondition(
            f"not CEL at character {error.column or len(text)} of the condition", param="condition"
        ) from None
    _check_words(tree)
    return Condition(environment.program(tree), json_to_cel, BoolType)


def validate_condition(text: str) -> None:
    """Raise `InvalidCondition` for a condition that can't be asked of a payment."""
    try:
        compiled(text).holds(Facts.example())
    except ConditionFailed as error:
        raise InvalidCondition(f"asked of an ordinary payment, {error}", param="condition") from None


def _check_nesting(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character in "([{?") - (character in ")]}")
        if depth > NESTING_MAX:
            raise InvalidCondition(
                f"a condition nests {NESTING_MAX} deep at most: make two rules of it", param="condition"
            )


def _check_words(tree: Any) -> None:
    known = Facts.names()
    for node in tree.iter_subtrees():
        if node.data in _REFUSED:
            raise InvalidCondition("a condition has no fields, maps or messages", param="condition")
        if node.data == "member_dot_arg":
            _check_word(node.children[1], _METHODS, "method")
        elif node.data == "ident_arg":
            _check_word(node.children[0], _FUNCTIONS, "function")
        elif node.data == "ident":
            _check_word(node.children[0], known, "fact")


def _check_word(word: Any, allowed: frozenset[str], kind: str) -> None:
    if str(word) not in allowed:
        raise InvalidCondition(
            f"{str(word)!r} is no {kind} of a condition; there are {', '.join(sorted(allowed))}",
            param="condition",
        )


def _kind(error: Exception) -> str:
    """Return what an error of the interpreter is, without the values in it."""
    causes: Mapping[type, str] = {ZeroDivisionError: "a division by zero", RecursionError: "too deep"}
    cause = error.args[1] if len(error.args) > 1 else type(error)
    return causes.get(cause, "a wrong type or a number out of range") if isinstance(cause, type) else "wrong"
