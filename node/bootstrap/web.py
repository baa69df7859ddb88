"""The web server of one node, in a thread of its own, on a port that is known before it answers."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI

from node.bootstrap.certified import CertifiedProtocol
from node.errors import SettingsInvalid
from node.settings import Settings

CONNECTIONS_MAX = 512
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 30
_DRAIN_SECONDS_MAX = 10
_UNREAD_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The node's certificate and its key, and who may vouch for machines' certificates (PEM files)."""

    certificate: Path
    key: Path
    client_authorities: Path | None


def tls_of(settings: Settings) -> Tls | None:
    """Return how the API is encrypted, None for not at all; raise `SettingsInvalid`."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    authorities = settings.tls_client_authorities_file
    if certificate is None and key is None and authorities is None:
        return None
    if certificate is None or key is None:
        raise SettingsInvalid("TLS needs VOSTRO_TLS_CERTIFICATE_FILE and VOSTRO_TLS_KEY_FILE")
    return Tls(certificate=certificate, key=key, client_authorities=authorities)


class WebServer:
    """Listens from the moment it is made; answers after `start`."""

    def __init__(
        self, app: FastAPI, *, host: str, port: int, tls: Tls | None = None, proxies: str | None = None
    ) -> None:
        context = None if tls is None else _context(tls)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise SettingsInvalid(
                f"can't listen on {host} port {port}: {error.strerror}; see VOSTRO_HOST and VOSTRO_PORT"
            ) from error
        # Accepted connections inherit it; asyncio does not see that they are TCP, and would leave an answer's
        # second part waiting for the first one's acknowledgement, 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Who neither reads nor goes away is let go by the system (seconds; accepted connections inherit it).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS_MAX * 1000)
        self.port: int = self._socket.getsockname()[1]
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=CertifiedProtocol,
                ssl_context_factory=None if context is None else lambda *_: context,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=proxies is not None,
                forwarded_allow_ips=proxies,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_DRAIN_SECONDS_MAX,
            )
        )
        self._thread = Thread(target=self._run, name="api", daemon=True)

    def start(self) -> None:
        """Start to answer."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell whether it answers, or is about to."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Take no new requests, answer those that are being worked on."""
        self._server.should_exit = True

    def join(self) -> None:
        """Wait for the end and give the port back."""
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS_MAX)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _context(tls: Tls) -> ssl.SSLContext:
    """Return TLS 1.2 and above; a machine may show a certificate, and a wrong one ends the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.client_authorities is not None:
            context.load_verify_locations(tls.client_authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
    except OSError as error:
        raise SettingsInvalid(
            f"a file of VOSTRO_TLS_… can't be used: {error.strerror or error}; each is PEM, the key open"
        ) from error
    return context
