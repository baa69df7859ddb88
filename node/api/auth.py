"""Who is asking, and what they may ask. Nothing is open unless a route says for whom.

A route names its roles in its signature (`Officer`, `Reader`, …); `require_rules` refuses to build an
application that has a route without them, apart from the few that are public on purpose.
"""

from collections.abc import Iterable
from typing import Annotated, Any

import structlog
from fastapi import FastAPI, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from node.api.problems import request_id
from node.errors import Forbidden, NodeError, Unauthenticated
from node.services.tokens import Actor, Role, authenticate
from settlement.errors import SettlementError

# What anybody may ask: whether the process lives and works, and the description of the API itself.
PUBLIC = frozenset({"/livez", "/readyz", "/openapi.json"})
_SECRET_CHARACTERS_MAX = 200

_log = structlog.get_logger("vostro.api")
_bearer = HTTPBearer(
    auto_error=False, description="An API token, made by `vostro tokens new`; its role says what it may do"
)


class UnguardedRoute(NodeError):
    """A route that does not say who may use it: the node does not start."""


def _actor(
    request: Request,
    scopes: SecurityScopes,
    _header: Annotated[object, Security(_bearer)],
) -> Actor:
    """Return who is asking; raise `Unauthenticated` or `Forbidden`, and log the refusal."""
    place = {"request_id": request_id(request), "method": request.method, "path": request.url.path}
    try:
        actor = authenticate(request.app.state.context.store, _secret(request))
    except Unauthenticated as refusal:
        _log.warning("access_refused", code=refusal.code, reason=refusal.detail, **place)
        raise
    if actor.role not in scopes.scopes:
        _log.warning("access_refused", code=Forbidden.code, actor=actor.id, role=actor.role.value, **place)
        raise Forbidden(
            f"a token of role {actor.role} may not do this; it takes {' or '.join(scopes.scopes) or 'nobody'}"
        )
    request.state.actor = actor.id
    return actor


def still_allowed(request: Request, actor: Actor) -> bool:
    """Tell whether who was let in would be let in now, in the same role; for what goes on for long."""
    try:
        now = authenticate(request.app.state.context.store, _secret(request))
    except SettlementError as refusal:
        _log.info("access_ended", actor=actor.id, code=refusal.code, request_id=request_id(request))
        return False
    return (now.id, now.role) == (actor.id, actor.role)


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret or len(secret) > _SECRET_CHARACTERS_MAX:
        raise Unauthenticated("send an API token in the header `Authorization: Bearer …`")
    return secret.strip()


def _allow(*roles: Role) -> Any:
    return Security(_actor, scopes=[role.value for role in roles])


Officer = Annotated[Actor, _allow(Role.OFFICER)]
Operator = Annotated[Actor, _allow(Role.OPERATOR)]
Staff = Annotated[Actor, _allow(Role.OFFICER, Role.OPERATOR)]
Overseer = Annotated[Actor, _allow(Role.AUDITOR, Role.OPERATOR)]
Reader = Annotated[Actor, _allow(Role.OFFICER, Role.AUDITOR, Role.OPERATOR)]


def require_rules(app: FastAPI) -> None:
    """Raise `UnguardedRoute` for a route that is neither public nor names its roles."""
    for path, operations in app.openapi()["paths"].items():
        unguarded = [method for method, operation in operations.items() if not _roles(operation)]
        if path not in PUBLIC and unguarded:
            raise UnguardedRoute(f"{' and '.join(unguarded)} {path} does not say who may use it")


def _roles(operation: dict[str, Any]) -> Iterable[str]:
    return [role for rule in operation.get("security", []) for roles in rule.values() for role in roles]
