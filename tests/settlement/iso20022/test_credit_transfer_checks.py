"""A file whose header and transfers do not fit together is refused."""

import pytest

from settlement.errors import FaultyMessage
from settlement.iso20022 import credit_transfers
from tests.settlement.iso20022.messages import message_of, transfer

GROUP_HEADER = "FIToFICstmrCdtTrf/GrpHdr"


def _faults(message: str) -> list[tuple[int | None, str, str]]:
    try:
        credit_transfers.read(message.encode())
    except FaultyMessage as error:
        return [(fault.transaction, fault.path, fault.code) for fault in error.faults]
    return []


def _with(inner: str, *, after: str, transfers: tuple[str, ...] = ()) -> str:
    return message_of(*(transfers or (transfer(1, "0.10"), transfer(2, "0.2")))).replace(after, after + inner)


def test_the_count_must_be_right() -> None:
    """The number of transactions is the one announced, leading zeros or not."""
    right = message_of(transfer(1), transfer(2))
    assert [] == _faults(right.replace(">2</NbOfTxs>", ">0002</NbOfTxs>"))
    wrong = right.replace(">2</NbOfTxs>", ">3</NbOfTxs>")
    assert [(None, f"{GROUP_HEADER}/NbOfTxs", "wrong_transaction_count")] == _faults(wrong)


@pytest.mark.parametrize("announced", ["0.3", "0.30", "0.300000"])
def test_the_control_sum_is_exact(announced: str) -> None:
    """0.10 and 0.2 sum to 0.3, whatever a binary fraction would say."""
    assert [] == _faults(_with(f"<CtrlSum>{announced}</CtrlSum>", after="</NbOfTxs>"))


@pytest.mark.parametrize("announced", ["0.31", "0.3000000000000001", "-0.3", "0"])
def test_a_wrong_control_sum_is_a_fault(announced: str) -> None:
    """A control sum that is off by any fraction refuses the file."""
    found = _faults(_with(f"<CtrlSum>{announced}</CtrlSum>", after="</NbOfTxs>"))
    assert [(None, f"{GROUP_HEADER}/CtrlSum", "wrong_control_sum")] == found


def test_sums_of_large_amounts_are_exact() -> None:
    """Sums beyond what a float or a 28-digit decimal holds are still judged exactly."""
    transfers = tuple(transfer(number, "9999999999999999.99") for number in range(1, 4))
    right = _with("<CtrlSum>29999999999999999.9</CtrlSum>", after="</NbOfTxs>", transfers=transfers)
    assert [(None, f"{GROUP_HEADER}/CtrlSum", "wrong_control_sum")] == _faults(right)
    right = _with("<CtrlSum>29999999999999999.97</CtrlSum>", after="</NbOfTxs>", transfers=transfers)
    assert [(None, f"{GROUP_HEADER}/CtrlSum", "invalid_text")] == _faults(right)


def test_the_total_must_be_right() -> None:
    """The total settlement amount has the transfers' sum and their one currency."""
    total = '<TtlIntrBkSttlmAmt Ccy="{}">{}</TtlIntrBkSttlmAmt>'
    path = f"{GROUP_HEADER}/TtlIntrBkSttlmAmt"
    assert [] == _faults(_with(total.format("EUR", "0.3"), after="</NbOfTxs>"))
    assert [(None, path, "wrong_total")] == _faults(_with(total.format("EUR", "0.4"), after="</NbOfTxs>"))
    assert [(None, path, "wrong_total")] == _faults(_with(total.format("USD", "0.3"), after="</NbOfTxs>"))


def test_a_sum_with_an_unreadable_amount_is_not_judged() -> None:
    """The fault is the amount; a wrong sum that follows from it would only distract."""
    message = _with("<CtrlSum>0.3</CtrlSum>", after="</NbOfTxs>").replace(">0.2<", ">zero<")
    assert ["invalid_amount"] == [code for _, _, code in _faults(message)]


def test_a_settlement_date_must_be_said() -> None:
    """The header or each transfer says when it settles."""
    day = "<IntrBkSttlmDt>2026-03-02</IntrBkSttlmDt>"
    without = message_of(transfer(1), transfer(2)).replace(day, "")
    path = "FIToFICstmrCdtTrf/CdtTrfTxInf"
    assert [
        (0, f"{path}[1]/IntrBkSttlmDt", "missing_settlement_date"),
        (1, f"{path}[2]/IntrBkSttlmDt", "missing_settlement_date"),
    ] == _faults(without)
    assert [] == _faults(without.replace("</IntrBkSttlmAmt>", f"</IntrBkSttlmAmt>{day}"))


@pytest.mark.parametrize(
    ("name", "in_header", "in_transfer", "after"),
    [
        ("IntrBkSttlmDt", "2026-03-02", "2026-03-03", "</IntrBkSttlmAmt>"),
        ("InstgAgt", "{COBADEFFXXX}", "{CHASUS33XXX}", "</ChrgBr>"),
        ("InstdAgt", "{COBADEFFXXX}", "{CHASUS33XXX}", "</ChrgBr>"),
        ("PmtTpInf", "<InstrPrty>HIGH</InstrPrty>", "<InstrPrty>NORM</InstrPrty>", "</PmtId>"),
    ],
)
def test_header_and_transfer_do_not_contradict(
    name: str, in_header: str, in_transfer: str, after: str
) -> None:
    """What the group header says of all transfers no transfer says otherwise; saying it again is no harm."""

    def element(text: str) -> str:
        agent = text.replace("{", "<FinInstnId><BICFI>").replace("}", "</BICFI></FinInstnId>")
        return f"<{name}>{agent}</{name}>"

    message = message_of()
    if name != "IntrBkSttlmDt":
        message = message.replace("</GrpHdr>", f"{element(in_header)}</GrpHdr>")
    assert [] == _faults(message.replace(after, after + element(in_header)))
    found = _faults(message.replace(after, after + element(in_transfer)))
    assert [(0, f"FIToFICstmrCdtTrf/CdtTrfTxInf[1]/{name}", "contradiction")] == found


def test_a_uetr_stands_once_in_a_file() -> None:
    """Two transfers with one UETR are one too many; transfers without UETR are no duplicates."""
    twice = message_of(transfer(1), transfer(1))
    assert [(1, "FIToFICstmrCdtTrf/CdtTrfTxInf[2]/PmtId/UETR", "duplicate_uetr")] == _faults(twice)
    uetr = transfer(1).split("<UETR>")[1].split("</UETR>")[0]
    assert [] == _faults(twice.replace(f"<UETR>{uetr}</UETR>", ""))


@pytest.mark.parametrize("method", ["INDA", "INGA", "CLRG"])
def test_methods_that_settle_here_are_taken(method: str) -> None:
    """A transfer that its own settlement pays for is taken."""
    assert [] == _faults(message_of().replace("CLRG", method))


def test_a_cover_method_is_refused() -> None:
    """With method COVE another message moves the money, so settling this one would pay twice."""
    found = _faults(message_of().replace("CLRG", "COVE"))
    assert [(None, f"{GROUP_HEADER}/SttlmInf/SttlmMtd", "settled_elsewhere")] == found
