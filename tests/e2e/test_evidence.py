"""Evidence at a terminal: written by a bank, checked by an auditor, its checkpoint compared between banks."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from node import cli
from node.chain.deployment import write_deployment
from node.keys.keystore import Keystore
from node.store.session import Store
from tests.chains import Anvil
from tests.e2e.ground import founded_on
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD

Run = Callable[..., tuple[object, str]]


@pytest.mark.slow
def test_evidence_goes_from_a_bank_to_an_auditor(
    anvil: Callable[..., Anvil],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a real chain: every `evidence`, `checkpoint`, `verify`, `checkpoint compare`, with its status."""

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr("sys.argv", ["vostro", *arguments])
        capsys.readouterr()
        status: object = 0
        try:
            cli.main()
        except SystemExit as left:
            status = left.code or 0
        return status, capsys.readouterr().out

    monkeypatch.chdir(tmp_path)
    chain = anvil()
    with founded_on(chain) as network:
        network.issue(BANKS[0], USD, 10**9)
        url = f"sqlite:///{tmp_path / 'vostro.sqlite'}"
        store = Store(url)
        store.migrate()
        bank = Bank(store=store, network=network)
        bank.accept(request(1))
        bank.run()
        (payment,) = bank.payments()
        assert "settled" == payment.state
        store.close()
        write_deployment(tmp_path / "deployment.json", network.contracts.deployment)
        for name, value in {
            "BIC": BANKS[0].bic,
            "STORE_URL": url,
            "ENGINE": "anvil",
            "RPC_URL": chain.url,
        }.items():
            monkeypatch.setenv(f"VOSTRO_{name}", value)
        assert 0 == run("evidence", payment.uetr, "--output", "evidence.json")[0]
        assert 0 == run("checkpoint", "--output", "checkpoint.json")[0]
        _compare(run)
        signer = _key(tmp_path, monkeypatch)
        _sign(run, signer)

        assert 0 == run("evidence", "account", "USD", "--output", "account.jsonl")[0]
        assert 0 == run("evidence", "key", "0x" + BANKS[0].key("pay").hex(), "--output", "key.jsonl")[0]
        status, printed = run("evidence", "account", "USD", "--of", BANKS[1].bic, "--first", "3")
        assert (0, True) == (status, printed.startswith('{"format": "vostro.history", '))
        Path("request.json").write_text("{}")
        assert 1 == run("evidence", "cycle-payment", "request.json")[0]
        assert 1 == run("evidence", "account", "USD", "--first", "99999", "--output", "none.jsonl")[0]
        assert 1 == run("evidence", "key", "0x" + "99" * 20, "--output", "none.jsonl")[0]
        assert [] == list(tmp_path.glob("none*"))

    for name, count in (("account", 6), ("key", 6)):
        status, lines = run("verify", f"{name}.jsonl", "--checkpoint", "checkpoint.json")
        assert (0, count) == (status, lines.count("ok    ")), lines
    entries = ("--entries", "entries.csv")
    assert 0 == run("verify", "account.jsonl", "--checkpoint", "checkpoint.json", *entries)[0]
    assert 3 == len(Path("entries.csv").read_text().splitlines())  # the names, the issue, the payment
    status, lines = run("verify", "evidence.json", "--checkpoint", "checkpoint.json")
    assert (0, 7) == (status, lines.count("ok    "))
    status, told = run("verify", "evidence.json", "--checkpoint", "other.json", "--json")
    assert (1, "headers", False) == (status, json.loads(told)[-1]["check"], json.loads(told)[-1]["passed"])
    _verify_signed(run, signer)
    assert 1 == run("verify", "missing.json", "--checkpoint", "checkpoint.json")[0]


def _key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The first bank's pay key in this node's keystore, and its address."""
    (folder / "password").write_text("quite secret")
    monkeypatch.setenv("VOSTRO_HOME", str(folder / "home"))
    monkeypatch.setenv("VOSTRO_KEY_PASSWORD_FILE", str(folder / "password"))
    keystore = Keystore(folder / "home" / "keys", scrypt_n=2)
    return "0x" + keystore.add(BANKS[0].secret("pay"), b"quite secret").hex()


def _sign(run: Run, signer: str) -> None:
    assert 0 == run("checkpoint", "sign", "checkpoint.json", "--key", signer, "--output", "signed.json")[0]
    assert 1 == run("checkpoint", "sign", "other.json", "--key", signer)[0]
    drawing = "--seed", "2026", "--count", "9", "--key", signer, "--output", "sample.zip"
    status, told = run("evidence", "sample", *drawing, "--currency", "USD", "--json")
    assert (0, 1, 1) == (status, json.loads(told)[0]["drawn"], json.loads(told)[0]["of"])
    status, told = run("checkpoint", "compare", "signed.json", "--json")
    assert [f"{signer} (pay key of {BANKS[0].bic})"] == json.loads(told)["checkpoints"][0]["signed_by"]


def _verify_signed(run: Run, signer: str) -> None:
    status, lines = run("verify", "evidence.json", "--checkpoint", "signed.json", "--signed-by", signer)
    assert (0, 1) == (status, lines.count(f"ok     checkpoint: signed by {signer}\n"))
    status, lines = run("verify", "evidence.json", "--checkpoint", "checkpoint.json", "--signed-by", signer)
    assert (1, True) == (status, lines.startswith("FAILED checkpoint:"))
    status, lines = run("verify", "sample.zip", "--checkpoint", "checkpoint.json", "--signed-by", signer)
    assert (0, 4) == (status, lines.count("ok    "))
    assert 1 == run("verify", "sample.zip", "--checkpoint", "early.json")[0]


def _compare(run: Run) -> None:
    assert 0 == run("checkpoint", "compare", "checkpoint.json")[0]
    changed = json.loads(Path("checkpoint.json").read_text()) | {"block_hash": "0x" + "0e" * 32}
    Path("other.json").write_text(json.dumps(changed))
    status, told = run("checkpoint", "compare", "checkpoint.json", "other.json", "--json")
    rows = json.loads(told)["checkpoints"]
    assert (1, [], ["block_hash"]) == (status, *(each["differs_from_node"] for each in rows))
    assert 0 == run("checkpoint", "--height", "5", "--output", "early.json")[0]
    status, told = run("checkpoint", "compare", "checkpoint.json", "early.json")
    assert (0, True) == (status, " descends from block 5 by " in told)
