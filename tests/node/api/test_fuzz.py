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

EXAMPLES = 25
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations(door: Door) -> list[Any]:
    """Every documented operation, at this door."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", door.client.app)
    found: Any = schema.get_all_operations()
    return [each.ok() for each in found]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["sound", "unsound"])
def test_answers_anything_as_described(door: Door, mode: GenerationMode) -> None:
    """Whatever is sent to a documented route, the answer is one that the document names; none is a crash."""
    answered = 0
    # A stream that is closing has an end.
    door.context.ring.tick()
    door.context.ring.close()
    for operation in operations(door):
        if mode is GenerationMode.NEGATIVE and ("get", operation.path) in PUBLIC:
            continue  # takes nothing that could be unsound

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def answer(case: Any) -> None:
            nonlocal answered
            answered += 1
            case.call_and_validate(headers=door.headers(Role.OFFICER), checks=_CHECKS)

        answer()
    assert answered > EXAMPLES
