"""Statements and reports through HTTP: every form of one answer has the same rows and the same digest."""

import csv
import io
from collections.abc import Callable

import pytest
from lxml import etree
from openpyxl import load_workbook

from node.services.actors import Role
from node.services.exports.forms import FORMS
from tests.node.api.conftest import Door
from tests.scenario import BANKS, OPERATOR, USD

DAY = "2025-03-10"


@pytest.fixture
def paid(door: Door) -> Door:
    """A door whose bank paid twice today."""
    door.network.pay(BANKS[0], [(BANKS[1], USD, 500), (BANKS[2], USD, 7)])
    door.mirror()
    return door


def _get(door: Door, path: str, **params: str) -> bytes:
    headers = door.headers(Role.OPERATOR)
    response = door.client.get(f"/v1/{path}", headers=headers, params={"date": DAY, **params})
    assert 200 == response.status_code, response.text
    if params.get("format") in FORMS:
        assert FORMS[params["format"]].media_type == response.headers["content-type"]
    return response.content


def _digests(door: Door, path: str, **params: str) -> set[str]:
    """The digest as each form of a table tells it."""
    sheet = load_workbook(io.BytesIO(_get(door, path, format="xlsx", **params)))["Control"]
    lines = csv.reader(io.StringIO(_get(door, path, format="csv", **params).decode()))
    facts = {name.removeprefix("# "): value for name, value, *_ in (line for line in lines if len(line) == 2)}
    assert _get(door, path, format="pdf", **params).startswith(b"%PDF-")
    control = {str(row[0]): str(row[1]) for row in sheet.iter_rows(values_only=True)}
    return {control["sha256"], facts["sha256"]}


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("reports/liquidity", {"currency": "USD"}),
        ("reports/regulator", {}),
        ("statements", {"currency": "USD"}),
    ],
)
def test_forms_are_twins(paid: Door, path: str, params: dict[str, str]) -> None:
    """JSON, CSV and workbook of one report carry one digest."""
    told = paid.client.get(
        f"/v1/{path}", headers=paid.headers(Role.OPERATOR), params={"date": DAY, "format": "json", **params}
    ).json()

    assert {told["sha256"]} == _digests(paid, path, **params)
    assert told["population"] == len(told.get("rows", told.get("entries")))


@pytest.mark.parametrize("name", ["camt.052", "camt.053", "camt.054"])
def test_states_in_each_message(paid: Door, name: str) -> None:
    """A statement comes as camt.052, camt.053 or camt.054, and tells the digest of its entries."""
    root = etree.fromstring(_get(paid, "statements", currency="USD", format=name))
    told = paid.client.get(
        "/v1/statements", headers=paid.headers(), params={"date": DAY, "currency": "USD", "format": "json"}
    ).json()

    assert f"urn:iso:std:iso:20022:tech:xsd:{name}.001.08" == etree.QName(root).namespace
    assert told["sha256"] in "".join(map(str, root.itertext()))
    assert ({"count": 2, "total": "507"}, 3) == (told["debits"], told["population"])


def test_issuer_reports(doors: Callable[..., Door]) -> None:
    """The issuer sees its supply; a bank that issues nothing gets a refusal."""
    told = _get(doors(OPERATOR), "reports/issuer", format="json")
    bank = doors()
    refused = bank.client.get("/v1/reports/issuer", headers=bank.headers(), params={"date": DAY})

    assert b'"supply at end"' in told
    assert (404, "not_found") == (refused.status_code, refused.json()["code"])
