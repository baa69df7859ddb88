"""Evidence at a terminal: written by a bank, checked by an auditor, its checkpoint compared between banks."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from node import cli
from node.chain.deployment import write_deployment
from node.store.session import Store
from tests.chains import Anvil
from tests.e2e.ground import founded_on
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD


@pytest.mark.slow
def test_evidence_goes_from_a_bank_to_an_auditor(
    anvil: Callable[..., Anvil],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a real chain: `evidence`, `checkpoint`, `verify`, `checkpoint --compare`, each with its status."""

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
        assert 0 == run("checkpoint", "--compare", "checkpoint.json")[0]
        changed = json.loads(Path("checkpoint.json").read_text()) | {"block_hash": "0x" + "0e" * 32}
        Path("other.json").write_text(json.dumps(changed))
        status, told = run("checkpoint", "--compare", "other.json", "--json")
        assert (1, ["block_hash"]) == (status, json.loads(told)[0]["differences"])

    status, lines = run("verify", "evidence.json", "--checkpoint", "checkpoint.json")
    assert (0, 7) == (status, lines.count("ok    "))
    status, told = run("verify", "evidence.json", "--checkpoint", "other.json", "--json")
    assert (1, "headers", False) == (status, json.loads(told)[-1]["check"], json.loads(told)[-1]["passed"])
    assert 1 == run("verify", "missing.json", "--checkpoint", "checkpoint.json")[0]
