"""`vostro keys reseal` and `remove`: keys kept otherwise, and keys that are not needed any more."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from node.keys.keystore import Keystore
from node.store.session import Store
from node.store.tables import keys
from tests.node.cli.terminal import PASSWORD, Terminal
from tests.simulation.chain import PAYER, PlainSigner, bic
from tests.simulation.world import World, world
from tests.tokens import MODULE, PIN, SoftHsm

_NEW_PASSWORD = "another ☃"


def _ciphers(home: Path) -> dict[str, str]:
    return {
        path.parent.name: json.loads(path.read_text())["cipher"] for path in sorted(home.glob("*/*.json"))
    }


@pytest.mark.slow
def test_reseal(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys go under another cipher and password and back; a wrong password changes no file."""
    terminal.json("keys", "new")
    terminal.json("keys", "new", "--encryption")
    before = terminal.json("keys", "check")
    new = tmp_path / "new-password"
    new.write_text(_NEW_PASSWORD)
    monkeypatch.setenv("VOSTRO_KEY_CIPHER", "sm4-gcm")

    done = terminal.json("keys", "reseal", "--new-password-file", str(new))

    assert [("keys", True), ("encryption", True)] == [(each["folder"], each["changed"]) for each in done]
    assert {"keys": "sm4-gcm", "encryption": "sm4-gcm"} == _ciphers(terminal.home)
    status, _, errors = terminal.run("keys", "check")
    assert (1, "wrong_password") == (status, errors.partition(":")[0])
    again = terminal.json("keys", "reseal", "--new-password-file", str(new))
    assert [False, False] == [each["changed"] for each in again]
    (tmp_path / "password").write_text(_NEW_PASSWORD)
    assert before == terminal.json("keys", "check")

    files = {path: path.read_bytes() for path in terminal.home.glob("*/*.json")}
    monkeypatch.setenv("VOSTRO_KEY_CIPHER", "aes-256-gcm")
    (tmp_path / "password").write_text("wrong")
    assert 1 == terminal.run("keys", "reseal")[0]
    assert files == {path: path.read_bytes() for path in terminal.home.glob("*/*.json")}
    (tmp_path / "password").write_text(_NEW_PASSWORD)
    terminal.json("keys", "reseal")
    assert {"keys": "aes-256-gcm", "encryption": "aes-256-gcm"} == _ciphers(terminal.home)
    assert before == terminal.json("keys", "check")


def test_token_seals_itself(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a token holds the keys nothing is sealed by us, and that is said."""
    monkeypatch.setenv("VOSTRO_SIGNER", "pkcs11")
    status, _, errors = terminal.run("keys", "reseal")
    assert (1, True) == (status, "its PIN is changed by" in errors)


@pytest.fixture
def ours(terminal: Terminal, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, str]]:
    """A key of the terminal's keystore that the chain has registered for its bank, beside another's store."""
    monkeypatch.setenv("VOSTRO_STORE_URL", store_url)
    monkeypatch.setenv("VOSTRO_BIC", bic(PAYER))
    keystore = Keystore(terminal.home / "keys", scrypt_n=2)
    address = keystore.add(bytes([7]) * 32, PASSWORD.encode())
    with closing(Store(store_url)) as store:
        store.migrate()
        made = world(store)
        with store.transaction() as connection:
            connection.execute(
                update(keys).where(keys.c.participant == PAYER, keys.c.number == 1).values(address=address)
            )
        yield made, "0x" + address.hex()


@pytest.mark.parametrize("end", [{"revoked": True}, {"valid_until": 1}], ids=["revoked", "expired"])
def test_ended_key_is_removed(terminal: Terminal, ours: tuple[World, str], end: dict[str, object]) -> None:
    """A key that may still act is refused; once the chain has ended it, it is deleted, once."""
    made, address = ours
    status, _, errors = terminal.run("keys", "remove", address)
    assert (1, "key_in_use") == (status, errors.partition(":")[0])
    with made.store.transaction() as connection:
        connection.execute(update(keys).where(keys.c.participant == PAYER, keys.c.number == 1).values(**end))

    assert [{"address": address, "removed": True}] == terminal.json("keys", "remove", address)

    assert [] == list((terminal.home / "keys").iterdir())
    assert "key_not_found" == terminal.run("keys", "remove", address)[2].partition(":")[0]


def test_key_with_a_transaction_in_flight_stays(terminal: Terminal, ours: tuple[World, str]) -> None:
    """Also a revoked key stays while something that it signed has not ended: its end is still to be seen."""
    made, address = ours
    made.signer = PlainSigner(bytes.fromhex(address[2:]))
    made.accept(1)
    made.submitter().tick()
    with made.store.transaction() as connection:
        connection.execute(update(keys).where(keys.c.participant == PAYER).values(revoked=True))

    status, _, errors = terminal.run("keys", "remove", address)

    assert (1, True) == (status, "vostro transactions list" in errors)
    assert 1 == len(list((terminal.home / "keys").iterdir()))


def test_key_nobody_registered_stays(terminal: Terminal, ours: tuple[World, str]) -> None:
    """A key that the chain does not know yet may be on its way there."""
    other = Keystore(terminal.home / "keys", scrypt_n=2).add(bytes([8]) * 32, PASSWORD.encode())
    assert "key_in_use" == terminal.run("keys", "remove", "0x" + other.hex())[2].partition(":")[0]


def test_removed_from_a_token(
    terminal: Terminal, ours: tuple[World, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a token both halves of an ended key are destroyed."""
    soft_hsm = SoftHsm(tmp_path / "softhsm")
    label = soft_hsm.new_token()
    soft_hsm.use(monkeypatch)
    (tmp_path / "password").write_bytes(PIN)
    for name, value in {"SIGNER": "pkcs11", "TOKEN_MODULE": str(MODULE), "TOKEN_LABEL": label}.items():
        monkeypatch.setenv(f"VOSTRO_{name}", value)
    (made,) = terminal.json("keys", "new")
    with ours[0].store.transaction() as connection:
        connection.execute(
            update(keys)
            .where(keys.c.participant == PAYER, keys.c.number == 1)
            .values(address=bytes.fromhex(made["address"][2:]), revoked=True)
        )

    terminal.json("keys", "remove", made["address"])

    assert [] == terminal.json("keys", "check")
