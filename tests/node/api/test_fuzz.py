"""schemathesis over every route, from the OpenAPI document."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from node.api.auth import PUBLIC
from node.services.actors import Role
from tests.node.api.conftest import Door

MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
EXAMPLES, EXAMPLES_DEEP, CASES_DEEP = 25, 150, 50_000
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations(door: Door) -> list[Any]:
    """Every documented operation, at this door."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", door.client.app)
    found: Any = schema.get_all_operations()
    return [each.ok() for each in found]


def answer_all(door: Door, mode: GenerationMode, role: Role, examples: int) -> int:
    """Send as many cases to each route as a role; return how many there were."""
    answered = 0
    # A stream that is closing has an end.
    door.context.ring.tick()
    door.context.ring.close()
    for operation in operations(door):
        if mode is GenerationMode.NEGATIVE and ("get", operation.path) in PUBLIC:
            continue  # takes nothing that could be unsound

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def answer(case: Any) -> None:
            nonlocal answered
            answered += 1
            case.call_and_validate(headers=door.headers(role), checks=_CHECKS)

        answer()
    return answered


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES, ids=["sound", "unsound"])
def test_answers_anything_as_described(door: Door, mode: GenerationMode) -> None:
    """Whatever is sent to a documented route, the answer is one that the document names; none is a crash."""
    assert answer_all(door, mode, Role.OFFICER, EXAMPLES) > EXAMPLES


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("role", Role)
def test_answers_each_role_as_described(door: Door, role: Role) -> None:
    """The same for every role, with fifty thousand cases in all."""
    answered = sum(answer_all(door, mode, role, EXAMPLES_DEEP) for mode in MODES)

    assert answered >= CASES_DEEP / len(Role)
