"""Files through HTTP: taken whole or not at all, known by their message id, answered the same for ever."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from node.api.answers import CSV, REPLAYED, XML
from node.clock import SystemRandom
from node.keeper.reader import Reader
from node.services.actors import Role
from tests.messages import bank_file_of, file_of, liquidity_file_of, table_of
from tests.node.api.conftest import Door
from tests.node.api.test_payments import count
from tests.node.api.test_queue import run
from tests.scenario import BANKS

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


def send(door: Door, text: str | bytes, key: str = "key-1") -> Any:
    """Post a file as the officer."""
    content = text.encode() if isinstance(text, str) else text
    headers = door.headers(idempotency_key=key, content_type=XML)
    return door.client.post("/v1/files", content=content, headers=headers)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_takes_a_file(doors: Callable[..., Door], dialect: str) -> None:
    """A file of many is answered 202 with its id and its payments' ids, in its order."""
    door = doors(BANKS[0], dialect)
    response = send(door, file_of("1.00", "2.00", "3.00"))
    assert 202 == response.status_code, response.text
    body = response.json()
    assert "M1" == body["message_id"]
    params = {"file_id": body["file_id"]}
    listed = door.client.get("/v1/payments", headers=door.headers(), params=params).json()["payments"]
    assert [each["id"] for each in body["payments"]] == [each["id"] for each in reversed(listed)]
    assert ["100", "200", "300"] == [each["amount"] for each in reversed(listed)]
    assert [0, 1, 2] == [each["file_position"] for each in reversed(listed)]


def test_takes_a_banks_own_transfers(door: Door) -> None:
    """A pacs.009 is checked and taken as a pacs.008 is, and its message id is not free for another."""
    text = bank_file_of("1.00", "2.00")
    headers = door.headers(content_type=XML)
    checked = door.client.post("/v1/files?dry_run=true", content=text, headers=headers).json()
    assert ("pacs.009.001.08", 2, []) == (checked["message_name"], checked["payments"], checked["faults"])
    response = send(door, text)
    assert 202 == response.status_code, response.text
    assert 2 == count(door)
    other = send(door, file_of("3.00"), "key-2")
    assert (409, "duplicate_message") == (other.status_code, other.json()["code"])


@pytest.mark.parametrize("uetrs", [True, False], ids=["with UETRs", "without"])
@pytest.mark.parametrize("key", ["key-1", "key-2"], ids=["same key", "other key"])
def test_the_same_file_again(door: Door, key: str, *, uetrs: bool) -> None:
    """The same file has the same answer to the byte, under any key, also when it has no UETRs."""
    text = file_of("1.00", "1.00", uetrs=uetrs)
    first, again = send(door, text), send(door, text, key)
    assert 202 == first.status_code, first.text
    assert (202, first.content, "true") == (again.status_code, again.content, again.headers[REPLAYED])
    assert 2 == count(door)


@pytest.mark.parametrize(
    ("key", "code"),
    [("key-1", "idempotency_conflict"), ("key-2", "duplicate_message")],
    ids=["same key", "other key"],
)
def test_another_body_under_a_message_id(door: Door, key: str, code: str) -> None:
    """A message id, or a key, that was used with another body is refused."""
    send(door, file_of("1.00"))
    response = send(door, file_of("1.01"), key)
    assert (409, code) == (response.status_code, response.json()["code"])
    assert 1 == count(door)


def _replaced(written: str, wanted: str, *amounts: str) -> str:
    text = file_of(*amounts)
    assert written in text
    return text.replace(written, wanted, 1)


_BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
_EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
WHOLE_FILE = {
    "not XML": ("hello", "not_xml"),
    "cut off": (file_of()[:200], "not_xml"),
    "empty": ("", "not_xml"),
    "bomb": (_BOMB + file_of(), "forbidden_xml"),
    "external entity": (_EXTERNAL + file_of(), "forbidden_xml"),
    "wrong message": (file_of().replace("pacs.008.001.08", "pacs.008.001.02"), "wrong_message"),
    "another root": ("<a/>", "wrong_message"),
}


