"""A file that is read in parts: its transactions leave memory part by part, however many there are."""

import codecs
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from settlement.errors import NotXml
from settlement.iso20022.header import Envelope, open_envelope
from settlement.iso20022.xml import (
    OPTIONS,
    check_declared_encoding,
    forbidden_instruction,
    not_read,
    refuse_declarations,
)

# What could stand half in one piece and half in the next.
_OVERLAP_BYTES = 16


@dataclass(frozen=True, slots=True)
class Part:
    """Some transactions of a file, in a tree like a whole file's; the last part has all that is left."""

    envelope: Envelope
    first: int
    last: bool


def read_parts(
    pieces: Iterable[bytes], *, messages: Mapping[str, str], repeated: str, size: int
) -> Iterator[Part]:
    """Yield a file of one of `messages`, that comes in pieces, in parts of `size` of its `repeated` element.

    A file of no more has one part: itself. Raise `ForbiddenXml`, `NotXml`, `MessageTooLarge`, `WrongMessage`;
    what follows a part may still do so.
    """
    parser = etree.XMLPullParser(events=("end",), tag=f"{{*}}{repeated}", encoding="utf-8", **OPTIONS)
    waiting: list[etree._Element] = []
    first = 0
    try:
        for piece in checked_pieces(pieces):
            parser.feed(piece)
            ended = (element for _, element in parser.read_events() if etree.iselement(element))
            waiting += [element for element in ended if _is_transaction(element)]
            while len(waiting) > size:
                yield Part(_detached(waiting[:size], messages), first, last=False)
                waiting, first = waiting[size:], first + size
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise not_read(error, parser.error_log) from error
    if root.getprevious() is not None or root.getnext() is not None:
        raise forbidden_instruction()
    yield Part(open_envelope(root, messages), first, last=True)


def checked_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of an XML file; raise `NotXml` or `ForbiddenXml` for what is never parsed."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    for piece in pieces:
        if not before:
            check_declared_encoding(piece)
        refuse_declarations(before + piece)
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise NotXml(f"the file is not in UTF-8: {error}") from error
        before = (before + piece)[-_OVERLAP_BYTES:]
        yield piece


def _is_transaction(element: etree._Element) -> bool:
    """Tell whether it stands where transactions do: in the message, in the document; not deeper."""
    message = element.getparent()
    document = None if message is None else message.getparent()
    return document is not None and etree.QName(document).localname == "Document"


def _detached(elements: list[etree._Element], messages: Mapping[str, str]) -> Envelope:
    """Return the elements, moved, in a document of their own, with the group header as it stands so far."""
    message = elements[0].getparent()
    assert message is not None
    whole = open_envelope(message.getroottree().getroot(), messages)
    document = _emptied(whole.document)
    own = _emptied(message)
    document.append(own)
    for child in message:
        if child is elements[0]:
            break
        own.append(deepcopy(child))
    for element in elements:
        own.append(element)
    return Envelope(name=whole.name, header=whole.header, document=document, message=own)


def _emptied(element: etree._Element) -> etree._Element:
    """Return an element of the same name, with what stands in its tag, and its first text."""
    copied = etree.Element(element.tag, nsmap=element.nsmap)  # type: ignore[arg-type]  # None: no prefix
    copied.attrib.update(element.attrib)
    copied.text = element.text
    return copied
