"""The OpenAPI document: FastAPI's, with all errors as problems and the bodies that routes read themselves."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from node.api.problems import MEDIA_TYPE, problem_schema

IDEMPOTENCY_KEY = "Idempotency-Key"
# Costs nothing, and whoever watches the process must have its answer: the one route without a rate.
FREE = "/livez"
_REFERENCE = "#/components/schemas/{model}"
_PROBLEM = {"$ref": _REFERENCE.format(model="Problem")}
# What any route may answer, beside what it says itself.
_ANYWHERE = {
    "401": "No token, or one that is not known",
    "403": "The token's role may not do this",
    "500": "Something unforeseen; the log has it under the request id",
    "503": "The store or the chain is away, or the writer was stopped: try again later",
}
_READING = {"400": "A value that can't be", "404": "Nothing has this identifier", "422": "Malformed request"}
_WRITING = {
    "400": "A value that can't be, or a faulty message with all its faults",
    "404": "Nothing has this identifier",
    "409": "Seen before with other content, in flight at this moment, or not in the state for it",
    "413": "Larger than the limit",
    "422": "The body does not have this form",
}


def json_body(adapter: TypeAdapter[Any], examples: Mapping[str, object]) -> dict[str, Any]:
    """Return `openapi_extra` for a route that reads and checks its JSON body itself."""
    schema = adapter.json_schema(ref_template=_REFERENCE)
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": schema,
                    "examples": {name: {"value": value} for name, value in examples.items()},
                }
            },
        }
    }


def operation_id(route: APIRoute) -> str:
    """Name an operation as clients that are made from the document call it: `payments_show`."""
    return f"{route.tags[0]}_{route.name}"


def install(app: FastAPI) -> None:
    """Make `app.openapi()` complete; it is built once."""
    original = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None or "Problem" not in app.openapi_schema["components"]["schemas"]:
            app.openapi_schema = _completed(original())
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = problem_schema()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation, schemas)
    return document


def _add_problem(responses: dict[str, Any], status: str, description: str) -> None:
    responses[status] = {"description": description, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}


def _complete_operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schemas.update(content["schema"].pop("$defs", {}))
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == IDEMPOTENCY_KEY:
            # Its absence is answered by its own error rather than as a malformed request, but it is required.
            parameter["required"] = True
            parameter["schema"].pop("default", None)
    responses = operation["responses"]
    if path != FREE:
        _add_problem(responses, "429", "Too often; `Retry-After` says when to ask again")
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        _add_problem(responses, "412", "It has changed since the version that `If-Match` names")
    if operation.get("security") or method == "post":
        for status, description in (_ANYWHERE | (_WRITING if method == "post" else _READING)).items():
            _add_problem(responses, status, description)
        roles = [role for rule in operation.get("security", ()) for named in rule.values() for role in named]
        told = f"Roles: {', '.join(roles)}." if roles else "For everybody."
        operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
