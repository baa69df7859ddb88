"""The business application header, head.001.001.02, and how a file holds it in front of its document."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from settlement.errors import InvalidMemberId, WrongMessage
from settlement.identifiers import BankReference
from settlement.iso20022.banks import agent_reference, organisation_reference
from settlement.iso20022.components import COMPONENTS
from settlement.iso20022.faults import FaultCode, Faults, local_name
from settlement.iso20022.grammar import compile_grammar
from settlement.iso20022.leaves import shown
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.xml import XSI, children

NAME = "head.001.001.02"
_XSD = "urn:iso:std:iso:20022:tech:xsd:"
NAMESPACE = f"{_XSD}{NAME}"

_APPLICATION_HEADER = """
Header = CharSet? text35, Fr HeaderParty, To HeaderParty, BizMsgIdr text35, MsgDefIdr text35,
    BizSvc? text35, MktPrctc? MarketPractice, CreDt datetime, BizPrcgDt? datetime,
    CpyDplct? [CODU COPY DUPL], PssblDplct? boolean, Prty? text35, Sgntr? refused, Rltd* RelatedHeader
RelatedHeader = CharSet? text35, Fr HeaderParty, To HeaderParty, BizMsgIdr text35, MsgDefIdr text35,
    BizSvc? text35, CreDt datetime, CpyDplct? [CODU COPY DUPL], PssblDplct? boolean, Prty? text35,
    Sgntr? refused
HeaderParty = OrgId Party | FIId Agent
MarketPractice = Regy text350, Id text2048
"""

GRAMMAR = compile_grammar(COMPONENTS + _APPLICATION_HEADER, start="Header", namespace=NAMESPACE)

_HEADER = f"{{{NAMESPACE}}}AppHdr"
# Where a file may say which schema it follows: for validators, it says nothing of the payment.
_SCHEMA_HINTS = {f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The parts of a file: the message's own element in its Document, and the header if there is one.

    `name` is that of the message's definition.
    """

    name: str
    header: etree._Element | None
    document: etree._Element
    message: etree._Element


def open_envelope(root: etree._Element, messages: Mapping[str, str]) -> Envelope:
    """Find Document (the root, or beside AppHdr under a root of any name) of one of `messages`.

    They are given as the definition's name and the element that Document then holds.
    Raise `WrongMessage`, naming what came and what is taken.
    """
    names = {f"{{{_XSD}{name}}}Document": name for name in messages}
    document, header = root, None
    parts = list(children(root))
    if root.tag not in names and len(parts) == 2 and parts[0].tag == _HEADER:
        header, document = parts
        _check_bare(root)
        for hint in _SCHEMA_HINTS & set(header.attrib):
            del header.attrib[hint]
        parts = list(children(document))
    name = names.get(str(document.tag))
    if name is None:
        taken = " or ".join(messages)
        raise WrongMessage(
            f"this is {_described(document)}; taken is {taken}, with {NAME} in front of it or without"
        )
    message = messages[name]
    if len(parts) != 1 or parts[0].tag != f"{{{_XSD}{name}}}{message}":
        found = ", ".join(_described(part) for part in parts[:3]) or "nothing"
        raise WrongMessage(f"the Document of {name} holds {found}; it must hold one {message}")
    _check_bare(document)
    return Envelope(name=name, header=header, document=document, message=parts[0])


def read_header(element: etree._Element, document_name: str, faults: Faults) -> Tree:
    """Return the header as a tree; a header of another document or of a mere copy is a fault."""
    tree = read_group(element, GRAMMAR, faults)
    definition = tree.get("MsgDefIdr", document_name)
    if definition != document_name:
        detail = f"the header announces {shown(str(definition))}, the document is {document_name}"
        faults.add("AppHdr/MsgDefIdr", FaultCode.HEADER_DISAGREES, detail)
    if tree.get("CpyDplct") in ("CODU", "COPY"):
        faults.add("AppHdr/CpyDplct", FaultCode.COPY, "this is a copy for information: it is never paid")
    return tree


def sender_of(header: Tree, faults: Faults) -> BankReference | None:
    """Return the bank that the header names as its sender, or None."""
    sender = header.get("Fr")
    if not isinstance(sender, dict):
        return None
    try:
        if isinstance(agent := sender.get("FIId"), dict):
            return agent_reference(agent)
    except InvalidMemberId as error:
        faults.add_error("AppHdr/Fr/FIId", error)
    return organisation_reference(party) if isinstance(party := sender.get("OrgId"), dict) else None


def _check_bare(element: etree._Element) -> None:
    """Refuse attributes and text on what only wraps: they could say anything."""
    others = [str(name) for name in element.attrib if name not in _SCHEMA_HINTS]
    texts = [element.text, *(child.tail for child in element)]
    if others or any(text and text.strip(" \t\r\n") for text in texts):
        extra = f"the attribute {shown(others[0])}" if others else "text"
        raise WrongMessage(f"{shown(local_name(str(element.tag)))} holds {extra} beside its message")


def _described(element: etree._Element) -> str:
    name = etree.QName(element)
    return f"{shown(name.localname)} of {shown(name.namespace or 'no namespace')}"
