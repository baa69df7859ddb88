"""What is booked so far today is written in the official form, and says of itself how much it is."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.iso20022 import camt052
from settlement.iso20022.faults import Faults
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.xml import parse
from settlement.statement_table import statement_table
from tests.settlement.iso20022.messages import schema_files
from tests.settlement.iso20022.test_camt053 import START, statement_of


def _texts(written: bytes, path: str) -> list[str]:
    tags = "/".join(f"{{{camt052.NAMESPACE}}}{name}" for name in path.split("/"))
    return [element.text or "" for element in etree.fromstring(written).findall(".//" + tags)]


def test_reports_are_valid(shared_data: Path) -> None:
    """Whatever the entries, the official schema takes the report; it opens booked and closes interim."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(
        amounts=st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=8),
        opening=st.integers(-(10**12), 10**12),
    )
    def check(amounts: list[int], opening: int) -> None:
        statement = statement_of(*amounts, opening=opening)
        written = camt052.write(statement, created_at=START + 90_000)
        faults = Faults()
        validate(parse(written), schemas, faults)
        faults.raise_any()
        assert ["OPBD", "ITBD"] == _texts(written, "Bal/Tp/CdOrPrtry/Cd")
        assert [entry.reference for entry in statement.entries] == _texts(written, "Ntry/NtryRef")
        (told,) = _texts(written, "Rpt/AddtlRptInf")
        assert f"Entries: {len(amounts)}." in told
        assert statement_table(statement).digest in told

    check()
