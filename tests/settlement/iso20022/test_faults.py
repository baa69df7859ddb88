"""Faults know their transaction by their path, and their list has an end."""

import pytest

from settlement.errors import FaultyMessage, UnknownCurrency
from settlement.iso20022.faults import Faults, local_name, path_of
from settlement.iso20022.xml import parse


def _found(faults: Faults) -> FaultyMessage:
    with pytest.raises(FaultyMessage) as caught:
        faults.raise_any()
    return caught.value


def test_a_path_tells_the_transaction() -> None:
    """The position is read from the path: counted from 1 there, from 0 in the fault."""
    faults = Faults(repeated="Tx")
    for path in ("Root/Tx", "Root/Tx/A", "Root/Tx[3]/A", "Root/Hdr", "Root/TxInf[2]", "Tx[12]"):
        faults.add(path, "code", "detail")
    assert [0, 0, 2, None, None, 11] == [fault.transaction for fault in _found(faults).faults]


def test_a_wrong_value_keeps_its_code() -> None:
    """An error about a value becomes a fault with the error's own code and sentence."""
    faults = Faults()
    faults.add_error("A/B", UnknownCurrency("'EUX' is not a currency"))
    (fault,) = _found(faults).faults
    assert ("A/B", "unknown_currency", "'EUX' is not a currency") == (fault.path, fault.code, fault.detail)


def test_the_message_names_the_first_fault() -> None:
    """Who reads only the first line learns how many, where the first is, and what."""
    faults = Faults(repeated="Tx")
    faults.add("Root/Tx[2]/A", "code", "is wrong")
    faults.add("Root/Tx[3]/A", "code", "is wrong")
    assert "2 fault(s); the first, in transaction 2 at Root/Tx[2]/A: is wrong" == _found(faults).detail


def test_without_faults_nothing_is_raised() -> None:
    """A sound file passes."""
    Faults().raise_any()


def test_the_list_ends_at_its_limit() -> None:
    """At the limit the collection stops and says so."""
    faults = Faults(limit=3)
    faults.add("A", "code", "detail")
    faults.add("B", "code", "detail")
    with pytest.raises(FaultyMessage) as caught:
        faults.add("C", "code", "detail")
    assert ["A", "B", "C", ""] == [fault.path for fault in caught.value.faults]
    assert "too_many_faults" == caught.value.faults[-1].code


def test_a_path_is_in_plain_names() -> None:
    """Paths have no namespaces, start below Document, and count only what is repeated."""
    root = parse(b'<Document xmlns="urn:x"><A><B/><B><C/></B></A></Document>')
    assert "A/B[2]/C" == path_of(root[0][1][0])
    assert "Document" == path_of(root)
    assert "A/B" == local_name("{urn:x}A/{urn:y}B")
