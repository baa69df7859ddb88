"""The vault: what it sealed it opens, for the same name, folder and password, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import KeystoreDamaged, WrongPassword
from tests.vaults import vault_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all examples share."""
    return tmp_path_factory.mktemp("home")


@given(st.binary(max_size=200), st.text(max_size=20), st.integers(0), st.integers(1, 255))
def test_sealed_is_opened_whole_or_not_at_all(
    folder: Path, secret: bytes, name: str, place: int, change: int
) -> None:
    """Another process opens what this one sealed; one changed byte or another name, and nobody does."""
    sealed = vault_in(folder).seal(secret, name=name)
    assert secret == vault_in(folder).open(sealed, name=name)
    changed = bytearray(sealed)
    changed[place % len(sealed)] ^= change
    for wrong, called in ((bytes(changed), name), (sealed, name + "x"), (sealed[:-1], name), (b"", name)):
        with pytest.raises(KeystoreDamaged):
            vault_in(folder).open(wrong, name=called)


def test_the_key_needs_its_password(tmp_path: Path) -> None:
    """Without the password the folder opens nothing."""
    vault_in(tmp_path).seal(b"secret", name="name")
    with pytest.raises(WrongPassword):
        vault_in(tmp_path, b"another").ready()
