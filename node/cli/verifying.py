"""Checks an evidence file against a checkpoint file, a line per check; needs the base package only."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from settlement.errors import InvalidBundle, InvalidCheckpoint, InvalidEvidence
from settlement.evidence.bundle import BUNDLE_BYTES_MAX
from settlement.evidence.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, read_checkpoint
from settlement.evidence.verify import Check, verify


def verify_files(bundle: Path, checkpoint: Path, signed_by: Iterable[str] = ()) -> Iterator[Check]:
    """Yield each check that held; raise `InvalidEvidence` at the first that did not."""
    known = read_checkpoint_file(checkpoint)
    yield from _check_signers(known, signed_by)
    yield from verify(_read(bundle, BUNDLE_BYTES_MAX, InvalidBundle), known)


def read_checkpoint_file(path: Path) -> Checkpoint:
    """Read a checkpoint; raise `InvalidCheckpoint`."""
    return read_checkpoint(_read(path, CHECKPOINT_BYTES_MAX, InvalidCheckpoint))


def _check_signers(known: Checkpoint, wanted: Iterable[str]) -> Iterator[Check]:
    """Tell who signed the checkpoint, if anybody did or had to; the signatures were checked with its form."""
    signers = {"0x" + each.signer.hex() for each in known.signatures}
    missing = sorted({each.lower() for each in wanted} - signers)
    if missing:
        raise InvalidCheckpoint(f"{', '.join(missing)} did not sign the checkpoint", param="checkpoint")
    if signers:
        yield Check(name="checkpoint", found=f"signed by {', '.join(sorted(signers))}")


def print_checks(bundle: Path, checkpoint: Path, *, as_json: bool, signed_by: Iterable[str] = ()) -> int:
    """Print a line per check, and the first that failed; return the exit status."""
    found: list[dict[str, Any]] = []
    try:
        for check in verify_files(bundle, checkpoint, signed_by):
            _tell(found, {"check": check.name, "passed": True, "found": check.found}, as_json=as_json)
    except InvalidEvidence as error:
        name = error.param or "file"
        failed = {"check": name, "passed": False, "code": error.code, "found": error.detail}
        _tell(found, failed, as_json=as_json)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - this is the terminal's door
    return 0 if found[-1]["passed"] else 1


def _tell(found: list[dict[str, Any]], check: dict[str, Any], *, as_json: bool) -> None:
    found.append(check)
    if not as_json:
        verdict = "ok    " if check["passed"] else "FAILED"
        print(f"{verdict} {check['check']}: {check['found']}")  # noqa: T201 - likewise


def _read(path: Path, bytes_max: int, refused: type[InvalidEvidence]) -> bytes:
    """Return a file's content, of one that is too long only so much that it is seen."""
    try:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as error:
        raise refused(f"{path} can't be read: {error.strerror}", param="file") from None
