"""Full validation by ISO's own schemas, for a node whose settings name a folder that holds them."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from lxml import etree

from settlement.errors import InvalidDocument, WrongMessage
from settlement.iso20022.faults import FaultCode, Faults, path_of

Schemas: TypeAlias = Mapping[str, etree.XMLSchema]

_TARGET = "targetNamespace"


def compile_schemas(files: Iterable[bytes]) -> Schemas:
    """Return the schemas by the namespace they describe; raise `InvalidDocument` for one that is none."""
    compiled = {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    for data in files:
        try:
            root = etree.fromstring(data, parser)
            compiled[root.get(_TARGET, "")] = etree.XMLSchema(root)
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise InvalidDocument(f"not an XML schema: {error}", param="schemas") from error
    return compiled


def validate(element: etree._Element, schemas: Schemas, faults: Faults) -> None:
    """Note everything that the schema of the element's namespace finds; without one raise `WrongMessage`."""
    namespace = etree.QName(element).namespace or ""
    schema = schemas.get(namespace)
    if schema is None:
        raise WrongMessage(f"no schema for {namespace!r} is at hand: add its file to the folder of schemas")
    tree = etree.ElementTree(element)
    if schema.validate(tree):
        return
    for entry in schema.error_log:  # type: ignore[attr-defined]  # missing in the stubs
        faults.add(_path(tree, entry.path), FaultCode.NOT_IN_SCHEMA, entry.message)


def _path(tree: etree._ElementTree, found: str | None) -> str:
    """Return the path in names of an XPath in positions, as libxml2 gives it: ``/*/*[2]``."""
    prefixes = {prefix: name for prefix, name in tree.getroot().nsmap.items() if prefix}
    elements = tree.xpath(found, namespaces=prefixes) if found else []
    first = elements[0] if isinstance(elements, list) and elements else None
    return path_of(first) if etree.iselement(first) else found or ""
