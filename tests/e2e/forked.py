"""Nodes that start at once: each is forked from a process that has imported everything.

They run the same parts as `vostro run`, by a clock that goes ten times as fast as the machine's: the lease of
one that was killed or stopped ends in half a second.
"""

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any

import uvicorn.lifespan.on
import uvicorn.loops.auto
import uvicorn.protocols.http.auto  # noqa: F401 - what uvicorn imports late is to be there before the fork

from node.bootstrap.build import build
from node.bootstrap.opening import read_secret
from node.clock import SystemRandom
from node.log import configure
from node.settings import load_settings
from tests.e2e.ground import Bank

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.e2e.forked"])


SPEED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FastClock:
    """A clock that was right at `start` (UTC seconds), and goes `SPEED` times as fast as it should."""

    start: float

    def now(self) -> float:
        return self.start + (time.time() - self.start) * SPEED

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


# One for all that are forked, as the machine's is.
_CLOCK = FastClock(start=time.time())


class ForkedBank(Bank):
    """A bank whose node is forked."""

    def _spawn(self, log: IO[bytes]) -> "_Forked":
        settings = {name.removeprefix("VOSTRO_").lower(): value for name, value in self.environment.items()}
        process = _context.Process(target=_run, args=(settings, _CLOCK, log.name), daemon=True)
        process.start()
        return _Forked(process)


class _Forked:
    """A forked process, handled like one of `subprocess`."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        assert self._process.exitcode is not None
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, sig)


def _run(settings: dict[str, Any], clock: FastClock, log: str) -> None:
    with Path(log).open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    configure()
    loaded = load_settings(**settings)
    assert loaded.key_password_file is not None
    node = build(loaded, clock=clock, random=SystemRandom(), password=read_secret(loaded.key_password_file))
    assert node.web is not None
    sys.stderr.write(f"listening on {node.web.url}\n")
    sys.stderr.flush()
    node.run()
