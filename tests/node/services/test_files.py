"""Message files: whole or not at all, once, and all of it in the documents that are committed to."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from node.errors import DuplicateMessage, PayerRefused
from node.services.incoming_files import FileForm
from node.services.reports import file_status
from node.store.session import Store
from node.store.tables import files, instructions
from settlement.document import commitment
from settlement.errors import FaultyMessage, NotXml, SettlementError
from tests.messages import bank_file_of, file_of, table_of
from tests.node.bank import Bank
from tests.scenario import BANKS, Network

_SAMPLES = "iso20022/samples"


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


@pytest.fixture
def sqlite_bank(stores: Callable[[str], Store], network: Network) -> Bank:
    """The first bank on SQLite, for rules that have nothing to do with the store."""
    return Bank(store=stores("sqlite"), network=network)


def _rows(bank: Bank, table: Any) -> list[Any]:
    with bank.store.snapshot() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_file_becomes_payments(bank: Bank) -> None:
    """Each transfer becomes a payment, in the file's order, and the answer names file and payments."""
    answer = bank.accept_file(file_of("10.00", "20.00", "30.00"))
    (file,) = _rows(bank, files)
    rows = _rows(bank, instructions)
    body = orjson.loads(answer.body)
    assert (file.id, "M1", [row.id for row in rows]) == (
        body["file_id"], body["message_id"], [each["id"] for each in body["payments"]],
    )  # fmt: skip
    assert [(0, 1000), (1, 2000), (2, 3000)] == [(row.file_position, row.amount) for row in rows]
    assert {(BANKS[0].bic, "M1", "pacs.008.001.08", 3)} == {
        (file.sender, file.message_id, file.message_name, file.transactions)
    }


def test_document_holds_everything(sqlite_bank: Bank) -> None:
    """The committed document has the group header and all that the transfer says."""
    sqlite_bank.accept_file(file_of("10.00"))
    (row,) = _rows(sqlite_bank, instructions)
    document = orjson.loads(row.document)
    assert {"message", "GrpHdr", "CdtTrfTxInf", "uetr"} == set(document)
    assert "M1" == document["GrpHdr"]["MsgId"]
    assert row.end_to_end_id == document["CdtTrfTxInf"]["PmtId"]["EndToEndId"]
    assert commitment(row.document.encode(), row.salt) == row.commitment


@pytest.mark.parametrize("uetrs", [True, False])
def test_same_file_gets_the_first_answer(bank: Bank, *, uetrs: bool) -> None:
    """The same file again, with UETRs or without, on any later day, is answered as the first time."""
    text = file_of("10.00", "20.00", uetrs=uetrs)
    first = bank.accept_file(text)
    bank.network.clock.sleep(86_400)
    again = bank.accept_file(text)
    assert (first.body, True) == (again.body, again.replayed)
    assert (2, 2) == bank.counts()


def test_other_body_under_a_known_message_id_is_refused(bank: Bank) -> None:
    """One sender's message id stands for one body."""
    bank.accept_file(file_of("10.00", uetrs=False))
    with pytest.raises(DuplicateMessage):
        bank.accept_file(file_of("10.01", uetrs=False))
    assert (1, 1) == bank.counts()


def test_known_transfers_under_a_new_message_id(sqlite_bank: Bank) -> None:
    """A file sent anew under another message id names the payments it made the first time, and makes none."""
    first = orjson.loads(sqlite_bank.accept_file(file_of("10.00", "20.00")).body)
    again = orjson.loads(sqlite_bank.accept_file(file_of("10.00", "20.00", message_id="M2")).body)
    assert first["payments"] == again["payments"]
    assert first["file_id"] != again["file_id"]
    assert (2, 2) == sqlite_bank.counts()


def test_every_fault_is_listed(bank: Bank) -> None:
    """One bad transaction refuses the whole file; each fault has the number and place of its transaction."""
    text = file_of("10.00", "20.00", "30.00")
    before, third = text.rsplit(BANKS[1].bic, 1)
    with pytest.raises(FaultyMessage) as refused:
        bank.accept_file(before + "NOBKUS33XXX" + third)
    (fault,) = refused.value.faults
    assert (2, "unknown_participant") == (fault.transaction, fault.code)
    assert fault.path == "FIToFICstmrCdtTrf/CdtTrfTxInf[3]"
    assert (0, 0) == bank.counts()
    assert [] == _rows(bank, files)


