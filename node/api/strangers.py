"""Strangers are few at a time: an address from which nobody was let in too often is not listened to."""

from ipaddress import ip_network

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from node.api.auth import CERTIFICATE, PUBLIC, address_of, note_refusal
from node.api.openapi import FREE
from node.api.problems import answer_to
from node.api.rates import Buckets
from node.errors import TooManyRequests

_CUSTOMER_BITS = 64


class StrangersLimit:
    """ASGI middleware: a request that ends without an actor counts against its address.

    With nothing left, what strangers may ask is refused before anything is looked up. Who shows a credential
    is looked up all the same: nobody is shut out by others at the same address.
    """

    def __init__(self, app: ASGIApp, *, strangers: Buckets) -> None:
        self._app = app
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it when nobody was let in."""
        if scope["type"] != "http" or scope["path"] == FREE:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        address = _customer(address_of(request))
        try:
            if not _shows_credential(request):
                self._strangers.require(address)
        except TooManyRequests as refusal:
            note_refusal(request, refusal)
            await answer_to(request, refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if scope.get("state", {}).get("actor") is None:
            self._strangers.spend(address)


def _shows_credential(request: Request) -> bool:
    """Tell whether it can be somebody known; who asks to be let in is not yet, whatever comes along."""
    if (request.method.lower(), request.url.path) in PUBLIC:
        return False
    return "authorization" in request.headers or hasattr(request.state, CERTIFICATE)


def _customer(address: str) -> str:
    """Return whose an address is: of IPv6 a customer has a network of them."""
    if ":" not in address:
        return address
    return str(ip_network(f"{address.partition('%')[0]}/{_CUSTOMER_BITS}", strict=False))
