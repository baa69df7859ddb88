"""Histories: made of what the mirror keeps, they tell an auditor the very entries that the mirror has."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert, select

from node.chain.contracts import Contracts
from node.chain.protocol import Log
from node.clock import SystemClock
from node.errors import EvidenceMissing, NotFound, StoreInconsistent
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.levels import Level
from node.services.evidence import make_checkpoint
from node.services.filters import InvalidFilter
from node.services.histories import Range, write_account_history, write_key_history
from node.settings import Settings
from node.store.session import Store
from node.store.tables import events, postings
from settlement.errors import InvalidEvidence
from settlement.evidence.account import AccountEntry
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.completeness import verify_history
from settlement.participant import KeyRole
from settlement.posting import Bucket
from tests.node.bank import Bank, request
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, log, register, transaction
from tests.node.histories import Books, histories
from tests.node.services.core import Core
from tests.scenario import BANKS, OPERATOR, USD, Network

_examples = settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
_SETTINGS = Settings(bic=BANKS[0].bic, engine="anvil", rpc_url="http://localhost:1")
_MEBIBYTE = 1024 * 1024


def _lines(content: bytes) -> Iterator[bytes]:
    return iter(BytesIO(content).readlines())


def _account(
    store: Store,
    contracts: Contracts,
    participant: int,
    blocks: Range = Range(),  # noqa: B008 - it is frozen
    *,
    asset: int = USD,
    bytes_max: int = 64 * _MEBIBYTE,
) -> bytes:
    file = BytesIO()
    write_account_history(
        store, _SETTINGS, contracts, asset=asset, participant=participant, blocks=blocks, into=file,
        bytes_max=bytes_max,
    )  # fmt: skip
    return file.getvalue()


def _key(store: Store, contracts: Contracts, address: bytes, blocks: Range = Range()) -> bytes:  # noqa: B008
    file = BytesIO()
    write_key_history(
        store, _SETTINGS, contracts, address=address, blocks=blocks, into=file, bytes_max=64 * _MEBIBYTE
    )
    return file.getvalue()


def _mirror(store: Store, chain: ChainOfEvents, level: Level = Level.FULL) -> Checkpoint:
    follower = Follower(store, chain, CONTRACTS, SystemClock(), checks=Checks(level=level))
    while follower.tick():
        pass
    return make_checkpoint(store, _SETTINGS, CONTRACTS, chain)


def _derived(content: bytes, checkpoint: Checkpoint) -> list[AccountEntry]:
    entries: list[AccountEntry] = []
    names = [each.name for each in verify_history(_lines(content), checkpoint, entries.append)]
    assert ["file", "chain", "headers", "finality", "receipts", "account"] == names
    return entries


def _posted(store: Store, asset: int, participant: int, first: int, last: int) -> list[tuple[object, ...]]:
    """The mirror's own entries, as `_shown` shows derived ones."""
    columns = ("height", "log_index", "line", "bucket", "counterparty", "amount", "balance")
    query = (
        select(*(postings.c[name] for name in columns), events.c.name, events.c.initiator, events.c.sequence)
        .join(events, (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index))
        .where(postings.c.asset == asset, postings.c.participant == participant)
        .where(postings.c.height.between(first, last))
        .order_by(postings.c.height, postings.c.log_index, postings.c.line)
    )
    with store.snapshot() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return [(*row[:-1], None if row[-1] is None else row[-1] % 2**64) for row in rows]


def _shown(entries: list[AccountEntry]) -> list[tuple[object, ...]]:
    return [
        (each.height, each.log_index, each.line, each.bucket.value, each.counterparty, each.amount,
         each.balance, each.event, each.initiator, each.sequence)
        for each in entries
    ]  # fmt: skip


