"""Where the feed may be delivered: which URLs are taken, and which addresses are connected to."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from node.errors import RequestRefused
from settlement.errors import InvalidValue

URL_CHARACTERS_MAX = 500
# Addresses that carry an IPv4 address behind so many bits: NAT64 (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


class InvalidTarget(InvalidValue):
    """Not the URL of a receiver."""


class TargetRefused(RequestRefused):
    """The receiver's address is of a private network, and the settings do not allow those."""


def validate_url(url: str, *, private_allowed: bool) -> None:
    """Raise `InvalidTarget` for what is no URL of a receiver, `TargetRefused` for one of a private network.

    A name is looked up when something is delivered, not here.
    """
    schemes = ("https", "http") if private_allowed else ("https",)
    host = _host_of(url, schemes)
    if host is None:
        raise InvalidTarget(
            f"{url[:100]!r} is not the URL of a receiver: {' or '.join(schemes)}, a host, no user, no "
            f"fragment, at most {URL_CHARACTERS_MAX} characters",
            param="url",
        )
    try:
        address = ip_address(host)
    except ValueError:
        return
    require_allowed([str(address)], private_allowed=private_allowed)


def _host_of(url: str, schemes: Sequence[str]) -> str | None:
    """Return the host of a sound URL; None for any other."""
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in schemes or "@" in parts.netloc or parts.fragment or port == 0:
        return None
    return parts.hostname or None


def require_allowed(addresses: Sequence[str], *, private_allowed: bool) -> None:
    """Raise `TargetRefused` when one of the addresses that a name has is of no public network."""
    refused = [] if private_allowed else [each for each in addresses if not _is_public(each)]
    if refused:
        raise TargetRefused(
            f"the receiver is at {refused[0]}, which is of a private network; VOSTRO_WEBHOOK_PRIVATE_TARGETS "
            "allows those",
            param="url",
        )


def _is_public(address: str) -> bool:
    # A scope ("fe80::1%eth0") is of a link; without it the address would look like any other.
    return "%" not in address and all(
        each.is_global and not each.is_multicast and not each.is_reserved
        for each in _meant(ip_address(address))
    )


def _meant(address: IPv4Address | IPv6Address) -> Iterable[IPv4Address | IPv6Address]:
    """Return an address and those that stand in it, by which a translator would send."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return [address]
