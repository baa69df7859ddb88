"""Recalls through the door: what queues is cancelled, what settled is final, the rest is not found."""

from typing import Any

import pytest
from lxml import etree

from node.api.answers import REPLAYED, XML
from settlement.iso20022 import camt029
from tests.messages import file_of, recall_file_of
from tests.node.api.conftest import Door
from tests.node.api.test_files import send as send_file
from tests.node.api.test_payments import payment, send
from tests.node.api.test_queue import run
from tests.scenario import BANKS
from tests.settlement.iso20022.messages import recall_item

_TOO_MUCH = str(10**15)
UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
OTHER = "11111111-2222-4333-8444-555555555555"


def recall(door: Door, text: str, key: str = "recall-1") -> Any:
    """Post a camt.056 as the officer."""
    headers = door.headers(idempotency_key=key, content_type=XML)
    return door.client.post("/v1/recalls", content=text, headers=headers)


def _get(door: Door, path: str) -> Any:
    response = door.client.get(f"/v1/recalls{path}", headers=door.headers())
    assert 200 == response.status_code, response.text
    return response


def _taken(door: Door, text: str) -> str:
    response = recall(door, text)
    assert 202 == response.status_code, response.text
    identifier: str = response.json()["recall_id"]
    return identifier


def _outcomes(door: Door, recall_id: str) -> tuple[str, list[tuple[str, str | None]]]:
    found = _get(door, f"/{recall_id}").json()
    return found["status"], [(each["status"], each["status_reason"]) for each in found["payments"]]


def _queued(door: Door, **changes: object) -> str:
    response = send(door, payment(amount=_TOO_MUCH, queue=True, **changes), key=f"pay {changes}")
    assert 202 == response.status_code, response.text
    run(door)
    identifier: str = response.json()["payments"][0]["id"]
    return identifier


def test_what_queues_is_cancelled(door: Door) -> None:
    """A payment that queues is asked to be cancelled, waits for the chain's word, and is cancelled then."""
    payment_id = _queued(door, uetr=UETR)
    taken = _taken(door, recall_file_of(recall_item(uetr=UETR, reason="CUST")))
    assert ("PDCR", [("PDCR", None)]) == _outcomes(door, taken)
    run(door)
    assert ("CNCL", [("ACCR", None)]) == _outcomes(door, taken)
    shown = _get(door, f"/{taken}").json()["payments"][0]
    assert (payment_id, UETR, "CUST") == (shown["payment_id"], shown["uetr"], shown["reason"])
    listed = _get(door, "").json()["recalls"]
    assert [(taken, "R1")] == [(each["recall_id"], each["message_id"]) for each in listed]


def test_what_settled_is_final(door: Door) -> None:
    """A payment that settled is rejected with the way its money can come back; others are not hindered."""
    assert 202 == send_file(door, file_of("1.00", "2.00")).status_code
    run(door)
    queued = _queued(door, uetr=OTHER)
    items = (
        recall_item(message_id="M1", end_to_end_id="E1"),
        recall_item(uetr=OTHER),
        recall_item(uetr=UETR),
        recall_item(message_id="M1", end_to_end_id="E0", amount="1.01"),
    )
    taken = _taken(door, recall_file_of(*items))
    run(door)
    expected = [("RJCR", "cancel_refused"), ("ACCR", None), ("RJCR", "not_found"), ("RJCR", "contradiction")]
    assert ("PECR", expected) == _outcomes(door, taken)
    shown = door.client.get(f"/v1/payments/{queued}", headers=door.headers()).json()
    assert "cancelled" == shown["state"]
    written = etree.fromstring(_get(door, f"/{taken}/resolution").content)
    names = {"c": camt029.NAMESPACE}
    assert ["PECR"] == [str(found.text) for found in written.findall(".//c:Sts/c:Conf", names)]
    assert ["RJCR", "ACCR", "RJCR", "RJCR"] == [
        str(found.text) for found in written.findall(".//c:TxCxlSts", names)
    ]
    assert ["NOOR"] == [str(found.text) for found in written.findall(".//c:Rsn/c:Cd", names)]


@pytest.mark.parametrize("key", ["recall-1", "recall-2"], ids=["same key", "other key"])
def test_the_same_request_again(door: Door, key: str) -> None:
    """The same request has its first answer to the byte, under any key."""
    text = recall_file_of(recall_item(uetr=UETR))
    first, again = recall(door, text), recall(door, text, key)
    assert (202, first.content, "true") == (again.status_code, again.content, again.headers[REPLAYED])
    assert 1 == len(_get(door, "").json()["recalls"])


@pytest.mark.parametrize(
    ("key", "code"), [("recall-1", "idempotency_conflict"), ("recall-2", "duplicate_message")]
)
def test_another_body_under_its_id(door: Door, key: str, code: str) -> None:
    """A request's id, or a key, that was used with another body is refused."""
    recall(door, recall_file_of(recall_item(uetr=UETR)))
    response = recall(door, recall_file_of(recall_item(uetr=OTHER)), key)
    assert (409, code) == (response.status_code, response.json()["code"])


def test_only_this_banks(door: Door) -> None:
    """A request of another bank is refused; what is no request is refused by name; none is kept."""
    other = recall_file_of(recall_item(uetr=UETR)).replace(BANKS[0].bic, BANKS[1].bic)
    assert (400, "payer_refused") == (
        (response := recall(door, other)).status_code,
        response.json()["code"],
    )
    assert 400 == recall(door, file_of()).status_code
    assert [] == _get(door, "").json()["recalls"]
    assert 404 == door.client.get("/v1/recalls/recall_0", headers=door.headers()).status_code
