"""A real chain for tests: anvil, as a process of its own on a free loopback port, with free gas."""

import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

_ANVIL = Path(__file__).parent.parent / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
_LISTENING = re.compile(r"^Listening on 127\.0\.0\.1:(\d+)$", re.MULTILINE)
_START_SECONDS_MAX = 30
_STOP_SECONDS_MAX = 10
_STOPPED = "T"


class Anvil:
    """One running anvil. `stop` ends it politely, `kill` as a crash does; its chain is gone either way."""

    def __init__(self, *options: str, chain_id: int, port: int = 0) -> None:
        self.chain_id = chain_id
        with tempfile.TemporaryFile("w+") as output:
            self._process = subprocess.Popen(
                [_ANVIL, "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id),
                 "--base-fee", "0", "--gas-price", "0", *options],
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            give_up = time.monotonic() + _START_SECONDS_MAX
            while not (listening := _LISTENING.search(_text(output.fileno()))):
                if self._process.poll() is not None or time.monotonic() > give_up:
                    self.kill()
                    raise RuntimeError(f"anvil did not start:\n{_text(output.fileno())}")
                time.sleep(0.02)
        self.port = int(listening[1])
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id, for tests that pause or kill it themselves."""
        return self._process.pid

    def pause(self) -> None:
        """Stop it in the middle of what it does; return when no thread of it runs any more."""
        self._process.send_signal(signal.SIGSTOP)
        threads = Path(f"/proc/{self.pid}/task")
        give_up = time.monotonic() + _STOP_SECONDS_MAX
        while any(_state(thread) != _STOPPED for thread in threads.iterdir()):
            if time.monotonic() > give_up:
                raise RuntimeError("anvil does not stop")
            time.sleep(0.01)

    def go_on(self) -> None:
        """Let it go on after a pause."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it; nothing happens when it has ended."""
        self._process.terminate()
        self._process.wait(timeout=_STOP_SECONDS_MAX)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.wait(timeout=_STOP_SECONDS_MAX)


def _state(thread: Path) -> str:
    """Return the letter of a thread's state (proc(5))."""
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def _text(descriptor: int) -> str:
    """Read what was printed so far without moving the position at which the child writes."""
    return Path(f"/proc/self/fd/{descriptor}").read_text()
