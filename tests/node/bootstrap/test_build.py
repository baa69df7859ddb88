"""A whole node, wired as in production: it pays on a real chain, and refuses to start where it must."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from node.bootstrap.build import build
from node.bootstrap.node import Node, Part
from node.chain import calls
from node.chain.deployment import Deployment
from node.clock import SystemRandom
from node.errors import (
    ChainUnavailable,
    DemoDeployment,
    SettingsInvalid,
    WrongChain,
    WrongCode,
    WrongGenesis,
    WrongPassword,
)
from node.services.actors import Role
from node.services.tokens import new_token
from node.settings import Settings
from tests.embedded import FUNDS, embedded_network
from tests.scenario import BANKS, OPERATOR, USD, Network

_WAIT_SECONDS_MAX = 30


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def built(network: Network, tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """A function that builds the node of the first bank on a free port, with changes."""
    nodes: list[Node] = []

    def make(**changes: Any) -> Node:
        bank = changes.pop("bank", BANKS[0])
        settings = Settings(
            bic=bank.bic, home=tmp_path / bank.bic, demo=True, port=0, tick_seconds=0.01,
            # The clock stands still: what waited for more would wait for ever.
            batch_linger_seconds=0,
        )  # fmt: skip
        given: dict[str, Any] = {
            "settings": settings,
            "clock": network.clock,
            "random": SystemRandom(),
            "chain": network.chain,
            "deployment": network.contracts.deployment,
            "signer": network.signer(bank),
        } | changes
        nodes.append(build(given.pop("settings"), **given))
        return nodes[-1]

    yield make
    for node in nodes:
        node.stop()


def _client(node: Node, role: Role = Role.OFFICER) -> httpx2.Client:
    context = node.context
    _, secret = new_token(context.store, context.clock, context.random, name="x", role=role, by="test")
    assert node.web is not None
    return httpx2.Client(base_url=node.web.url, headers={"Authorization": f"Bearer {secret}"})


def _until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def _ready(client: httpx2.Client) -> bool:
    return client.get("/readyz").status_code == 200


def test_pays_and_reports(built: Callable[..., Node]) -> None:
    """A payment sent over HTTP settles on chain, and the account and the numbers show it."""
    node = built()
    node.start()
    with _client(node) as client, _client(node, Role.OPERATOR) as operator:
        _until(lambda: _ready(client))
        body = {
            "payee": {"bic": BANKS[1].bic},
            "amount": "125000",
            "currency": "USD",
            "end_to_end_id": "INV-7731",
        }
        answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"})
        (taken,) = answer.json()["payments"]
        path = f"/v1/payments/{taken['id']}"
        _until(lambda: client.get(path).json()["state"] == "settled")
        assert ["accepted", "signed", "settled"] == [
            entry["event"] for entry in client.get(path).json()["timeline"]
        ]
        assert str(FUNDS - 125_000) == _dollars(client)
        metrics = operator.get("/metrics").text
        assert "vostro_instructions_accepted_total 1.0" in metrics
        assert 'vostro_ready{check="chain"} 1.0' in metrics


def _dollars(client: httpx2.Client) -> str:
    accounts = client.get("/v1/accounts").json()["accounts"]
    (found,) = (each["available"] for each in accounts if each["currency"] == "USD")
    return str(found)


def _poor(network: Network) -> tuple[int, str]:
    return FUNDS + 1, "InsufficientFunds"


def _suspended(network: Network) -> tuple[int, str]:
    network.send(OPERATOR.key("administer"), calls.suspend(network.contracts, BANKS[0].id))
    return 1, "PayerSuspended"


def _frozen(network: Network) -> tuple[int, str]:
    call = calls.freeze(network.contracts, asset=USD, holder=BANKS[0].id)
    network.send(OPERATOR.key("administer"), call)
    return 1, "AccountFrozen"


@pytest.mark.parametrize("prepare", [_poor, _suspended, _frozen])
def test_rejects_with_the_chains_reason(
    built: Callable[..., Node], network: Network, prepare: Callable[[Network], tuple[int, str]]
) -> None:
    """What the chain refuses is voided and shown as rejected with the chain's reason; credits still come."""
    amount, reason = prepare(network)
    node = built()
    node.start()
    with _client(node) as client:
        _until(lambda: _ready(client))
        body = {
            "payee": {"bic": BANKS[1].bic},
            "amount": str(amount),
            "currency": "USD",
            "end_to_end_id": "P",
        }
        answer = client.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"})
        where = f"/v1/payments/{answer.json()['payments'][0]['id']}"
        _until(lambda: client.get(where).json()["state"] == "rejected")
        found = client.get(where).json()
        assert (reason, "RJCT") == (found["reason"], found["status"])
        assert ["refused", "voided"] == [
            entry["event"] for entry in found["timeline"] if entry["event"] in {"refused", "voided"}
        ]
        assert [reason] == [entry["reason"] for entry in found["timeline"] if entry["event"] == "refused"]
        network.pay(BANKS[1], [(BANKS[0], USD, 5)])
        _until(lambda: _dollars(client) == str(FUNDS + 5))


def test_several_in_one_process(built: Callable[..., Node]) -> None:
    """Two banks' nodes in one process keep their own ports, ledgers and numbers."""
    first, second = built(), built(bank=BANKS[1])
    for node in (first, second):
        node.start()
    with _client(first) as one, _client(second) as two:
        for client in (one, two):
            _until(lambda client=client: _ready(client))  # type: ignore[misc]
        body = {"payee": {"bic": BANKS[1].bic}, "amount": "7", "currency": "USD", "end_to_end_id": "a"}
        assert 202 == one.post("/v1/payments", json=body, headers={"Idempotency-Key": "a"}).status_code
        _until(lambda: _dollars(two) == str(FUNDS + 7))
        assert [] == two.get("/v1/payments").json()["payments"]