def test_fault_says_which_element(sqlite_bank: Bank) -> None:
    """A refused value is named by its element."""
    sqlite_bank.network.clock.sleep(86_400)
    with pytest.raises(FaultyMessage) as refused:
        sqlite_bank.accept_file(file_of("10.00"))
    assert ["FIToFICstmrCdtTrf/CdtTrfTxInf[1]/IntrBkSttlmDt"] == [
        fault.path for fault in refused.value.faults
    ]


@pytest.mark.parametrize("body", [b"", b"not xml", b"<a/>"])
def test_what_is_no_message_is_refused(sqlite_bank: Bank, body: bytes) -> None:
    """What is not the message is refused by a typed error, and nothing is written."""
    with pytest.raises(SettlementError) as refused:
        sqlite_bank.accept_file(body)
    assert body == b"<a/>" or isinstance(refused.value, NotXml)
    assert (0, 0) == sqlite_bank.counts()


def test_file_of_another_bank_is_refused(network: Network, stores: Callable[[str], Store]) -> None:
    """A node pays for its own bank only."""
    other = Bank(store=stores("sqlite"), network=network, member=BANKS[1])
    with pytest.raises(PayerRefused):
        other.accept_file(file_of("10.00"))


@pytest.mark.parametrize("place", range(6))
def test_sample_settles(
    shared_data: Path, network: Network, stores: Callable[[str], Store], place: int
) -> None:
    """Each of the Fedwire samples settles in a fresh store, between the banks that its member ids name."""
    sample = sorted((shared_data / _SAMPLES).glob("*pacs.008.xml"))[place].read_bytes()
    for member in BANKS:
        bank = Bank(store=stores("sqlite"), network=network, member=member)
        try:
            bank.accept_file(sample)
        except PayerRefused:
            continue
        bank.run()
        (payment,) = bank.payments()
        assert "settled" == payment.state
        return
    pytest.fail("no bank of the scenario sends this sample")


def test_samples_are_told_apart(shared_data: Path, sqlite_bank: Bank) -> None:
    """In one store a second sample is refused: it has the first's UETR or message id, other content."""
    found: Counter[str] = Counter()
    for path in sorted((shared_data / _SAMPLES).glob("*pacs.008.xml")):
        try:
            sqlite_bank.accept_file(path.read_bytes())
            found["accepted"] += 1
        except FaultyMessage as refused:
            found.update(fault.code for fault in refused.faults)
        except (DuplicateMessage, PayerRefused) as refused:
            found[refused.code] += 1
    assert 1 == found.pop("accepted")
    assert set(found) <= {"duplicate_uetr", "duplicate_message", "payer_refused"}
    assert found["duplicate_uetr"] + found["duplicate_message"] > 0


def test_a_table_becomes_payments(bank: Bank) -> None:
    """Each line becomes a payment, in order, which settles; its pacs.002 names the table as its message."""
    answer = bank.accept_file(table_of("10.00", "20.00"), FileForm.CSV)
    body = orjson.loads(answer.body)
    bank.run()
    rows = _rows(bank, instructions)
    assert [(0, 1000, "E0"), (1, 2000, "E1")] == [
        (row.file_position, row.amount, row.end_to_end_id) for row in rows
    ]
    assert {"E0": "settled", "E1": "settled"} == bank.states()
    content = orjson.loads(rows[0].document)["CdtTrfTxInf"]
    assert ("Anna Adler", ["Invoice 0"]) == (content["Dbtr"]["Nm"], content["RmtInf"]["Ustrd"])
    report = file_status(bank.store, bank.settings, bank.network.clock, body["file_id"])
    assert body["message_id"] in report.decode()
    assert 2 == report.count(b"<TxSts>ACSC")


def test_a_banks_own_transfers_become_payments(bank: Bank) -> None:
    """A pacs.009 becomes payments of the bank itself, once; they settle, and its pacs.002 names it."""
    text = bank_file_of("10.00", "20.00", uetrs=False)
    assert (2, ()) == (bank.check_file(text).payments, bank.check_file(text).faults)
    body = orjson.loads(bank.accept_file(text).body)
    bank.run()
    assert bank.accept_file(text).replayed
    assert (2, 2) == bank.counts()
    assert {"E0": "settled", "E1": "settled"} == bank.states()
    (file,) = _rows(bank, files)
    assert ("pacs.009.001.08", 2) == (file.message_name, file.transactions)
    report = file_status(bank.store, bank.settings, bank.network.clock, body["file_id"]).decode()
    assert 3 == report.count("<OrgnlMsgNmId>pacs.009.001.08<")
    assert 2 == report.count("<TxSts>ACSC")


