"""The list of planted bugs is whole: every rule, every patch, and each still fits the tree."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from scripts.planting.bugs import Bug, read_bugs, write_found
from scripts.planting.hunts import PAGE, nearest

_BUGS = read_bugs(PAGE)
_COUNT_MIN = 34


def test_every_rule_has_bugs() -> None:
    """At least 34 bugs, and at least three against each of R1 to R10."""
    counts = Counter(bug.rule for bug in _BUGS)

    assert {f"R{number}" for number in range(1, 11)} == set(counts)
    assert min(counts.values()) >= 3
    assert len(_BUGS) >= _COUNT_MIN


def test_list_and_patches_agree() -> None:
    """Each row has its patch, and each patch its row."""
    assert sorted(PAGE.parent.glob("*.patch")) == sorted(bug.patch(PAGE) for bug in _BUGS)


@pytest.mark.parametrize("bug", _BUGS, ids=lambda bug: bug.slug)
def test_patch_fits(bug: Bug, root: Path) -> None:
    """A patch applies to the tree as it is: whoever moves what it changes moves the patch along."""
    done = subprocess.run(
        ["git", "apply", "--check", str(bug.patch(PAGE))],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == done.stderr


def test_nearest_tests_mirror_the_source() -> None:
    """What is changed is looked for in the tests beside it first."""
    assert ["tests/node/submitter"] == nearest(["node/submitter/writer.py"])
    assert ["tests/node/store"] == nearest(["node/store/migrations/versions/0001_initial.py"])
    assert ["tests/settlement/test_posting.py"] == nearest(["settlement/posting.py"])


def test_finding_is_kept(tmp_path: Path) -> None:
    """What found a bug stands in the list until another run says otherwise."""
    page = tmp_path / "README.md"
    page.write_text(PAGE.read_text())

    write_found(page, {1: "tests/test_a.py::test_b"})
    write_found(page, {2: ""})

    assert ["tests/test_a.py::test_b", ""] == [bug.found_by for bug in read_bugs(page)[:2]]
