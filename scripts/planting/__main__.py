"""What scripts/plant runs."""

import sys
import time
from collections.abc import Sequence

from scripts.planting.bugs import read_bugs, write_found
from scripts.planting.hunts import PAGE, BrokenPatch, copied, hunt
from scripts.proving.place import ROOT
from scripts.results import commit_of, record

SHARE_MIN = 0.95


def main(arguments: Sequence[str]) -> int:
    """Plant what was asked for; 0 when enough of it was found."""
    wanted = {int(number) for number in arguments}
    bugs = [bug for bug in read_bugs(PAGE) if not wanted or bug.number in wanted]
    started = time.monotonic()
    found: dict[int, str] = {}
    broken = 0
    with copied() as copy:
        for bug in bugs:
            try:
                found[bug.number] = hunt(copy, bug)
            except BrokenPatch as error:
                broken += 1
                print(f"{bug.number} {bug.rule} {bug.slug}: proves nothing: {error}", flush=True)
                continue
            by = found[bug.number] or "NOT FOUND"
            print(f"{bug.number} {bug.rule} {bug.slug}: {by}", flush=True)
            write_found(PAGE, {bug.number: found[bug.number]})
    count = sum(bool(by) for by in found.values())
    share = count / len(bugs)
    counts = f"{count} of {len(bugs)} found ({share:.0%}), {broken} that prove nothing"
    if not wanted:
        record(
            ROOT / "tests" / "README.md",
            command="scripts/plant",
            commit=commit_of(ROOT),
            seconds=time.monotonic() - started,
            counts=counts,
        )
    print(counts)
    return 0 if share >= SHARE_MIN and not broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
