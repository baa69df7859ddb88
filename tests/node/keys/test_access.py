"""The node's own secrets: made once, read by their owner alone, bound to what they seal."""

import stat
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.clock import SystemRandom
from node.errors import KeystoreDamaged, SigningError
from node.keys.access import AccessKeys


def _keys(path: Path) -> AccessKeys:
    return AccessKeys(path / "access.json", SystemRandom())


def test_is_made_when_needed(tmp_path: Path) -> None:
    """No file before a secret is needed; then one that only its owner reads, the same for every process."""
    first, second = _keys(tmp_path / "home"), _keys(tmp_path / "home")
    assert not (tmp_path / "home").exists()
    sealed = first.seal(b"secret", owner="usr_1")
    assert b"secret" == second.unseal(sealed, owner="usr_1")
    assert first.signing().kid == second.signing().kid
    (file,) = (tmp_path / "home").iterdir()
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)


def test_all_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    """Of several processes that make it together one wins, and all go by its file."""
    made = [_keys(tmp_path) for _ in range(8)]
    found: list[str | None] = []
    threads = [Thread(target=lambda keys=keys: found.append(keys.signing().kid)) for keys in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 8 == len(found)
    assert {made[0].signing().kid} == set(found)
    assert ["access.json"] == [file.name for file in tmp_path.iterdir()]


def test_rotation_is_seen_by_all(tmp_path: Path) -> None:
    """After a rotation every process signs by the new key and knows the one before; what was sealed stays."""
    mine, other = _keys(tmp_path), _keys(tmp_path)
    sealed = mine.seal(b"secret", owner="usr_1")
    before = other.signing().kid
    rotated = mine.rotate()
    assert rotated == other.signing().kid
    assert [before, rotated] == [key.kid for key in other.verifying()]
    mine.rotate()
    assert before not in [key.kid for key in other.verifying()]
    assert b"secret" == other.unseal(sealed, owner="usr_1")
    assert 0o600 == stat.S_IMODE((tmp_path / "access.json").stat().st_mode)


@given(content=st.binary(min_size=1, max_size=64), place=st.integers(0, 90), bit=st.integers(0, 7))
def test_what_was_changed_is_not_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, bit: int
) -> None:
    """A bit changed, another's name on it, or another node's file: nothing is read."""
    keys = _keys(tmp_path_factory.getbasetemp() / "shared")
    sealed = bytearray(keys.seal(content, owner="usr_1"))
    assert content == keys.unseal(bytes(sealed), owner="usr_1")
    with pytest.raises(KeystoreDamaged):
        keys.unseal(bytes(sealed), owner="usr_2")
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(KeystoreDamaged):
        keys.unseal(bytes(sealed), owner="usr_1")
    with pytest.raises(KeystoreDamaged):
        keys.unseal(bytes(sealed[:5]), owner="usr_1")


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"keys": []}', '{"keys": [{"use": "enc", "k": "AA"}]}', '{"keys": [{"use": "sig"}]}'],
)
def test_a_damaged_file(tmp_path: Path, content: str) -> None:
    """A file that is not as it was written is told, and never replaced."""
    (tmp_path / "access.json").write_text(content)
    with pytest.raises(KeystoreDamaged):
        _keys(tmp_path).signing()
    assert content == (tmp_path / "access.json").read_text()


def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    """Where the file can't be made, the error says so."""
    (tmp_path / "home").write_text("a file, no folder")
    with pytest.raises(SigningError):
        AccessKeys(tmp_path / "home" / "access.json", SystemRandom()).signing()
