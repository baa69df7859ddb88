"""Reading elements by a grammar into a tree of JSON, strictly: what is not in the grammar is a fault.

A group becomes an object, an element that may be repeated an array, a leaf its text as written, and an
amount ``{"@Ccy": "USD", "#text": "510000.74"}``: from the tree the elements can be written again.
"""

from typing import TypeAlias

from lxml import etree

from settlement.document import Json
from settlement.iso20022.faults import FaultCode, Faults, local_name, path_of
from settlement.iso20022.grammar import Field, Group
from settlement.iso20022.leaves import LEAVES, Leaf, shown
from settlement.iso20022.xml import ATTRIBUTE, BLANKS, TEXT, forbidden_instruction

Tree: TypeAlias = dict[str, Json]

_CURRENCY = "Ccy"


def read_group(element: etree._Element, group: Group, faults: Faults) -> Tree:
    """Return what an element holds. What is faulty is noted in `faults` and left out of the tree."""
    tree: Tree = {}
    fields = group.fields
    place = -1
    for child in element:
        field = fields.get(child.tag)
        if field is None:
            _refuse_unknown(child, group, faults)
            continue
        if field.place < place:
            faults.add(
                path_of(child), FaultCode.MISPLACED_ELEMENT, f"{field.name} stands too late: order counts"
            )
        else:
            place = field.place
        kind = field.kind
        value = _read_leaf(child, kind, faults) if isinstance(kind, Leaf) else read_group(child, kind, faults)
        if child.tail is not None and child.tail.strip(BLANKS):
            _refuse_text(element, child.tail, faults)
        if value is None:
            continue
        if field.times_max == 1 and field.name not in tree:
            tree[field.name] = value
        else:
            _put_again(tree, field, value, child, faults)
    if element.text is not None and element.text.strip(BLANKS):
        _refuse_text(element, element.text, faults)
    if element.attrib:
        _refuse_attributes(element, faults)
    if (len(tree) != 1 or len(element) != 1) if group.choice else not group.required <= tree.keys():
        _check_presence(element, group, faults)
    return tree


def _put_again(tree: Tree, field: Field, value: Json, child: etree._Element, faults: Faults) -> None:
    if field.times_max == 1:
        faults.add(path_of(child), FaultCode.REPEATED_ELEMENT, f"{field.name} may stand only once here")
        return
    values = tree.setdefault(field.name, [])
    assert isinstance(values, list)
    values.append(value)
    if field.times_max is not None and len(values) == field.times_max + 1:
        faults.add(
            path_of(child), FaultCode.REPEATED_ELEMENT, f"{field.name} may stand {field.times_max} times here"
        )


def _read_leaf(element: etree._Element, leaf: Leaf, faults: Faults) -> Json:
    """Return the text of a leaf, or None when it is faulty."""
    text = element.text or ""
    fault = leaf.fault(text)
    if fault is None and not (leaf.currency or len(element) or element.attrib):
        return text  # nearly always: the rest is for amounts and faults
    if fault is not None:
        faults.add(path_of(element), *fault)
    if leaf.refused:
        return None
    if len(element):
        for child in element:
            _refuse_unknown(child, None, faults)
        return None
    if leaf.currency:
        amount = _read_amount(element, text, faults)
        return amount if fault is None else None
    if element.attrib:
        _refuse_attributes(element, faults)
    return text if fault is None else None


def _read_amount(element: etree._Element, text: str, faults: Faults) -> Json:
    currency = element.get(_CURRENCY)
    if len(element.attrib) > (currency is not None):
        _refuse_attributes(element, faults, allowed=_CURRENCY)
    if currency is None:
        faults.add(path_of(element), FaultCode.MISSING_ATTRIBUTE, "an amount names its currency in Ccy")
        return None
    fault = LEAVES["currency"].fault(currency)
    if fault is not None:
        faults.add(f"{path_of(element)}/@{_CURRENCY}", *fault)
        return None
    return {ATTRIBUTE + _CURRENCY: currency, TEXT: text}


def _check_presence(element: etree._Element, group: Group, faults: Faults) -> None:
    present = {child.tag for child in element}
    if group.choice:
        if len(element) > 1 and len(present & group.fields.keys()) > 0:
            names = ", ".join(field.name for field in group.fields.values())
            faults.add(path_of(element), FaultCode.REPEATED_ELEMENT, f"only one of {names} may stand here")
        elif len(element) == 0:
            names = " or ".join(field.name for field in group.fields.values())
            faults.add(path_of(element), FaultCode.MISSING_ELEMENT, f"{names} is missing")
        return
    for tag, field in group.fields.items():
        if field.required and tag not in present:
            faults.add(
                f"{path_of(element)}/{field.name}", FaultCode.MISSING_ELEMENT, f"{field.name} is missing"
            )


def _refuse_unknown(child: etree._Element, group: Group | None, faults: Faults) -> None:
    if not isinstance(child.tag, str):
        raise forbidden_instruction()
    name = local_name(child.tag)
    where = "in a text" if group is None else "here"
    if group is not None and any(field.name == name for field in group.fields.values()):
        where = f"in the namespace {shown(str(etree.QName(child).namespace or ''))}"
    faults.add(path_of(child), FaultCode.UNKNOWN_ELEMENT, f"{shown(name)} is not known {where}")


def _refuse_text(element: etree._Element, text: str, faults: Faults) -> None:
    faults.add(path_of(element), FaultCode.UNEXPECTED_TEXT, f"{shown(text.strip())} stands between elements")


def _refuse_attributes(element: etree._Element, faults: Faults, allowed: str = "") -> None:
    for name in element.attrib:
        if name != allowed:
            path = f"{path_of(element)}/@{local_name(str(name))}"
            faults.add(path, FaultCode.UNKNOWN_ATTRIBUTE, f"{shown(str(name))} is not known here")
