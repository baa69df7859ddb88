"""Checks an evidence file against a checkpoint file, a line per check; needs the base package only."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from node.cli.sampled import FIRST_BYTES, verify_zip
from settlement.errors import InvalidBundle, InvalidCheckpoint, InvalidEvidence
from settlement.evidence.account import AccountEntry
from settlement.evidence.bundle import BUNDLE_BYTES_MAX
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import CHECKPOINT_BYTES_MAX, Checkpoint, read_checkpoint
from settlement.evidence.completeness import verify_history
from settlement.evidence.history import HISTORY_BYTES_MAX, LINE_BYTES_MAX, is_history
from settlement.evidence.verify import verify


def verify_files(
    bundle: Path,
    checkpoint: Path,
    take: Callable[[AccountEntry], None],
    signed_by: Iterable[str] = (),
) -> Iterator[Check]:
    """Yield each check that held; raise `InvalidEvidence` at the first that did not.

    `take` is given the entries of an account, which are proven only when all checks have held.
    """
    known = read_checkpoint_file(checkpoint)
    try:
        with bundle.open("rb") as file:
            first = file.readline(LINE_BYTES_MAX + 1)
            if first.startswith(FIRST_BYTES):
                yield from verify_zip(bundle, known, signed_by)
                return
            yield from _check_signers(known, signed_by)
            if is_history(first):
                yield from verify_history(chain([first], _lines(file)), known, take)
            else:
                yield from verify(first + file.read(BUNDLE_BYTES_MAX + 1), known)
    except OSError as error:
        raise InvalidBundle(f"{bundle} can't be read: {error.strerror}", param="file") from None


def read_checkpoint_file(path: Path) -> Checkpoint:
    """Read a checkpoint; raise `InvalidCheckpoint`."""
    try:
        with path.open("rb") as file:
            return read_checkpoint(file.read(CHECKPOINT_BYTES_MAX + 1))
    except OSError as error:
        raise InvalidCheckpoint(f"{path} can't be read: {error.strerror}", param="file") from None


def _check_signers(known: Checkpoint, wanted: Iterable[str]) -> Iterator[Check]:
    """Tell who signed the checkpoint, if anybody did or had to; the signatures were checked with its form."""
    signers = {"0x" + each.signer.hex() for each in known.signatures}
    missing = sorted({each.lower() for each in wanted} - signers)
    if missing:
        raise InvalidCheckpoint(f"{', '.join(missing)} did not sign the checkpoint", param="checkpoint")
    if signers:
        yield Check(name="checkpoint", found=f"signed by {', '.join(sorted(signers))}")


def print_checks(
    bundle: Path,
    checkpoint: Path,
    *,
    as_json: bool,
    signed_by: Iterable[str] = (),
    entries: Path | None = None,
) -> int:
    """Print a line per check, and the first that failed; return the exit status.

    `entries`: where to write the entries of an account, as CSV, once all checks have held.
    """
    found: list[dict[str, Any]] = []
    try:
        with _written(entries) as take:
            for check in verify_files(bundle, checkpoint, take, signed_by):
                _tell(found, {"check": check.name, "passed": True, "found": check.found}, as_json=as_json)
            if entries is not None and found[-1]["check"] != "account":
                raise InvalidBundle("it is no history of an account, so it has no entries", param="entries")
    except InvalidEvidence as error:
        name = error.param or "file"
        failed = {"check": name, "passed": False, "code": error.code, "found": error.detail}
        _tell(found, failed, as_json=as_json)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - this is the terminal's door
    return 0 if found[-1]["passed"] else 1


@contextmanager
def _written(path: Path | None) -> Iterator[Callable[[AccountEntry], None]]:
    """Give what writes entries into a file that is there only when nothing failed."""
    if path is None:
        yield lambda _: None
        return
    with unproven(path) as passing, passing.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in fields(AccountEntry))
        yield lambda entry: table.writerow(astuple(entry))


@contextmanager
def unproven(path: Path) -> Iterator[Path]:
    """Give where to write what is not proven yet; it takes the name `path` only when nothing failed."""
    passing = path.with_name(path.name + ".unproven")
    try:
        yield passing
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, of one that is too long only so much that it is seen."""
    read = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        read += len(line)
        if read > HISTORY_BYTES_MAX:
            raise InvalidBundle(f"the file has more than {HISTORY_BYTES_MAX} bytes", param="file")
        yield line


def _tell(found: list[dict[str, Any]], check: dict[str, Any], *, as_json: bool) -> None:
    found.append(check)
    if not as_json:
        verdict = "ok    " if check["passed"] else "FAILED"
        print(f"{verdict} {check['check']}: {check['found']}")  # noqa: T201 - likewise
