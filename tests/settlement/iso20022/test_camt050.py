"""A transfer of liquidity is read strictly; its receipt is one that ISO's schema takes."""

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.errors import Fault
from settlement.identifiers import BankReference
from settlement.iso20022 import camt025, camt050, camt050_grammar, header
from settlement.iso20022.camt050 import LiquidityTransfer
from settlement.iso20022.faults import Faults
from settlement.iso20022.pacs002 import TransactionStatus
from settlement.iso20022.schema import Schemas, compile_schemas, validate
from settlement.iso20022.xml import parse
from tests.settlement.iso20022.messages import fill, liquidity_transfer, schema_files
from tests.settlement.iso20022.test_pacs002 import statuses

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
_TAKEN = {camt050_grammar.NAME: camt050_grammar.ROOT}


def _inspect(
    data: bytes, schemas: Schemas | None = None
) -> tuple[str, LiquidityTransfer | None, tuple[Fault, ...]]:
    return camt050.inspect(header.open_envelope(parse(data), _TAKEN), schemas=schemas)


def test_reads_what_it_says(shared_data: Path) -> None:
    """From whom, to whom, how much and when, by ISO's schema too; all of it ends in the document."""
    schemas = compile_schemas(schema_files(shared_data))
    text = liquidity_transfer(uetr=UETR, date="2026-03-02")
    name, transfer, faults = _inspect(text.encode(), schemas)
    assert ((), "L1") == (faults, name)
    assert transfer is not None
    assert ("E1", UETR, "EUR", 1234, date(2026, 3, 2)) == (
        transfer.end_to_end_id,
        transfer.uetr,
        transfer.currency.code,
        transfer.amount,
        transfer.settlement_date,
    )
    assert (BankReference(bic="COBADEFFXXX"), BankReference(bic="BNPAFRPPXXX")) == (
        transfer.payer,
        transfer.payee,
    )
    assert {"message", "MsgHdr", "LqdtyCdtTrf"} == set(transfer.document)
    _, unnamed, _ = _inspect(liquidity_transfer(payer=None).encode())
    assert unnamed is not None
    assert unnamed.payer is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (liquidity_transfer(amount="1.234"), "too_many_decimals"),
        (liquidity_transfer(amount="0"), "amount_not_positive"),
        (liquidity_transfer().replace("<BICFI>BNPAFRPPXXX</BICFI>", "<Nm>BNP</Nm>"), "unnamed_bank"),
        (
            liquidity_transfer()
            .replace('<AmtWthCcy Ccy="EUR">', "<AmtWthtCcy>")
            .replace("</AmtWthCcy>", "</AmtWthtCcy>"),
            "refused_element",
        ),
        (liquidity_transfer(uetr="no"), "invalid_uetr"),
        (liquidity_transfer().replace("<TrfdAmt>", "<Nope/><TrfdAmt>"), "unknown_element"),
    ],
    ids=["decimals", "zero", "nobody", "no currency", "uetr", "unknown"],
)
def test_faults_are_named(text: str, code: str) -> None:
    """Each fault has its code."""
    assert code in [fault.code for fault in _inspect(text.encode())[2]]


def test_whatever_the_grammar_takes_is_valid(shared_data: Path) -> None:
    """A random transfer by the grammar is valid by ISO's schema; it is read, or its faults are told."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(seed=st.integers(0, 2**32), fullness=st.sampled_from([0.0, 0.3, 0.7]))
    def check(seed: int, fullness: float) -> None:
        namespace = camt050_grammar.NAMESPACE
        document = etree.Element(f"{{{namespace}}}Document")
        message = etree.SubElement(document, f"{{{namespace}}}{camt050_grammar.ROOT}")
        fill(message, camt050_grammar.GRAMMAR, random.Random(seed), fullness=fullness)
        text = etree.tostring(document)
        faults = Faults()
        validate(parse(text), schemas, faults)
        faults.raise_any()
        _, transfer, found = _inspect(text, schemas)
        assert (transfer is None) <= bool(found)

    check()


def test_receipts_are_valid(shared_data: Path) -> None:
    """Whatever became of it, the official schema takes what is said of it."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(transfer=statuses)
    def check(transfer: TransactionStatus) -> None:
        written = camt025.write(message_id="R1", created_at=1_741_600_000, transfer=transfer)
        faults = Faults()
        validate(parse(written), schemas, faults)
        faults.raise_any()

    check()
