"""A status report says of each transaction what is true, in the official form."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.export import Export
from settlement.identifiers import BankReference
from settlement.iso20022.faults import Faults
from settlement.iso20022.pacs002 import NAMESPACE, TransactionStatus, write
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.statuses import STATUS_REASON, TRANSACTION_STATUS
from settlement.iso20022.xml import parse
from settlement.status_table import status_table
from tests.settlement.iso20022.messages import schema_files

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
ids = st.none() | st.text("ABC123-", min_size=1, max_size=35)
statuses = st.builds(
    TransactionStatus,
    original_message_id=st.text("ABC123-", min_size=1, max_size=35),
    original_message_name=st.just("pacs.008.001.08"),
    original_created_at=st.none() | st.just("2025-03-10T09:00:00-04:00"),
    instruction_id=ids,
    end_to_end_id=ids,
    transaction_id=ids,
    uetr=st.none() | st.just(UETR),
    currency=st.sampled_from(["USD", "JPY", "BHD"]),
    amount=st.integers(1, 2**63 - 1),
    shown=st.sampled_from(sorted(TRANSACTION_STATUS)),
    reason=st.none() | st.sampled_from([*STATUS_REASON, "invalid_uetr", "x" * 50]),
    detail=st.none() | st.text("abc äß<>&", max_size=300),
    settled_at=st.none() | st.integers(0, 2**32),
    reference=st.none() | st.just("1207-3"),
)


def _write(*transactions: TransactionStatus) -> bytes:
    return write(
        message_id="R1",
        created_at=1_741_600_000,
        sender=BankReference(bic="COBADEFFXXX"),
        receiver=BankReference(bic="BNPAFRPPXXX"),
        transactions=transactions,
        control=_table(*transactions).facts,
    )


def _table(*transactions: TransactionStatus) -> Export:
    return status_table(transactions, filters={"file": "f_1"}, height=1207, verification="full")


def _status(shown: str, **more: str) -> TransactionStatus:
    return TransactionStatus(
        original_message_id="M1",
        original_message_name="pacs.008.001.08",
        uetr=UETR,
        currency="USD",
        amount=1250,
        shown=shown,
        **more,  # type: ignore[arg-type]
    )


def _texts(report: bytes, path: str) -> list[str]:
    found = etree.fromstring(report).findall(f".//{{{NAMESPACE}}}" + path.replace("/", f"/{{{NAMESPACE}}}"))
    return [element.text or "" for element in found]


def test_reports_are_valid(shared_data: Path) -> None:
    """Whatever is reported, the official schema takes it."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(transactions=st.lists(statuses, min_size=1, max_size=4))
    def check(transactions: list[TransactionStatus]) -> None:
        faults = Faults()
        validate(parse(_write(*transactions)), schemas, faults)
        faults.raise_any()

    check()


@pytest.mark.parametrize(
    ("shown", "reason", "status", "code"),
    [
        ("settled", None, "ACSC", []),
        ("rejected", "InsufficientFunds", "RJCT", ["AM04"]),
        ("rejected", "AccountFrozen", "RJCT", ["AC06"]),
        ("expired", None, "RJCT", ["TM01"]),
        ("queued", None, "PDNG", []),
        ("cancelled", None, "CANC", []),
    ],
)
def test_states_and_reasons_are_in_iso_codes(
    shown: str, reason: str | None, status: str, code: list[str]
) -> None:
    """A shown state and the contracts' refusal become the codes of the external lists."""
    report = _write(_status(shown, **({"reason": reason} if reason else {})))
    assert [status] == _texts(report, "TxSts")
    assert code == _texts(report, "Rsn/Cd")


def test_a_reason_of_our_own_is_said_as_such() -> None:
    """A fault's code, which no list has, is written as proprietary."""
    assert ["invalid_uetr"] == _texts(_write(_status("rejected", reason="invalid_uetr")), "Rsn/Prtry")


def test_a_long_sentence_is_not_lost() -> None:
    """The sentence for people is split where the message has no room, never cut."""
    sentence = " ".join(str(number) for number in range(100))
    told = _texts(_write(_status("rejected", detail=sentence)), "TxInfAndSts/StsRsnInf/AddtlInf")
    assert sentence == "".join(told)


def test_the_same_report_is_the_same_bytes() -> None:
    """Nothing of the writing depends on when or how often it is done."""
    assert _write(_status("settled"), _status("unknown")) == _write(_status("settled"), _status("unknown"))


def test_nothing_can_be_missing_unnoticed() -> None:
    """The report says how many there are, how many of each status, their sum, the height and the digest."""
    reported = _status("settled"), _status("settled"), _status("queued")

    report = _write(*reported)

    digest = _table(*reported).digest
    assert [
        "report: payment status", "filter file: f_1", "height: 1207", "verification: full", "population: 3",
        "total USD: 37.50", f"sha256: {digest}",
    ] == _texts(report, "OrgnlGrpInfAndSts/StsRsnInf/AddtlInf")  # fmt: skip
    per_status = "OrgnlGrpInfAndSts/NbOfTxsPerSts"
    assert ["2", "1"] == _texts(report, f"{per_status}/DtldNbOfTxs")
    assert ["ACSC", "PDNG"] == _texts(report, f"{per_status}/DtldSts")
    assert digest != _table(*reported[1:]).digest
