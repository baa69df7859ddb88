"""Coming in: `/v1/sessions` for people with an account here, `/v1/token` for machines; who was refused."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from node.api import openapi
from node.api.auth import LoggedIn, Overseer, SessionSecret, note_refusal
from node.api.body import parse, read_small_body
from node.api.context import InContext
from node.api.schemas import Outgoing
from node.clock import time_text
from node.errors import InvalidClient, Unauthenticated, UnsupportedGrantType
from node.services import sessions
from node.services.access_tokens import AccessToken, token_for_assertion, token_for_secret
from node.services.logins import Doorman
from node.services.passwords import CHARACTERS_MAX, CHARACTERS_MIN
from node.services.refusals import list_refusals

REFUSALS_MAX = 1000
FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FIELDS_MAX = 20
_BEARER = "Bearer"
# What these answer is a secret, or has one in it.
_UNKEPT = {"Cache-Control": "no-store"}

SmallBody = Annotated[bytes, Depends(read_small_body)]
Password = Annotated[
    str,
    Field(
        description="Kept nowhere, only a digest of it",
        min_length=1,
        max_length=CHARACTERS_MAX,
        examples=["correct horse battery"],
    ),
]
Code = Annotated[
    str,
    Field(pattern="^([0-9]{6})?$", description="Of the authenticator; empty before there is one"),
]

router = APIRouter(prefix="/v1", tags=["access"])


class LogIn(BaseModel):
    """Who somebody is, and what only they know and have."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(description="The person's name here", min_length=1, max_length=64, examples=["erika"])
    password: Password
    code: Code = ""


class PasswordChange(BaseModel):
    """The password there is, the one that is wanted, and a code that was not used yet."""

    model_config = ConfigDict(extra="forbid", strict=True)

    present: Password
    wanted: str = Field(
        description="The new one, long rather than odd", min_length=CHARACTERS_MIN, max_length=CHARACTERS_MAX
    )
    code: Code = ""


class OpenedSession(Outgoing):
    """A log-in. With `password_needed` it is good for nothing but choosing a password."""

    session: str = Field(description="Send it as `Authorization: Bearer …`; it is not shown again")
    expires_at: str = Field(
        description="RFC 3339, UTC: it ends then, or sooner when nothing is asked",
        examples=["2026-11-22T21:00:00Z"],
    )
    password_needed: bool = Field(description="A password must be chosen before anything else")


class ChangedPassword(Outgoing):
    """What an authenticator takes in, the first time; null later."""

    authenticator: str | None = Field(
        description="Its secret as a URI (otpauth), the first time; null later",
        examples=["otpauth://totp/Vostro%20BANKDEFF:erika?secret=…"],
    )


