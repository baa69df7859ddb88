"""Mutation testing: changes a contract, and sees whether one of its tests notices.

The mutants are slither's (`mutants.py`), a seeded sample of those that compile; each is tested by the
contract's own tests, in a copy of the contracts. `survivors.py` keeps the scores in contracts/mutation.md.
"""

import json
import random
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from queue import Queue

from scripts.proving.groups import Group
from scripts.proving.place import CONTRACTS, FORGE, ROOT, tool, with_tools

SEED = 20261122
SAMPLE = 100
WORKERS = 2
# A mutant that takes longer loops, and the suite would notice. Far above what one takes on a busy machine:
# no slow compilation counts as a kill.
SECONDS_MAX = 900

_COPIED = ("src", "test", "tools", "foundry.toml")
_NO_COMPILE = "Compiler run failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one source, in bytes of the file."""

    source: str
    mutator: str
    line: int
    start: int
    end: int
    old: str
    new: str


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "does not compile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The sampled mutants of a group, each with its fate."""

    group: Group
    fates: tuple[tuple[Mutant, Fate], ...]

    def those(self, fate: Fate) -> list[Mutant]:
        """Return the mutants that ended so."""
        return [mutant for mutant, own in self.fates if own is fate]

    @property
    def tested(self) -> int:
        """How many compiled."""
        return len(self.those(Fate.KILLED)) + len(self.those(Fate.SURVIVED))


def mutants_of(group: Group) -> list[Mutant]:
    """Let slither make every mutant of the group's sources, in the order of the seed."""
    command = tool("mutants", *group.sources)
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    made = {
        (patch["source"], patch["start"], patch["end"], patch["new_string"]): Mutant(
            source=patch["source"],
            mutator=patch["mutator"],
            line=patch["line_number"],
            start=patch["start"],
            end=patch["end"],
            old=patch["old_string"],
            new=patch["new_string"],
        )
        for patch in json.loads(answer)
        if not is_equivalent(patch["old_string"], patch["new_string"])
    }
    mutants = [made[place] for place in sorted(made)]
    random.Random(SEED).shuffle(mutants)  # noqa: S311  # a sample that anybody can draw again
    return mutants


def is_equivalent(old: str, new: str) -> bool:
    """Tell whether a change can't show in any behaviour, so that no test could notice it.

    In the contracts `i` is a counter from 0 that meets its end, and nothing else; a constant that does not
    fit its new type does not compile.
    """
    same = [old, old.replace("uint256 i", "uint128 i", 1), old.replace(" constant ", " immutable ", 1)]
    if " constant " in old:
        same.append(old.replace("uint256", "uint128", 1))
    if old == "++i":
        same.append("i++")
    if re.fullmatch(r"i < [\w.]+", old):
        same.append(old.replace("<", "!="))
    return new in same


def mutate(group: Group, sample: int = SAMPLE) -> Result:
    """Test a sample of the group's mutants; those that do not compile are replaced by the next."""
    waiting = iter(mutants_of(group))
    fates: list[tuple[Mutant, Fate]] = []
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Path] = Queue()
        for number in range(WORKERS):
            copies.put(_copy(Path(folder) / str(number), group))
        with ThreadPoolExecutor(max_workers=WORKERS) as workers:
            missing = sample
            while batch := [mutant for _, mutant in zip(range(missing), waiting, strict=False)]:
                fates += workers.map(lambda mutant: (mutant, _test(copies, group, mutant)), batch)
                missing = sample - sum(fate is not Fate.INVALID for _, fate in fates)
    return Result(group=group, fates=tuple(fates))


def _copy(folder: Path, group: Group) -> Path:
    """A tree of its own in which the unchanged contracts pass, compiled."""
    folder.mkdir()
    for name in _COPIED:
        here = CONTRACTS / name
        (shutil.copytree if here.is_dir() else shutil.copy)(here, folder / name)
    (folder / "node_modules").symlink_to((CONTRACTS / "node_modules").resolve())
    status, output = _forge(folder, group, None)
    if status:
        raise RuntimeError(f"{group.tests} fails without a mutant:\n{output}")
    return folder


def _test(copies: "Queue[Path]", group: Group, mutant: Mutant) -> Fate:
    """Change a copy, run the tests, change it back."""
    copy = copies.get()
    source = copy / mutant.source
    sound = source.read_bytes()
    try:
        source.write_bytes(sound[: mutant.start] + mutant.new.encode() + sound[mutant.end :])
        status, output = _forge(copy, group, SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return Fate.KILLED
    finally:
        source.write_bytes(sound)
        copies.put(copy)
    if _NO_COMPILE in output:
        return Fate.INVALID
    return Fate.KILLED if status else Fate.SURVIVED


def _forge(folder: Path, group: Group, seconds_max: int | None) -> tuple[int, str]:
    with tempfile.TemporaryFile("w+") as output:
        status = subprocess.run(
            with_tools("mutants", str(FORGE), "test", "--fail-fast", "--match-path", group.tests),
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=seconds_max,
            check=False,
        ).returncode
        output.seek(0)
        return status, output.read()
