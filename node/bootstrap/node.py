"""A whole node: its web server and its workers, started together and stopped together."""

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from types import FrameType

import structlog

from node.api.app import create_app
from node.api.context import Context
from node.bootstrap.verification import Verification
from node.bootstrap.web import WebServer, tls_of
from node.bootstrap.worker import Worker
from node.errors import ChainError, NodeError

WATCH_SECONDS = 0.2

_log = structlog.get_logger("vostro.node")


class Part(StrEnum):
    """What can run alone."""

    API = "api"
    SUBMITTER = "submitter"
    FOLLOWER = "follower"
    KEEPER = "keeper"
    EXCHANGE = "exchange"


class WebServerEnded(NodeError):
    """The web server has ended by itself; the log says why."""


class Node:
    """The running parts of one bank's node. Several fit in one process; nothing is shared but the chain."""

    def __init__(
        self,
        context: Context,
        verification: Verification,
        workers: Sequence[Worker],
        *,
        web: bool,
        resources: ExitStack,
        door: WebServer | None = None,
    ) -> None:
        """Take the parts; `resources` are what is closed in the end, `door` is where letters come in."""
        self.context = context
        self.workers = tuple(workers)
        self._verification = verification
        self._resources = resources
        settings = context.settings
        self.web = (
            WebServer(
                create_app(context),
                host=settings.host,
                port=settings.port,
                tls=tls_of(settings),
                proxies=settings.proxies,
            )
            if web
            else None
        )
        self.door = door
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start what was built; raise when the chain is the wrong one.

        The chain may be away: then the workers wait for it, and `/readyz` says so.
        """
        try:
            self._verification.require()
        except ChainError as error:
            if self._verification.refusal is not None:
                raise
            _log.warning("chain_away_at_start", code=error.code, detail=error.detail)
        for worker in self.workers:
            worker.start()
        if self.web is not None:
            self.web.start()
            _log.info("listening", url=self.web.url)
        if self.door is not None:
            self.door.start()
            _log.info("taking_letters", url=self.door.url)

    def run(self) -> None:
        """Start, and stay until a signal; raise what makes it impossible to go on."""
        self._catch_signals()
        try:
            self.start()
            while not self._stopping.wait(WATCH_SECONDS):
                self._require_possible()
        finally:
            self.stop()

    def stop(self) -> None:
        """End everything after its present piece of work, and close what was opened."""
        self._stopping.set()
        self.context.ring.close()
        servers = [server for server in (self.web, self.door) if server is not None]
        for server in servers:
            server.stop()
        for worker in self.workers:
            worker.stop()
        for server in servers:
            server.join()
        for worker in self.workers:
            worker.join()
        self._resources.close()

    def _require_possible(self) -> None:
        if self._verification.refusal is not None:
            raise self._verification.refusal
        servers = [server for server in (self.web, self.door) if server is not None]
        if not all(server.alive for server in servers):
            raise WebServerEnded("the web server has ended by itself; the log says why")

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return

        def stop(number: int, _frame: FrameType | None) -> None:
            _log.info("stopping", signal=signal.Signals(number).name)
            self._stopping.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
