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
from node.services.actors import Actor, Role, roles_text
from node.services.tokens import authenticate

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
    if actor.roles.isdisjoint(scopes.scopes):
        roles = roles_text(actor.roles)
        _log.warning("access_refused", code=Forbidden.code, actor=actor.id, roles=roles, **place)
        raise Forbidden(f"{roles or 'nobody'} may not do this; it takes {' or '.join(scopes.scopes)}")
    request.state.actor = actor.id
    return actor


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret or len(secret) > _SECRET_CHARACTERS_MAX:
        raise Unauthenticated("send an API token in the header `Authorization: Bearer …`")
    return secret.strip()


def _allow(*roles: Role) -> Any:
    return Security(_actor, scopes=[role.value for role in roles])


Sender = Annotated[Actor, _allow(Role.OFFICER, Role.INTEGRATION)]
Approver = Annotated[Actor, _allow(Role.APPROVER)]
ApprovalReader = Annotated[Actor, _allow(Role.APPROVER, Role.AUDITOR)]
Operator = Annotated[Actor, _allow(Role.OPERATOR)]
Staff = Annotated[Actor, _allow(Role.OFFICER, Role.OPERATOR)]
Overseer = Annotated[Actor, _allow(Role.AUDITOR, Role.OPERATOR)]
Examiner = Annotated[Actor, _allow(Role.OFFICER, Role.AUDITOR, Role.OPERATOR)]
Reader = Annotated[Actor, _allow(*Role)]


def require_rules(app: FastAPI) -> None:
    """Raise `UnguardedRoute` for a route that is neither public nor names its roles."""
    for path, operations in app.openapi()["paths"].items():
        unguarded = [method for method, operation in operations.items() if not _roles(operation)]
        if path not in PUBLIC and unguarded:
            raise UnguardedRoute(f"{' and '.join(unguarded)} {path} does not say who may use it")


def _roles(operation: dict[str, Any]) -> Iterable[str]:
    return [role for rule in operation.get("security", []) for roles in rule.values() for role in roles]
