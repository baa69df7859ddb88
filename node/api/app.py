"""The web application of one node. Everything it works with is in its context; there are no globals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import structlog
from fastapi import FastAPI

from node.api import (
    access,
    accounts,
    alerts,
    approvals,
    assets,
    breaks,
    cycles,
    events,
    evidence,
    files,
    health,
    issues,
    openapi,
    participants,
    payments,
    policies,
    problems,
    queue,
    recalls,
    redemptions,
    reports,
    screening,
    statements,
    stream,
    trades,
    trials,
    webhooks,
)
from node.api.auth import require_rules
from node.api.context import Context
from node.api.observation import Observation
from node.api.strangers import StrangersLimit
from node.errors import StoreError

_DESCRIPTION = """Send payments, see each one to its end, read the ledger.

Every write takes an `Idempotency-Key`: the same key with the same body has the same answer, marked
`Idempotent-Replayed: true`, and nothing happens twice. Amounts are strings of minor units. What is
refused is answered with a problem (RFC 9457) that has a stable `code`.
"""
_ROUTES = (
    payments,
    policies,
    trials,
    screening,
    approvals,
    files,
    recalls,
    queue,
    trades,
    cycles,
    issues,
    redemptions,
    assets,
    accounts,
    statements,
    reports,
    evidence,
    participants,
    breaks,
    alerts,
    events,
    stream,
    webhooks,
    access,
    health,
)
# Connections that requests leave to the workers and to the readiness probes.
_CONNECTIONS_RESERVED = 8
_REFUSALS_SECONDS = 1.0

_log = structlog.get_logger("vostro.api")


def create_app(context: Context) -> FastAPI:
    """Return the application; raise `UnguardedRoute` when a route does not say who may use it."""
    app = _routed()
    app.state.context = context
    app.add_middleware(StrangersLimit, strangers=context.rates.strangers)
    app.add_middleware(
        Observation,
        metrics=context.metrics,
        clock=context.clock,
        random=context.random,
        verification=context.settings.verification,
    )
    require_rules(app)
    return app


def document() -> dict[str, Any]:
    """Return the OpenAPI document, the same for every node."""
    return _routed().openapi()


def _routed() -> FastAPI:
    app = FastAPI(
        title="Vostro",
        version="1",
        description=_DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
        generate_unique_id_function=openapi.operation_id,
    )
    for module in _ROUTES:
        app.include_router(module.router)
    problems.install(app)
    openapi.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Never let more requests work at once than there are connections for them."""
    pool_size: int = app.state.context.settings.store_pool_size
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = max(1, pool_size - _CONNECTIONS_RESERVED)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_keep_refusals, app.state.context)
        yield
        tasks.cancel_scope.cancel()
    _write_refusals(app.state.context)


async def _keep_refusals(context: Context) -> None:
    """Bring the book of refusals to the store now and then, in a thread of its own."""
    own = anyio.CapacityLimiter(1)
    while True:
        await anyio.sleep(_REFUSALS_SECONDS)
        await anyio.to_thread.run_sync(_write_refusals, context, limiter=own)


def _write_refusals(context: Context) -> None:
    try:
        context.refusals.flush(context.store)
    except StoreError as error:
        _log.error("refusals_not_written", code=error.code, detail=error.detail)
