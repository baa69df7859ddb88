"""The web server of one node, in a thread of its own, on a port that is known before it answers."""

import socket
from threading import Thread

import uvicorn
from fastapi import FastAPI

from node.errors import SettingsInvalid

CONNECTIONS_MAX = 512
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 30
_DRAIN_SECONDS_MAX = 10
_UNREAD_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20.0


class WebServer:
    """Listens from the moment it is made; answers after `start`."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise SettingsInvalid(
                f"can't listen on {host} port {port}: {error.strerror}; see VOSTRO_HOST and VOSTRO_PORT"
            ) from error
        # Who neither reads nor goes away is let go by the system (seconds; accepted connections inherit it).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS_MAX * 1000)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
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