@_examples
@given(history=histories())
def test_an_auditor_derives_the_mirrors_entries(
    stores: Callable[[str], Store], history: tuple[ChainOfEvents, Books]
) -> None:
    """Of every account, over any history, from its beginning and from its middle: to the last balance."""
    chain, books = history
    with closing(stores("sqlite")) as store:
        checkpoint = _mirror(store, chain)
        last = chain.final_height()
        for asset, participant, first in product((840, 978), (1, 2, 3, 4), {0, last // 2, last}):
            content = _account(store, CONTRACTS, participant, Range(first=first), asset=asset)
            derived = _derived(content, checkpoint)

            assert _posted(store, asset, participant, first, last) == _shown(derived)
            closing_balances = {each.bucket: each.balance for each in derived}
            for bucket, balance in closing_balances.items():
                assert books.balances[asset, participant, bucket] == balance


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank on the embedded chain, after everything that the contracts do with value."""
    bank = Bank(store=store, network=network)
    bank.accept(*(request(number) for number in range(5)))
    bank.run()
    core = Core(network=network)
    cycle = core.cycle(BANKS[0], {BANKS[0]: -30, BANKS[1]: 10, BANKS[2]: 20}, counter=1)
    core.net(BANKS[0], "propose", cycle)
    core.net(BANKS[1], "affirm", cycle)
    core.net(BANKS[2], "affirm", cycle)
    network.pay(BANKS[1], [(BANKS[2], USD, 7), (BANKS[0], USD, 3)])
    bank.follow()
    return bank


def _checkpoint(bank: Bank, height: int | None = None) -> Checkpoint:
    network = bank.network
    return make_checkpoint(bank.store, bank.settings, network.contracts, network.chain, height=height)


def test_every_account_of_a_real_chain(bank: Bank) -> None:
    """Blocks that the contracts wrote on a chain lead every participant to its balance, cycles included."""
    contracts, checkpoint = bank.network.contracts, _checkpoint(bank)
    for member in (OPERATOR, *BANKS):
        derived = _derived(_account(bank.store, contracts, member.id), checkpoint)

        assert _posted(bank.store, USD, member.id, 0, checkpoint.height) == _shown(derived)
        held = [each.balance for each in derived if each.bucket is Bucket.AVAILABLE]
        if member is not OPERATOR:
            assert bank.network.contracts.read(
                bank.network.chain, "Ledger", "accountOf", USD, member.id
            )[0] == held[-1]  # fmt: skip
            assert {"CycleSettled"} <= {each.event for each in derived}


def test_a_range_that_begins_within_a_cycle(bank: Bank) -> None:
    """What the cycle comes to is known though its proposal lies before the range."""
    contracts, last = bank.network.contracts, _checkpoint(bank).height
    whole = _derived(_account(bank.store, contracts, BANKS[1].id), _checkpoint(bank))
    first = next(each.height for each in whole if each.event == "CycleSettled")
    derived = _derived(_account(bank.store, contracts, BANKS[1].id, Range(first=first)), _checkpoint(bank))

    assert ["CycleSettled", "Paid", "Paid"] == [each.event for each in derived]
    assert first < last


def test_a_checkpoint_after_the_range(bank: Bank) -> None:
    """Headers alone link them; without seals one before the range's end is no proof, so not given away."""
    contracts = bank.network.contracts
    height = _checkpoint(bank).height
    content = _account(bank.store, contracts, 2, Range(first=height - 4, last=height - 2, height=height - 1))

    assert 1 + 3 + 1 == len(content.splitlines())
    assert _derived(content, _checkpoint(bank, height - 1))
    with pytest.raises(InvalidEvidence):
        _derived(content, _checkpoint(bank, height))
    with pytest.raises(StoreInconsistent, match="finality"):
        _account(bank.store, contracts, 2, Range(height=height - 1))


@pytest.mark.parametrize("blocks", [Range(first=5, last=4), Range(last=10**6), Range(height=10**6)])
def test_a_range_that_is_none(bank: Bank, blocks: Range) -> None:
    """Ends that are not mirrored, or in the wrong order, are refused."""
    with pytest.raises(InvalidFilter):
        _account(bank.store, bank.network.contracts, 2, blocks)


def test_more_than_was_allowed(bank: Bank) -> None:
    """A file that would be too long is not finished."""
    with pytest.raises(InvalidFilter, match="more than 10000 bytes"):
        _account(bank.store, bank.network.contracts, 2, bytes_max=10_000)


def test_blocks_of_others_are_in_it(store: Store) -> None:
    """A block with nothing of ours is proven to have nothing, by its receipts."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    foreign = Log(index=0, address=b"\x99" * 20, topics=(), data=b"another's")
    chain.mine(transaction(foreign, sender=b"\x88" * 20))
    checkpoint = _mirror(store, chain)
    content = _account(store, CONTRACTS, 2)

    assert [] == _derived(content, checkpoint)
    lines = content.splitlines()
    assert 1 == len(json.loads(lines[3])["receipts"])
    hidden = json.dumps({**json.loads(lines[3]), "receipts": []}).encode()
    with pytest.raises(InvalidEvidence) as error:
        _derived(b"\n".join([*lines[:3], hidden]) + b"\n", checkpoint)
    assert "receipts" == error.value.param


def test_what_was_not_checked_has_no_history(store: Store) -> None:
    """A mirror that believed the RPC node keeps nothing that would prove what it says."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    _mirror(store, chain, Level.HEADERS)
    with pytest.raises(EvidenceMissing, match="block 1 was mirrored without a check"):
        _account(store, CONTRACTS, 2)


def test_a_mirror_that_is_wrong_gives_no_history(bank: Bank) -> None:
    """A balance to which the receipts do not lead is not given away."""
    values = {"line": 0, "asset": USD, "participant": BANKS[0].id, "bucket": "available", "counterparty": 3}
    row = values | {"height": _checkpoint(bank).height, "log_index": 9, "amount": -1, "balance": 5}
    with bank.store.transaction() as connection:
        connection.execute(insert(postings).values(row))
    with pytest.raises(StoreInconsistent, match="account"):
        _account(bank.store, bank.network.contracts, BANKS[0].id)


@pytest.mark.parametrize(("use", "role"), [("pay", KeyRole.PAY), ("approve", KeyRole.APPROVE)])
def test_what_a_key_might_do(bank: Bank, use: str, role: KeyRole) -> None:
    """From the block that registered it: role and participant, as the events say."""
    content = _key(bank.store, bank.network.contracts, BANKS[1].key(use))
    checks = list(verify_history(_lines(content), _checkpoint(bank)))

    assert "key" == checks[-1].name
    assert f"of participant {BANKS[1].id}, to {role.name.lower()}" in checks[-1].found
    first = json.loads(content.splitlines()[0])["first"]
    assert checks[-1].found.endswith(f"since block {first}")
    assert 0 < first


def test_a_key_that_was_revoked(store: Store) -> None:
    """It might act until then and not after: the first is proven, the second not claimed."""
    key = b"\x21" * 20
    chain = ChainOfEvents()
    chain.mine(register((1, 2)))
    chain.mine(transaction(log("Participants", "KeyAdded", 2, 1, key, 1, START, START + 10**6)))
    chain.mine()
    chain.mine(transaction(log("Participants", "KeyRevoked", 2, 1)))
    checkpoint = _mirror(store, chain)
    content = _key(store, CONTRACTS, key, Range(last=3))

    assert "authorised at block 3" in list(verify_history(_lines(content), checkpoint))[-1].found
    with pytest.raises(EvidenceMissing, match="block 4"):
        _key(store, CONTRACTS, key)
    with pytest.raises(NotFound):
        _key(store, CONTRACTS, key, Range(last=1))
    with pytest.raises(NotFound):
        _key(store, CONTRACTS, b"\x22" * 20)
