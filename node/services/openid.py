"""People by OpenID Connect: access tokens of one issuer, checked by the keys that it publishes.

Keys are found by discovery and kept for an hour. A key that is not known makes the node ask again, once a
minute at most, so that nobody can make it ask without end. An issuer that is away is bridged for a day.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, import_key
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from node.clock import Clock
from node.errors import IssuerUnavailable, SettingsInvalid, Unauthenticated
from node.services.actors import Actor, Role, roles_of
from node.services.clients import SIGNATURES
from node.settings import Settings

KEYS_SECONDS = 3600
KEYS_SECONDS_MAX = 86_400
FETCH_PAUSE_SECONDS = 60
_FETCH_SECONDS_MAX = 5.0
_ANSWER_BYTES_MAX = 262_144
_KEYS_MAX = 50
_LEEWAY_SECONDS = 30
_NAME_CHARACTERS_MAX = 100
_DISCOVERY = "/.well-known/openid-configuration"
_REFUSED = "this token of the issuer is over, or not for this node; log in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    fetched_at: float
    keys: KeySet


class OpenIdIssuer:
    """The issuer of the settings. Safe for several threads; one of them asks it at a time."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Take the settings; raise `SettingsInvalid`."""
        if not settings.oidc_audience or not settings.oidc_roles:
            raise SettingsInvalid("VOSTRO_OIDC_ISSUER needs VOSTRO_OIDC_AUDIENCE and VOSTRO_OIDC_ROLES")
        self.name = str(settings.oidc_issuer)
        _require_safe(self.name)
        self._settings = settings
        self._clock = clock
        self._roles = roles_by_group(settings.oidc_roles)
        self._lock = Lock()
        self._known: _Keys | None = None
        self._asked_at: float | None = None

    def actor(self, text: str) -> Actor:
        """Return whose token this is; raise `Unauthenticated`, and `IssuerUnavailable` without any keys."""
        claims = self._claims(text)
        if "nonce" in claims:
            # An ID token says to a page who logged in there; it is no key to this door.
            raise Unauthenticated("this is an ID token; send the access token")
        bank = self._settings.oidc_participant_claim
        if bank is not None and self._settings.bic not in _words(_inside(claims, bank)):
            raise Unauthenticated("this token is for another bank")
        groups = _words(_inside(claims, self._settings.oidc_roles_claim))
        roles = frozenset(role for group in groups for role in self._roles.get(group, ()))
        subject = str(claims["sub"])
        name = str(claims.get("preferred_username") or subject).encode(errors="replace").decode()
        digest = hashlib.sha256(f"{self.name} {subject}".encode(errors="surrogatepass")).hexdigest()
        return Actor(id=f"oid_{digest[:32]}", name=name[:_NAME_CHARACTERS_MAX], roles=roles)

    def _claims(self, text: str) -> Mapping[str, Any]:
        # A header that is not known says nothing; one that must be understood is named in `crit`.
        registry = JWSRegistry(algorithms=SIGNATURES, strict_check_header=False)
        try:
            try:
                found = jwt.decode(text, self._keys(), registry=registry)
            except InvalidKeyIdError:
                found = jwt.decode(text, self._keys(anew=True), registry=registry)
            JWTClaimsRegistry(
                now=int(self._clock.now()),
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": self.name},
                aud={"essential": True, "value": str(self._settings.oidc_audience)},
                sub={"essential": True},
                exp={"essential": True},
            ).validate(found.claims)
        except (JoseError, ValueError):
            raise Unauthenticated(_REFUSED) from None
        return found.claims

    def _keys(self, *, anew: bool = False) -> KeySet:
        """Return the issuer's keys: those known, or fetched now when these are old or `anew` is asked for."""
        now, known = self._clock.now(), self._known
        due = known is None or anew or now - known.fetched_at >= KEYS_SECONDS
        # Only who has no keys at all waits while another thread asks.
        if due and self._lock.acquire(blocking=known is None):
            try:
                self._fetch(now)
            finally:
                self._lock.release()
        known = self._known
        if known is None or now - known.fetched_at >= KEYS_SECONDS_MAX:
            raise IssuerUnavailable(f"the keys of {self.name} can't be had; try again in a minute")
        return known.keys

    def _fetch(self, now: float) -> None:
        """Ask the issuer, unless it was asked a moment ago; what goes wrong leaves what is known."""
        if self._asked_at is not None and 0 <= now - self._asked_at < FETCH_PAUSE_SECONDS:
            return
        self._asked_at = now
        try:
            with httpx2.Client(timeout=_FETCH_SECONDS_MAX, follow_redirects=False, trust_env=False) as client:
                found = _json(client, self.name.rstrip("/") + _DISCOVERY)
                if found.get("issuer") != self.name:
                    return
                address = str(found["jwks_uri"])
                _require_safe(address)
                listed = _json(client, address)["keys"]
            keys = _key_set(listed[:_KEYS_MAX])
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError, SettingsInvalid):
            return
        self._known = _Keys(fetched_at=now, keys=keys)


def roles_by_group(text: str) -> Mapping[str, frozenset[Role]]:
    """Read `group=role group=role`; raise `SettingsInvalid`, `InvalidRole`."""
    found: dict[str, frozenset[Role]] = {}
    for pair in text.split():
        group, separator, role = pair.rpartition("=")
        if not separator or not group:
            raise SettingsInvalid(f"VOSTRO_OIDC_ROLES: {pair!r} is not group=role")
        found[group] = found.get(group, frozenset()) | roles_of([role])
    return found


def _require_safe(address: str) -> None:
    """Raise `SettingsInvalid` for an address whose answers anybody on the way could change."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _loopback(parts.hostname or ""):
        raise SettingsInvalid(f"VOSTRO_OIDC_ISSUER: {address} is neither https nor of this machine")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _json(client: httpx2.Client, address: str) -> Mapping[str, Any]:
    """Return the object at an address; raise `httpx2.HTTPError`, or `ValueError` for anything else."""
    content = b""
    with client.stream("GET", address) as response:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > _ANSWER_BYTES_MAX:
                raise ValueError
    found = orjson.loads(content)
    if response.status_code != httpx2.codes.OK or not isinstance(found, dict):
        raise ValueError
    return found


def _key_set(listed: Iterable[Mapping[str, Any]]) -> KeySet:
    """Return the keys that can check signatures; raise `ValueError` when there is none."""
    found = []
    for key in listed:
        # An issuer may publish kinds that nobody here knows yet, beside those that it signs with.
        with suppress(JoseError, ValueError, KeyError, TypeError):
            if _public(key):
                found.append(import_key(dict(key)))
    if not found:
        raise ValueError
    return KeySet(found)


def _public(key: Mapping[str, Any]) -> bool:
    """Tell whether a key is for signatures, and no shared secret."""
    return key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _inside(claims: Mapping[str, Any], path: str) -> Any:
    """Return a claim by its name, or by the names that lead to it."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _words(claim: Any) -> frozenset[str]:
    """Return the texts of a claim: of a list, or between the spaces of a text."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    listed = claim if isinstance(claim, list) else ()
    return frozenset(each for each in listed if isinstance(each, str))
