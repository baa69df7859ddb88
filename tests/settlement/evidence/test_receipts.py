"""Receipts and blooms: what the libraries make, in a hundredth of their time, and nothing else is read."""

import pytest
import rlp as library
from eth.vm.forks.london.receipts import LondonReceiptBuilder
from eth_bloom.bloom import BloomFilter
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidReceipt
from settlement.evidence import receipts, rlp
from settlement.evidence.receipts import ReceiptLog

logs = st.builds(
    ReceiptLog,
    address=st.binary(min_size=20, max_size=20) | st.just(b"\x11" * 20),
    topics=st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple),
    data=st.binary(max_size=3) | st.binary(max_size=300),
)
written = st.lists(logs, max_size=8)


def _by_libraries(kind: int, found: list[ReceiptLog], gas_used: int, *, succeeded: bool) -> bytes:
    bloom = BloomFilter()
    for each in found:
        bloom.extend([each.address, *each.topics])
    fields = [
        b"\1" if succeeded else b"",
        gas_used,
        int(bloom).to_bytes(256, "big"),
        [[each.address, list(each.topics), each.data] for each in found],
    ]
    encoded: bytes = library.encode(fields)
    return bytes([kind]) + encoded if kind else encoded


@given(found=written, kind=st.integers(0, 4), gas_used=st.integers(0, 2**63), succeeded=st.booleans())
def test_they_are_the_libraries(
    found: list[ReceiptLog],
    kind: int,
    gas_used: int,
    succeeded: bool,  # noqa: FBT001 - drawn
) -> None:
    """Bytes and bloom are those of `rlp` and `eth_bloom`, and are read back."""
    encoded, bloom = receipts.encode(kind=kind, succeeded=succeeded, gas_used=gas_used, logs=found)
    read = receipts.decode(encoded)

    assert _by_libraries(kind, found, gas_used, succeeded=succeeded) == encoded
    assert (kind, succeeded, gas_used, tuple(found)) == (read.kind, read.succeeded, read.gas_used, read.logs)
    assert bloom == int.from_bytes(read.bloom, "big") == receipts.bloom_of(found)


@given(found=written)
def test_an_evm_reads_them(found: list[ReceiptLog]) -> None:
    """What is encoded is a typed receipt to py-evm."""
    encoded, bloom = receipts.encode(kind=2, succeeded=True, gas_used=1, logs=found)
    read = LondonReceiptBuilder.decode(encoded)

    assert bloom == read.bloom
    assert [each.data for each in found] == [each.data for each in read.logs]


@given(data=st.binary(max_size=400))
def test_other_bytes_are_refused(data: bytes) -> None:
    """Whatever is no receipt is refused by our error."""
    with pytest.raises(InvalidReceipt):
        receipts.decode(data)


def _fields(**changes: rlp.Item) -> bytes:
    found: dict[str, rlp.Item] = {
        "status": b"\1",
        "gas": b"\5",
        "bloom": bytes(256),
        "logs": [],
    }
    return rlp.encode(list((found | changes).values()))


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        _fields(status=b"\2"),
        _fields(status=b"\0"),
        _fields(status=bytes(32)),  # a state root, as before Byzantium
        _fields(gas=b"\0\5"),
        _fields(bloom=bytes(255)),
        _fields(bloom=b"\1" + bytes(255)),  # not that of its logs
        _fields(logs=b""),
        _fields(logs=[[bytes(19), [], b""]]),
        _fields(logs=[[bytes(20), [bytes(31)], b""]]),
        _fields(logs=[[bytes(20), [bytes(32)] * 5, b""]]),
        _fields(logs=[[bytes(20), [], b"", b""]]),
        _fields(more=b""),
        _fields() + b"\0",
        b"\0" + _fields(),  # type 0 is written without a type
        rlp.encode(b"\2" + _fields()),  # a typed receipt wrapped as a string
    ],
)
def test_receipts_of_another_form_are_refused(encoded: bytes) -> None:
    """One form of each receipt is read: no status but 0 and 1, no length but the right one, no item more."""
    receipts.decode(_fields())
    with pytest.raises(InvalidReceipt):
        receipts.decode(encoded)
