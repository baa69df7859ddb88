"""Nobody asks more often than may be asked, and everybody is told how often that is."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as some

from node.api.rates import Buckets
from node.errors import TooManyRequests
from node.services.actors import Role
from tests.clocks import SetClock
from tests.node.api.conftest import Door

_AMONG_STRANGERS = {"stranger_burst": 5, "stranger_requests_per_second": 2}


def _taken(buckets: Buckets, caller: str) -> bool:
    try:
        buckets.take(caller)
    except TooManyRequests:
        return False
    return True


@given(
    burst=some.integers(1, 20),
    per_second=some.integers(1, 20),
    pauses=some.lists(some.floats(-5, 5, allow_nan=False), min_size=1, max_size=80),
)
def test_never_more_than_burst_and_rate(burst: int, per_second: int, pauses: list[float]) -> None:
    """Within any time a caller gets its burst and what came back meanwhile, whatever the clock does."""
    clock = SetClock(1_000_000.0)
    buckets = Buckets("actor", clock, burst=burst, per_second=per_second)
    taken, forward = 0, 0.0
    for pause in pauses:
        taken += _taken(buckets, "a")
        clock.sleep(pause)
        forward += max(0.0, pause)
    assert taken <= burst + forward * per_second + 1e-6
    assert taken >= min(burst, len(pauses))


def test_callers_have_buckets_of_their_own() -> None:
    """What one has used up another still has."""
    buckets = Buckets("actor", SetClock(0), burst=1, per_second=1)
    assert [True, True, False] == [_taken(buckets, caller) for caller in "aba"]


def test_buckets_are_bounded() -> None:
    """However many callers there are, the memory for them has an end."""
    buckets = Buckets("actor", SetClock(0), burst=1, per_second=1, callers_max=3)
    assert [True] * 5 == [_taken(buckets, caller) for caller in "abcde"]
    assert [False, True] == [_taken(buckets, caller) for caller in "ea"]


def test_an_actor_that_asks_too_often(doors: Callable[..., Door]) -> None:
    """Beyond the limit is 429 with when to ask again; others go on, and so does the actor after a pause."""
    door = doors(actor_burst=3, actor_requests_per_second=2)
    answers = [door.client.get("/v1/assets", headers=door.headers()) for _ in range(4)]
    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]
    assert ['"actor";r=2;t=1', '"actor";r=0;t=2'] == [answers[at].headers["ratelimit"] for at in (0, 2)]
    refused = answers[3]
    assert ("too_many_requests", "1") == (refused.json()["code"], refused.headers["retry-after"])
    assert ('"actor";q=3;w=2', '"actor";r=0;t=2') == (
        refused.headers["ratelimit-policy"], refused.headers["ratelimit"],
    )  # fmt: skip
    assert refused.headers["x-request-id"] == refused.json()["request_id"]
    assert 200 == door.client.get("/v1/assets", headers=door.headers(Role.AUDITOR)).status_code
    door.context.clock.sleep(1)
    assert 200 == door.client.get("/v1/assets", headers=door.headers()).status_code


def test_strangers_that_ask_too_often(doors: Callable[..., Door]) -> None:
    """An address that guesses may not even log in any more; that the process lives it is still told."""
    door = doors(**_AMONG_STRANGERS)
    wrong = {"authorization": "Bearer vostro_wrong"}
    assert [401] * 6 == [door.client.get("/v1/assets", headers=wrong).status_code for _ in range(6)]
    guess = {"name": "erika", "password": "guess"}
    for headers in ({}, wrong):
        refused = door.client.post("/v1/sessions", json=guess, headers=headers)
        assert (429, "too_many_requests", "1") == (
            refused.status_code, refused.json()["code"], refused.headers["retry-after"],
        )  # fmt: skip
    assert 200 == door.client.get("/livez").status_code
    door.context.clock.sleep(3)
    assert 401 == door.client.post("/v1/sessions", json=guess).status_code


def test_strangers_shut_nobody_out(doors: Callable[..., Door]) -> None:
    """Who is known goes on at an address whose strangers have used up everything."""
    door = doors(**_AMONG_STRANGERS)
    assert 429 == [door.client.get("/v1/nothing").status_code for _ in range(9)][-1]
    assert 200 == door.client.get("/v1/assets", headers=door.headers()).status_code


def test_who_is_let_in_is_no_stranger(doors: Callable[..., Door]) -> None:
    """What an actor asks does not count against its address, which others may share."""
    door = doors(**_AMONG_STRANGERS)
    assert {200} == {door.client.get("/v1/assets", headers=door.headers()).status_code for _ in range(20)}


def test_what_is_nowhere_counts(doors: Callable[..., Door]) -> None:
    """Looking around without being anybody is bounded, too."""
    door = doors(**_AMONG_STRANGERS)
    assert [404] * 5 + [429] == [door.client.get("/v1/nothing").status_code for _ in range(6)]
    assert 429 == door.client.get("/openapi.json").status_code
