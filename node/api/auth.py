"""Who is asking, and what they may ask. Nothing is open unless a route says for whom.

A route names its roles in its signature (`Sender`, `Reader`, …); `require_rules` refuses to build an
application that has a route without them, apart from the few that are public on purpose.
"""

from collections.abc import Iterable
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from node.api.context import Context
from node.api.problems import request_id
from node.errors import Forbidden, NodeError, RequestRefused, TooManyRequests, Unauthenticated
from node.services import sessions, tokens
from node.services.access_tokens import token_actor, unverified
from node.services.actors import Actor, Role, roles_text
from node.services.clients import certificate_actor
from node.services.refusals import Refused
from settlement.errors import SettlementError

# What anybody may ask: whether the process lives and works, the description of the API, and to be let in.
PUBLIC = frozenset(
    {
        ("get", "/livez"),
        ("get", "/readyz"),
        ("get", "/openapi.json"),
        ("post", "/v1/sessions"),
        ("post", "/v1/token"),
    }
)
# What stands for the roles of a route that takes whoever is logged in by a password.
LOGGED_IN = "session"
_SECRET_CHARACTERS_MAX = 16_384
# Under which the connection's certificate is kept, by `node.bootstrap.certified`: no header can set it.
CERTIFICATE = "certificate"

_log = structlog.get_logger("vostro.api")
_bearer = HTTPBearer(
    auto_error=False,
    description="An access token (`POST /v1/token`), a session (`POST /v1/sessions`), the OpenID Connect "
    "issuer's access token, or an API token (`vostro tokens new`); a client certificate needs none of them",
)


class UnguardedRoute(NodeError):
    """A route that does not say who may use it: the node does not start."""


def _actor(
    request: Request,
    scopes: SecurityScopes,
    _header: Annotated[object, Security(_bearer)],
) -> Actor:
    """Return who is asking; raise `Unauthenticated` or `Forbidden`, and note the refusal."""
    context: Context = request.app.state.context
    with_session = LOGGED_IN in scopes.scopes
    try:
        actor = _logged_in(context, request) if with_session else _asking(context, request)
    except Unauthenticated as refusal:
        note_refusal(request, refusal)
        raise
    request.state.actor = actor.id
    try:
        request.state.told = context.rates.actors.take(actor.id)
    except TooManyRequests as refusal:
        note_refusal(request, refusal, actor)
        raise
    if not with_session and actor.roles.isdisjoint(scopes.scopes):
        roles = roles_text(actor.roles) or "whoever has no role, or must choose a password first,"
        forbidden = Forbidden(f"{roles} may not do this; it takes {' or '.join(scopes.scopes)}")
        note_refusal(request, forbidden, actor)
        raise forbidden
    return actor


def still_allowed(request: Request, actor: Actor) -> bool:
    """Tell whether who was let in would be let in now, in the same roles; for what goes on for long."""
    try:
        now = _asking(request.app.state.context, request)
    except SettlementError as refusal:
        _log.info("access_ended", actor=actor.id, code=refusal.code, request_id=request_id(request))
        return False
    return (now.id, now.roles) == (actor.id, actor.roles)


def _asking(context: Context, request: Request) -> Actor:
    """Return who is asking, by whichever of the ways; raise `Unauthenticated`."""
    certificate: bytes | None = getattr(request.state, CERTIFICATE, None)
    if certificate is not None and "authorization" not in request.headers:
        return certificate_actor(context.store, certificate)
    secret = _secret(request)
    if secret.startswith(tokens.SECRET_PREFIX):
        return tokens.authenticate(context.store, context.clock, secret)
    if secret.startswith(sessions.SECRET_PREFIX):
        return sessions.session_actor(context.store, context.settings, context.clock, secret)
    if context.openid is not None and unverified(secret).get("iss") == context.openid.name:
        return context.openid.actor(secret)
    return token_actor(context.doorman, secret)


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    sound = secret.isascii() and 0 < len(secret) <= _SECRET_CHARACTERS_MAX
    if scheme.lower() != "bearer" or not sound:
        raise Unauthenticated("send an access token in the header `Authorization: Bearer …`")
    return secret


def _logged_in(context: Context, request: Request) -> Actor:
    """Return whose session a request shows, whatever its roles; raise `Unauthenticated`."""
    return sessions.session_actor(context.store, context.settings, context.clock, _secret(request))


def note_refusal(request: Request, refusal: RequestRefused, actor: Actor | None = None) -> None:
    """Log a refusal, and count it in the book of refusals; never with what was shown."""
    context: Context = request.app.state.context
    refused = Refused(
        code=refusal.code,
        actor="" if actor is None else actor.id,
        method=request.method,
        route=getattr(request.scope.get("route"), "path", ""),
        address=address_of(request),
    )
    _log.warning(
        "access_refused",
        request_id=request_id(request),
        method=request.method,
        path=request.url.path,
        code=refusal.code,
        reason=refusal.detail,
        actor=refused.actor,
        roles=None if actor is None else roles_text(actor.roles),
        address=refused.address,
    )
    context.refusals.note(context.clock, refused, request_id=request_id(request))


def address_of(request: Request) -> str:
    """Return the address that asks; empty where there is none."""
    return request.client.host if request.client else ""


def _allow(*roles: Role) -> Any:
    return Security(_actor, scopes=[role.value for role in roles])


Sender = Annotated[Actor, _allow(Role.OFFICER, Role.INTEGRATION)]
Resolver = Annotated[Actor, _allow(Role.OFFICER, Role.INTEGRATION, Role.OPERATOR)]
Issuer = Annotated[Actor, _allow(Role.ISSUER)]
Approver = Annotated[Actor, _allow(Role.APPROVER)]
ApprovalReader = Annotated[Actor, _allow(Role.APPROVER, Role.AUDITOR)]
Operator = Annotated[Actor, _allow(Role.OPERATOR)]
Staff = Annotated[Actor, _allow(Role.OFFICER, Role.OPERATOR)]
Overseer = Annotated[Actor, _allow(Role.AUDITOR, Role.OPERATOR)]
Examiner = Annotated[Actor, _allow(Role.OFFICER, Role.AUDITOR, Role.OPERATOR)]
Reconciler = Annotated[Actor, _allow(Role.OFFICER, Role.AUDITOR)]
Reader = Annotated[Actor, _allow(*Role)]
LoggedIn = Annotated[Actor, Security(_actor, scopes=[LOGGED_IN])]
SessionSecret = Annotated[str, Depends(_secret)]


def require_rules(app: FastAPI) -> None:
    """Raise `UnguardedRoute` for a route that is neither public nor names its roles."""
    for path, operations in app.openapi()["paths"].items():
        unguarded = [
            method
            for method, operation in operations.items()
            if (method, path) not in PUBLIC and not _roles(operation)
        ]
        if unguarded:
            raise UnguardedRoute(f"{' and '.join(unguarded)} {path} does not say who may use it")


def _roles(operation: dict[str, Any]) -> Iterable[str]:
    return [role for rule in operation.get("security", []) for roles in rule.values() for role in roles]
