"""The web server on real sockets: it believes a checked certificate, and a proxy that was named."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request

from node.api.auth import address_of
from node.bootstrap.build import build
from node.bootstrap.node import Node, Part
from node.bootstrap.opening import read_certificate
from node.bootstrap.web import Tls, WebServer, tls_of
from node.clock import SystemRandom
from node.errors import SettingsInvalid
from node.services.clients import certificate_proof, disable_client, new_client
from node.settings import Settings
from tests.embedded import embedded_network
from tests.scenario import BANKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who vouches for certificates, in a folder of its own."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        """Its own certificate."""
        return self.folder / "authority.pem"

    def issue(self, name: str, *, days: int = 30) -> tuple[Path, Path]:
        """The certificate of a name on loopback, and its key; over when `days` is below 0."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, key, self.certificate.subject, self.key, days=days)
        return _written(self.folder / f"{name}.pem", made), _written_key(self.folder / f"{name}.key", key)


def _authority(folder: Path) -> Authority:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
    certificate = _certificate(folder.name, key, name, key, authority=True)
    made = Authority(folder=folder, key=key, certificate=certificate)
    _written(made.file, certificate)
    return made


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    *,
    days: int = 30,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(loopback, critical=False)
        .sign(signer, SHA256())
    )


def _written(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def _written_key(path: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The bank's own authority."""
    return _authority(tmp_path / "authority")


@pytest.fixture
def node(tmp_path: Path, authority: Authority) -> Iterator[Node]:
    """A bank's node that listens by TLS and takes certificates of the authority."""
    certificate, key = authority.issue("node")
    settings = Settings(
        bic=BANKS[0].bic,
        home=tmp_path / "home",
        demo=True,
        port=0,
        tls_certificate_file=certificate,
        tls_key_file=key,
        tls_client_authorities_file=authority.file,
    )
    with embedded_network() as network:
        node = build(
            settings,
            clock=network.clock,
            random=SystemRandom(),
            chain=network.chain,
            deployment=network.contracts.deployment,
            parts=[Part.API],
        )
        node.start()
        yield node
        node.stop()


@pytest.fixture
def client(node: Node, authority: Authority) -> Iterator[Callable[..., httpx2.Client]]:
    """A function that makes a client of the node, with a certificate or without."""
    made: list[httpx2.Client] = []

    def make(*shown: Path) -> httpx2.Client:
        trust = ssl.create_default_context(cafile=authority.file)
        if shown:
            certificate, key = shown
            trust.load_cert_chain(certificate, key)
        assert node.web is not None
        made.append(httpx2.Client(base_url=node.web.url, verify=trust, trust_env=False))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _known(node: Node, certificate: Path, role: str = "integration") -> str:
    context = node.context
    proof = certificate_proof(read_certificate(certificate))
    made = new_client(
        context.store, context.clock, context.random, name="till", roles=[role], proof=proof, by="test"
    )
    return made.id


def test_a_certificate_comes_in(
    node: Node, authority: Authority, client: Callable[..., httpx2.Client]
) -> None:
    """A machine whose certificate is known comes in, in its role and no other, until disabled."""
    till, auditor = authority.issue("till"), authority.issue("auditor")
    machine = _known(node, till[0])
    _known(node, auditor[0], "auditor")
    open_till = client(*till)
    for _ in range(2):
        assert 200 == open_till.get("/v1/payments").status_code
        assert 403 == open_till.get("/v1/refusals").status_code
    assert 200 == client(*auditor).get("/v1/refusals").status_code
    disable_client(node.context.store, node.context.clock, machine, by="test")
    assert 401 == open_till.get("/v1/payments").status_code


def test_who_shows_none_is_a_stranger(
    node: Node, authority: Authority, client: Callable[..., httpx2.Client]
) -> None:
    """Without a certificate, or with one that is known to nobody, only public routes are open."""
    for shown in ((), authority.issue("stranger")):
        stranger = client(*shown)
        assert 200 == stranger.get("/livez").status_code
        assert 401 == stranger.get("/v1/payments").status_code


def test_no_header_is_a_certificate(
    node: Node, authority: Authority, client: Callable[..., httpx2.Client]
) -> None:
    """What a caller writes into headers or shows as a token never stands for a certificate."""
    certificate, _ = authority.issue("till")
    _known(node, certificate)
    proof = certificate_proof(read_certificate(certificate))
    assert proof.digest is not None
    stranger = client()
    for name in ("certificate", "x-client-cert", "x-forwarded-client-cert", "x-ssl-client-verify"):
        for value in (proof.digest.hex(), "SUCCESS"):
            assert 401 == stranger.get("/v1/payments", headers={name: value}).status_code
    shown = {"authorization": f"Bearer {proof.digest.hex()}"}
    assert 401 == stranger.get("/v1/payments", headers=shown).status_code
    # A wrong token is not overlooked for the certificate's sake.
    assert 401 == client(*authority.issue("till2")).get("/v1/payments", headers=shown).status_code


def test_connections_do_not_mix(
    node: Node, authority: Authority, client: Callable[..., httpx2.Client]
) -> None:
    """On a connection that shows nothing nobody is who came in on another."""
    till = authority.issue("till")
    _known(node, till[0])
    known, stranger = client(*till), client()
    for _ in range(5):
        assert [200, 401] == [each.get("/v1/payments").status_code for each in (known, stranger)]


@pytest.mark.parametrize("which", ["another authority", "over"])
def test_certificates_that_are_not_vouched_for(
    node: Node, authority: Authority, client: Callable[..., httpx2.Client], tmp_path: Path, which: str
) -> None:
    """A certificate of another authority, or one that is over, ends the handshake, known or not."""
    shown = (
        _authority(tmp_path / "others").issue("till")
        if which == "another authority"
        else authority.issue("till", days=-1)
    )
    _known(node, shown[0])
    with pytest.raises(httpx2.TransportError):
        client(*shown).get("/livez")


def test_old_tls_is_refused(node: Node, authority: Authority) -> None:
    """TLS below 1.2 finds no server."""
    assert node.web is not None
    trust = ssl.create_default_context(cafile=authority.file)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        trust.minimum_version = trust.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx2.TransportError), httpx2.Client(verify=trust, trust_env=False) as old:
        old.get(f"{node.web.url}/livez")


def test_wrong_settings(tmp_path: Path, authority: Authority) -> None:
    """Half of TLS, and files that are none, are refused at start."""
    certificate, key = authority.issue("node")
    halves: list[dict[str, Any]] = [
        {"tls_certificate_file": certificate},
        {"tls_key_file": key},
        {"tls_client_authorities_file": authority.file},
    ]
    for half in halves:
        with pytest.raises(SettingsInvalid):
            tls_of(Settings(bic="BANKDEFFXXX", **half))
    for tls in (
        Tls(certificate=key, key=key, client_authorities=None),
        Tls(certificate=certificate, key=tmp_path / "none", client_authorities=None),
        Tls(certificate=certificate, key=key, client_authorities=key),
    ):
        with pytest.raises(SettingsInvalid):
            WebServer(FastAPI(), host="127.0.0.1", port=0, tls=tls)
    assert tls_of(Settings(bic="BANKDEFFXXX")) is None


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [(None, "127.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("10.0.0.1,127.0.0.0/8", "203.0.113.9")],
)
def test_only_a_named_proxy_says_who_asks(proxies: str | None, seen: str) -> None:
    """An address in a header counts when it comes from a proxy that the operator has named."""
    app = FastAPI()

    @app.get("/")
    def whose(request: Request) -> str:
        return address_of(request)

    server = WebServer(app, host="127.0.0.1", port=0, proxies=proxies)
    server.start()
    try:
        answer = httpx2.get(server.url, headers={"x-forwarded-for": "203.0.113.9"})
    finally:
        server.stop()
        server.join()
    assert seen == answer.json()


def test_no_answer_waits_for_an_acknowledgement() -> None:
    """A connection's small writes leave at once: it has TCP_NODELAY when the application sees it."""
    app = FastAPI()
    seen: list[int] = []

    @app.get("/")
    def show() -> None:
        for entry in os.scandir("/proc/self/fd"):
            with suppress(OSError), socket.socket(fileno=os.dup(int(entry.name))) as found:
                if found.family == socket.AF_INET and found.getsockname()[1] == server.port:
                    seen.append(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        httpx2.get(server.url).raise_for_status()
    finally:
        server.stop()
        server.join()
    # The one that listens and the one that was accepted.
    assert 2 == len(seen)
    assert all(seen)
