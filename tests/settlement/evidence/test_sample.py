"""A sample: who is drawn, and that nothing of its manifest or of its files can be changed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import coincurve
import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidEvidence, InvalidSample
from settlement.evidence.attestation import Attestation, digest_of
from settlement.evidence.bundle import write_bundle
from settlement.evidence.sample import (
    FILTERS,
    MANIFEST,
    Draw,
    Drawn,
    Manifest,
    Member,
    Population,
    manifested,
    rank,
    read_manifest,
    verify_sample,
    write_manifest,
)
from settlement.evidence.verify import verify
from tests.settlement.evidence.material import PAYER, TERMS, address_of, case

_CASE = case()
_BUNDLE = write_bundle(_CASE.bundle)
_SETTLED = next(check.found for check in verify(_BUNDLE, _CASE.checkpoint) if check.name == "receipt")


def _member(sequence: int) -> Member:
    return Member(id=str(sequence), participant=2, sequence=sequence, asset=840, amount=sequence)


@given(st.integers(0, 60), st.integers(1, 20), st.text(st.characters(codec="utf-8"), max_size=9))
def test_the_lowest_ranks_are_drawn(population: int, wanted: int, seed: str) -> None:
    """As anybody can draw them again, by sorting the list; with its number, totals and digest."""
    draw = Draw(seed=seed, wanted=wanted)
    members = [_member(number) for number in range(population)]
    for member in members:
        draw.take(member)

    by_hand = sorted(members, key=lambda each: hashlib.sha256(f"{seed}:{each.name}".encode()).digest())
    assert by_hand[:wanted] == draw.drawn()
    listed = "".join(f"2-{number}\n" for number in range(population)).encode()
    assert draw.population() == Population(
        count=population,
        totals={"840": sum(range(population))} if population else {},
        sha256=hashlib.sha256(listed).digest(),
    )


def test_another_seed_draws_others() -> None:
    """So nobody but who chose the seed chose the sample."""
    draws = [Draw(seed=seed, wanted=5) for seed in ("one", "other", "one")]
    for draw in draws:
        for number in range(1000):
            draw.take(_member(number))
    first, second, third = (draw.drawn() for draw in draws)
    assert first == third != second


def _manifest(**changes: Any) -> Manifest:
    """The manifest of a sample with one file, of a population of one; signed."""
    made = Manifest(
        chain_id=_CASE.checkpoint.chain_id,
        height=_CASE.checkpoint.height,
        block_hash=_CASE.checkpoint.block_hash,
        seed="seed",
        wanted=3,
        filters=dict.fromkeys(FILTERS) | {"currency": "USD"},
        population=Population(count=1, totals={"840": TERMS.amount}, sha256=bytes(32)),
        files=(
            Drawn(
                sha256=hashlib.sha256(_BUNDLE).digest(),
                participant=TERMS.payer,
                sequence=TERMS.sequence,
                settled=_SETTLED,
            ),
        ),
    )
    made = replace(made, **changes)
    return replace(made, signatures=(_signature(PAYER, made),))


def _signature(key: coincurve.PrivateKey, made: Manifest) -> Attestation:
    signature = key.sign_recoverable(digest_of(manifested(made)), hasher=None)
    return Attestation(signer=address_of(key), signature=signature[:-1] + bytes([signature[-1] + 27]))


def _files(manifest: bytes | None = None) -> dict[str, bytes]:
    return {MANIFEST: write_manifest(_manifest()) if manifest is None else manifest, "2-7.json": _BUNDLE}


def _checks(given: dict[str, bytes], names: list[str] | None = None) -> list[str]:
    found = verify_sample(names or list(given), given.__getitem__, _CASE.checkpoint)
    return [check.name for check in found]


def test_a_whole_sample_passes() -> None:
    """Its manifest, its block, its files, and what each of them proves."""
    assert _manifest() == read_manifest(write_manifest(_manifest()))
    assert ["manifest", "chain", "files", "2-7.json"] == _checks(_files())


def _one_more(value: str) -> str:
    return str(int(value) + 1)


@pytest.mark.parametrize(
    "name",
    ["chain_id", "height", "block_hash", "seed", "wanted", "filter", "population", "files", "signatures"],
)
def test_nothing_of_the_manifest_can_be_changed(name: str) -> None:
    """Each field is under the signature."""
    found = json.loads(write_manifest(_manifest()))
    others: dict[str, Callable[[Any], Any]] = {
        "block_hash": lambda _: "0x" + "11" * 32,
        "seed": lambda _: "another",
        "filter": lambda value: value | {"currency": "EUR"},
        "population": lambda value: value | {"count": "2"},
        "files": lambda value: [value[0] | {"sha256": "11" * 32}],
        "signatures": lambda _: [],
    }
    found[name] = others.get(name, _one_more)(found[name])
    with pytest.raises(InvalidSample) as error:
        _checks(_files(json.dumps(found).encode()))
    assert error.value.param in {"manifest", "signatures"}


FORGED: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "a changed file": ("2-7.json", lambda: _checks(_files() | {"2-7.json": _BUNDLE + b" "})),
    "a missing file": ("files", lambda: _checks({MANIFEST: _files()[MANIFEST]})),
    "a file more": ("files", lambda: _checks(_files() | {"2-8.json": b""})),
    "a file twice": ("files", lambda: _checks(_files(), [MANIFEST, "2-7.json", "2-7.json"])),
    "no manifest": ("manifest", lambda: _checks({"2-7.json": _BUNDLE})),
    "no JSON": ("manifest", lambda: _checks(_files(b"{}"))),
    "another block": ("chain", lambda: _checks(_files(write_manifest(_manifest(height=2))))),
    "fewer than drawn": (
        "files",
        lambda: _checks(
            _files(
                write_manifest(_manifest(population=replace(_manifest().population, count=2))),
            )
        ),
    ),
    "another settlement": (
        "2-7.json",
        lambda: _checks(
            _files(write_manifest(_manifest(files=(replace(_manifest().files[0], settled="more"),))))
        ),
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_what_is_not_the_sample_is_refused(how: str) -> None:
    """Also where whoever made it signed it: each by the check that fails."""
    param, check = FORGED[how]
    with pytest.raises(InvalidEvidence) as error:
        check()
    assert param == error.value.param


def test_the_order_is_that_of_the_seed() -> None:
    """Files that a seed does not draw in this order are another sample."""
    first = _manifest().files[0]
    twice = [first, replace(first, sequence=8)]
    ordered = sorted(twice, key=lambda each: rank("seed", each.name.removesuffix(".json")))
    made = _manifest(files=tuple(ordered[::-1]), population=replace(_manifest().population, count=2))
    with pytest.raises(InvalidSample, match="the order in which"):
        _checks(_files(write_manifest(made)) | {"2-8.json": b""})
