"""What somebody else has changed meanwhile is not changed over their heads: `If-Match` and `ETag`."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from node.api.answers import tag_of, versions_in
from node.services.actors import Role
from node.services.breaks import record
from node.services.reconciliation import Break, Kind
from tests.node.api.conftest import Door
from tests.node.api.test_payments import payment

_VERSIONS = some.lists(some.text("0123456789abcdef", min_size=1, max_size=16), min_size=1, max_size=5)


def _post(door: Door, path: str, body: Any, key: str, *, role: Role = Role.OFFICER, **headers: str) -> Any:
    given = door.headers(role, idempotency_key=key, **headers)
    return door.client.post(f"/v1{path}", json=body, headers=given)


def _refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


_MOVED = (412, "precondition_failed")


@given(versions=_VERSIONS, weak=_VERSIONS)
def test_strong_tags_only(versions: list[str], weak: list[str]) -> None:
    """Every strong tag of a list names a version; a weak one names none (RFC 9110, section 13.1.1)."""
    tags = [*(f"W/{tag_of(each)}" for each in weak), *map(tag_of, versions)]
    assert set(versions) == set(versions_in(", ".join(tags)) or ())


def test_any_version() -> None:
    """Without the header, and with `*`, every version will do; what is no tag is no version."""
    assert [None, None] == [versions_in(None), versions_in(" * ")]
    assert frozenset() == versions_in("unquoted")


def test_a_break_that_moved(door: Door) -> None:
    """Two who assign the same break do not undo each other: the second has to look again."""
    found = Break(kind=Kind.ACCOUNT, subject="account 840-2", field="available", expected="1", found="2")
    at = int(door.network.clock.now())
    record(door.context.store, [found], height=9, actor="keeper", at=at, run=None)
    (seen,) = door.client.get("/v1/breaks", headers=door.headers()).json()["breaks"]
    tag = tag_of(seen["version"])
    first = _post(door, "/breaks/1/assignment", {"owner": "Erika"}, "a", if_match=tag)
    assert (200, tag_of(first.json()["version"])) == (first.status_code, first.headers["etag"])
    assert first.headers["etag"] != tag
    second = _post(door, "/breaks/1/assignment", {"owner": "Otto"}, "b", if_match=tag)
    assert _MOVED == _refused(second)
    again = _post(door, "/breaks/1/assignment", {"owner": "Erika"}, "a", if_match=tag)
    assert ("true", first.headers["etag"]) == (again.headers["idempotent-replayed"], again.headers["etag"])
    clearing = {"by": "Erika", "reason": "a late block"}
    assert _MOVED == _refused(_post(door, "/breaks/1/clearance", clearing, "c", if_match=tag))
    cleared = _post(door, "/breaks/1/clearance", clearing, "d", if_match=first.headers["etag"])
    assert 200 == cleared.status_code
    (shown,) = door.client.get("/v1/breaks?cleared=true", headers=door.headers()).json()["breaks"]
    assert ("Erika", cleared.headers["etag"]) == (shown["cleared_by"], tag_of(shown["version"]))


def test_a_receiver_that_moved(doors: Callable[..., Door]) -> None:
    """Of two who rotate a secret at once one is told; what its delivery changes by itself disturbs nobody."""
    door = doors(webhook_private_targets=True)

    def post(path: str, body: Any, key: str, **headers: str) -> Any:
        return _post(door, f"/webhooks{path}", body, key, role=Role.OPERATOR, **headers)

    added = post("", {"url": "http://127.0.0.1:1/"}, "a")
    path, tag = f"/{added.json()['id']}", added.headers["etag"]
    rotated = post(f"{path}/rotate", {"overlap_seconds": 60}, "b", if_match=tag)
    assert 200 == rotated.status_code
    assert _MOVED == _refused(post(f"{path}/rotate", {"overlap_seconds": 60}, "c", if_match=tag))
    for verb, body in (("enable", {}), ("disable", {"reason": "moving"}), ("remove", {})):
        assert _MOVED == _refused(post(f"{path}/{verb}", body, f"{verb} 1", if_match=tag)), verb
    tag = rotated.headers["etag"]
    assert tag == post(f"{path}/enable", {}, "d", if_match=tag).headers["etag"]
    disabled = post(f"{path}/disable", {"reason": "moving"}, "e", if_match=tag)
    assert tag != disabled.headers["etag"]
    assert 200 == post(f"{path}/remove", {}, "f", if_match=disabled.headers["etag"]).status_code


def test_what_waits_for_an_approver(doors: Callable[..., Door]) -> None:
    """Whoever rejects names what was seen; a digest that is not its own is not it."""
    limited = doors(approval_limits="USD=1.00")
    headers = limited.headers(idempotency_key="enter")
    entered = limited.client.post("/v1/payments", headers=headers, json=payment(amount="101"))
    taken = entered.json()["payments"][0]["id"]
    listed = limited.client.get("/v1/approvals", headers=limited.headers(Role.APPROVER)).json()
    (waiting,) = listed["approvals"]
    assert waiting["digest"] == waiting["version"]
    path, body = f"/approvals/{taken}/rejection", {"reason": "paid yesterday"}
    other = tag_of("0x" + "00" * 32)
    assert _MOVED == _refused(_post(limited, path, body, "a", role=Role.APPROVER, if_match=other))
    tag = tag_of(waiting["version"])
    assert 200 == _post(limited, path, body, "b", role=Role.APPROVER, if_match=tag).status_code
