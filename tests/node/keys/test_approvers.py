"""Approve keys in files and on real tokens: each opens with its own person's secret, and few wrong ones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.clock import SystemRandom
from node.errors import ApproverBusy, ApproverRefused
from node.keys.approvers import ATTEMPTS_MAX, PAUSE_SECONDS, ApproverKeystores, Approvers, ApproverTokens
from tests.clocks import SetClock
from tests.tokens import MODULE, SoftHsm

_DIGEST = bytes(range(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An approver with a key of their own."""

    name: str
    secret: bytes
    address: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where approve keys are, two people with one each, and a clock."""

    keys: ApproverKeystores | ApproverTokens
    people: tuple[Person, Person]
    clock: SetClock

    def approvers(self) -> Approvers:
        """What opens them, as a process that has just started has it."""
        return Approvers(self.keys, self.clock)


def _anybody(_address: bytes) -> bool:
    return True


@pytest.fixture(params=["files", "tokens"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, soft_hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """Erika and Otto, each with another secret."""
    secrets = (b"481516", b"234210")
    keys: ApproverKeystores | ApproverTokens
    if request.param == "files":
        keys, names = ApproverKeystores(tmp_path, scrypt_n=2), ["erika", "otto"]
    else:
        keys, names = ApproverTokens(MODULE), [soft_hsm.new_token(secret) for secret in secrets]
        soft_hsm.use(monkeypatch)
    first, second = (
        Person(name=name, secret=secret, address=keys.create(name, secret, SystemRandom()))
        for name, secret in zip(names, secrets, strict=True)
    )
    return Place(keys=keys, people=(first, second), clock=SetClock(1_000_000))


def test_signs_for_its_own_person(place: Place) -> None:
    """Every digest is signed by the key whose address is told, which is that person's."""
    approvers = place.approvers()

    @given(digests=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
    @settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def signs(digests: list[bytes]) -> None:
        for person in place.people:
            address, made = approvers.sign(person.name, person.secret, digests, _anybody)
            assert person.address == address
            signers = {
                Account._recover_hash(digest, signature=each)
                for digest, each in zip(digests, made, strict=True)
            }
            assert {"0x" + address.hex()} == {signer.lower() for signer in signers}

    signs()


def test_anothers_secret_opens_nothing(place: Place) -> None:
    """Who knows one person's secret does not approve as another."""
    first, second = place.people
    for one, other in ((first, second), (second, first)):
        with pytest.raises(ApproverRefused):
            place.approvers().sign(one.name, other.secret, [_DIGEST], _anybody)


def test_wrong_secrets_are_few(place: Place) -> None:
    """After a few in a row not even the right one is tried for a while; others go on, and so does time."""
    approvers, (person, other) = place.approvers(), place.people
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(ApproverRefused):
            approvers.sign(person.name, b"000000", [_DIGEST], _anybody)
    with pytest.raises(ApproverBusy):
        approvers.sign(person.name, person.secret, [_DIGEST], _anybody)
    assert other.address == approvers.sign(other.name, other.secret, [_DIGEST], _anybody)[0]

    place.clock.sleep(PAUSE_SECONDS)

    assert person.address == approvers.sign(person.name, person.secret, [_DIGEST], _anybody)[0]


@pytest.mark.parametrize(
    "may_approve", [lambda _: False, lambda address: address == bytes(20)], ids=["none", "another"]
)
def test_only_what_the_chain_knows(place: Place, may_approve: Callable[[bytes], bool]) -> None:
    """A key that is not registered is not opened, so its secret is not tried either."""
    approvers, (person, _) = place.approvers(), place.people
    for _ in range(ATTEMPTS_MAX + 1):
        with pytest.raises(ApproverRefused, match="no key here"):
            approvers.sign(person.name, b"000000", [_DIGEST], may_approve)


@pytest.mark.parametrize("name", ["nobody", "", "../erika", "e" * 500])
def test_who_has_no_key(place: Place, name: str) -> None:
    """A name without a key, whatever it looks like, has no addresses and approves nothing."""
    assert [] == place.approvers().addresses(name)
    with pytest.raises(ApproverRefused, match="no key here"):
        place.approvers().sign(name, place.people[0].secret, [_DIGEST], _anybody)
