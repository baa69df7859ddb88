"""`vostro recalls`: a request is taken once, shown, and resolved."""

from contextlib import closing
from pathlib import Path

import pytest

from node.store.session import Store
from tests.node.cli.terminal import Terminal
from tests.settlement.iso20022.messages import recall_item, recall_of
from tests.simulation.chain import PAYER, bic
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
    terminal.json("recalls", "resolution", taken["recall_id"], "--file", str(written))
    assert b"<Conf>RJCR</Conf>" in written.read_bytes()
    assert (1, "not_found") == (
        (refused := terminal.run("recalls", "show", "recall_0"))[0],
        refused[2].partition(":")[0],
    )
