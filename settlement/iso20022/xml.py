"""XML at its smallest: parse without document types, entities and processing instructions; write a tree."""

import re
from collections.abc import Iterable, Mapping

from lxml import etree

from settlement.document import Json
from settlement.errors import ForbiddenXml, InvalidDocument, MessageTooLarge, NotXml

BYTES_MAX = 64 * 1024 * 1024

# How a tree of JSON holds an element that has attributes besides its text.
TEXT = "#text"
ATTRIBUTE = "@"

XSI = "http://www.w3.org/2001/XMLSchema-instance"

_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)""")
# libxml2's own limits on depth and on the length of names and texts.
_LIMITS = {etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG}

# XML's own white space; Python's also takes what is text to XML.
BLANKS = " \t\r\n"


def parse(data: bytes, *, bytes_max: int = BYTES_MAX) -> etree._Element:
    """Return the root of an XML file in UTF-8; comments are dropped, for they are no data.

    Raise `MessageTooLarge`, `ForbiddenXml` or `NotXml`. Nothing outside the bytes is ever looked at.
    """
    if len(data) > bytes_max:
        raise MessageTooLarge(f"the file has {len(data)} bytes; at most {bytes_max} are read: split it")
    _check_encoding(data)
    # Sought before the parser sees them: without these words no entity can be declared. They could
    # stand harmlessly in a comment or CDATA section; that no bank needs.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ForbiddenXml("a document type or entity declaration is never read: send plain XML")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if any(entry.type in _LIMITS for entry in parser.error_log):
            raise MessageTooLarge(f"the file goes beyond what is read: {error}") from error
        raise NotXml(f"the file is not well-formed XML: {error}") from error
    if root.getprevious() is not None or root.getnext() is not None:
        raise forbidden_instruction()
    return root


def forbidden_instruction() -> ForbiddenXml:
    """Return the error for a processing instruction, which may stand anywhere in a file."""
    return ForbiddenXml("a processing instruction (<?…?>) is never read: send plain XML")


def write(name: str, namespace: str, tree: Mapping[str, Json]) -> bytes:
    """Return ``<Document><name>…`` in UTF-8, its elements in the order of the tree's keys.

    A list is the element repeated; ``@`` starts an attribute's name and ``#text`` is the text beside it.
    Raise `InvalidDocument` for a text with characters that XML can't hold.
    """
    document = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})  # type: ignore[dict-item]  # None: no prefix
    try:
        _append(document, name, tree)
    except ValueError as error:
        raise InvalidDocument(f"can't be written as XML: {error}", param="document") from error
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _append(parent: etree._Element, name: str, value: "Json | Mapping[str, Json]") -> None:
    if isinstance(value, list):
        for item in value:
            _append(parent, name, item)
        return
    element = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, name))
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == TEXT:
                element.text = str(item)
            elif key.startswith(ATTRIBUTE):
                element.set(key.removeprefix(ATTRIBUTE), str(item))
            else:
                _append(element, key, item)
    else:
        element.text = str(value)


def _check_encoding(data: bytes) -> None:
    declared = _DECLARED_ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise NotXml(f"the file says it is in {declared[1].decode('latin-1')!r}; ISO 20022 is in UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotXml(f"the file is not in UTF-8: {error}") from error


def children(element: etree._Element) -> Iterable[etree._Element]:
    """Yield the elements in an element; raise `ForbiddenXml` for anything that is not one."""
    for child in element:
        if not isinstance(child.tag, str):
            raise forbidden_instruction()
        yield child