@pytest.mark.parametrize(("text", "code"), WHOLE_FILE.values(), ids=WHOLE_FILE.keys())
def test_refuses_what_is_no_message(door: Door, text: str, code: str) -> None:
    """What is not the message it must be is refused by name, before anything in it is believed."""
    response = send(door, text)
    assert (400, code) == (response.status_code, response.json()["code"])
    assert 0 == count(door)


FAULTY = {
    "unknown element": (_replaced("<ChrgBr>", "<Nope/><ChrgBr>"), "unknown_element"),
    "missing element": (_replaced("<ChrgBr>SLEV</ChrgBr>", ""), "missing_element"),
    "wrong order": (
        _replaced("<ChrgBr>SLEV</ChrgBr>", "").replace(
            "</CdtTrfTxInf>", "<ChrgBr>SLEV</ChrgBr></CdtTrfTxInf>"
        ),
        "misplaced_element",
    ),
    "count": (_replaced("<NbOfTxs>1<", "<NbOfTxs>2<"), "wrong_transaction_count"),
    "control sum": (_replaced("</NbOfTxs>", "</NbOfTxs><CtrlSum>9.99</CtrlSum>"), "wrong_control_sum"),
    "zero": (file_of("0"), "amount_not_positive"),
    "negative": (file_of("-1.00"), "amount_not_positive"),
    "decimals": (file_of("1.001"), "too_many_decimals"),
    "yen with decimals": (file_of("1.5", currency="JPY"), "too_many_decimals"),
    "too much": (file_of("92233720368547758.08"), "amount_too_large"),
    "no such currency": (file_of(currency="XXX"), "unknown_currency"),
    "no such money": (file_of(currency="CHF"), "asset_not_found"),
    "unknown BIC": (file_of().replace(BANKS[1].bic, "NOBODEFFXXX"), "unknown_participant"),
    "bad LEI": (
        file_of().replace(f"<BICFI>{BANKS[1].bic}</BICFI>", "<LEI>549300VOSTROBANKBB46</LEI>"),
        "invalid_lei",
    ),
}


@pytest.mark.parametrize(("text", "code"), FAULTY.values(), ids=FAULTY.keys())
def test_refuses_a_faulty_file(door: Door, text: str, code: str) -> None:
    """A fault anywhere refuses the file whole, and says where and what it is."""
    response = send(door, text)
    problem = response.json()
    assert (400, "faulty_message") == (response.status_code, problem["code"])
    assert code in [fault["code"] for fault in problem["faults"]]
    assert 0 == count(door)


@pytest.mark.parametrize(
    "uetr", [UETR.upper(), "8a562c67-ca16-18ba-b074-65581be6f011"], ids=["upper case", "version 1"]
)
def test_refuses_a_wrong_uetr(door: Door, uetr: str) -> None:
    """A UETR is a lower-case UUID of version 4."""
    head, _, rest = file_of().partition("<UETR>")
    response = send(door, f"{head}<UETR>{uetr}{rest[36:]}")
    assert "invalid_uetr" in [fault["code"] for fault in response.json()["faults"]], response.text


def test_validates_by_isos_schemas(doors: Callable[..., Door], shared_data: Path) -> None:
    """With a folder of schemas a sound file passes them too, and what has none is refused."""
    schemas = shared_data / "iso20022"
    assert 202 == send(doors(schemas=schemas), file_of()).status_code


def test_needs_the_schema(doors: Callable[..., Door], shared_data: Path, tmp_path: Path) -> None:
    """A folder without the schema of a message takes no such message."""
    camt = "camt.053.001.08.xsd"
    (tmp_path / camt).write_bytes((shared_data / "iso20022" / camt).read_bytes())
    response = send(doors(schemas=tmp_path), file_of())
    assert (400, "wrong_message") == (response.status_code, response.json()["code"])


