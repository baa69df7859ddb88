"""Copies of the tree with one bug in them, and what is run there to find it: first the simulation.

What finds a bug must hold without it: each finding is tried once more on the clean tree.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.planting.bugs import Bug
from scripts.proving.groups import GROUPS
from scripts.proving.place import FORGE, ROOT

PAGE = ROOT / "tests" / "planted" / "README.md"
SEEDS = 60
# A bug that makes something wait for ever is found as well.
SECONDS_MAX = 3600
_LINKED = (".venv", "contracts/node_modules")
_FAST = "not slow and not deep and not network"
_SEED = re.compile(r"^seed (\d+) broke", re.MULTILINE)
_TEST = re.compile(r"^(?:FAILED|ERROR) (\S+?::\S+)", re.MULTILINE)
_FORGE_TEST = re.compile(r"^\[FAIL.*\] (\w+)\(", re.MULTILINE)


class BrokenPatch(Exception):
    """It proves nothing: a patch does not apply or compile, or what finds it fails on the clean tree too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of what git tracks, to plant in."""

    root: Path

    def run(self, *command: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        """Run a command in the copy."""
        environment = ["env", f"PYTHONPATH={self.root}"]
        try:
            return subprocess.run(
                [*environment, *command],
                cwd=self.root / folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise BrokenPatch(f"{' '.join(command)} took over {late.timeout:.0f} seconds") from None

    @contextmanager
    def planted(self, bug: Bug) -> Iterator[None]:
        """Have the bug in the copy; raise `BrokenPatch` when it does not apply."""
        patch = str(bug.patch(PAGE))
        done = self.run("git", "apply", patch)
        if done.returncode:
            raise BrokenPatch(f"{patch} does not apply: {done.stdout}")
        try:
            yield
        finally:
            self.run("git", "apply", "-R", patch)


@contextmanager
def copied() -> Iterator[Copy]:
    """Give a copy of the tree as it is now; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="vostro-planted-") as folder:
        root = Path(folder)
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
        ).stdout
        for name in filter(None, listed.split("\0")):
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target, follow_symlinks=False)
        for name in _LINKED:
            (root / name).symlink_to((ROOT / name).resolve())
        yield Copy(root=root)


def hunt(copy: Copy, bug: Bug) -> str:
    """Return the seed or the test that finds a bug, empty when nothing does; raise `BrokenPatch`."""
    touched = bug.touched(PAGE)
    if any(path.startswith("contracts/") for path in touched):
        return _forge(copy, bug, touched)
    with copy.planted(bug):
        seed = _simulation(copy, "--seeds", str(SEEDS))
    if seed and _simulation(copy, "--seeds", "1", "--from", seed):
        raise BrokenPatch(f"seed {seed} breaks without the bug as well: mend it first")
    if seed:
        return f"scripts/simulate --seed {seed}"
    for paths in (nearest(touched), ["tests/node", "tests/settlement"]):
        with copy.planted(bug):
            test = _pytest(copy, *paths)
        if test and _pytest(copy, test):
            raise BrokenPatch(f"{test} fails without the bug as well: mend it first")
        if test:
            return test
    return ""


def nearest(touched: list[str]) -> list[str]:
    """Return the tests that mirror these files."""
    found = []
    for path in touched:
        folders, name = path.split("/")[:-1], path.rsplit("/", 1)[-1]
        while not (ROOT / "tests" / "/".join(folders)).is_dir():
            folders = folders[:-1]
        own = "/".join(["tests", *folders, f"test_{name}"])
        # A folder of a hundred tests of the domain is not near.
        found.append(
            own if folders == ["settlement"] and (ROOT / own).exists() else "/".join(["tests", *folders])
        )
    return sorted(set(found))


def _simulation(copy: Copy, *arguments: str) -> str:
    done = copy.run(sys.executable, "-m", "scripts.days", *arguments)
    found = _SEED.search(done.stdout)
    if done.returncode and not found:
        raise BrokenPatch(done.stdout[-2000:])
    return found[1] if found else ""


def _pytest(copy: Copy, *paths: str) -> str:
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=fast"]
    done = copy.run(sys.executable, "-m", "pytest", *options, "-m", _FAST, *paths)
    found = _TEST.search(done.stdout)
    return found[1] if done.returncode and found else ""


def _forge(copy: Copy, bug: Bug, touched: list[str]) -> str:
    sources = {path.removeprefix("contracts/") for path in touched}
    tests = sorted({group.tests for group in GROUPS if sources & set(group.sources)})
    with copy.planted(bug):
        found = [test for path in tests for test in _forge_tests(copy, path)]
    return f"contracts: {found[0]}" if found else ""


def _forge_tests(copy: Copy, path: str) -> list[str]:
    done = copy.run(str(FORGE), "test", "--color", "never", "--match-path", path, folder="contracts")
    if "Compiler run failed" in done.stdout:
        raise BrokenPatch(done.stdout[-2000:])
    return _FORGE_TEST.findall(done.stdout)