def test_a_message_id_is_used_once_whatever_the_message(sqlite_bank: Bank) -> None:
    """The same message id in a pacs.009 as in a pacs.008 is refused: a file is known by sender and id."""
    sqlite_bank.accept_file(file_of("10.00"))
    with pytest.raises(DuplicateMessage):
        sqlite_bank.accept_file(bank_file_of("20.00", uetrs=False))
    assert (1, 1) == sqlite_bank.counts()


def test_the_same_table_pays_once(bank: Bank) -> None:
    """A table is known by its content: sent again, on any later day, it gets its first answer."""
    first = bank.accept_file(table_of("10.00"), FileForm.CSV)
    bank.network.clock.sleep(86_400)
    again = bank.accept_file(table_of("10.00"), FileForm.CSV)
    assert (first.body, True) == (again.body, again.replayed)
    assert bank.check_file(table_of("10.00"), FileForm.CSV).accepted_before
    assert (1, 1) == bank.counts()


def test_a_sound_file_is_checked_and_not_taken(bank: Bank) -> None:
    """A check of a sound file has no fault, and leaves nothing behind; then it can be taken."""
    for text, form in ((file_of("1.00", "2.00"), FileForm.XML), (table_of("1.00", "2.00"), FileForm.CSV)):
        checked = bank.check_file(text, form)
        assert (2, False, ()) == (checked.payments, checked.accepted_before, checked.faults)
    assert (0, 0) == bank.counts()
    assert [] == _rows(bank, files)
    bank.accept_file(file_of("1.00", "2.00"))
    assert bank.check_file(file_of("1.00", "2.00")).accepted_before
    assert ["duplicate_message"] == [fault.code for fault in bank.check_file(file_of("3.00")).faults]


@pytest.mark.parametrize(
    ("text", "form", "paths"),
    [
        (
            file_of("0", "2.00", "1.001").replace(BANKS[1].bic, "NOBKUS33XXX"),
            FileForm.XML,
            [
                "FIToFICstmrCdtTrf/CdtTrfTxInf[1]/IntrBkSttlmAmt",
                "FIToFICstmrCdtTrf/CdtTrfTxInf[2]",
                "FIToFICstmrCdtTrf/CdtTrfTxInf[3]/IntrBkSttlmAmt",
            ],
        ),
        (
            bank_file_of("0", "2.00", "1.001").replace(BANKS[1].bic, "NOBKUS33XXX"),
            FileForm.XML,
            [
                "FICdtTrf/CdtTrfTxInf[1]/IntrBkSttlmAmt",
                "FICdtTrf/CdtTrfTxInf[2]",
                "FICdtTrf/CdtTrfTxInf[3]/IntrBkSttlmAmt",
            ],
        ),
        (
            table_of("0.00", "2.00", "1.001").replace(BANKS[1].bic, "NOBKUS33XXX"),
            FileForm.CSV,
            ["line 2/amount", "line 3", "line 4/amount"],
        ),
    ],
    ids=["pacs.008", "pacs.009", "table"],
)
def test_faults_of_form_and_of_content_are_listed_together(
    sqlite_bank: Bank, text: str, form: FileForm, paths: list[str]
) -> None:
    """What can't be read and what is refused of the rest come in one list, by position, checked or sent."""
    checked = sqlite_bank.check_file(text, form)
    assert paths == [fault.path for fault in checked.faults]
    assert [0, 1, 2] == [fault.transaction for fault in checked.faults]
    with pytest.raises(FaultyMessage) as refused:
        sqlite_bank.accept_file(text, form)
    assert checked.faults == refused.value.faults
    assert (0, 0) == sqlite_bank.counts()


@pytest.mark.parametrize("form", FileForm)
@pytest.mark.parametrize("body", [b"", b"not xml", b"<a/>", b"\xff\xff"])
def test_a_check_of_anything_is_a_list(sqlite_bank: Bank, body: bytes, form: FileForm) -> None:
    """A file that can't be read at all is one more thing to list."""
    checked = sqlite_bank.check_file(body, form)
    assert (None, 0) == (checked.message_name, checked.payments)
    assert checked.faults