def test_lists_every_fault_with_its_place(door: Door) -> None:
    """Of a file with several bad transactions every fault is listed with its transaction."""
    response = send(door, file_of("1.00", "0", "2.00", "1.001"))
    assert {1, 3} == {fault["transaction"] for fault in response.json()["faults"]}
    assert 0 == count(door)


def test_a_known_uetr_in_another_file(door: Door) -> None:
    """A UETR seen before is the same payment with the same content, and refused with other content."""
    send(door, file_of("1.00"), "a")
    same = send(door, file_of("1.00", message_id="M2"), "b")
    other = send(door, file_of("1.01", message_id="M3"), "c")
    assert 202 == same.status_code, same.text
    assert ["duplicate_uetr"] == [fault["code"] for fault in other.json()["faults"]]
    assert 1 == count(door)


def test_refuses_another_banks_file(doors: Callable[..., Door]) -> None:
    """A file whose payer is another bank is not this node's to pay."""
    response = send(doors(BANKS[2]), file_of())
    assert (400, "payer_refused") == (response.status_code, response.json()["code"])


def test_reports_the_status(door: Door) -> None:
    """A file's pacs.002 has the state of each payment in its order; an unknown file is not found."""
    taken = send(door, file_of("1.00", "2.00")).json()
    for path in (f"/v1/files/{taken['file_id']}/status", f"/v1/payments/{taken['payments'][0]['id']}/status"):
        response = door.client.get(path, headers=door.headers(Role.AUDITOR))
        assert XML == response.headers["content-type"]
        report = etree.fromstring(response.content)
        statuses = [element.text for element in report.iter("{*}TxSts")]
        assert {"ACTC"} == set(statuses)
        uetrs = [element.text for element in report.iter("{*}OrgnlUETR")]
        assert [each["uetr"] for each in taken["payments"]][: len(uetrs)] == uetrs
    assert 404 == door.client.get("/v1/files/file_0/status", headers=door.headers()).status_code


def test_takes_a_table(door: Door) -> None:
    """What is announced as CSV is read as a table, and taken like any file."""
    headers = door.headers(idempotency_key="key-1", content_type=f"{CSV}; charset=utf-8")
    text = table_of("1.00", "2.00")
    response = door.client.post("/v1/files", content=text, headers=headers)
    assert (202, 2) == (response.status_code, len(response.json()["payments"])), response.text
    assert "not_xml" == send(door, text, "key-2").json()["code"]


@pytest.mark.parametrize(("media_type", "text"), [(XML, file_of("0")), (CSV, table_of("0.00"))])
def test_a_dry_run_lists_and_takes_nothing(door: Door, media_type: str, text: str) -> None:
    """A dry run is answered 200 with every fault, needs no key, and leaves no payment."""
    headers = door.headers(content_type=media_type)
    params = {"dry_run": "true"}
    for content, codes in (
        (text, ["amount_not_positive"]),
        (text.replace(">0<", ">1<").replace(",0.00", ",1.00"), []),
    ):
        response = door.client.post("/v1/files", params=params, content=content, headers=headers)
        assert 200 == response.status_code, response.text
        assert codes == [fault["code"] for fault in response.json()["faults"]]
    assert 0 == count(door)


def send_later(door: Door, text: str, key: str = "key-1") -> Any:
    """Post a file as the officer, to be read in the background."""
    headers = door.headers(idempotency_key=key, content_type=XML, prefer="respond-async, wait=1")
    return door.client.post("/v1/files", content=text.encode(), headers=headers)


def read_all(door: Door) -> list[int]:
    """Let the reader work until it rests; return what each tick did."""
    context = door.context
    reader = Reader(context.store, context.clock, SystemRandom(), context.settings, context.schemas)
    return list(iter(reader.tick, 0))


