"""A sample's ZIP as the verifier reads it: bounded like evidence; with the base package only."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from settlement.errors import InvalidSample
from settlement.evidence.bundle import BUNDLE_BYTES_MAX
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.sample import COUNT_MAX, MANIFEST, read_manifest, verify_sample

FIRST_BYTES = b"PK\3\4"
# What the library raises for a damaged file, or a compression or encryption that it lacks.
_DAMAGED = zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError


def verify_zip(path: Path, checkpoint: Checkpoint, wanted: Iterable[str]) -> Iterator[Check]:
    """Yield each check of a sample that held; `wanted`: addresses that must have signed it or the checkpoint.

    Raise `InvalidEvidence` at the first check that did not hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in archive.infolist()]
            if len(names) > COUNT_MAX + 1:
                raise InvalidSample(
                    f"it has {len(names)} files; at most {COUNT_MAX + 1} are read", param="files"
                )

            def read(name: str) -> bytes:
                with archive.open(name) as file:
                    content = file.read(BUNDLE_BYTES_MAX + 1)
                if len(content) > BUNDLE_BYTES_MAX:
                    raise InvalidSample(f"it has more than {BUNDLE_BYTES_MAX} bytes", param=name)
                return content

            if MANIFEST in names:
                signed = [*read_manifest(read(MANIFEST)).signatures, *checkpoint.signatures]
                missing = {each.lower() for each in wanted} - {"0x" + each.signer.hex() for each in signed}
                if missing:
                    raise InvalidSample(f"{', '.join(sorted(missing))} did not sign it", param="manifest")
            yield from verify_sample(names, read, checkpoint)
    except _DAMAGED as error:
        raise InvalidSample(f"it is no whole ZIP: {error}", param="file") from None
