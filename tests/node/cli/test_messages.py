"""What becomes of messages, at the terminal: recalls with their resolution, receipts, status reports."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from node.clock import SystemClock, SystemRandom
from node.services.files import accept_file
from node.settings import Settings
from node.store.session import Store
from tests.node.cli.terminal import Terminal
from tests.settlement.iso20022.messages import liquidity_transfer, recall_item, recall_of
from tests.simulation.chain import PAYEES, PAYER, bic
from tests.simulation.world import world


def test_recall_of_what_nobody_sent(
    terminal: Terminal, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payment that this bank never sent is not found, in the table, in JSON and in the camt.029."""
    monkeypatch.setenv("VOSTRO_STORE_URL", store_url)
    monkeypatch.setenv("VOSTRO_BIC", bic(PAYER))
    with closing(Store(store_url)) as store:
        store.migrate()
        world(store)
    file = tmp_path / "recall.xml"
    item = recall_item(uetr="8a562c67-ca16-48ba-b074-65581be6f011")
    file.write_text(recall_of(item).replace("COBADEFFXXX", bic(PAYER)))

    (taken,) = terminal.json("recalls", "send", str(file))
    assert [taken] == terminal.json("recalls", "send", str(file))

    shown = terminal.json("recalls", "show", taken["recall_id"])
    assert ("RJCR", "not_found") == (shown["status"], shown["payments"][0]["status_reason"])
    assert "not_found" in terminal.run("recalls", "show", taken["recall_id"])[1]
    assert "<Cd>NOOR</Cd>" in terminal.run("recalls", "resolution", taken["recall_id"])[1]
    written = tmp_path / "camt029.xml"
    terminal.json("recalls", "resolution", taken["recall_id"], "--output", str(written))
    assert b"<Conf>RJCR</Conf>" in written.read_bytes()
    assert (1, "not_found") == (
        (refused := terminal.run("recalls", "show", "recall_0"))[0],
        refused[2].partition(":")[0],
    )


def test_receipt_and_status_of_a_file(
    terminal: Terminal, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What became of a transfer of liquidity is written as a camt.025 and a pacs.002."""
    monkeypatch.setenv("VOSTRO_STORE_URL", store_url)
    monkeypatch.setenv("VOSTRO_BIC", bic(PAYER))
    with closing(Store(store_url)) as store:
        store.migrate()
        world(store)
        text = liquidity_transfer().replace("COBADEFFXXX", bic(PAYER)).replace("BNPAFRPPXXX", bic(PAYEES[0]))
        answer = accept_file(
            store, Settings(bic=bic(PAYER)), SystemClock(), SystemRandom(), actor="a",
            body=text.replace('Ccy="EUR"', 'Ccy="USD"').encode(),
        )  # fmt: skip
    taken = json.loads(answer.body)
    file_id, payment = taken["file_id"], taken["payments"][0]["id"]

    assert "<Prtry>ACTC</Prtry>" in terminal.run("files", "receipt", file_id)[1]
    for named in (file_id, payment):
        assert "<TxSts>ACTC</TxSts>" in terminal.run("files", "status", named)[1]
    written = tmp_path / "camt025.xml"
    assert str(written) == terminal.json("files", "receipt", file_id, "--output", str(written))[0]["file"]
    assert (1, "not_found") == (
        (refused := terminal.run("files", "receipt", "file_0"))[0],
        refused[2].partition(":")[0],
    )
