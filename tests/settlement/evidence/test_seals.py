"""QBFT's seals: whose they are, over what, and how many are enough."""

from dataclasses import replace

import pytest
import rlp as library
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidSeals
from settlement.evidence import seals
from settlement.evidence.seals import ExtraData
from tests.settlement.evidence.material import (
    FOUR,
    VALIDATORS,
    Content,
    address_of,
    addresses,
    extra_data,
    header,
    seal,
)

# Published in Besu (Apache-2.0), consensus/qbft/…/QbftExtraDataCodecTest.java, `RAW_HEX_ENCODING_STRING`.
BESU = bytes.fromhex(
    "f8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20ea940000000000000000"
    "000000000000000000000001940000000000000000000000000000000000000002d7940000000000000000"
    "00000000000000000000000181ff83fedcbaf886b841000000000000000000000000000000000000000000"
    "0000000000000000000001000000000000000000000000000000000000000000000000000000000000000a"
    "00b841000000000000000000000000000000000000000000000000000000000000000a0000000000000000"
    "00000000000000000000000000000000000000000000000100"
)


def test_besus_published_vector() -> None:
    """The extra data that Besu's own test decodes is decoded to the same."""
    one, ten = (1).to_bytes(32, "big"), (10).to_bytes(32, "big")
    assert ExtraData(
        vanity=bytes(range(1, 33)),
        validators=(bytes(19) + b"\1", bytes(19) + b"\2"),
        vote=(bytes(19) + b"\1", True),
        round=0xFEDCBA,
        seals=(one + ten + b"\0", ten + one + b"\0"),
    ) == seals.decode(BESU)


def test_what_besu_hashes_and_what_it_seals() -> None:
    """Without seals the round stays for the seal digest, and is 0 for the hash (the same Besu test)."""
    made = header(None, Content(), extra=BESU)
    vanity, validators, vote, round_number, _ = library.decode(BESU)
    sealed = replace(made, extra_data=library.encode([vanity, validators, vote, round_number, []]))
    hashed = replace(made, extra_data=library.encode([vanity, validators, vote, b"", []]))

    assert sealed.hash() == seals.seal_digest(made)
    assert hashed.hash() == seals.block_hash(made)
    assert made.hash() not in {sealed.hash(), hashed.hash()}


def test_a_round_0_block_is_sealed_over_its_hash() -> None:
    """In round 0 both digests are one, by the rules."""
    made = header(None, Content(), extra=extra_data(addresses(FOUR)))

    assert seals.block_hash(made) == seals.seal_digest(made)


@given(data=st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    """Whatever is no QBFT extra data is refused by our error."""
    with pytest.raises(InvalidSeals):
        seals.decode(data)


@pytest.mark.parametrize(
    "extra",
    [
        extra_data([b"\1" * 19]),
        extra_data([b"\1" * 20, b"\1" * 20]),
        extra_data([], round_number=b"\0\xdc\xba"),
        extra_data([], round_number=b"\0"),
        extra_data([], round_number=b"\1" * 5),
        extra_data([], vote=b""),
        extra_data([], vote=(b"\1" * 20,)),
        extra_data([], vote=(b"\1" * 20, b"\xaa")),
        extra_data([], vote=(b"\1" * 19, b"\xff")),
        extra_data([], given=[b"\1" * 64]),
        extra_data([], more=[b"\1"]),
        library.encode([bytes(31), [], [], b"", []]),
        library.encode([bytes(32), [], [], b""]),
        extra_data([]) + b"\0",
        bytes(32),
        b"",
    ],
)
def test_extra_data_of_another_form_is_refused(extra: bytes) -> None:
    """Lengths, zeros before the round, votes that are none, seals of 64 bytes, items more or fewer."""
    with pytest.raises(InvalidSeals):
        seals.decode(extra)


@pytest.mark.parametrize(
    ("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (100, 67)]
)
def test_a_quorum_is_two_thirds_rounded_up(validators: int, needed: int) -> None:
    """As Besu and GoQuorum count."""
    assert needed == seals.quorum(validators)


@given(keys=st.permutations(FOUR), count=st.integers(0, 4), round_number=st.integers(0, 2**32 - 1))
def test_any_quorum_in_any_order_seals(keys: list[object], count: int, round_number: int) -> None:
    """Who sealed does not matter, only that enough of them did, in whatever round."""
    extra = extra_data(
        addresses(FOUR), round_number=round_number.to_bytes((round_number.bit_length() + 7) // 8, "big")
    )
    made = seal(header(None, Content(), extra=extra), keys[:count])  # type: ignore[arg-type]
    if count >= 3:
        assert count == seals.require_seals(made, addresses(FOUR))
    else:
        with pytest.raises(InvalidSeals):
            seals.require_seals(made, addresses(FOUR))


def test_a_drop_is_nothing_or_zero() -> None:
    """Besu writes nothing for a drop and reads a zero byte too; 0xff adds."""
    who = b"\1" * 20
    for kind, expected in ((b"", False), (b"\0", False), (b"\xff", True)):
        assert (who, expected) == seals.decode(extra_data([], vote=(who, kind))).vote


def _follows(vote: object, listed: tuple[bytes, ...]) -> frozenset[bytes]:
    parent = header(None, Content(), extra=extra_data(addresses(FOUR), vote=vote))
    following = header(parent, Content(), extra=extra_data(listed))
    return seals.validators_after(frozenset(addresses(FOUR)), parent, following)


def test_validators_change_by_the_vote_before() -> None:
    """The same, or with the one who was voted in, or without the one who was voted out."""
    joining, leaving = address_of(VALIDATORS[4]), address_of(VALIDATORS[0])

    assert frozenset(addresses(FOUR)) == _follows((), addresses(FOUR))
    assert frozenset(addresses(FOUR)) == _follows((joining, b"\xff"), addresses(FOUR))
    assert frozenset(addresses(VALIDATORS)) == _follows((joining, b"\xff"), addresses(VALIDATORS))
    assert frozenset(addresses(FOUR[1:])) == _follows((leaving, b""), addresses(FOUR[1:]))


def test_validators_that_a_contract_keeps_stay_as_known() -> None:
    """Headers that list none say nothing of a change."""
    assert frozenset(addresses(FOUR)) == _follows((), ())


@pytest.mark.parametrize("vote", [(), (address_of(VALIDATORS[4]), b""), (address_of(VALIDATORS[1]), b"\xff")])
def test_validators_do_not_change_otherwise(vote: object) -> None:
    """Without a vote, or by a vote for something else, nobody joins or leaves."""
    for listed in (addresses(VALIDATORS), addresses(FOUR[1:]), addresses(VALIDATORS[1:])):
        with pytest.raises(InvalidSeals):
            _follows(vote, listed)
