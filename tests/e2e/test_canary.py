"""A known key and a known password go through a whole run, and are nowhere but where they belong (R7)."""

import base64
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chains import Anvil
from tests.e2e.ground import Bank, client_of, founded_on, until
from tests.e2e.leaks import forms, leaks
from tests.messages import DATE, file_of
from tests.scenario import BANKS, USD

FUNDS = 10**9
# Long enough that no form of it comes about by chance.
CANARY_PASSWORD = "canary-9f2c71d04be8"


@pytest.fixture
def bank(anvil: Callable[..., Anvil], tmp_path: Path) -> Iterator[Bank]:
    """The first bank's node on an embedded database, its keystore under the canary password."""
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, FUNDS)
        made = Bank(tmp_path / "bank", BANKS[0], network, chain, VOSTRO_KEY_DAY_LIMITS="USD=5.00")
        yield made
        made.kill()


@pytest.mark.parametrize("form", forms(bytes(32)))
def test_measure_sees_a_leak(form: str) -> None:
    """The measure itself: a secret in any of the forms is found, and what is none is not."""
    secret = BANKS[0].secret("pay")
    written = {
        "bytes": secret,
        "reversed": secret[::-1],
        "hexadecimal": secret.hex().upper().encode(),
        "spaced": secret.hex(" ").encode(),
        "decimal": str(int.from_bytes(secret, "big")).encode(),
        "list": str(list(secret)).encode(),
        "JSON list": b"[" + ",".join(map(str, secret)).encode() + b"]",
        "Python": repr(secret).encode(),
        "base64 at 0": base64.urlsafe_b64encode(secret + b"more"),
        "base64 at 1": base64.b64encode(b"x" + secret),
        "base64 at 2": base64.b64encode(b"xy" + secret + b"z"),
    }

    assert f"key as {form} in place" in leaks(
        {"key": secret}, {"place": b"before" + written[form] + b"after"}
    )
    assert [] == leaks({"key": secret}, {"place": BANKS[0].key("pay") + BANKS[0].secret("approve")})


def _said_by_api(url: str, token: str) -> dict[str, bytes]:
    """Every answer to a reader, and to who asks for what is not there or sends nonsense."""
    paths = (
        "/livez", "/readyz", "/metrics", "/openapi.json", "/v1/payments", "/v1/accounts", "/v1/participants",
        "/v1/payments/none", "/keys", "/v1/keys",
    )  # fmt: skip
    with client_of(url, token) as client:
        found = {path: client.get(path) for path in paths}
        found["nonsense"] = client.post("/v1/payments", content=b"{", headers={"Idempotency-Key": "n"})
    return {
        f"answer to {name}": answer.content + str(answer.headers).encode() for name, answer in found.items()
    }


def _said_by_commands(bank: Bank) -> dict[str, bytes]:
    commands = (
        "keys list --json", "keys check --json", "payments --json", "accounts --json", "reconcile --json",
        "audit verify --json", "incidents --json", "participants list --json", "tokens list --json",
        "rebuild --json",
    )  # fmt: skip
    found = {}
    for command in commands:
        done = bank.command(*command.split(), check=False)
        found[f"vostro {command}"] = (done.stdout + done.stderr).encode()
    return found


def _stored(bank: Bank) -> dict[str, bytes]:
    """Every file the node has written, byte for byte, and its databases as a backup dumps them."""
    kept = {bank.folder / "password"}
    files = {
        path: path.read_bytes() for path in bank.folder.rglob("*") if path.is_file() and path not in kept
    }
    assert {"vostro.sqlite", "spending.sqlite"} <= {path.name for path in files}
    found = {f"file {path.name}": content for path, content in files.items()}
    for path in files:
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as database:
                found[f"dump of {path.name}"] = "\n".join(database.iterdump()).encode()
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_canary_is_nowhere(bank: Bank) -> None:
    """Accepted, signed, refused, sent, killed, aborted, started again and wrongly: nothing shows."""
    keystore = bank.folder / "home" / "keys"
    secrets = {use: BANKS[0].secret(use) for use in ("pay", "administer")}
    for file in keystore.iterdir():
        file.unlink()
    (bank.folder / "password").write_text(CANARY_PASSWORD)
    places: dict[str, bytes] = {}
    for use, secret in secrets.items():
        taken = bank.folder / "taken"
        taken.write_text(secret.hex())
        done = bank.command("keys", "import", str(taken))
        places[f"import of {use}"] = (done.stdout + done.stderr).encode()
        taken.unlink()
    token = bank.command("tokens", "new", "till", "--role", "officer").stdout.strip()
    overseer = bank.command("tokens", "new", "prometheus", "--role", "operator", check=False).stdout.strip()

    for end in (signal.SIGKILL, signal.SIGABRT, signal.SIGTERM):
        url = bank.start()
        assert bank.writes_no_core(), "a crash would write the keys to a file"
        with client_of(url, token) as client:
            until(lambda: client.get("/readyz").status_code == 200)
            text = file_of("1.00", "2.50", "99.99").replace(DATE, _today())
            answer = client.post("/v1/files", content=text.encode(), headers={"Idempotency-Key": "f"})
            assert 202 == answer.status_code, answer.text
            places[f"file before {end.name}"] = answer.content
            until(lambda: len(client.get("/v1/payments?state=settled").json()["payments"]) == 2)
            until(lambda: len(client.get("/v1/payments?state=rejected").json()["payments"]) == 1)
        places |= _said_by_api(url, token)
        places |= {f"overseer's {name}": said for name, said in _said_by_api(url, overseer).items()}
        places |= {f"{place} before {end.name}": said for place, said in bank.process_told().items()}
        bank._end(end)
        places[f"log until {end.name}"] = bank.log().encode()

    places |= _said_by_commands(bank)
    (bank.folder / "password").write_text(CANARY_PASSWORD + "x")
    done = bank.command("run", check=False)
    assert 1 == done.returncode
    places["start with a wrong password"] = (done.stdout + done.stderr).encode()
    places |= _stored(bank)

    assert all(len(content) > 1 for content in places.values())
    assert [] == leaks(secrets | {"password": CANARY_PASSWORD.encode()}, places)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
