"""Where the contracts and the tools that prove them are."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
# npm's wrapper `forge` exits 0 when tests fail; the program itself does not.
FORGE = CONTRACTS / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"
TOOLS = ROOT / ".venv-proof" / "bin"


def with_tools(profile: str, *command: str) -> list[str]:
    """Return the command so that it finds forge, compiler and solver, under a profile of foundry.toml."""
    node = Path(shutil.which("node") or "node").parent
    folders = os.pathsep.join([str(TOOLS), str(FORGE.parent), str(node), os.defpath])
    return ["env", f"FOUNDRY_PROFILE={profile}", f"PATH={folders}", *command]


def tool(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this folder in `.venv-proof`, from the root."""
    return [str(TOOLS / "python"), "-B", "-m", f"scripts.proving.{module}", *arguments]
