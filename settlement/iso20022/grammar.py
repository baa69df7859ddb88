"""A notation for the shape of messages, one line a type, and its compiled form.

::

    Branch    = Id? text35, LEI? lei, Nm? text140, PstlAdr? Address      a sequence: in this order
    AccountId = IBAN iban | Othr OtherAccountId                          a choice: exactly one
    Charge    = ChrgBr [DEBT CRED SHAR SLEV], AdrLine*7 text70           a code list; at most seven times

After an element's name stand nothing (once), ``?`` (at most once), ``*`` (any number), ``+`` (one or
more) or ``*n`` (at most n), then its type: a capital letter for another line, a small one for a leaf.
A line that starts with a blank continues the one before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from settlement.document import Json
from settlement.iso20022.leaves import LEAVES, Leaf, codes

_CONTINUATION = re.compile(r"\n +")
_ITEM = re.compile(r"(\w+)(\?|\+|\*\d*)? +(\w+|\[[A-Z0-9 ]+\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An element that holds elements; `fields` by what lxml gives as their tag: ``{namespace}Name``."""

    name: str
    choice: bool
    fields: "dict[object, Field]"
    required: frozenset[str]


Kind: TypeAlias = Leaf | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One element of a group: its place in the order, and how often it may stand (None: any number)."""

    name: str
    place: int
    kind: Kind
    required: bool
    times_max: int | None


def compile_grammar(notation: str, *, start: str, namespace: str) -> Group:
    """Return the compiled type `start` of a notation, for the elements of one namespace."""
    lines = dict(_split(line) for line in _CONTINUATION.sub(" ", notation).splitlines() if line.strip())
    made: dict[str, Group] = {}

    def kind(name: str) -> Kind:
        if name.startswith("["):
            return codes(name[1:-1])
        return group(name) if name[0].isupper() else LEAVES[name]

    def field(item: str, place: int, *, choice: bool) -> Field:
        match = _ITEM.fullmatch(item.strip())
        if match is None:
            raise ValueError(f"not an item of the notation: {item!r}")
        name, times, type_name = match.groups()
        return Field(
            name=name,
            place=place,
            kind=kind(type_name),
            required=times in (None, "+") and not choice,
            times_max=1 if times in (None, "?") else int(times[1:]) if times[1:] else None,
        )

    def group(name: str) -> Group:
        if name not in made:
            choice = "|" in lines[name]
            items = enumerate(re.split("[,|]", lines[name]))
            fields = [field(item, 0 if choice else place, choice=choice) for place, item in items]
            made[name] = Group(
                name=name,
                choice=choice,
                fields={f"{{{namespace}}}{one.name}": one for one in fields},
                required=frozenset(one.name for one in fields if one.required),
            )
        return made[name]

    return group(start)


def in_order(tree: Mapping[str, Json], group: Group) -> dict[str, Json]:
    """Return a tree with its elements in the order of the grammar, as they are written.

    A document keeps its keys sorted (RFC 8785), so the order of elements is lost and found here.
    """
    ordered: dict[str, Json] = {}
    for field in group.fields.values():
        value = tree.get(field.name)
        if isinstance(field.kind, Group):
            if isinstance(value, dict):
                value = in_order(value, field.kind)
            elif isinstance(value, list):
                value = [in_order(item, field.kind) for item in value if isinstance(item, dict)]
        if value is not None:
            ordered[field.name] = value
    return ordered


def _split(line: str) -> tuple[str, str]:
    name, _, body = line.partition("=")
    return name.strip(), body.strip()
