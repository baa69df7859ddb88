"""Each entry is notified by itself, in the official form, under a name that stays."""

from pathlib import Path

import pytest
from lxml import etree

from settlement.iso20022 import camt054, credit_transfers
from settlement.iso20022.faults import Faults
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.xml import parse
from tests.settlement.iso20022.messages import sample_files, schema_files
from tests.settlement.iso20022.test_camt053 import START, statement_of


def _texts(written: bytes, path: str) -> list[str]:
    tags = "/".join(f"{{{camt054.NAMESPACE}}}{name}" for name in path.split("/"))
    return [element.text or "" for element in etree.fromstring(written).findall(".//" + tags)]


@pytest.mark.parametrize("amounts", [(), (5,), (5, -7, 10**12)], ids=str)
def test_notifications_are_valid(shared_data: Path, amounts: tuple[int, ...]) -> None:
    """The official schema takes a message of any number of notifications, one an entry."""
    statement = statement_of(*amounts)
    written = camt054.write(statement, created_at=START)

    faults = Faults()
    validate(parse(written), compile_schemas(schema_files(shared_data)), faults)
    faults.raise_any()
    assert [entry.reference for entry in statement.entries] == _texts(written, "Ntfctn/Ntry/NtryRef")
    names = [f"{statement.account}-{entry.reference}" for entry in statement.entries]
    assert (names or [statement.identification]) == _texts(written, "Ntfctn/Id")


def test_a_notification_tells_the_transfer(shared_data: Path) -> None:
    """What came with the payment stands in its notification: parties, references, remittance."""
    messages = tuple(
        credit_transfers.read(path.read_bytes()) for path in sample_files(shared_data, "*pacs.008")
    )
    written = camt054.write(statement_of(-100, documents=messages[:1]), created_at=START)

    assert [messages[0].transfers[0].uetr] == _texts(written, "Refs/UETR")
    assert [messages[0].transfers[0].end_to_end_id] == _texts(written, "Refs/EndToEndId")


def test_names_do_not_depend_on_when() -> None:
    """A notification that is written again later has its name of before."""
    one, more = statement_of(5), statement_of(5, -7)
    first, later = (camt054.write(each, created_at=START + each.closing) for each in (one, more))

    assert _texts(first, "Ntfctn/Id") == _texts(later, "Ntfctn/Id")[:1]
