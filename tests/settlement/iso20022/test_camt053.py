"""A statement is written in the official form, with all that is known of each posting, and read by others."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.document import canonical
from settlement.errors import AmountTooLarge
from settlement.identifiers import MemberId
from settlement.iso20022 import credit_transfers
from settlement.iso20022.account_report import DOCUMENT_MISSING
from settlement.iso20022.camt053 import NAMESPACE, write
from settlement.iso20022.credit_transfers import CreditTransferMessage
from settlement.iso20022.faults import Faults
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.transfer import CreditTransfer
from settlement.iso20022.xml import parse
from settlement.money import currency
from settlement.participant import Participant, ParticipantKind
from settlement.statement import Entry, Statement, draw_up
from tests.settlement.iso20022.messages import (
    bank_message_of,
    message_of,
    sample_files,
    schema_files,
    transfer,
)

MEMBERS = (MemberId(system="USABA", member="011104238"),)
OWNER = Participant(
    id=2, kind=ParticipantKind.BANK, bic="CHASUS33XXX", lei="5493001KJTIIGC8Y1R12", members=MEMBERS
)
OTHER = Participant(id=3, kind=ParticipantKind.BANK, bic="BNPAFRPPXXX", lei=None)
CENTRAL_BANK = Participant(id=1, kind=ParticipantKind.OPERATOR, bic="", lei=None)
START = 1_741_600_000


def statement_of(
    *amounts: int, opening: int = 0, documents: tuple[CreditTransferMessage, ...] = ()
) -> Statement:
    entries = []
    balance = opening
    for position, amount in enumerate(amounts):
        balance += amount
        entry = Entry(
            height=10 + position,
            log_index=position,
            booked_at=START + position,
            amount=amount,
            balance=balance,
            event="Paid",
            transaction_hash=bytes([position % 256]) * 32,
            counterparty=OTHER,
        )
        if position < len(documents):
            entry = _with_document(entry, documents[position], documents[position].transfers[0])
        entries.append(entry)
    return draw_up(
        identification="S1",
        owner=OWNER,
        servicer=CENTRAL_BANK,
        asset=840,
        currency=currency("USD"),
        from_time=START,
        to_time=START + 86_400,
        height=10_000,
        verification="full",
        opening=opening,
        closing=balance,
        entries=entries,
    )


def _with_document(entry: Entry, message: CreditTransferMessage, one: CreditTransfer) -> Entry:
    """Give an entry its document as a store would: canonical, its keys sorted."""
    return replace(
        entry,
        uetr=one.uetr,
        end_to_end_id=one.end_to_end_id,
        instruction_id=one.instruction_id,
        transaction_id=one.transaction_id,
        document=json.loads(canonical(message.document(one))),
    )


def _write(statement: Statement) -> bytes:
    return write(statement, created_at=START + 90_000)


def _texts(written: bytes, path: str) -> list[str]:
    found = etree.fromstring(written).findall(
        ".//" + "/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))
    )
    return [element.text or "" for element in found]


amounts = st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=8)


def test_statements_are_valid(shared_data: Path) -> None:
    """Whatever the entries, the official schema takes the statement; sums and balances are exact."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(amounts=amounts, opening=st.integers(-(10**12), 10**12))
    def check(amounts: list[int], opening: int) -> None:
        written = _write(statement_of(*amounts, opening=opening))
        faults = Faults()
        validate(parse(written), schemas, faults)
        faults.raise_any()
        first, last = _texts(written, "Bal/Amt")
        sides = [1 if side == "CRDT" else -1 for side in _texts(written, "Bal/CdtDbtInd")]
        assert opening == sides[0] * Decimal(first) * 100
        assert opening + sum(amounts) == sides[1] * Decimal(last) * 100
        assert [str(len(amounts))] == _texts(written, "TtlNtries/NbOfNtries")
        (credit,), (debit,) = _texts(written, "TtlCdtNtries/Sum"), _texts(written, "TtlDbtNtries/Sum")
        assert sum(amounts) == (Decimal(credit) - Decimal(debit)) * 100

    check()


