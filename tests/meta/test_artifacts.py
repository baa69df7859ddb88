"""The committed contracts are what the sources make, and they travel with the node."""

import runpy
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest


def _artifacts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


@pytest.mark.slow
def test_committed_equal_a_fresh_build(root: Path, tmp_path: Path) -> None:
    """Compiling the sources again gives the committed artifacts, byte for byte."""
    subprocess.run([root / "scripts" / "build_contracts", "--out", tmp_path], check=True)

    assert _artifacts(tmp_path)
    assert _artifacts(tmp_path) == _artifacts(root / "contracts" / "build")


def _storage(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Slot, offset, name and type of each state variable, in the order of the slots; by contract."""
    build = runpy.run_path(str(root / "scripts" / "build_contracts"))
    wanted = {name: build["SHIPPED"][name] for name in ("Ledger", "Administration")}
    request = {
        "language": "Solidity",
        "sources": build["sources_of"](set(wanted.values())),
        "settings": build["SETTINGS"] | {"outputSelection": {"*": {"*": ["storageLayout"]}}},
    }
    contracts = build["solc"](request)["contracts"]
    return {
        name: [
            (int(found["slot"]), found["offset"], found["label"], found["type"])
            for found in contracts[source][name]["storageLayout"]["storage"]
        ]
        for name, source in wanted.items()
    }


@pytest.mark.slow
def test_both_halves_of_the_ledger_store_alike(root: Path) -> None:
    """What the ledger stores has the same slot, name and type in its administration, which adds behind it."""
    storage = _storage(root)
    ledger, administration = storage["Ledger"], storage["Administration"]

    assert "_modules" in [label for _, _, label, _ in ledger]
    assert ledger == administration[: len(ledger)]
    assert ["_changes"] == [label for _, _, label, _ in administration[len(ledger) :]]


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
