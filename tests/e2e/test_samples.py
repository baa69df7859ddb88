"""Each Fedwire sample: file in, chain, camt.053 out, on the embedded chain and SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from node.bootstrap.build import build
from node.bootstrap.node import Node
from node.clock import SystemRandom
from node.services.actors import Role
from node.services.tokens import new_token
from node.settings import Settings
from settlement.iso20022.schema import compile_schemas
from tests.e2e.ground import client_of, until
from tests.embedded import FUNDS, embedded_network
from tests.scenario import BANKS, Member, Network
from tests.settlement.iso20022.messages import sample_files, schema_files

_CAMT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
_DAY = "2025-03-10"


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test, its clock on the date of the samples."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def nodes(network: Network, tmp_path: Path) -> Iterator[Callable[[Member], tuple[Node, str]]]:
    """A function that starts a bank's node on a fresh store, and gives it with an officer's token."""
    started: list[Node] = []

    def start(member: Member) -> tuple[Node, str]:
        home = tmp_path / f"{member.bic}-{len(started)}"
        node = build(
            Settings(
                bic=member.bic,
                home=home,
                demo=True,
                port=0,
                tick_seconds=0.01,
                # The clock stands still: what waited for more would wait for ever.
                batch_linger_seconds=0,
            ),
            clock=network.clock,
            random=SystemRandom(),
            chain=network.chain,
            deployment=network.contracts.deployment,
            signer=network.signer(member),
        )
        started.append(node)
        node.start()
        context = node.context
        _, secret = new_token(
            context.store, context.clock, context.random, name="till", role=Role.OFFICER, by="test"
        )
        return node, secret

    yield start
    for node in started:
        node.stop()


def _url(node: Node) -> str:
    assert node.web is not None
    return node.web.url


def _minor_units(path: Path) -> int:
    amount = etree.parse(path).find(".//{*}IntrBkSttlmAmt")
    assert amount is not None
    assert amount.text is not None
    whole, _, cents = amount.text.partition(".")
    return int(whole + cents.ljust(2, "0"))


def _statement(url: str, token: str) -> etree._Element:
    with client_of(url, token) as client:
        answer = client.get("/v1/statements", params={"currency": "USD", "date": _DAY})
    assert 200 == answer.status_code, answer.text
    return etree.fromstring(answer.content)


@pytest.mark.slow
def test_every_sample_settles(
    shared_data: Path, nodes: Callable[[Member], tuple[Node, str]], network: Network
) -> None:
    """Each sample, in a fresh store, settles on chain; its camt.053 follows ISO's schema and shows it."""
    schemas = compile_schemas(schema_files(shared_data))
    paths = sample_files(shared_data, "*pacs.008")
    assert 6 == len(paths)
    paid = 0
    for path in paths:
        node, token = nodes(BANKS[0])
        with client_of(_url(node), token) as client:
            until(lambda: client.get("/readyz").status_code == 200)
            answer = client.post(
                "/v1/files", content=path.read_bytes(), headers={"Idempotency-Key": path.name}
            )
            assert 202 == answer.status_code, answer.text
            (payment,) = answer.json()["payments"]
            where = f"/v1/payments/{payment['id']}"
            until(lambda: client.get(where).json()["state"] == "settled")  # noqa: B023 - likewise
            report = client.get(f"/v1/files/{answer.json()['file_id']}/status")
        paid += _minor_units(path)
        statement = _statement(_url(node), token)
        namespace = etree.QName(statement).namespace
        assert schemas[str(namespace)].validate(statement), schemas[str(namespace)].error_log
        pacs002 = etree.fromstring(report.content)
        assert schemas[str(etree.QName(pacs002).namespace)].validate(pacs002)
        assert ["ACSC"] == [each.text for each in pacs002.iter("{*}TxSts")]
        entries = statement.findall(f".//{_CAMT}Ntry")
        last = entries[-1]
        assert "DBIT" == last.findtext(f"{_CAMT}CdtDbtInd")
        assert payment["uetr"] == last.findtext(f".//{_CAMT}UETR")
        closing = statement.findall(f".//{_CAMT}Bal")[-1].findtext(f"{_CAMT}Amt")
        assert closing is not None
        assert FUNDS - paid == int(closing.replace(".", ""))
        node.stop()
    received = network.contracts.read(network.chain, "Ledger", "accountOf", 840, BANKS[1].id)[0]
    received += network.contracts.read(network.chain, "Ledger", "accountOf", 840, BANKS[2].id)[0]
    assert 2 * FUNDS + paid == received


@pytest.mark.slow
def test_one_store_takes_their_uetr_once(
    shared_data: Path, nodes: Callable[[Member], tuple[Node, str]]
) -> None:
    """The samples share one UETR: in one store the second is refused; the payee's entry has no document."""
    first, second, *_ = sample_files(shared_data, "*pacs.008")
    node, token = nodes(BANKS[0])
    with client_of(_url(node), token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        taken = client.post("/v1/files", content=first.read_bytes(), headers={"Idempotency-Key": "a"})
        refused = client.post("/v1/files", content=second.read_bytes(), headers={"Idempotency-Key": "b"})
        assert 202 == taken.status_code, taken.text
        assert ["duplicate_uetr"] == [fault["code"] for fault in refused.json()["faults"]]
        (payment,) = taken.json()["payments"]
        until(lambda: client.get(f"/v1/payments/{payment['id']}").json()["state"] == "settled")
    payee, payee_token = nodes(BANKS[1])
    with client_of(_url(payee), payee_token) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        until(lambda: len(_statement(_url(payee), payee_token).findall(f".//{_CAMT}Ntry")) == 2)
    last = _statement(_url(payee), payee_token).findall(f".//{_CAMT}Ntry")[-1]
    assert "CRDT" == last.findtext(f"{_CAMT}CdtDbtInd")
    assert "document missing" in etree.tostring(last).decode()
