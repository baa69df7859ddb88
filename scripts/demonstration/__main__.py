"""A day of payments among three banks and a central bank; see README.md beside this file."""

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType

from node.clock import SystemRandom
from node.log import configure
from scripts.demonstration.anvil import AnvilFailed, clear
from scripts.demonstration.api import Refused
from scripts.demonstration.checks import Findings, look_closely
from scripts.demonstration.exchange import exchange
from scripts.demonstration.founding import found_network
from scripts.demonstration.gridlock import lock, unlock
from scripts.demonstration.ground import Ground, embedded, persistent
from scripts.demonstration.netting import net, open_doors
from scripts.demonstration.nodes import Actor, running_nodes
from scripts.demonstration.place import Place
from scripts.demonstration.play import issue_money, play_months, send_files
from scripts.demonstration.report import Report, issued_text
from scripts.demonstration.waiting import NotFinal, await_final
from settlement.errors import SettlementError

_FIRST_PORT = 8100


def main() -> int:
    """Play, and stay or leave; return 1 on any break."""
    started = time.monotonic()
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        place = _place(options.persistent)
        with place.log.open("a", buffering=1) as log:
            configure(log)
            return _run(options, place, started)
    except (SettlementError, Refused, NotFinal, AnvilFailed) as error:
        print(f"demo: {error}; nodes.log in its folder says more", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace, place: Place, started: float) -> int:
    report, random = Report(), SystemRandom()
    today = _today(options.day)
    ground = embedded(today) if options.persistent is None else persistent(place, today)
    try:
        if not place.deployment_file.exists():
            with report.step(
                "contracts deployed, a central bank and three banks admitted, monies registered"
            ):
                found_network(place, ground, random)
        with running_nodes(place, ground, random, first_port=options.port) as actors:
            findings = _play(actors, place, ground, report, options.day)
            report.places(actors, place, ground)
            report.closing(findings, ground, place, time.monotonic() - started)
            if not options.exit:
                _stay()
    finally:
        ground.stop()
    return 1 if findings.breaks else 0


def _play(
    actors: Sequence[Actor], place: Place, ground: Ground, report: Report, day: date | None
) -> Findings:
    with report.step("four nodes started, their mirrors at the chain's newest block"):
        await_final(actors, ground.chain)
    with report.step(issued_text()):
        issue_money(actors, ground)
    with report.step("thirteen months of payments through the API"):
        play_months(actors, ground, start=ground.chain.block(0).timestamp)
    # A chain that had several blocks within a second is ahead of the machine by some.
    ground.set_time(max(_today(day), ground.clock.now()))
    with report.step("today: three pacs.008 files, one from each bank"):
        files = send_files(actors, ground)
    with report.step("a gridlock: twelve payments, each larger than all the dollars there are, queue"):
        lock(actors, ground)
    with report.step("the queue resolved: what nets settles at once"):
        run = unlock(actors, ground)
    with report.step("a PvP: dollars against euros, proposed, matched, affirmed, settled together"):
        trade = exchange(actors, ground)
    with report.step("doors for letters opened, their addresses registered by each bank's two keys"):
        open_doors(actors, place, ground)
    with report.step("a netting cycle: promised between the banks, affirmed by each, settled by its nets"):
        netted = net(actors, place, ground)
    with report.step("statements read back; chain, ledgers and mirrors compared"):
        findings = look_closely(actors, place, files, run, netted, trade=trade)
    report.day(files, findings)
    return findings


def _today(day: date | None) -> float:
    """Return the present moment, or the same moment of another day (UTC seconds)."""
    now = datetime.now(UTC)
    return now.timestamp() if day is None else datetime.combine(day, now.timetz()).timestamp()


def _stay() -> None:
    print("Running until Ctrl-C.", flush=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _place(folder: str | None) -> Place:
    if folder is None:
        return Place(folder=Path(tempfile.mkdtemp(prefix="vostro-demo-")))
    place = Place(folder=Path(folder).resolve())
    place.folder.mkdir(parents=True, exist_ok=True)
    if place.founding.exists() and not place.deployment_file.exists():
        # Killed in its first seconds: all that is here is of a network that nobody has.
        clear(place.folder, keep=place.founding)
    elif any(place.folder.iterdir()) and not place.deployment_file.exists():
        raise SystemExit(f"demo: {place.folder} holds something else: name a new folder")
    place.founding.touch()
    return place


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="play and leave; the last line is JSON")
    parser.add_argument(
        "--persistent", metavar="DIR", help="on anvil; keep everything in DIR and go on from there"
    )
    parser.add_argument(
        "--port", type=int, metavar="BASE", help="first of the nodes' four ports; 0: any free ones"
    )
    parser.add_argument(
        "--day", metavar="DATE", type=date.fromisoformat, help="play as on another day: 2026-01-31"
    )
    options = parser.parse_args()
    if options.port is None:
        options.port = 0 if options.exit else _FIRST_PORT
    return options


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
