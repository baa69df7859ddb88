"""anvil as a process of its own, for a demo whose chain outlives it: its state is kept in a file."""

import fcntl
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import IO

from scripts.demonstration.place import ROOT

_PROGRAM = ROOT / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
_CHAIN_ID = 20_260_001
_LISTENING = re.compile(r"^Listening on 127\.0\.0\.1:(\d+)$", re.MULTILINE)
_SECONDS_MAX = 30.0
_LOCK = "lock"
_STATE_SECONDS = 2  # what a crash of the machine itself may cost
# anvil writes its state only at a polite end. So it is ended politely when its standard input closes, which
# happens whatever becomes of the demo, `kill -9` included.
_KEEPER = 'exec 3<&0; "$@" & chain=$!; (cat <&3 >/dev/null; kill "$chain") & wait "$chain"'


class AnvilFailed(Exception):
    """anvil could not be started; the message says why."""


class Anvil:
    """One anvil on a free loopback port, which goes on from the state file in its folder.

    `start` is the time of block 0 (UTC seconds); it counts only when the chain is new. One at a time has the
    folder: the lock is its child's too, until the state is written.
    """

    def __init__(self, folder: Path, *, start: int) -> None:
        if not _PROGRAM.exists():
            raise AnvilFailed("the npm packages of contracts/ are not there: run scripts/setup")
        self._log = folder / "anvil.log"
        with (folder / _LOCK).open("w") as lock, self._log.open("w") as log:
            _take(lock, folder)
            self._process = subprocess.Popen(
                ["sh", "-c", _KEEPER, "keeper",
                 _PROGRAM, "--host", "127.0.0.1", "--port", "0", "--chain-id", str(_CHAIN_ID),
                 "--base-fee", "0", "--gas-price", "0", "--state", folder / "chain.json",
                 "--state-interval", str(_STATE_SECONDS), "--timestamp", str(_first_time(folder, start))],
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, pass_fds=[lock.fileno()],
                # Ctrl-C at the terminal is for the demo alone, which ends its nodes before their chain.
                start_new_session=True,
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{self._port()}"

    def stop(self) -> None:
        """End it politely, so that it writes its state; nothing happens when it has ended."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=_SECONDS_MAX)

    def _port(self) -> int:
        give_up = time.monotonic() + _SECONDS_MAX
        while not (listening := _LISTENING.search(self._log.read_text())):
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise AnvilFailed(f"anvil did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        return int(listening[1])


def clear(folder: Path, *, keep: Path) -> None:
    """Remove all that is in a folder but one file, once no anvil has the folder any more."""
    with (folder / _LOCK).open("w") as lock:
        _take(lock, folder)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path not in {keep, folder / _LOCK}:
                path.unlink()


def _first_time(folder: Path, start: int) -> int:
    """Return the time of block 0, always the same: anvil keeps a block 0 of each start beside the first."""
    kept = folder / "chain.start"
    if not kept.exists():
        kept.write_text(str(start))
    return int(kept.read_text())


def _take(lock: IO[str], folder: Path) -> None:
    give_up = time.monotonic() + _SECONDS_MAX
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise AnvilFailed(f"another demo runs in {folder}: end it first") from None
            time.sleep(0.1)
        else:
            return
