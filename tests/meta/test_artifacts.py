"""The committed contracts are what the sources make, and they travel with the node."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def _artifacts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


@pytest.mark.slow
def test_committed_equal_a_fresh_build(root: Path, tmp_path: Path) -> None:
    """Compiling the sources again gives the committed artifacts, byte for byte."""
    subprocess.run([root / "scripts" / "build_contracts", "--out", tmp_path], check=True)

    assert _artifacts(tmp_path)
    assert _artifacts(tmp_path) == _artifacts(root / "contracts" / "build")


@pytest.mark.slow
def test_wheel_carries_what_the_node_reads(root: Path, tmp_path: Path) -> None:
    """A wheel holds every file of both packages, and the contracts inside node.chain."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", tmp_path, root], check=True)

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        members = {name for name in wheel.namelist() if ".dist-info/" not in name}
        carried = {
            Path(name).name: wheel.read(name)
            for name in members
            if name.startswith("node/chain/artifacts/") and name.endswith(".json")
        }
    sources = {
        path.relative_to(root).as_posix()
        for package in ("settlement", "node")
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert carried
    assert _artifacts(root / "contracts" / "build") == carried
    assert set() == sources - members
