"""A sample of settlements for an auditor: which are drawn, the signed manifest, and the check of both.

A settled instruction's rank is SHA-256 over the text ``SEED:PARTICIPANT-SEQUENCE``; drawn are those of the
lowest ranks. The population is listed in the order of the chain, a line ``PARTICIPANT-SEQUENCE`` each; the
manifest has its number, its totals by asset and the SHA-256 of that list. So who has the list can draw again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Any

from settlement.document import Json
from settlement.errors import InvalidSample
from settlement.evidence import files
from settlement.evidence.attestation import Attestation, read_signatures, shown_signatures
from settlement.evidence.check import Check
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.verify import verify

MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 4 * 1024 * 1024
COUNT_MAX = 1000
SEED_CHARACTERS_MAX = 100
FILTERS = ("currency", "counterparty", "first_day", "last_day", "amount_from")
_FORMAT, _VERSION = "vostro.sample", 1
_FIELDS = (
    "format", "version", "chain_id", "height", "block_hash", "seed", "wanted", "filter", "population",
    "files",
)  # fmt: skip
_POPULATION_FIELDS = ("count", "totals", "sha256")
_FILE_FIELDS = ("name", "sha256", "participant", "sequence", "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A settled instruction: who initiated it and its number there, and what it moved, in minor units."""

    id: str
    participant: int
    sequence: int
    asset: int
    amount: int

    @property
    def name(self) -> str:
        """Return what it is called in the population's list."""
        return f"{self.participant}-{self.sequence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """All that a sample was drawn from: number, total by asset (text of its number), digest of the list."""

    count: int
    totals: Mapping[str, int]
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A file of the sample: the evidence of one member, and what that proves, as the verifier words it."""

    sha256: bytes
    participant: int
    sequence: int
    settled: str

    @property
    def name(self) -> str:
        """Return the name of its file."""
        return f"{self.participant}-{self.sequence}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a sample is of, and what is in it, in the order of the ranks."""

    chain_id: int
    height: int
    block_hash: bytes
    seed: str
    wanted: int
    filters: Mapping[str, str | None]
    population: Population
    files: tuple[Drawn, ...]
    signatures: tuple[Attestation, ...] = ()


def rank(seed: str, name: str) -> bytes:
    """Return the rank of a member of this name; the lowest are drawn."""
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


@dataclass(slots=True, kw_only=True)
class Draw:
    """Draws `wanted` members from a stream of any length, in memory for those only."""

    seed: str
    wanted: int
    _count: int = 0
    _totals: Counter[str] = field(default_factory=Counter)
    _listed: Any = field(default_factory=hashlib.sha256)
    # The highest of the ranks drawn so far comes first, so that it is the one to go.
    _drawn: list[tuple[int, int, Member]] = field(default_factory=list)

    def take(self, member: Member) -> None:
        """Take the next member in the order of the chain."""
        self._count += 1
        self._totals[str(member.asset)] += member.amount
        self._listed.update(f"{member.name}\n".encode())
        entry = -int.from_bytes(rank(self.seed, member.name), "big"), self._count, member
        if len(self._drawn) < self.wanted:
            heappush(self._drawn, entry)
        else:
            heappushpop(self._drawn, entry)

    def drawn(self) -> list[Member]:
        """Return who is drawn, the lowest rank first."""
        return [member for _, _, member in sorted(self._drawn, reverse=True)]

    def population(self) -> Population:
        """Return what was drawn from."""
        return Population(count=self._count, totals=dict(self._totals), sha256=self._listed.digest())


def manifested(manifest: Manifest) -> dict[str, Json]:
    """Return what is signed of a manifest: all of it but the signatures, numbers as text."""
    return {
        "format": _FORMAT,
        "version": str(_VERSION),
        "chain_id": str(manifest.chain_id),
        "height": str(manifest.height),
        "block_hash": "0x" + manifest.block_hash.hex(),
        "seed": manifest.seed,
        "wanted": str(manifest.wanted),
        "filter": dict(manifest.filters),
        "population": {
            "count": str(manifest.population.count),
            "totals": {asset: str(total) for asset, total in sorted(manifest.population.totals.items())},
            "sha256": manifest.population.sha256.hex(),
        },
        "files": [
            {
                "name": each.name,
                "sha256": each.sha256.hex(),
                "participant": str(each.participant),
                "sequence": str(each.sequence),
                "settled": each.settled,
            }
            for each in manifest.files
        ],
    }


