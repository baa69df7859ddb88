"""A business application header is read as strictly as its document, and must belong to it."""

import pytest

from settlement.errors import FaultyMessage, ForbiddenXml, WrongMessage
from settlement.iso20022 import credit_transfers
from tests.settlement.iso20022.messages import APPLICATION_HEADER, HEAD, PACS008, message_of, wrapped

DOCUMENT = message_of()


def _faults(application_header: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(FaultyMessage) as caught:
        credit_transfers.read(wrapped(DOCUMENT, application_header))
    return [(fault.transaction, fault.path, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("root", ["Envelope", 'x:DataPDU xmlns:x="urn:swift:saa:xsd:saa.2.0"'])
def test_a_header_may_stand_in_front(root: str) -> None:
    """Header and document are found in a wrapper of any name; the header is part of the message."""
    end = root.split(" ", maxsplit=1)[0]
    message = credit_transfers.read(f"<{root}>{APPLICATION_HEADER}{DOCUMENT}</{end}>".encode())
    assert message.application_header is not None
    assert "M1" == message.application_header["BizMsgIdr"]
    assert message.transfers == credit_transfers.read(DOCUMENT.encode()).transfers


def test_schema_hints_are_no_content() -> None:
    """Where validators find the schema says nothing of the payment; it may stand on any root."""
    hint = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"'
    for name in ("<Envelope", "<AppHdr", "<Document"):
        data = wrapped(DOCUMENT).replace(name.encode(), f"{name}{hint}".encode())
        assert credit_transfers.read(wrapped(DOCUMENT)) == credit_transfers.read(data)


@pytest.mark.parametrize(
    ("sound", "bad", "path", "code"),
    [
        (">pacs.008.001.08<", ">pacs.009.001.08<", "AppHdr/MsgDefIdr", "header_disagrees"),
        ("<CreDt>", "<CreDate>", "AppHdr/CreDate", "unknown_element"),
        ("</CreDt>", "</CreDt><CpyDplct>COPY</CpyDplct>", "AppHdr/CpyDplct", "copy"),
        ("</CreDt>", "</CreDt><CpyDplct>CODU</CpyDplct>", "AppHdr/CpyDplct", "copy"),
        ("</CreDt>", "</CreDt><Sgntr><x/></Sgntr>", "AppHdr/Sgntr", "refused_element"),
        ("COBADEFFXXX", "COBA", "AppHdr/Fr/FIId/FinInstnId/BICFI", "invalid_bic"),
        ("<BizMsgIdr>M1</BizMsgIdr>", "", "AppHdr/BizMsgIdr", "missing_element"),
        ("T08:15:00Z", "", "AppHdr/CreDt", "invalid_text"),
    ],
)
def test_a_faulty_header_refuses_the_file(sound: str, bad: str, path: str, code: str) -> None:
    """A header that is wrong, of another document, or of a copy for information is a fault of the file."""
    header = APPLICATION_HEADER.replace(sound, bad)
    header = header.replace("</CreDt>", "</CreDate>") if "CreDate" in bad else header
    assert (None, path, code) in _faults(header)


def test_a_duplicate_is_read() -> None:
    """A header marked as a duplicate is no copy: whether it was seen before is for the store to know."""
    header = APPLICATION_HEADER.replace("</CreDt>", "</CreDt><CpyDplct>DUPL</CpyDplct>")
    assert 1 == len(credit_transfers.read(wrapped(DOCUMENT, header)).transfers)


def test_a_header_from_an_organisation_names_the_sender() -> None:
    """The header may name its sender as an organisation, by BIC or LEI."""
    organisation = "<OrgId><Id><OrgId><AnyBIC>CHASUS33</AnyBIC></OrgId></Id></OrgId>"
    bank = "<FIId><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></FIId>"
    message = credit_transfers.read(wrapped(DOCUMENT, APPLICATION_HEADER.replace(bank, organisation, 1)))
    assert "CHASUS33" == message.sender.bic


@pytest.mark.parametrize(
    "data",
    [
        b"<Document/>",
        f'<Document xmlns="{PACS008}"/>'.encode(),
        f'<Document xmlns="{PACS008}"><FICdtTrf/></Document>'.encode(),
        DOCUMENT.replace("pacs.008.001.08", "pacs.008.001.09").encode(),
        DOCUMENT.replace("Document", "Dokument").encode(),
        wrapped(DOCUMENT.replace("pacs.008.001.08", "pacs.009.001.08")),
        wrapped(DOCUMENT, APPLICATION_HEADER.replace("001.02", "001.01", 1)),
        wrapped(DOCUMENT, APPLICATION_HEADER * 2),
        wrapped(DOCUMENT * 2, ""),
        wrapped(DOCUMENT, ""),
        DOCUMENT.replace("</FIToFICstmrCdtTrf>", "</FIToFICstmrCdtTrf><FIToFICstmrCdtTrf/>").encode(),
        wrapped(DOCUMENT).replace(b"<Envelope>", b"<Envelope>text"),
        wrapped(DOCUMENT).replace(b"<Envelope>", b'<Envelope for="you">'),
        DOCUMENT.replace("<FIToFICstmrCdtTrf>", "text<FIToFICstmrCdtTrf>").encode(),
    ],
)
def test_another_message_is_refused(data: bytes) -> None:
    """What is not exactly one pacs.008.001.08, alone or behind one header, is the wrong message."""
    with pytest.raises(WrongMessage):
        credit_transfers.read(data)


@pytest.mark.parametrize("place", ["<Envelope>", f'<AppHdr xmlns="{HEAD}">', "<Fr>", "<GrpHdr>", "<MsgId>"])
def test_instructions_are_forbidden_everywhere(place: str) -> None:
    """A processing instruction is refused wherever it stands."""
    data = wrapped(DOCUMENT)
    assert place.encode() in data
    with pytest.raises(ForbiddenXml):
        credit_transfers.read(data.replace(place.encode(), f"{place}<?x y?>".encode()))
