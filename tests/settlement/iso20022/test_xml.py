"""XML is parsed without anything that reaches outside the bytes, and written as it will be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import ForbiddenXml, InvalidDocument, MessageTooLarge, NotXml
from settlement.iso20022.xml import parse, write

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Document>&c;</Document>"""
EXTERNAL = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><Document>&x;</Document>'
PARAMETER = b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://localhost/p.dtd"> %p;]><Document/>'


@pytest.mark.parametrize("data", [LAUGHS, EXTERNAL, PARAMETER, b"<!DOCTYPE Document><Document/>"])
def test_document_types_are_forbidden(data: bytes) -> None:
    """A document type definition, and so a bomb or an external entity, is refused before it is parsed."""
    with pytest.raises(ForbiddenXml):
        parse(data)


@pytest.mark.parametrize("data", [b"<?x y?><a/>", b"<a/><?x y?>", b'<?xml-stylesheet href="x"?><a/>'])
def test_processing_instructions_are_forbidden(data: bytes) -> None:
    """An instruction to the reader's program is refused."""
    with pytest.raises(ForbiddenXml):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&undeclared;</a>",
        b"<a b=1/>",
        b"<p:a/>",
        b"<a>\x00</a>",
        b"<a>\xff</a>",
        b"%PDF-1.7",
        "<a/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
    ],
)
def test_what_is_no_xml_in_utf8_is_refused(data: bytes) -> None:
    """Only well-formed XML in UTF-8 is parsed; another encoding could hide what is forbidden."""
    with pytest.raises(NotXml):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * 300 + b"</a>" * 300,
        b"<a>" * 100_000,
        b"<" + b"a" * 60_000 + b"/>",
        b"<a>" + b"x" * 10**7 + b"y</a>",
    ],
)
def test_the_parser_has_limits(data: bytes) -> None:
    """Depth, names and texts end where the parser's own limits are."""
    with pytest.raises(MessageTooLarge):
        parse(data)


def test_bytes_have_a_limit() -> None:
    """A file above the limit is not parsed at all."""
    assert "a" == parse(b"<a/>", bytes_max=4).tag
    with pytest.raises(MessageTooLarge):
        parse(b"<a />", bytes_max=4)


def test_harmless_forms_are_read() -> None:
    """A byte-order mark, a declaration, comments and CDATA sections change nothing."""
    data = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><!-- c --><a>x<!-- c -->y<![CDATA[<z>]]></a>'
    root = parse(data)
    assert "xy<z>" == root.text
    assert 0 == len(root)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1)


@given(first=texts, second=texts)
def test_what_is_written_is_read_again(first: str, second: str) -> None:
    """Any text survives being written and read, in elements and in attributes."""
    root = parse(write("M", "urn:x", {"A": [first, {"@b": second, "#text": first}], "C": {"D": second}}))
    a, again, c = root[0]
    assert [first, first, second, second] == [a.text, again.text, again.get("b"), c[0].text]


def test_texts_that_xml_cannot_hold_are_refused() -> None:
    """A control character in a document is an error of ours, not of the library."""
    with pytest.raises(InvalidDocument):
        write("M", "urn:x", {"A": "\x00"})
