"""A file read in parts is the file: the same transfers, the same faults in the same places."""

import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settlement.errors import Fault, FaultyMessage, InvalidMessage, MessageTooLarge
from settlement.iso20022 import credit_transfers
from settlement.iso20022.credit_transfers import CreditTransferMessage, MessagePart
from settlement.iso20022.faults import FaultCode
from tests.settlement.iso20022.messages import HEADER, message_of, transfer, wrapped

MANY = 1_000_000
# What may be wrong with a transfer, as text of it and what stands there instead.
DAMAGES = [
    ("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SLEV</ChrgBr><ChrgBr>SLEV</ChrgBr>"),
    ("<ChrgBr>SLEV</ChrgBr>", "<Nonsense/>"),
    ("<ChrgBr>SLEV</ChrgBr>", "loose text"),
    ('Ccy="EUR"', 'Ccy="XXY"'),
    ('Ccy="EUR"', 'Ccy="EUR" more="1"'),
    ("COBADEFFXXX", "BNPAFRPPXXX"),
    ("</CdtTrfTxInf>", "</CdtTrfTxInf><GrpHdr/>"),
    ("</CdtTrfTxInf>", "</CdtTrfTxInf>loose text"),
    ("<IntrBkSttlmAmt", "<IntrBkSttlmDt>2026-03-03</IntrBkSttlmDt><IntrBkSttlmAmt"),
    ("<Dbtr><Nm>Anna Adler</Nm></Dbtr>", ""),
]
HEADERS = [
    ("<MsgId>M1</MsgId>", ""),
    ("<NbOfTxs>", "<NbOfTxs>1"),
    ("CLRG", "COVE"),
    ("<SttlmInf>", "<TtlIntrBkSttlmAmt Ccy='EUR'>1.00</TtlIntrBkSttlmAmt><SttlmInf>"),
]


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Yield a file in pieces of so many bytes."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def in_parts(data: bytes, *, piece: int = 997, size: int = 2) -> list[MessagePart]:
    """Return the parts of a file that comes in pieces."""
    pieces = pieces_of(data, piece)
    return list(credit_transfers.inspect_parts(pieces, size=size, transactions_max=MANY))


def fault_lines(faults: Sequence[Fault]) -> list[str]:
    """Return faults in one order, however the first of several is called.

    Without what only stands too late: in its part it may not.
    """
    told = (str(fault).replace("[1]", "") for fault in faults if fault.code != FaultCode.MISPLACED_ELEMENT)
    return sorted(set(told))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Files of some transfers, nearly always with something wrong."""
    count = draw(st.integers(1, 9))
    transfers = [transfer(draw(st.integers(1, 40))) for _ in range(count)]
    for _ in range(draw(st.integers(0, 3))):
        index = draw(st.integers(0, count - 1))
        old, new = draw(st.sampled_from(DAMAGES))
        if new == "" or new not in transfers[index]:
            transfers[index] = transfers[index].replace(old, new, 1)
    first = HEADER.format(count=count)
    if draw(st.booleans()):
        first = first.replace(*draw(st.sampled_from(HEADERS)))
    document = message_of(*transfers, header=first)
    return wrapped(document) if draw(st.booleans()) else document.encode()


@given(data=files(), piece=st.integers(1, 4_000), size=st.integers(1, 10))
def test_parts_are_the_whole(data: bytes, piece: int, size: int) -> None:
    """Whatever the pieces and parts, transfers and faults are those of the file read whole."""
    whole, faults = credit_transfers.inspect(data)

    parts = in_parts(data, piece=piece, size=size)

    read = [transfer for part in parts for transfer in part.message.transfers]
    assert fault_lines(faults) == fault_lines(parts[-1].faults)
    assert (not faults) == (not parts[-1].faults)
    assert list(whole.transfers) == read
    assert [False] * (len(parts) - 1) + [True] == [part.last for part in parts]
    if not faults:
        assert whole.sender == parts[-1].message.sender
        assert {_document_without_transfer(whole)} == {_document_without_transfer(p.message) for p in parts}


def _document_without_transfer(read: CreditTransferMessage) -> str:
    return str((read.message_id, read.created_at, read.group_header, read.application_header))


@given(data=files(), cut=st.integers(0, 5_000), piece=st.integers(1, 4_000))
def test_what_is_no_message_is_refused_too(data: bytes, cut: int, piece: int) -> None:
    """A file that breaks off, or turns into something else, is refused in parts as it is whole."""
    assume(cut < len(data))
    broken = data[:cut] + b"<!DOCTYPE x>" * (cut % 2)

    with pytest.raises(InvalidMessage):
        credit_transfers.read(broken)
    with pytest.raises(InvalidMessage):
        in_parts(broken, piece=piece)


@pytest.mark.parametrize("piece", [1, 7, 12, 10_000])
def test_declaration_is_found_across_pieces(piece: int) -> None:
    """A document type is seen though each piece has only a bit of its word."""
    data = message_of(*map(transfer, range(1, 4))).encode()
    data = b"<!DOCTYPE Document [<!ENTITY a 'b'>]>" + data

    with pytest.raises(InvalidMessage, match="document type"):
        in_parts(data, piece=piece)


def test_too_many_transactions_are_refused_on_the_way() -> None:
    """More than are read is refused when the part comes, not at the end of the file."""
    data = message_of(*map(transfer, range(1, 10))).encode()
    parts = credit_transfers.inspect_parts(pieces_of(data, 400), size=2, transactions_max=5)

    assert [0, 1] == [each.position for each in next(parts).message.transfers]
    with pytest.raises(MessageTooLarge):
        list(parts)


def test_faults_have_an_end() -> None:
    """A file of nothing but faults is refused with a thousand of them, in their places in the file."""
    damaged = [transfer(number).replace('Ccy="EUR"', 'Ccy="XXY"') for number in range(1, 1_600)]

    with pytest.raises(FaultyMessage) as refused:
        in_parts(message_of(*damaged).encode(), piece=65_536, size=100)

    faults = refused.value.faults
    assert list(range(1_000)) == [fault.transaction for fault in faults[:-1]]
    assert "FIToFICstmrCdtTrf/CdtTrfTxInf[1000]" in faults[999].path


def test_memory_does_not_grow_with_the_file() -> None:
    """Ten times the transactions take no more memory of Python's than the set of their UETRs."""
    peaks = []
    for count in (500, 5_000):
        start, end = message_of("@", header=HEADER.format(count=count)).encode().split(b"@")
        pieces = (start, *(transfer(number).encode() for number in range(1, count + 1)), end)
        tracemalloc.start()
        for part in credit_transfers.inspect_parts(iter(pieces), size=200, transactions_max=MANY):
            assert () == part.faults
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        del pieces

    assert peaks[1] - peaks[0] < 4_500 * 300
