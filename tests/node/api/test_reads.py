"""What the ledger says, through HTTP: accounts, statements, participants, and payments that ended."""

import json
from collections.abc import Callable

import pytest
from lxml import etree

from node.api.answers import JSON, XML
from node.services.actors import Role
from tests.embedded import FUNDS
from tests.node.api.conftest import Door
from tests.scenario import BANKS, EUR, MEMBERS, OPERATOR, USD

DAY = "2025-03-10"


def test_lists_participants(door: Door) -> None:
    """Everybody on the chain is listed with every name that a payment can use."""
    listed = door.client.get("/v1/participants", headers=door.headers()).json()["participants"]
    assert [(member.id, member.bic, member.lei) for member in MEMBERS] == [
        (each["id"], each["bic"], each["lei"]) for each in listed
    ]
    assert {"system": "USABA", "member": "011104238"} in listed[1]["members"]


def test_lists_own_accounts(doors: Callable[..., Door]) -> None:
    """A bank sees what it holds, the issuer what it owes; amounts are strings of minor units."""
    bank, issuer = (
        {
            each["currency"]: each
            for each in opened.client.get("/v1/accounts", headers=opened.headers()).json()["accounts"]
        }
        for opened in (doors(), doors(OPERATOR))
    )
    assert {"USD": str(FUNDS), "EUR": str(FUNDS), "JPY": "0"} == {
        code: account["available"] for code, account in bank.items()
    }
    assert str(-FUNDS * len(BANKS)) == issuer["USD"]["issued"]


def test_states_a_day_as_json(door: Door) -> None:
    """A statement opens, lists each posting, closes, and adds up."""
    door.network.pay(BANKS[0], [(BANKS[1], USD, 500), (BANKS[2], USD, 7)])
    door.network.pay(BANKS[0], [(BANKS[1], EUR, 9)])
    door.mirror()
    params = {"currency": "USD", "date": DAY}
    response = door.client.get("/v1/statements", headers=door.headers(accept=JSON), params=params)
    statement = response.json()
    assert JSON == response.headers["content-type"]
    assert ["0", str(FUNDS - 507)] == [statement["opening"], statement["closing"]]
    assert [str(FUNDS), "-500", "-7"] == [entry["amount"] for entry in statement["entries"]]
    assert [False, True, True] == [entry["event"] == "Paid" for entry in statement["entries"]]


@pytest.mark.parametrize(
    ("headers", "params"),
    [({}, {}), ({"accept": XML}, {}), ({"accept": "*/*"}, {}), ({"accept": JSON}, {"format": "camt.053"})],
    ids=["nothing said", "XML", "anything", "format wins"],
)
def test_states_a_day_as_camt053(door: Door, headers: dict[str, str], params: dict[str, str]) -> None:
    """Without other wishes a statement is a camt.053."""
    response = door.client.get(
        "/v1/statements",
        headers=door.headers() | headers,
        params={"currency": "USD", "date": DAY, **params},
    )
    assert XML == response.headers["content-type"]
    root = etree.fromstring(response.content)
    assert etree.QName(root).namespace == "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"currency": "USD"}, 422, "malformed_payload"),
        ({"currency": "USD", "date": "today"}, 422, "malformed_payload"),
        ({"currency": "USD", "date": "2025-02-30"}, 400, "invalid_date"),
        ({"currency": "USD", "date": "2025-03-11"}, 400, "period_refused"),
        ({"currency": "USD", "date": DAY, "until": "2025-03-09"}, 400, "period_refused"),
        ({"currency": "XXX", "date": DAY}, 400, "unknown_currency"),
        ({"currency": "CHF", "date": DAY}, 400, "asset_not_found"),
        ({"currency": "USD", "date": DAY, "format": "doc"}, 422, "malformed_payload"),
    ],
    ids=str,
)
def test_refuses_a_wrong_statement(door: Door, params: dict[str, str], status: int, code: str) -> None:
    """A day or a money that can't be told of is refused by name."""
    response = door.client.get("/v1/statements", headers=door.headers(), params=params)
    assert (status, code) == (response.status_code, response.json()["code"])


def test_the_description_is_complete(door: Door) -> None:
    """Every operation is described: summary, text, body, idempotency key, and its errors as problems."""
    document = door.client.get("/openapi.json").json()
    assert json.dumps(document).count("HTTPValidationError") == 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            if method == "post":
                # Its path says it all.
                ends = path.endswith(("/cancel", "/confirmation", "/refusal", "/withdrawal", "/{order}"))
                assert ends or operation["requestBody"]["content"], path
                # Coming in moves nothing, and asked again gives another secret; a dry run writes nothing.
                unkeyed = "access" in operation["tags"] or path.endswith("/dry-run")
                assert unkeyed or any(
                    each["name"] == "Idempotency-Key" and each["required"] for each in operation["parameters"]
                )
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    assert ["application/problem+json"] == list(answer["content"]), (path, status)


def test_every_form_is_described(door: Door) -> None:
    """So is each parameter and each field that comes in or goes out, and a body has an example."""
    document = door.client.get("/openapi.json").json()
    forms = dict(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for each in operation.get("parameters", ()):
                assert each["description"], (method, path, each["name"])
            for name, content in operation.get("requestBody", {}).get("content", {}).items():
                # What a message of ISO 20022 looks like is in its own schema.
                assert name == "application/xml" or content["examples"], (method, path, name)
                forms[f"{method} {path} {name}"] = {"description": "a body"} | content["schema"]
    for name, schema in forms.items():
        assert schema["description"], name
        for field, said in schema.get("properties", {}).items():
            assert "$ref" in said or said.get("description"), (name, field)


def test_health(door: Door) -> None:
    """`/livez` answers, `/readyz` names every check, and no answer has a cookie or tells the server."""
    assert {"status": "alive"} == door.client.get("/livez").json()
    ready = door.client.get("/readyz").json()
    assert ("ready", "full") == (ready["status"], ready["verification"]), ready
    assert ["store", "chain", "mirror", "workers", "incidents", "breaks"] == [
        each["name"] for each in ready["checks"]
    ]
    headers = door.client.get("/livez").headers
    assert headers["x-request-id"].startswith("req_")
    assert "set-cookie" not in headers


def test_proves_a_settled_payment(door: Door) -> None:
    """Evidence through HTTP is what `vostro verify` takes; an operator gets it without the document."""
    from node.services.evidence import make_checkpoint
    from settlement.evidence.verify import verify
    from tests.node.bank import Bank, request

    bank = Bank(store=door.context.store, network=door.network)
    bank.accept(request(1))
    bank.run()
    (payment,) = bank.payments()
    checkpoint = make_checkpoint(
        bank.store, bank.settings, bank.network.contracts, bank.network.chain, height=None
    )
    path = f"/v1/payments/{payment.uetr}/evidence"
    for role, words in ((Role.AUDITOR, "the document is"), (Role.OPERATOR, "none given")):
        found = door.client.get(path, headers=door.headers(role))
        assert (200, JSON) == (found.status_code, found.headers["content-type"])
        *_, last = verify(found.content, checkpoint)
        assert last.found.startswith(words)

    refused = door.client.get(path, headers=door.headers(), params={"height": checkpoint.height + 1})
    assert (400, "invalid_filter") == (refused.status_code, refused.json()["code"])


def test_every_answer_says_what_is_checked(doors: Callable[..., Door]) -> None:
    """Also a refusal, and a page that is public."""
    for level in ("full", "headers"):
        door = doors(verification=level)
        for path in ("/livez", "/v1/accounts", "/nowhere"):
            assert level == door.client.get(path).headers["x-verification"]
