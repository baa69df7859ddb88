"""Histories by the API: what comes is what an auditor verifies; what can't be is refused."""

from io import BytesIO

import pytest

from node.services.actors import Role
from node.services.evidence import make_checkpoint
from settlement.evidence.completeness import verify_history
from tests.node.api.conftest import Door
from tests.scenario import BANKS, EUR


def _checks(door: Door, content: bytes) -> list[str]:
    context = door.context
    checkpoint = make_checkpoint(context.store, context.settings, context.contracts, context.chain)
    return [each.found for each in verify_history(iter(BytesIO(content).readlines()), checkpoint)]


def test_an_account_is_proven(door: Door) -> None:
    """By default this bank's, from the first block to the newest; or another's, of any asset."""
    headers = door.headers(Role.AUDITOR)
    own = door.client.get("/v1/evidence/account", params={"asset": "USD"}, headers=headers)
    other = door.client.get(
        "/v1/evidence/account", params={"asset": str(EUR), "of": BANKS[1].bic, "first": 3}, headers=headers
    )

    assert (200, "application/x-ndjson") == (own.status_code, own.headers["content-type"])
    assert f"asset 840 of participant {door.member.id}, blocks 0 to" in _checks(door, own.content)[0]
    assert f"asset {EUR} of participant {BANKS[1].id}, blocks 3 to" in _checks(door, other.content)[0]


def test_a_key_is_proven(door: Door) -> None:
    """What it might do at the newest block."""
    address = "0x" + BANKS[1].key("approve").hex()
    answer = door.client.get(
        "/v1/evidence/key", params={"address": address}, headers=door.headers(Role.OPERATOR)
    )

    assert 200 == answer.status_code
    assert "to approve" in _checks(door, answer.content)[-1]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("account?asset=XXX", 400, "unknown_currency"),
        ("account?asset=99999", 400, "asset_not_found"),
        ("account?asset=GBP", 400, "asset_not_found"),
        ("account?asset=" + "9" * 64, 400, "asset_not_found"),
        ("account?asset=USD&of=VOZZUS33", 400, "unknown_participant"),
        ("account?asset=USD&of=none", 400, "invalid_bic"),
        ("account?asset=USD&first=4&last=3", 400, "invalid_filter"),
        ("account?asset=USD&last=999999", 400, "invalid_filter"),
        ("account?asset=USD&first=-1", 422, "malformed_payload"),
        ("account?asset=USD&more=1", 422, "malformed_payload"),
        ("account", 422, "malformed_payload"),
        ("key?address=0x" + "99" * 20, 404, "not_found"),
        ("key?address=0x99", 422, "malformed_payload"),
    ],
)
def test_what_can_not_be_is_refused(door: Door, query: str, status: int, code: str) -> None:
    """Each with the answer that says what to mend."""
    answer = door.client.get(f"/v1/evidence/{query}", headers=door.headers(Role.AUDITOR))

    assert (status, code) == (answer.status_code, answer.json()["code"])


def test_what_is_too_large_is_left_to_the_command(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has a limit; a file on the node's own disk a far larger one."""
    from node.api import evidence

    monkeypatch.setattr(evidence, "_BYTES_MAX", 10_000)
    answer = door.client.get(
        "/v1/evidence/account", params={"asset": "USD"}, headers=door.headers(Role.AUDITOR)
    )

    assert (400, "invalid_filter") == (answer.status_code, answer.json()["code"])
    assert "vostro evidence" in answer.json()["detail"]
