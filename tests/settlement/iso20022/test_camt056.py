"""A request to cancel is read strictly; what became of it is written so that ISO's schema takes it."""

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.errors import FaultyMessage, MessageTooLarge
from settlement.identifiers import BankReference
from settlement.iso20022 import camt029, camt056, camt056_grammar
from settlement.iso20022.camt029 import RecallOutcome, RecallStatus
from settlement.iso20022.camt056 import Recall, RecalledPayment
from settlement.iso20022.faults import Faults
from settlement.iso20022.schema import compile_schemas, validate
from settlement.iso20022.xml import parse
from tests.settlement.iso20022.messages import fill, recall_item, recall_of, schema_files

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


def _read(text: str, payments_max: int = 10) -> Recall:
    return camt056.read(text.encode(), bytes_max=100_000, payments_max=payments_max)


def test_reads_how_each_payment_is_named() -> None:
    """By UETR, or by the id of its message and its own; amount in minor units and reason where they stand."""
    recall = _read(
        recall_of(
            recall_item(uetr=UETR, amount="12.34", reason="CUST"),
            recall_item(message_id="M1", end_to_end_id="E1"),
        )
    )
    assert ("R1", "CASE1", BankReference(bic="COBADEFFXXX")) == (
        recall.message_id,
        recall.case_id,
        recall.assigner,
    )
    by_uetr, by_ids = recall.payments
    assert (UETR, "EUR", 1234, "CUST") == (by_uetr.uetr, by_uetr.currency, by_uetr.amount, by_uetr.reason)
    assert ("M1", "pacs.008.001.08", "E1", None) == (
        by_ids.message_id,
        by_ids.message_name,
        by_ids.end_to_end_id,
        by_ids.amount,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (recall_of(recall_item(end_to_end_id="E1")), "missing_element"),
        (recall_of(recall_item(message_id="M1")), "missing_element"),
        (recall_of(), "missing_element"),
        (recall_of(recall_item(uetr=UETR, amount="1.234")), "too_many_decimals"),
        (recall_of(recall_item(uetr=UETR), count=2), "wrong_transaction_count"),
        (recall_of(recall_item(uetr="no")), "invalid_uetr"),
        (
            recall_of(recall_item(uetr=UETR)).replace(
                "<TxInf>", "<OrgnlGrpInfAndCxl><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndCxl><TxInf>", 1
            ),
            "refused_element",
        ),
    ],
    ids=["no message", "no id", "none", "decimals", "count", "uetr", "a whole message at once"],
)
def test_faults_are_named(text: str, code: str) -> None:
    """Each fault has its code; a request for a whole message at once is told to name its payments."""
    with pytest.raises(FaultyMessage) as refused:
        _read(text)
    assert code in [fault.code for fault in refused.value.faults]


def test_too_many_are_refused() -> None:
    """A request that names more payments than the limit is told to come in parts."""
    items = [recall_item(message_id="M1", end_to_end_id=f"E{number}") for number in range(3)]
    assert 3 == len(_read(recall_of(*items), payments_max=3).payments)
    with pytest.raises(MessageTooLarge):
        _read(recall_of(*items), payments_max=2)


def test_whatever_the_grammar_takes_is_valid(shared_data: Path) -> None:
    """A random request by the grammar is valid by ISO's schema; it is read, or refused by name."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(seed=st.integers(0, 2**32), fullness=st.sampled_from([0.0, 0.3, 0.7]))
    def check(seed: int, fullness: float) -> None:
        namespace = camt056_grammar.NAMESPACE
        document = etree.Element(f"{{{namespace}}}Document")
        message = etree.SubElement(document, f"{{{namespace}}}{camt056_grammar.ROOT}")
        fill(message, camt056_grammar.GRAMMAR, random.Random(seed), fullness=fullness)
        text = etree.tostring(document)
        faults = Faults()
        validate(parse(text), schemas, faults)
        faults.raise_any()
        with contextlib.suppress(FaultyMessage):
            assert camt056.read(text, schemas=schemas, bytes_max=10**7, payments_max=100).payments

    check()


_texts = st.none() | st.text("ABC123-", min_size=1, max_size=35)
_payments = st.builds(
    RecalledPayment,
    cancellation_id=_texts,
    message_id=_texts,
    message_name=st.none() | st.just("pacs.008.001.08"),
    instruction_id=_texts,
    end_to_end_id=_texts,
    transaction_id=_texts,
    uetr=st.none() | st.just(UETR),
    currency=st.none(),
    amount=st.none(),
    reason=_texts,
)
_outcomes = st.builds(
    RecallOutcome,
    payment=_payments,
    status=st.sampled_from(RecallStatus),
    reason=st.none() | st.sampled_from(["settled", "not_found", "x" * 50]),
    detail=st.none() | st.text("abc äß<>&", max_size=300),
)


def _write(*outcomes: RecallOutcome, case_id: str | None = "CASE1") -> bytes:
    bank = BankReference(bic="COBADEFFXXX")
    return camt029.write(
        message_id="A1", created_at=1_741_600_000, bank=bank, case_id=case_id, outcomes=outcomes
    )


def test_resolutions_are_valid(shared_data: Path) -> None:
    """Whatever became of them, the official schema takes what is said of it."""
    schemas = compile_schemas(schema_files(shared_data))

    @given(outcomes=st.lists(_outcomes, min_size=1, max_size=4), case_id=_texts)
    def check(outcomes: list[RecallOutcome], case_id: str | None) -> None:
        faults = Faults()
        validate(parse(_write(*outcomes, case_id=case_id)), schemas, faults)
        faults.raise_any()

    check()


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        (["ACCR"], "CNCL"),
        (["ACCR", "RJCR"], "PECR"),
        (["ACCR", "PDCR", "RJCR"], "PDCR"),
        (["RJCR", "RJCR"], "RJCR"),
    ],
)
def test_one_word_for_all(statuses: list[str], word: str) -> None:
    """All cancelled, some, none; and while one of them waits, all do."""
    payment = _read(recall_of(recall_item(uetr=UETR))).payments[0]
    outcomes = [RecallOutcome(payment=payment, status=RecallStatus(status)) for status in statuses]
    assert word == camt029.confirmation(outcomes)