def test_reads_a_file_in_the_background(doors: Callable[..., Door]) -> None:
    """Whoever prefers so is answered with where to ask, and finds there how far the file has come."""
    door = doors(payments_max=2)
    text = file_of("1.00", "2.00", "3.00")
    assert 413 == send(door, text, "at once").status_code

    kept, again = send_later(door, text), send_later(door, text)

    place = f"/v1/files/{kept.json()['file_id']}"
    told = kept.headers["preference-applied"], kept.headers["location"]
    assert (202, "checking") == (kept.status_code, kept.json()["state"])
    assert ("respond-async", place) == told
    assert (kept.content, "true") == (again.content, again.headers[REPLAYED])
    read_all(door)
    shown = door.client.get(place, headers=door.headers(Role.AUDITOR)).json()
    assert ("accepted", 3, 3, 3) == tuple(
        shown[name] for name in ("state", "checked", "taken", "transactions")
    )
    assert 3 == count(door)


def test_size_in_the_background(doors: Callable[..., Door]) -> None:
    """A file read in the background has its own limits, and is refused above them."""
    door = doors(body_bytes_max=1024, upload_bytes_max=4096, upload_payments_max=1)
    assert 413 == send(door, file_of("1.00", "2.00")).status_code
    assert 413 == send_later(door, file_of("1.00", "2.00") + " " * 4096).status_code
    kept = send_later(door, file_of("1.00", "2.00")).json()
    read_all(door)
    shown = door.client.get(f"/v1/files/{kept['file_id']}", headers=door.headers()).json()
    assert ("refused", ["message_too_large"]) == (
        shown["state"],
        [fault["code"] for fault in shown["faults"]],
    )


def test_progress_of_a_file_taken_at_once(door: Door) -> None:
    """A file that was taken with its request is shown as accepted; one that nobody sent is not found."""
    file_id = send(door, file_of("1.00")).json()["file_id"]
    shown = door.client.get(f"/v1/files/{file_id}", headers=door.headers()).json()
    assert ("accepted", 1, 1, 0) == (shown["state"], shown["transactions"], shown["taken"], shown["refused"])
    assert 404 == door.client.get("/v1/files/file_none", headers=door.headers()).status_code


def test_takes_a_transfer_of_liquidity(door: Door) -> None:
    """A camt.050 is one payment, known by its message id; its receipt is a camt.025 as of now."""
    text = liquidity_file_of("5.00", uetr=UETR)
    headers = door.headers(content_type=XML)
    checked = door.client.post("/v1/files?dry_run=true", content=text, headers=headers).json()
    assert ("camt.050.001.07", 1, []) == (checked["message_name"], checked["payments"], checked["faults"])
    taken = send(door, text)
    assert 202 == taken.status_code, taken.text
    assert [UETR] == [each["uetr"] for each in taken.json()["payments"]]
    again = send(door, text, "key-2")
    assert (202, taken.content, "true") == (again.status_code, again.content, again.headers[REPLAYED])
    assert 409 == send(door, liquidity_file_of("6.00"), "key-3").status_code
    path = f"/v1/files/{taken.json()['file_id']}/receipt"
    receipt = door.client.get(path, headers=door.headers())
    assert (200, True) == (receipt.status_code, "<Prtry>ACTC</Prtry>" in receipt.text)
    run(door)
    receipt = door.client.get(path, headers=door.headers())
    assert "<Prtry>ACSC</Prtry>" in receipt.text
    assert f"<UETR>{UETR}</UETR>" in receipt.text
    text = liquidity_file_of("0", message_id="L2")
    faulty = door.client.post("/v1/files?dry_run=true", content=text, headers=headers).json()
    assert ["amount_not_positive"] == [fault["code"] for fault in faulty["faults"]]


def test_only_a_transfer_of_liquidity_has_a_receipt(door: Door) -> None:
    """Another file has a status report, and no receipt; nor has what there is not."""
    taken = send(door, file_of("1.00")).json()["file_id"]
    for file_id in (taken, "file_none"):
        answer = door.client.get(f"/v1/files/{file_id}/receipt", headers=door.headers())
        assert (404, "not_found") == (answer.status_code, answer.json()["code"])