def test_published_transfers_keep_their_parties(shared_data: Path) -> None:
    """A posting with its document says the transfer's parties, agents and remittance, and is still valid."""
    messages = tuple(
        credit_transfers.read(path.read_bytes()) for path in sample_files(shared_data, "*pacs.008")
    )
    written = _write(statement_of(*(-100 for _ in messages), documents=messages))
    faults = Faults()
    validate(parse(written), compile_schemas(schema_files(shared_data)), faults)
    faults.raise_any()
    assert 6 * ["8a562c67-ca16-48ba-b074-65581be6f011"] == _texts(written, "Refs/UETR")
    assert "Corporation B" in _texts(written, "Cdtr/Pty/Nm")
    assert "INV34563" in _texts(written, "RfrdDocInf/Nb")
    assert ["Insurance Benefit/Policy XXAB9876/$500000.00"] == _texts(written, "RmtInf/Ustrd")
    assert "BANYBRRJ" in _texts(written, "IntrmyAgt1/FinInstnId/BICFI")
    assert [] == _texts(written, "AddtlNtryInf")


def test_a_banks_own_transfer_names_banks(shared_data: Path) -> None:
    """Debtor and creditor of a pacs.009 stand in a statement as the banks that they are."""
    message = credit_transfers.read(bank_message_of().encode())
    written = _write(statement_of(5, documents=(message,)))
    faults = Faults()
    validate(parse(written), compile_schemas(schema_files(shared_data)), faults)
    faults.raise_any()
    assert ["COBADEFFXXX"] == _texts(written, "Dbtr/Agt/FinInstnId/BICFI")
    assert ["BNPAFRPPXXX"] == _texts(written, "Cdtr/Agt/FinInstnId/BICFI")


def test_a_missing_document_is_said() -> None:
    """An entry whose document has not arrived says so, and says nothing of parties and references."""
    message = credit_transfers.read(message_of(transfer(1)).encode())
    written = _write(statement_of(5, 7, documents=(message,)))
    assert [DOCUMENT_MISSING] == _texts(written, "Ntry/AddtlNtryInf")
    assert ["E1"] == _texts(written, "Refs/EndToEndId")
    assert ["Anna Adler"] == _texts(written, "Dbtr/Pty/Nm")


def test_an_entry_leads_to_the_chain() -> None:
    """Each entry names block and log as its reference, and the transaction by its hash."""
    written = _write(statement_of(5, -7))
    assert ["10-0", "11-1"] == _texts(written, "Ntry/AcctSvcrRef")
    first, second = _texts(written, "TxDtls/AddtlTxInf")
    assert "0x" + "00" * 32 in first
    assert "0x" + "01" * 32 in second


def test_agents_follow_the_money() -> None:
    """The instructing agent pays and the instructed is paid, whichever side the statement is of."""
    written = _write(statement_of(5, -7))
    assert ["BNPAFRPPXXX", "CHASUS33XXX"] == _texts(written, "InstgAgt/FinInstnId/BICFI")
    assert ["CHASUS33XXX", "BNPAFRPPXXX"] == _texts(written, "InstdAgt/FinInstnId/BICFI")


def test_the_same_statement_is_the_same_bytes() -> None:
    """Nothing of the writing depends on when or how often it is done."""
    assert _write(statement_of(5, -7)) == _write(statement_of(5, -7))


def test_a_balance_without_room_is_refused() -> None:
    """More digits than the message takes are never cut."""
    with pytest.raises(AmountTooLarge):
        _write(statement_of(1, opening=10**18))


def test_another_parser_reads_the_same(shared_data: Path) -> None:
    """pycamt, which is not ours, reads the balances and postings that were written."""
    parser_module = pytest.importorskip("pycamt.parser", reason="needs the package pycamt (extra dev)")
    messages = tuple(
        credit_transfers.read(path.read_bytes()) for path in sample_files(shared_data, "*pacs.008")
    )
    statement = statement_of(-51_000_074, 250, -3, opening=10**10, documents=messages[:1])
    parser = parser_module.Camt053Parser(_write(statement))
    assert "camt.053.001.08" == parser.version
    (info,) = parser.get_statement_info()
    assert Decimal(statement.opening) == Decimal(info["OpeningBalance"]) * 100
    assert Decimal(statement.closing) == Decimal(info["ClosingBalance"]) * 100
    read = parser.get_transactions()
    signs = {"CRDT": 100, "DBIT": -100}
    assert [entry.amount for entry in statement.entries] == [
        Decimal(item["Amount"]) * signs[item["CreditDebitIndicator"]] for item in read
    ]
    assert [entry.reference for entry in statement.entries] == [item["TransactionID"] for item in read]
    assert messages[0].transfers[0].end_to_end_id == read[0]["EndToEndId"]
    assert "Corporation B" == read[0]["CreditorName"]
    assert DOCUMENT_MISSING == read[1]["AdditionalEntryInformation"]
