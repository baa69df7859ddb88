"""The reader takes what the grammar says and nothing else."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.errors import FaultyMessage
from settlement.iso20022 import header
from settlement.iso20022.definitions import CUSTOMERS, DEFINITIONS, Definition
from settlement.iso20022.faults import Faults
from settlement.iso20022.grammar import Group, in_order
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.xml import ATTRIBUTE, TEXT, parse, write
from tests.settlement.iso20022.messages import HEAD, PACS008, fill, schema_files

seeds = st.integers(min_value=0, max_value=2**32 - 1)
definitions = st.sampled_from(list(DEFINITIONS.values()))
fullnesses = st.sampled_from([0.02, 0.2, 0.6])


def _namespace(definition: Definition) -> str:
    return f"urn:iso:std:iso:20022:tech:xsd:{definition.name}"


def _random_message(definition: Definition, seed: int, fullness: float) -> etree._Element:
    namespace = _namespace(definition)
    document = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})  # type: ignore[dict-item]
    message = etree.SubElement(document, f"{{{namespace}}}{definition.root}")
    fill(message, definition.grammar, random.Random(seed), fullness=fullness)
    return document


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n")


def _read(definition: Definition, document: etree._Element) -> Tree:
    faults = Faults()
    tree = read_group(document[0], definition.grammar, faults)
    faults.raise_any()
    return tree


@given(definition=definitions, seed=seeds, fullness=fullnesses)
def test_a_tree_holds_everything(definition: Definition, seed: int, fullness: float) -> None:
    """From the tree of a message the same canonical XML comes back: no element, attribute or text is lost."""
    document = parse(etree.tostring(_random_message(definition, seed, fullness)))
    written = parse(write(definition.root, _namespace(definition), _read(definition, document)))
    for element in written.iter():
        if len(element):
            element.text = None
        element.tail = None
    assert _canonical(document) == _canonical(written)


@given(definition=definitions, seed=seeds, fullness=fullnesses)
def test_order_is_found_again(definition: Definition, seed: int, fullness: float) -> None:
    """A tree whose keys were sorted, as a document's are, is put back in the order of the elements."""
    tree = _read(definition, _random_message(definition, seed, fullness))

    def keys_sorted(value: object) -> object:
        if isinstance(value, dict):
            return {key: keys_sorted(value[key]) for key in sorted(value)}
        return [keys_sorted(item) for item in value] if isinstance(value, list) else value

    mixed = keys_sorted(tree)
    assert isinstance(mixed, dict)
    namespace = _namespace(definition)
    assert write("M", namespace, tree) == write("M", namespace, in_order(mixed, definition.grammar))


def test_what_the_grammar_makes_the_schema_takes(shared_data: Path) -> None:
    """Random messages by our grammar are valid by the official schema."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(definition=definitions, seed=seeds, fullness=fullnesses)
    def check(definition: Definition, seed: int, fullness: float) -> None:
        document = _random_message(definition, seed, fullness)
        assert _read(definition, document)
        faults = Faults()
        validate(document, schemas, faults)
        faults.raise_any()

    check()


def test_what_the_header_grammar_makes_the_schema_takes(shared_data: Path) -> None:
    """Random business application headers by our grammar are valid by the official schema."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(seed=seeds, fullness=fullnesses)
    def check(seed: int, fullness: float) -> None:
        element = etree.Element(f"{{{HEAD}}}AppHdr", nsmap={None: HEAD})  # type: ignore[dict-item]
        fill(element, header.GRAMMAR, random.Random(seed), fullness=fullness)
        faults = Faults()
        read_group(element, header.GRAMMAR, faults)
        validate(element, schemas, faults)
        faults.raise_any()

    check()


def _faults(inner: str, group: Group | None = None) -> list[tuple[str, str]]:
    """Read `inner` as the content of a payment's PmtId by default, and list path and code."""
    faults = Faults()
    element = parse(f'<PmtId xmlns="{PACS008}">{inner}</PmtId>'.encode())
    if group is None:
        field = CUSTOMERS.transfer.fields[f"{{{PACS008}}}PmtId"].kind
        assert isinstance(field, Group)
        group = field
    read_group(element, group, faults)
    try:
        faults.raise_any()
    except FaultyMessage as error:
        return [(fault.path, fault.code) for fault in error.faults]
    return []


