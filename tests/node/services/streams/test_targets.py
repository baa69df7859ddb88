"""Which URLs are taken for receivers, and which addresses are connected to."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.services.streams.targets import InvalidTarget, TargetRefused, require_allowed, validate_url

# IANA's special-purpose registries: the blocks that are not globally reachable, once more by hand.
_CLOSED_4 = [
    ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_CLOSED_6 = [ip_network(block) for block in ("::1/128", "::/128", "fc00::/7", "fe80::/10", "ff00::/8")]


@st.composite
def closed_4(draw: st.DrawFn) -> IPv4Address:
    """An IPv4 address that is of no public network."""
    block = draw(st.sampled_from(_CLOSED_4))
    return IPv4Address(draw(st.integers(int(block.network_address), int(block.broadcast_address))))


@given(closed_4())
def test_no_private_address_gets_through(address: IPv4Address) -> None:
    """No private, loopback, link-local, shared or reserved address is connected to, in whatever clothes."""
    number = int(address)
    clothed = [
        str(address),
        str(IPv6Address(0xFFFF << 32 | number)),
        str(IPv6Address(0x0064_FF9B << 96 | number)),
        str(IPv6Address(0x2002 << 112 | number << 80)),
    ]
    for each in clothed:
        with pytest.raises(TargetRefused):
            require_allowed(["93.184.215.14", each], private_allowed=False)
        require_allowed([each], private_allowed=True)


@given(st.data())
def test_no_private_address_of_version_6(data: st.DataObject) -> None:
    """Nor loopback, unique-local, link-local or multicast addresses of IPv6, with or without a scope."""
    block = data.draw(st.sampled_from(_CLOSED_6))
    number = data.draw(st.integers(int(block.network_address), int(block.broadcast_address)))
    for each in (str(IPv6Address(number)), f"{IPv6Address(number)}%eth0"):
        with pytest.raises(TargetRefused):
            require_allowed([each], private_allowed=False)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_connected_to(address: str) -> None:
    """What everybody can reach is allowed."""
    require_allowed([address], private_allowed=False)


@pytest.mark.parametrize(
    "url",
    [
        "", "bank.example", "ftp://bank.example/", "http://bank.example/", "https://", "https:///hook",
        "https://user@bank.example/", "https://user:pw@bank.example/", "https://bank.example/#part",
        "https://bank.example:0/", "https://bank.example:99999/", "https://bank.example:x/",
        "https://bank.example/a b", "https://bänk.example/", "https://bank.example/\n", "https://[::1",
        "https://bank.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_receiver(url: str) -> None:
    """Only HTTPS to a host, without a user, is taken."""
    with pytest.raises(InvalidTarget):
        validate_url(url, private_allowed=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "[::ffff:10.0.0.1]", "169.254.169.254"])
def test_private_addresses_are_refused_at_once(host: str) -> None:
    """An address in the URL itself is checked when it is registered; the setting allows it."""
    with pytest.raises(TargetRefused):
        validate_url(f"https://{host}/hook", private_allowed=False)
    validate_url(f"http://{host}:8080/hook", private_allowed=True)


@given(st.text(max_size=80))
def test_nonsense_is_refused_by_type(text: str) -> None:
    """Whatever is given, it is taken or refused by one of two errors."""
    for url in (text, f"https://{text}", f"https://bank.example:{text}"):
        try:
            validate_url(url, private_allowed=False)
        except (InvalidTarget, TargetRefused):
            continue
        assert url.startswith("https://")
