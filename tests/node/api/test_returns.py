"""Returns through the door: a new payment that names what it gives back, never more than was paid."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from node.api.answers import XML
from tests.messages import DATE, file_of, return_file_of
from tests.node.api.conftest import Door
from tests.node.api.test_files import send
from tests.node.api.test_queue import run
from tests.scenario import BANKS


@pytest.fixture(params=["sqlite", "postgresql"])
def paid(request: pytest.FixtureRequest, doors: Callable[..., Door]) -> tuple[Door, str]:
    """The door of a bank that was paid 12.00 dollars, and the reference of that in its statement."""
    payer = doors(BANKS[0], request.param, batch_linger_seconds=0)
    payee = doors(BANKS[1], request.param, batch_linger_seconds=0)
    assert 202 == send(payer, file_of("12.00")).status_code
    run(payer)
    payee.mirror()
    params = {"currency": "USD", "date": DATE}
    statement = payee.client.get("/v1/statements", headers=payee.headers(accept=XML), params=params)
    references = etree.fromstring(statement.content).findall(".//{*}Ntry/{*}AcctSvcrRef")
    return payee, str(references[-1].text)


def _refused(answer: Any) -> list[tuple[str, str]]:
    assert 400 == answer.status_code, answer.text
    return [(fault["code"], fault["path"]) for fault in answer.json()["faults"]]


def test_what_was_paid_is_given_back(paid: tuple[Door, str]) -> None:
    """A return settles as a payment to who paid, in parts too, and is shown with what it returns."""
    door, reference = paid
    taken = send(door, return_file_of(("5.00", reference), ("7.00", reference)))
    assert 202 == taken.status_code, taken.text
    run(door)
    for each in taken.json()["payments"]:
        shown = door.client.get(f"/v1/payments/{each['id']}", headers=door.headers()).json()
        assert ("settled", BANKS[0].bic, reference) == (shown["state"], shown["payee"], shown["returns"])
    report = door.client.get(f"/v1/files/{taken.json()['file_id']}/status", headers=door.headers()).text
    assert 2 == report.count("<TxSts>ACSC</TxSts>")
    assert "<OrgnlTxId>R0</OrgnlTxId>" in report


def test_never_more_than_was_paid(paid: tuple[Door, str]) -> None:
    """More than is left is refused: in one file, beside what is on its way, and after it has settled."""
    door, reference = paid
    path = "PmtRtr/TxInf[2]/OrgnlClrSysRef"
    assert [("return_refused", path)] == _refused(
        send(door, return_file_of(("7.00", reference), ("5.01", reference)), "a")
    )
    assert 202 == send(door, return_file_of(("7.00", reference)), "b").status_code
    more = return_file_of(("5.01", reference), message_id="R2")
    assert [("return_refused", "PmtRtr/TxInf[1]/OrgnlClrSysRef")] == _refused(send(door, more, "c"))
    run(door)
    assert [("return_refused", "PmtRtr/TxInf[1]/OrgnlClrSysRef")] == _refused(send(door, more, "d"))
    headers = door.headers(content_type=XML)
    checked = door.client.post("/v1/files?dry_run=true", content=more, headers=headers).json()
    assert ["return_refused"] == [fault["code"] for fault in checked["faults"]]
    assert 202 == send(door, return_file_of(("5.00", reference), message_id="R3"), "e").status_code


@pytest.mark.parametrize(
    ("reference", "code"),
    [("1-99", "return_refused"), ("nonsense", "return_refused"), ("", "missing_element")],
    ids=["nothing there", "no reference", "none"],
)
def test_of_what_was_not_paid(paid: tuple[Door, str], reference: str, code: str) -> None:
    """A return that names nothing, or what this bank was not paid, is refused at its place."""
    found = _refused(send(paid[0], return_file_of(("5.00", reference))))
    assert [code] == [each for each, _ in found]


def test_to_another_bank_or_in_another_money(paid: tuple[Door, str]) -> None:
    """What one bank paid is returned to no other, and in no other currency."""
    door, reference = paid
    text = return_file_of(("5.00", reference))
    for other in (text.replace(BANKS[0].bic, BANKS[2].bic), text.replace('Ccy="USD"', 'Ccy="EUR"')):
        assert ["return_refused"] == [code for code, _ in _refused(send(door, other))]


def test_an_own_payment_is_not_returned(doors: Callable[..., Door]) -> None:
    """Who paid can't return it: nothing came in by that settlement."""
    door = doors(BANKS[0])
    assert 202 == send(door, file_of("12.00")).status_code
    run(door)
    height = door.context.chain.final_height()
    text = return_file_of(("5.00", f"{height}-0")).replace(BANKS[0].bic, "SWAPPED")
    text = text.replace(BANKS[1].bic, BANKS[0].bic).replace("SWAPPED", BANKS[1].bic)
    assert ["return_refused"] == [code for code, _ in _refused(send(door, text, "r"))]