def _group(name: str) -> Group:
    kind = CUSTOMERS.transfer.fields[f"{{{PACS008}}}{name}"].kind
    assert isinstance(kind, Group)
    return kind


def test_faults_of_a_group_are_named() -> None:
    """Each way in which an element can be wrong has its code and its path."""
    sound = "<EndToEndId>E</EndToEndId>"
    assert [] == _faults(sound)
    assert [("PmtId/EndToEndId", "missing_element")] == _faults("")
    assert [("Nm", "unknown_element")] == _faults(sound + "<Nm>x</Nm>")
    assert [("InstrId", "misplaced_element")] == _faults(sound + "<InstrId>I</InstrId>")
    assert [("EndToEndId[2]", "repeated_element")] == _faults(sound * 2)
    assert [("PmtId", "unexpected_text")] == _faults(f"here {sound}")
    assert [("PmtId", "unexpected_text")] == _faults(f"{sound} there")
    assert [("EndToEndId", "invalid_text")] == _faults("<EndToEndId/>")
    assert [("EndToEndId", "invalid_text")] == _faults(f"<EndToEndId>{'x' * 36}</EndToEndId>")
    assert [("EndToEndId/@lang", "unknown_attribute")] == _faults('<EndToEndId lang="en">E</EndToEndId>')
    assert [("EndToEndId/b", "unknown_element")] == _faults("<EndToEndId>E<b/></EndToEndId>")
    assert [("UETR", "invalid_uetr")] == _faults(sound + "<UETR>1</UETR>")


def test_an_element_of_another_namespace_is_unknown() -> None:
    """A name alone does not make an element ours."""
    found = _faults('<EndToEndId>E</EndToEndId><TxId xmlns="urn:other">T</TxId>')
    assert [("TxId", "unknown_element")] == found


def test_faults_of_a_choice_are_named() -> None:
    """Of a choice exactly one stands."""
    purpose = _group("Purp")
    assert [] == _faults("<Cd>SALA</Cd>", purpose)
    assert [("PmtId", "missing_element")] == _faults("", purpose)
    assert [("PmtId", "repeated_element")] == _faults("<Cd>SALA</Cd><Prtry>x</Prtry>", purpose)


def test_faults_of_an_amount_are_named() -> None:
    """An amount has a currency, digits, and no other attribute."""
    charge = _group("ChrgsInf")
    agent = "<Agt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></Agt>"
    assert [] == _faults(f'<Amt Ccy="EUR">0</Amt>{agent}', charge)
    assert [("Amt", "missing_attribute")] == _faults(f"<Amt>1</Amt>{agent}", charge)
    assert [("Amt/@Ccy", "invalid_text")] == _faults(f'<Amt Ccy="eur">1</Amt>{agent}', charge)
    assert [("Amt/@x", "unknown_attribute")] == _faults(f'<Amt Ccy="EUR" x="">1</Amt>{agent}', charge)
    assert [("Amt", "amount_not_positive")] == _faults(f'<Amt Ccy="EUR">-1</Amt>{agent}', charge)
    assert [("Amt", "too_many_decimals")] == _faults(f'<Amt Ccy="EUR">1.000001</Amt>{agent}', charge)
    assert [("Amt", "amount_too_large")] == _faults(f'<Amt Ccy="EUR">{"9" * 19}</Amt>{agent}', charge)
    assert [("Amt", "invalid_amount")] == _faults(f'<Amt Ccy="EUR">1e3</Amt>{agent}', charge)


def test_repetition_ends_where_the_grammar_says() -> None:
    """An address has at most seven lines, and the eighth is one fault however many follow."""
    debtor = _group("Dbtr")
    lines = "<AdrLine>x</AdrLine>"
    assert [] == _faults(f"<PstlAdr>{lines * 7}</PstlAdr>", debtor)
    assert [("PstlAdr/AdrLine[8]", "repeated_element")] == _faults(f"<PstlAdr>{lines * 9}</PstlAdr>", debtor)


def test_an_amount_keeps_its_text() -> None:
    """The tree holds an amount's text as written, with its currency: 1.50 does not become 1.5."""
    element = parse(f'<C xmlns="{PACS008}"><Amt Ccy="EUR">1.50</Amt></C>'.encode())
    tree = read_group(element, _group("ChrgsInf"), Faults())
    assert {ATTRIBUTE + "Ccy": "EUR", TEXT: "1.50"} == tree["Amt"]
