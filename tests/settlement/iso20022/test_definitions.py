"""Our grammars are the official schemas, element by element."""

from pathlib import Path

import pytest
from lxml import etree

from settlement.iso20022 import (
    camt050_grammar,
    camt056_grammar,
    definitions,
    header,
    pacs004_grammar,
    pacs008_grammar,
    pacs009_grammar,
)
from settlement.iso20022.grammar import Group, Kind
from settlement.iso20022.leaves import Leaf

_XS = "{http://www.w3.org/2001/XMLSchema}"

# What a type of the schema is to us, by its base and its facets.
_PATTERNS = {
    "[A-Z]{2,2}": "country",
    "[A-Z]{3,3}": "currency",
    "[0-9]{1,15}": "digits15",
    "[a-zA-Z0-9]{4}": "alphanumeric4",
    "[A-Z0-9]{18,18}[0-9]{2,2}": "lei",
    "[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}": "iban",
    "[A-Z0-9]{4,4}[A-Z]{2,2}[A-Z0-9]{2,2}([A-Z0-9]{3,3}){0,1}": "bic",
    r"\+[0-9]{1,3}-[0-9()+\-]{1,30}": "phone",
    "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}": "uetr",
}
_DECIMALS = {("18", "17"): "decimal", ("11", "10"): "rate", ("18", "0"): "number", ("18", "5"): "amount"}
# What no message of ours may hold: signatures, the COV use, a recall of a whole message, a mandate,
# an amount without its currency.
_REFUSED = {"SplmtryData", "Sgntr", "UndrlygCstmrCdtTrf", "OrgnlGrpInfAndCxl", "MndtRltdInf", "AmtWthtCcy"}
_BASES = {"xs:boolean": "boolean", "xs:date": "date", "xs:dateTime": "datetime", "xs:time": "time"}


class _Schema:
    """The named types of a schema file."""

    def __init__(self, path: Path) -> None:
        self.types = {str(item.get("name")): item for item in etree.parse(path).getroot()}

    def leaf(self, name: str) -> str:
        """Return the name of the leaf that a simple type should be."""
        restriction = self.types[name][0]
        facets = [(etree.QName(facet).localname, str(facet.get("value"))) for facet in restriction]
        codes = [value for facet, value in facets if facet == "enumeration"]
        if codes:
            return f"[{' '.join(codes)}]"
        found = dict(facets)
        if "pattern" in found:
            return _PATTERNS[found["pattern"]]
        if "totalDigits" in found:
            return _DECIMALS[found["totalDigits"], found["fractionDigits"]]
        if "maxLength" in found:
            assert "1" == found["minLength"]
            return f"text{found['maxLength']}"
        # A string without a limit: ours has one (R9).
        return _BASES.get(str(restriction.get("base")), "text35")

    def compare(self, name: str, kind: Kind, path: str) -> int:
        """Compare a type with ours; return how many elements were compared."""
        declared = self.types[name]
        content = None if declared.tag == f"{_XS}simpleType" else declared[0]
        if isinstance(kind, Leaf):
            if content is not None:
                assert f"{_XS}simpleContent" == content.tag, path
                assert kind.currency, path
                assert ["Ccy"] == [attribute.get("name") for attribute in content[0]], path
                name = str(content[0].get("base"))
            assert self.leaf(name) == kind.name, path
            return 1
        assert content is not None, path
        return 1 + self._compare_elements(content, kind, path)

    def _compare_elements(self, content: etree._Element, group: Group, path: str) -> int:
        assert (f"{_XS}choice" == content.tag) == group.choice, path
        fields = list(group.fields.values())
        assert [element.get("name") for element in content] == [field.name for field in fields], path
        compared = 0
        for element, field in zip(content, fields, strict=True):
            here = f"{path}/{field.name}"
            most = element.get("maxOccurs", "1")
            assert (None if most == "unbounded" else int(most)) == field.times_max, here
            optional = group.choice or element.get("minOccurs", "1") == "0"
            assert optional == (field.name not in group.required), here
            if isinstance(field.kind, Leaf) and field.kind.refused:
                assert field.name in _REFUSED, here
            else:
                compared += self.compare(str(element.get("type")), field.kind, here)
        return compared


def test_credit_transfer_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of pacs.008.001.08 has the schema's order, number, form and codes."""
    schema = _Schema(shared_data / "iso20022" / "pacs.008.001.08.xsd")
    compared = schema.compare("FIToFICustomerCreditTransferV08", pacs008_grammar.GRAMMAR, "")
    assert compared > 2000


def test_bank_transfer_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of pacs.009.001.08, the COV use apart, has the schema's order, number, form, codes."""
    schema = _Schema(shared_data / "iso20022" / "pacs.009.001.08.xsd")
    assert schema.compare("FinancialInstitutionCreditTransferV08", pacs009_grammar.GRAMMAR, "") > 500


def test_recall_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of camt.056.001.08 that we take has the schema's order, number, form and codes."""
    schema = _Schema(shared_data / "iso20022" / "camt.056.001.08.xsd")
    assert schema.compare("FIToFIPaymentCancellationRequestV08", camt056_grammar.GRAMMAR, "") > 500


def test_return_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of pacs.004.001.09 that we take has the schema's order, number, form and codes."""
    schema = _Schema(shared_data / "iso20022" / "pacs.004.001.09.xsd")
    assert schema.compare("PaymentReturnV09", pacs004_grammar.GRAMMAR, "") > 1000


def test_liquidity_transfer_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of camt.050.001.07 that we take has the schema's order, number, form and codes."""
    schema = _Schema(shared_data / "iso20022" / "camt.050.001.07.xsd")
    assert schema.compare("LiquidityCreditTransferV07", camt050_grammar.GRAMMAR, "") > 100


def test_every_definition_is_found_by_its_name() -> None:
    """A definition's name is its schema's, and each way to say who settles is an element of its transfers."""
    assert {"pacs.004.001.09", "pacs.008.001.08", "pacs.009.001.08"} == set(definitions.DEFINITIONS)
    for definition in definitions.DEFINITIONS.values():
        names = {field.name for field in definition.transfer.fields.values()}
        assert {*definition.payers, *definition.payees} <= names


def test_application_header_grammar_is_the_schema(shared_data: Path) -> None:
    """Each element of head.001.001.02 has the schema's order, number, form and codes."""
    schema = _Schema(shared_data / "iso20022" / "head.001.001.02.xsd")
    assert schema.compare("BusinessApplicationHeaderV02", header.GRAMMAR, "") > 500


def test_every_element_is_in_the_namespace_of_its_message() -> None:
    """An element of another message with the same name is not taken for ours."""
    for grammar, namespace in (
        (pacs008_grammar.GRAMMAR, pacs008_grammar.NAMESPACE),
        (pacs009_grammar.GRAMMAR, pacs009_grammar.NAMESPACE),
        (pacs004_grammar.GRAMMAR, pacs004_grammar.NAMESPACE),
        (camt050_grammar.GRAMMAR, camt050_grammar.NAMESPACE),
        (camt056_grammar.GRAMMAR, camt056_grammar.NAMESPACE),
        (header.GRAMMAR, header.NAMESPACE),
    ):
        assert {f"{{{namespace}}}{field.name}" for field in grammar.fields.values()} == set(grammar.fields)


def test_a_line_that_is_no_notation_is_refused() -> None:
    """A slip in the notation shows when it is compiled, not when a file comes."""
    from settlement.iso20022.grammar import compile_grammar

    with pytest.raises(ValueError, match="not an item of the notation"):
        compile_grammar("Message = Id! text35", start="Message", namespace="urn:x")