def test_is_ready_when_it_knows_the_chain(built: Callable[..., Node]) -> None:
    """A node whose mirror is still empty is not ready: it would know nobody."""
    node = built(parts=[Part.API])
    node.start()
    with _client(node) as client:
        checks = {check["name"]: check["passed"] for check in client.get("/readyz").json()["checks"]}
    assert {"mirror"} == {name for name, passed in checks.items() if not passed}
    assert b'vostro_verification{level="full"} 1.0' in node.context.metrics.text()


def test_parts_run_alone(built: Callable[..., Node]) -> None:
    """`--only` one part runs that part alone, and watches its health; only the API has a web server."""
    for part, names in (
        (Part.API, ["ring", "health"]),
        (Part.FOLLOWER, ["follower", "health"]),
        (Part.KEEPER, ["keeper", "feeder", "courier", "watch", "resolver", "reader", "health"]),
    ):
        node = built(parts=[part])
        assert names == [worker.name for worker in node.workers]
        assert (node.web is None) == (part is not Part.API)


def _deployment(network: Network, **changes: Any) -> Deployment:
    return replace(network.contracts.deployment, **changes)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"chain_id": 7}, WrongChain), ({"genesis_hash": bytes(32)}, WrongGenesis)],
    ids=["chain", "genesis"],
)
def test_refuses_another_chain(
    built: Callable[..., Node], network: Network, changes: dict[str, object], refusal: type[Exception]
) -> None:
    """A node does not start on a chain that is not its deployment's."""
    node = built(deployment=_deployment(network, **changes))
    with pytest.raises(refusal):
        node.run()


def test_refuses_other_code(built: Callable[..., Node], network: Network) -> None:
    """A node does not start when a contract's code is not the code it ships."""
    contracts = dict(network.contracts.deployment.contracts)
    contracts["Payments"], contracts["Ledger"] = contracts["Ledger"], contracts["Payments"]
    node = built(deployment=_deployment(network, contracts=contracts))
    with pytest.raises(WrongCode):
        node.run()


def test_refuses_a_demo(built: Callable[..., Node], tmp_path: Path) -> None:
    """A node that was not told it is a demo does not start on contracts without delays."""
    node = built(settings=Settings(bic=BANKS[0].bic, home=tmp_path / "strict", port=0))
    with pytest.raises(DemoDeployment):
        node.run()


def test_refuses_a_wrong_password(built: Callable[..., Node], tmp_path: Path) -> None:
    """A keystore that the password does not open stops the start, before anything listens."""
    from node.bootstrap.opening import open_keystore

    settings = Settings(bic=BANKS[0].bic, home=tmp_path / "keys", demo=True, port=0)
    open_keystore(settings).create(b"right", SystemRandom())
    with pytest.raises(WrongPassword):
        built(settings=settings, signer=None, password=b"wrong")
    with pytest.raises(WrongPassword):
        built(settings=settings, signer=None)


def test_refuses_to_make_a_chain(built: Callable[..., Node]) -> None:
    """An embedded chain would end with the node: it is given by who plays on it, or there is none."""
    with pytest.raises(SettingsInvalid, match="VOSTRO_ENGINE"):
        built(chain=None)


def test_refuses_a_folder_without_schemas(built: Callable[..., Node], tmp_path: Path) -> None:
    """A folder of schemas that has none would validate nothing."""
    settings = Settings(bic=BANKS[0].bic, home=tmp_path / "home", demo=True, port=0, schemas=tmp_path)
    with pytest.raises(SettingsInvalid, match="VOSTRO_SCHEMAS"):
        built(settings=settings)


def test_refuses_a_taken_port(built: Callable[..., Node]) -> None:
    """A port somebody else listens on is the settings' fault, and named."""
    first = built()
    assert first.web is not None
    settings = first.context.settings.model_copy(update={"port": first.web.port})
    with pytest.raises(SettingsInvalid, match="VOSTRO_PORT"):
        built(settings=settings)


class AwayChain:
    """A chain whose endpoint does not answer until it is let."""

    def __init__(self, network: Network) -> None:
        self._chain = network.chain
        self.away = True

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._chain, name)
        if not callable(found):
            return found

        def ask(*arguments: Any, **named: Any) -> Any:
            if self.away:
                raise ChainUnavailable("connection refused")
            return found(*arguments, **named)

        return ask


def test_waits_for_the_chain(built: Callable[..., Node], network: Network) -> None:
    """With the chain away the node starts, says why it is not ready, and recovers by itself."""
    chain = AwayChain(network)
    node = built(chain=chain)
    node.start()
    with _client(node) as client:
        answer = client.get("/readyz")
        assert 503 == answer.status_code
        reasons = {check["name"]: check["reason"] for check in answer.json()["checks"]}
        assert "chain_unavailable" in str(reasons["chain"])
        assert reasons["store"] is None
        assert 200 == client.get("/livez").status_code
        chain.away = False
        _until(lambda: _ready(client))


def test_stops_when_the_chain_turns_out_wrong(built: Callable[..., Node], network: Network) -> None:
    """A chain that was away at start and then is another one ends the node instead of being waited for."""
    chain = AwayChain(network)
    node = built(chain=chain, deployment=_deployment(network, chain_id=7))
    node.start()
    chain.away = False
    with pytest.raises(WrongChain):
        node.run()