def write_manifest(manifest: Manifest) -> bytes:
    """Return the file of a manifest."""
    shown = manifested(manifest) | {"signatures": shown_signatures(manifest.signatures)}
    return json.dumps(shown, indent=1, ensure_ascii=False).encode() + b"\n"


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest; raise `InvalidSample`, also for a signature that is not its signer's."""
    refused = InvalidSample
    found = files.read_json(content, bytes_max=MANIFEST_BYTES_MAX, refused=refused)
    given = found.pop("signatures", [])
    if (found.get("format"), found.get("version")) != (_FORMAT, str(_VERSION)):
        raise refused(f"the manifest is no {_FORMAT} of version {_VERSION}", param="manifest")
    files.require_fields(found, _FIELDS, refused=refused)
    population, listed, filters = found["population"], found["files"], found["filter"]
    if not isinstance(population, dict) or not isinstance(listed, list) or not isinstance(filters, dict):
        raise refused("population, files or filter are not of their form", param="manifest")
    if len(listed) > COUNT_MAX:
        raise refused(f"it lists more than {COUNT_MAX} files", param="manifest")
    files.require_fields(population, _POPULATION_FIELDS, refused=refused)
    files.require_fields(filters, FILTERS, refused=refused)
    totals = population["totals"]
    if not isinstance(totals, dict) or not all(isinstance(each, str | None) for each in filters.values()):
        raise refused("totals or filter are not of their form", param="manifest")
    read = Manifest(
        chain_id=_number(found, "chain_id"),
        height=_number(found, "height"),
        block_hash=files.octets(found["block_hash"], "block_hash", 32, refused=refused),
        seed=_text(found, "seed"),
        wanted=_number(found, "wanted"),
        filters=filters,
        population=Population(
            count=_number(population, "count"),
            totals={asset: _number(totals, asset) for asset in totals},
            sha256=_digest(population),
        ),
        files=tuple(_file(each) for each in listed),
    )
    said = manifested(read)
    if said != found:
        raise refused("the manifest is not in the one form of what it says", param="manifest")
    signatures = read_signatures(given, said, refused=refused)
    return Manifest(
        **{name: getattr(read, name) for name in Manifest.__slots__ if name != "signatures"},
        signatures=signatures,
    )


def verify_sample(
    names: Sequence[str], read: Callable[[str], bytes], checkpoint: Checkpoint
) -> Iterator[Check]:
    """Yield each check of a sample that held: its manifest, its files, and the evidence in each of them.

    `names` are those of all files there are, `read` gives their content. Raise `InvalidEvidence` at the first
    that did not hold, `param` its name.
    """
    if MANIFEST not in names:
        raise InvalidSample("there is no manifest", param="manifest")
    manifest = read_manifest(read(MANIFEST))
    yield Check(name="manifest", found=_require_signed(manifest))
    yield Check(name="chain", found=_require_chain(manifest, checkpoint))
    yield Check(name="files", found=_require_files(manifest, names))
    for each in manifest.files:
        content = read(each.name)
        if hashlib.sha256(content).digest() != each.sha256:
            raise InvalidSample("it is not the file that the manifest has the digest of", param=each.name)
        proven = {check.name: check.found for check in verify(content, checkpoint)}
        if proven.get("receipt") != each.settled or not each.settled.startswith(
            f"instruction {each.sequence} of participant {each.participant}: "
        ):
            raise InvalidSample("it proves something else than the manifest says", param=each.name)
        yield Check(name=each.name, found=each.settled)


def _require_signed(manifest: Manifest) -> str:
    if not manifest.signatures:
        raise InvalidSample("nobody signed the manifest", param="manifest")
    totals = ", ".join(f"{total} of asset {asset}" for asset, total in manifest.population.totals.items())
    signers = ", ".join("0x" + each.signer.hex() for each in manifest.signatures)
    return (
        f"{len(manifest.files)} of {manifest.population.count} settled instructions ({totals or 'nothing'}, "
        f"minor units), seed {manifest.seed!r}, signed by {signers}"
    )


def _require_chain(manifest: Manifest, checkpoint: Checkpoint) -> str:
    ours = manifest.chain_id, manifest.height, manifest.block_hash
    if ours != (checkpoint.chain_id, checkpoint.height, checkpoint.block_hash):
        raise InvalidSample("the sample is of another block than the checkpoint", param="chain")
    return f"the population is that of the checkpoint's block {manifest.height}"


def _require_files(manifest: Manifest, names: Sequence[str]) -> str:
    listed = [MANIFEST, *(each.name for each in manifest.files)]
    if sorted(listed) != sorted(names):
        odd = sorted((Counter(listed) - Counter(names)) + (Counter(names) - Counter(listed)))
        raise InvalidSample(f"missing, or not in the manifest: {', '.join(odd)[:500]}", param="files")
    if len(manifest.files) != min(manifest.wanted, manifest.population.count):
        raise InvalidSample("it has fewer or more files than were to be drawn", param="files")
    ranks = [rank(manifest.seed, each.name.removesuffix(".json")) for each in manifest.files]
    if ranks != sorted(ranks):
        raise InvalidSample("they are not in the order in which the seed draws", param="files")
    return f"{len(manifest.files)} files, all that the manifest lists and no other"


def _file(found: Any) -> Drawn:
    if not isinstance(found, dict):
        raise InvalidSample("a file is no object", param="manifest")
    files.require_fields(found, _FILE_FIELDS, refused=InvalidSample)
    return Drawn(
        sha256=_digest(found),
        participant=_number(found, "participant"),
        sequence=_number(found, "sequence"),
        settled=_text(found, "settled"),
    )


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found[name]
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 40:
        raise InvalidSample(f"{name} is no number", param="manifest")
    return int(value)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found[name]
    if not isinstance(value, str) or not value.isprintable():
        raise InvalidSample(f"{name} is no text", param="manifest")
    return value


def _digest(found: Mapping[str, Any]) -> bytes:
    return files.octets("0x" + str(found["sha256"]), "sha256", 32, refused=InvalidSample)
