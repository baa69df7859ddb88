"""`/livez`: the process answers. `/readyz`: it can do its work, or why not. `/metrics`: its numbers."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from node.api.auth import Overseer
from node.api.context import InContext
from node.api.schemas import Outgoing

router = APIRouter(tags=["health"])


class Alive(Outgoing):
    """The process answers."""

    status: str = Field(description="Always alive", examples=["alive"])


class ReadyCheck(Outgoing):
    """One thing that must hold."""

    name: str = Field(description="What is looked at", examples=["chain"])
    passed: bool = Field(description="Whether it holds")
    reason: str | None = Field(
        description="Why it does not", default=None, examples=["chain_unavailable: connection refused"]
    )


class Ready(Outgoing):
    """Whether the node can do its work now."""

    status: str = Field(description="ready, or why not", examples=["ready"])
    verification: str = Field(description="How much of a block is checked", examples=["full"])
    checks: list[ReadyCheck] = Field(description="Everything that was looked at")


@router.get("/livez", summary="Does the process live?")
async def livez() -> Alive:
    """Answer without touching store or chain: when this fails, start the process again."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    summary="Can the node do its work?",
    responses={503: {"model": Ready, "description": "It can't; `checks` says why"}},
)
def readyz(context: InContext, response: Response) -> Ready:
    """Ask the store, the chain, the mirror's lag, the workers and the open incidents."""
    checks = context.readiness.checks()
    for check in checks:
        context.metrics.ready.labels(check.name).set(check.passed)
    ready = all(check.passed for check in checks)
    if not ready:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Ready(
        status="ready" if ready else "not_ready",
        verification=context.settings.verification,
        checks=[ReadyCheck.model_validate(check) for check in checks],
    )


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE_LATEST: {}}, "description": "Prometheus text format"}},
)
def metrics(context: InContext, _actor: Overseer) -> Response:
    """Return the counters and gauges of this node."""
    return Response(context.metrics.text(), media_type=CONTENT_TYPE_LATEST)
