"""XML at its smallest: parse without document types, entities and processing instructions; write a tree."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from lxml import etree

from settlement.errors import ForbiddenXml, InvalidDocument, MessageTooLarge, NotXml

BYTES_MAX = 64 * 1024 * 1024

# How a tree of JSON holds an element that has attributes besides its text.
TEXT = "#text"
ATTRIBUTE = "@"

# A tree of JSON, in which iterators of trees stand for lists that would be too long.
Written: TypeAlias = Any

XSI = "http://www.w3.org/2001/XMLSchema-instance"

_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)""")
# libxml2's own limits on depth and on the length of names and texts.
_LIMITS = {etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# What no XML holds; and with it what stands for something else when it is written as it is.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')

# How every parser reads: nothing from outside, no entities; comments are dropped, for they are no data.
OPTIONS: Any = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "collect_ids": False,
}

# XML's own white space; Python's also takes what is text to XML.
BLANKS = " \t\r\n"


def parse(data: bytes, *, bytes_max: int = BYTES_MAX) -> etree._Element:
    """Return the root of an XML file in UTF-8; comments are dropped, for they are no data.

    Raise `MessageTooLarge`, `ForbiddenXml` or `NotXml`. Nothing outside the bytes is ever looked at.
    """
    if len(data) > bytes_max:
        raise MessageTooLarge(f"the file has {len(data)} bytes; at most {bytes_max} are read: split it")
    check_declared_encoding(data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotXml(f"the file is not in UTF-8: {error}") from error
    refuse_declarations(data)
    parser = etree.XMLParser(encoding="utf-8", **OPTIONS)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise not_read(error, parser.error_log) from error
    if root.getprevious() is not None or root.getnext() is not None:
        raise forbidden_instruction()
    return root


def forbidden_instruction() -> ForbiddenXml:
    """Return the error for a processing instruction, which may stand anywhere in a file."""
    return ForbiddenXml("a processing instruction (<?…?>) is never read: send plain XML")


class Element(str):
    """An element written already: for what many messages' elements have in common."""

    __slots__ = ()


def element(name: str, value: Written) -> Element:
    """Return an element as it is written; it stands under its name where its value would."""
    return Element(_element(name, value))


def write(name: str, namespace: str, tree: Mapping[str, Written]) -> bytes:
    """Return ``<Document><name>…`` in UTF-8, its elements in the order of the tree's keys, each on a line.

    A list or an iterator is the element repeated, of which an iterator is never held whole; ``@`` starts an
    attribute's name and ``#text`` is the text beside it.
    Raise `InvalidDocument` for a text with characters that XML can't hold.
    """
    content = _group(name, tree)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}">\n{content}</Document>\n'
    ).encode()


def _element(name: str, value: Written) -> str:
    """Return an element on a line of its own, or as many as its list or iterator has values."""
    if isinstance(value, dict):
        return _group(name, value)
    if isinstance(value, Element):
        return value
    if isinstance(value, list | Iterator):
        return "".join([_element(name, item) for item in value])
    return f"<{_name(name)}>{_text(str(value))}</{name}>\n"


def _group(name: str, tree: Mapping[str, Written]) -> str:
    text, attributes, inner = _elements(tree)
    line = "\n" if inner else ""
    return f"<{_name(name)}{attributes}>{text}{line}{inner}</{name}>\n"


def _elements(tree: Mapping[str, Written]) -> tuple[str, str, str]:
    """Return the text, the attributes and the elements that a tree has."""
    text = attributes = inner = ""
    for key, item in tree.items():
        if key == TEXT:
            text = _text(str(item))
        elif key[0] == ATTRIBUTE:
            attributes += f' {_name(key[1:])}="{_text(str(item))}"'
        elif item.__class__ is str:  # nearly always
            inner += f"<{_name(key)}>{_text(item)}</{key}>\n"
        elif item.__class__ is Element:
            inner += item
        else:
            inner += _element(key, item)
    return text, attributes, inner


@cache
def _name(name: str) -> str:
    """Return the name of an element or attribute; raise `InvalidDocument` for what is none."""
    if not _NAME.fullmatch(name):
        raise InvalidDocument(f"{name!r} is no name of an element", param="document")
    return name


def _text(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    if _IMPOSSIBLE.search(text):
        raise InvalidDocument(f"XML can't hold a character of {text[:40]!r}", param="document")
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def check_declared_encoding(start: bytes) -> None:
    """Raise `NotXml` where the start of a file says that it is not in UTF-8."""
    declared = _DECLARED_ENCODING.match(start.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise NotXml(f"the file says it is in {declared[1].decode('latin-1')!r}; ISO 20022 is in UTF-8")


def refuse_declarations(data: bytes) -> None:
    """Raise `ForbiddenXml` for a document type or an entity's declaration.

    Sought before the parser sees them: without these words no entity can be declared. They could stand
    harmlessly in a comment or CDATA section; that no bank needs.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ForbiddenXml("a document type or entity declaration is never read: send plain XML")


def not_read(error: etree.XMLSyntaxError, log: etree._ListErrorLog) -> MessageTooLarge | NotXml:
    """Return what the parser could not read: too much, or no XML."""
    if any(entry.type in _LIMITS for entry in log):
        return MessageTooLarge(f"the file goes beyond what is read: {error}")
    return NotXml(f"the file is not well-formed XML: {error}")


def children(element: etree._Element) -> Iterable[etree._Element]:
    """Yield the elements in an element; raise `ForbiddenXml` for anything that is not one."""
    for child in element:
        if not isinstance(child.tag, str):
            raise forbidden_instruction()
        yield child