class GrantedToken(Outgoing):
    """An access token (RFC 6749)."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`")
    token_type: str = Field(description="Always Bearer", examples=["Bearer"])
    expires_in: int = Field(description="Seconds for which it is good", examples=[600])
    scope: str = Field(description="Roles, between spaces", examples=["integration"])


class Refusal(Outgoing):
    """Refusals of one hour that are alike; `others` are those beyond a thousand kinds in an hour."""

    hour: str = Field(description="RFC 3339, UTC: its beginning", examples=["2026-11-22T14:00:00Z"])
    code: str = Field(description="Why, as in the answer", examples=["forbidden"])
    actor: str = Field(description="Empty: nobody known")
    method: str = Field(description="HTTP method")
    route: str = Field(description="Path with its parameters' names; empty for none of ours")
    address: str = Field(description="From where it was asked")
    count: int = Field(description="How many in this hour")
    last_at: str = Field(description="RFC 3339, UTC: the newest")
    last_request: str = Field(description="Id of the newest request, for the log")


class Refusals(Outgoing):
    """Who was refused, the newest hour first."""

    refusals: list[Refusal] = Field(description="The newest hour first")


_LOG_IN: TypeAdapter[LogIn] = TypeAdapter(LogIn)
_CHANGE: TypeAdapter[PasswordChange] = TypeAdapter(PasswordChange)
_EXAMPLE = {"name": "erika", "password": "correct horse battery", "code": "492039"}
_CHANGED = {"present": "correct horse battery", "wanted": "four other words here", "code": "117201"}
_GRANTING = {"grant_type": "client_credentials", "client_id": "cli_01KAP3", "client_secret": "cs_9d2f"}
_GRANT = {
    "requestBody": {
        "required": True,
        "description": "RFC 6749, section 4.4; the client by Basic, in the form, or by RFC 7523",
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {
                            "type": "string",
                            "enum": ["client_credentials"],
                            "description": "The only one",
                        },
                        "client_id": {"type": "string", "description": "The machine's id here"},
                        "client_secret": {"type": "string", "description": "Where it has one"},
                        "client_assertion_type": {
                            "type": "string",
                            "enum": [ASSERTION_TYPE],
                            "description": "With client_assertion",
                        },
                        "client_assertion": {"type": "string", "description": "JWT by the machine's key"},
                        "scope": {"type": "string", "description": "Roles; default: all that it has"},
                    },
                },
                "examples": {"secret": {"value": _GRANTING}},
            }
        },
    }
}


@router.post(
    "/sessions",
    status_code=HTTPStatus.CREATED,
    summary="Log in",
    openapi_extra=openapi.json_body(_LOG_IN, {"log-in": _EXAMPLE}),
)
def log_in(context: InContext, request: Request, response: Response, body: SmallBody) -> OpenedSession:
    """Open a session by name, password and a code that was not used yet.

    Whether the name, the password or the code was wrong, or the account is locked for a while, is not said.
    """
    form = parse(_LOG_IN, body)
    with _noted(request):
        opened = sessions.log_in(context.doorman, name=form.name, password=form.password, code=form.code)
    response.headers.update(_UNKEPT)
    return OpenedSession(
        session=opened.secret,
        expires_at=time_text(opened.expires_at),
        password_needed=opened.temporary,
    )


@router.delete("/sessions/current", status_code=HTTPStatus.NO_CONTENT, summary="Log out")
def log_out(context: InContext, _actor: LoggedIn, session: SessionSecret) -> None:
    """End the session at once."""
    sessions.log_out(context.store, context.clock, session)


@router.post(
    "/sessions/current/password",
    summary="Choose another password",
    openapi_extra=openapi.json_body(_CHANGE, {"change": _CHANGED}),
)
def change_password(
    context: InContext,
    request: Request,
    response: Response,
    _actor: LoggedIn,
    session: SessionSecret,
    body: SmallBody,
) -> ChangedPassword:
    """Change the password, and end the user's other sessions.

    The first time, the answer is what an authenticator takes in, and from then on a code is asked for.
    """
    form = parse(_CHANGE, body)
    with _noted(request):
        enrolled = sessions.change_password(
            context.doorman, session, present=form.present, wanted=form.wanted, code=form.code
        )
    response.headers.update(_UNKEPT)
    return ChangedPassword(authenticator=enrolled)


@router.post("/token", summary="Get an access token", openapi_extra=_GRANT)
def grant(context: InContext, request: Request, response: Response, body: SmallBody) -> GrantedToken:
    """Give a machine an access token for its secret, or for what it signed with its own key (RFC 7523)."""
    with _noted(request):
        token = _granted(context.doorman, _form(body), request.headers.get("authorization", ""))
    response.headers.update(_UNKEPT)
    return GrantedToken(
        access_token=token.text, token_type=_BEARER, expires_in=token.seconds, scope=token.scope
    )


@router.get("/refusals", summary="Who was refused?")
def refused(
    context: InContext,
    _actor: Overseer,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=REFUSALS_MAX)] = 100,
) -> Refusals:
    """Return who was refused and how often, the newest hour first; the last second may be missing."""
    found = list_refusals(context.store, limit=limit)
    shown = [
        asdict(each) | {"hour": time_text(each.hour), "last_at": time_text(each.last_at)} for each in found
    ]
    return Refusals(refusals=[Refusal.model_validate(each) for each in shown])


@contextmanager
def _noted(request: Request) -> Iterator[None]:
    try:
        yield
    except Unauthenticated as refusal:
        note_refusal(request, refusal)
        raise


def _granted(door: Doorman, form: dict[str, str], authorization: str) -> AccessToken:
    if form.get("grant_type") != "client_credentials":
        raise UnsupportedGrantType("grant_type must be client_credentials", param="grant_type")
    scope = form.get("scope", "")
    if form.get("client_assertion_type") == ASSERTION_TYPE:
        return token_for_assertion(door, assertion=form.get("client_assertion", ""), scope=scope)
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization:
        client_id, secret = _basic(authorization)
    return token_for_secret(door, client_id=client_id, secret=secret, scope=scope)


def _form(body: bytes) -> dict[str, str]:
    """Return the fields of a form; what is no form has none, and what comes twice is nobody's."""
    try:
        fields = parse_qsl(body.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except ValueError:
        return {}
    names = [name for name, _ in fields]
    return {name: value for name, value in fields if names.count(name) == 1}


def _basic(authorization: str) -> tuple[str, str]:
    """Return client and secret of an `Authorization: Basic …`; raise `InvalidClient`."""
    scheme, _, text = authorization.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        client_id, secret = "", ""
    if scheme.lower() != "basic" or not secret:
        raise InvalidClient("send client and secret as Basic, or in the form")
    return unquote_plus(client_id), unquote_plus(secret)
