"""Validation by the official schemas names what they find, and never passes for want of a schema."""

from pathlib import Path

import pytest

from settlement.errors import FaultyMessage, InvalidDocument, WrongMessage
from settlement.iso20022 import credit_transfers
from settlement.iso20022.faults import Faults
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.xml import parse
from tests.settlement.iso20022.messages import message_of, sample_files, schema_files, transfer, wrapped

SCHEMA = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x" xmlns="urn:x"
  elementFormDefault="qualified"><xs:element name="A"><xs:complexType><xs:sequence>
  <xs:element name="B" type="xs:date" maxOccurs="2"/>
  </xs:sequence></xs:complexType></xs:element></xs:schema>"""


def test_every_published_message_is_valid(shared_data: Path) -> None:
    """The samples are what the schemas describe, so both can be trusted in other tests."""
    schemas = compile_schemas(schema_files(shared_data))
    for path in sample_files(shared_data):
        faults = Faults()
        validate(parse(path.read_bytes()), schemas, faults)
        faults.raise_any()


def test_header_and_document_are_both_validated(shared_data: Path) -> None:
    """Behind a business application header both parts are validated, each by its own schema."""
    schemas = compile_schemas(schema_files(shared_data))
    message = wrapped(message_of(transfer(1), transfer(2)))
    assert credit_transfers.read(message, schemas=schemas) == credit_transfers.read(message)


@pytest.mark.parametrize("prefix", ["", "p:"])
def test_what_a_schema_finds_has_its_place(prefix: str) -> None:
    """Each finding is a fault at the element it speaks of, with or without prefixes."""
    declared = f'xmlns{":p" if prefix else ""}="urn:x"'
    p = prefix
    document = f"<{p}A {declared}><{p}B>2025-01-01</{p}B><{p}B>soon</{p}B><{p}B>2025-01-01</{p}B></{p}A>"
    faults = Faults()
    validate(parse(document.encode()), compile_schemas([SCHEMA]), faults)
    with pytest.raises(FaultyMessage) as caught:
        faults.raise_any()
    assert {"not_in_schema"} == {fault.code for fault in caught.value.faults}
    assert {"B[2]", "B[3]"} == {fault.path for fault in caught.value.faults}


def test_without_a_schema_nothing_passes() -> None:
    """A message whose schema is not at hand is refused, not waved through (R10)."""
    with pytest.raises(WrongMessage, match="no schema for 'urn:x'"):
        validate(parse(b'<A xmlns="urn:x"/>'), {}, Faults())
    with pytest.raises(WrongMessage):
        credit_transfers.read(message_of().encode(), schemas=compile_schemas([SCHEMA]))


@pytest.mark.parametrize("data", [b"", b"no schema", b"<a/>", SCHEMA.replace(b"xs:date", b"xs:dat")])
def test_what_is_no_schema_is_refused(data: bytes) -> None:
    """A file in the folder of schemas that is none is an error of ours, at the start."""
    with pytest.raises(InvalidDocument):
        compile_schemas([data])
