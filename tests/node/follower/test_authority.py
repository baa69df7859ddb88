"""Power that is gained after the deployment is seen, and by whom the node does not know, not believed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from node.errors import ForeignAuthority, ForeignModule, WriterStopped
from node.follower.follower import Follower
from node.mirror.head import head
from node.store.incidents import clear_incident, open_incidents, require_no_incident
from node.store.session import Store
from node.store.tables import events
from settlement.errors import BrokenRule
from tests.clocks import SetClock
from tests.embedded import embedded_network
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, log, transaction
from tests.scenario import OPERATOR, Network

_STRANGER = b"\xee" * 20


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test; its quorum is the operator's two administer keys."""
    with embedded_network() as network:
        yield network


def _decide(network: Network, contract: str, function: str, *arguments: object) -> None:
    """Let the quorum do something: one proposes, the other approves and executes."""
    data = network.contracts.calldata(contract, function, *arguments)
    one, other = OPERATOR.key("administer"), OPERATOR.key("administer too")
    network.sender.call(one, "Quorum", "propose", network.contracts.address(contract), data)
    proposal = network.contracts.read(network.chain, "Quorum", "proposalCount")
    network.sender.call(other, "Quorum", "approve", proposal)
    network.sender.call(other, "Quorum", "execute", proposal)


def _follower(store: Store, network: Network) -> Follower:
    return Follower(store, network.chain, network.contracts, network.clock)


def _mirror(follower: Follower) -> None:
    while follower.tick():
        pass


def _events(store: Store, contract: str) -> list[str]:
    with store.snapshot() as connection:
        query = (
            select(events.c.name)
            .where(events.c.contract == contract)
            .order_by(events.c.height, events.c.log_index)
        )
        return list(connection.scalars(query))


def _height(store: Store) -> int:
    with store.snapshot() as connection:
        found = head(connection)
        return -1 if found is None else found.height


def test_what_the_quorum_decides_is_mirrored(store: Store, network: Network) -> None:
    """Roles given and members changed by the quorum are events for auditors, and stop nothing."""
    follower = _follower(store, network)
    _mirror(follower)
    before = {name: len(_events(store, name)) for name in ("AccessManager", "Quorum")}
    members = [OPERATOR.key("administer"), OPERATOR.key("administer too"), _STRANGER]

    _decide(network, "AccessManager", "grantRole", 0, _STRANGER, 0)
    _decide(network, "AccessManager", "labelRole", 1, "opérateur\0")
    _decide(network, "Quorum", "setMembers", members, 2)
    _mirror(follower)

    assert ["RoleGranted", "RoleLabel"] == _events(store, "AccessManager")[before["AccessManager"] :]
    steps = ["Proposed", "Approved", "Approved", "Adopted", "Executed"]
    assert [*steps * 3, "MembersSet"] == _events(store, "Quorum")[before["Quorum"] :]
    assert network.chain.final_height() == _height(store)


def test_foreign_module_stops_the_node(store: Store, network: Network) -> None:
    """A module this node does not ship is seen when proposed; once it is trusted nothing goes on (R10)."""
    follower, foreign = _follower(store, network), network.contracts.address("Quorum")
    _decide(network, "Ledger", "proposeModule", foreign)
    _mirror(follower)
    assert "ModuleProposed" == _events(store, "Ledger")[-1]
    height = _height(store)
    _decide(network, "Ledger", "acceptModule", foreign)

    with pytest.raises(ForeignModule, match=f"trusts 0x{foreign.hex()}"):
        _mirror(follower)

    assert height <= _height(store) < network.chain.final_height()
    with store.snapshot() as connection:
        (incident,) = open_incidents(connection)
        assert ("follower", "foreign_module") == (incident.writer, incident.code)
        with pytest.raises(WriterStopped):  # what the submitter asks before it signs
            require_no_incident(connection)
    with store.transaction() as connection:
        clear_incident(connection, incident.id, by="test", at=0)
    with pytest.raises(ForeignModule):
        _mirror(_follower(store, network))


@pytest.mark.parametrize("contract", ["Ledger", "Participants", "Settlement"])
def test_foreign_authority_stops_the_node(store: Store, network: Network, contract: str) -> None:
    """A contract whose orders come from another access manager is an incident."""
    follower = _follower(store, network)
    _mirror(follower)
    # Any contract with code will do for one.
    other = network.contracts.address("Payments")
    _decide(network, "AccessManager", "updateAuthority", network.contracts.address(contract), other)

    with pytest.raises(ForeignAuthority, match=f"{contract} takes its orders from 0x{other.hex()}"):
        _mirror(follower)

    with store.snapshot() as connection:
        assert ["foreign_authority"] == [each.code for each in open_incidents(connection)]


def test_first_module_that_was_not_planned(store: Store) -> None:
    """Also what a constructor let in is seen, by whoever mirrors from the first block."""
    chain = ChainOfEvents()
    chain.mine(
        transaction(
            log("Ledger", "AuthorityUpdated", CONTRACTS.address("AccessManager")),
            log("Ledger", "ModuleAccepted", CONTRACTS.address("Payments")),
        )
    )
    follower = Follower(store, chain, CONTRACTS, SetClock(START))
    _mirror(follower)
    chain.mine(transaction(log("Ledger", "ModuleAccepted", _STRANGER)))

    with pytest.raises(BrokenRule, match="0xeeee"):
        _mirror(follower)

    assert 1 == _height(store)
