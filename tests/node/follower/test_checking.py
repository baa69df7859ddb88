"""A block that is not what its header commits to is not mirrored: each lie is an incident of its own name."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from node.chain.protocol import Block, Receipt
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.head import head
from node.mirror.levels import Level
from node.mirror.material import header_at, headers_between, material_at
from node.store.incidents import open_incidents
from node.store.session import Store
from node.store.tables import incident_headers
from settlement.errors import (
    BrokenRule,
    MirrorGap,
    WrongBlockHash,
    WrongReceipts,
    WrongSeals,
    WrongTransactions,
)
from settlement.evidence import header, receipts, seals, trie
from settlement.instruction import Terms, keccak
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, register, settle, transaction
from tests.settlement.evidence.material import FOUR, VALIDATORS, addresses, extra_data, seal

CLOCK = SetClock(START)
_LIED_ABOUT = 3


def _payment(sequence: int) -> Terms:
    return Terms(sequence=sequence, asset=840, payer=2, payee=3, amount=sequence)


def _chain() -> ChainOfEvents:
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    chain.mine(settle(_payment(1)))
    chain.mine(settle(_payment(2), _payment(3)), transaction(succeeded=False), settle(_payment(4)))
    return chain


def _follower(
    store: Store, chain: ChainOfEvents, *, level: Level = Level.FULL, sealed: bool = False
) -> Follower:
    return Follower(store, chain, CONTRACTS, CLOCK, checks=Checks(level=level, sealed=sealed))


def _receipt(place: int, **changes: object) -> Callable[[Block], Block]:
    def change(block: Block) -> Block:
        found = list(block.receipts)
        found[place] = replace(found[place], **changes)  # type: ignore[arg-type]
        return replace(block, receipts=tuple(found))

    return change


def _log(**changes: object) -> Callable[[Block], Block]:
    def change(block: Block) -> Block:
        logs = block.receipts[0].logs
        changed = (replace(logs[0], **changes), *logs[1:])  # type: ignore[arg-type]
        return _receipt(0, logs=changed)(block)

    return change


def _without_a_log(block: Block) -> Block:
    return _receipt(0, logs=block.receipts[0].logs[:1])(block)


def _logs_swapped(block: Block) -> Block:
    first, second = block.receipts[0].logs
    return _receipt(0, logs=(replace(second, index=0), replace(first, index=1)))(block)


def _without_a_receipt(block: Block) -> Block:
    return replace(block, receipts=block.receipts[:2], transactions=block.transactions[:2])


def _made_up_receipt(block: Block) -> Block:
    raw = b"\xff made up"
    more = replace(block.receipts[2], index=3, hash=keccak(raw))
    return replace(block, receipts=(*block.receipts, more), transactions=(*block.transactions, raw))


def _header(**changes: object) -> Callable[[Block], Block]:
    return lambda block: replace(block, header=replace(block.header, **changes))  # type: ignore[arg-type]


def _with_roots(block: Block) -> Block:
    """A header that fits the false receipts, under the true hash."""
    lied = _log(data=bytes(64))(block)
    made, gas_used = [], 0
    for each in lied.receipts:
        gas_used += each.gas_used
        made.append(receipts.encode(kind=0, succeeded=each.succeeded, gas_used=gas_used, logs=each.logs)[0])
    return _header(receipts_root=trie.root(made))(lied)


def _other_bytes(block: Block) -> Block:
    return replace(block, transactions=(b"\xff other", *block.transactions[1:]))


LIES: dict[str, tuple[type[BrokenRule], Callable[[Block], Block]]] = {
    "another amount": (WrongReceipts, _log(data=bytes(31) + b"\1" + bytes(32))),
    "another contract": (WrongReceipts, _log(address=b"\x99" * 20)),
    "another event": (WrongReceipts, _log(topics=(bytes(32),))),
    "a log left out": (WrongReceipts, _without_a_log),
    "logs in another order": (WrongReceipts, _logs_swapped),
    "a reverted transaction shown as a success": (WrongReceipts, _receipt(1, succeeded=True)),
    "a success shown as reverted": (WrongReceipts, _receipt(2, succeeded=False, logs=())),
    "other gas": (WrongReceipts, _receipt(0, gas_used=1)),
    "a receipt left out with its transaction": (WrongTransactions, _without_a_receipt),
    "a receipt made up with its transaction": (WrongTransactions, _made_up_receipt),
    "another type": (WrongTransactions, _receipt(0, kind=2)),
    "another transaction's hash": (WrongTransactions, _receipt(0, hash=bytes(32))),
    "other bytes of a transaction": (WrongTransactions, _other_bytes),
    "another hash": (WrongBlockHash, lambda block: replace(block, hash=bytes(32))),
    "another time": (WrongBlockHash, _header(timestamp=START)),
    "another bloom": (WrongBlockHash, _header(bloom=b"\xff" * 256)),
    "another state": (WrongBlockHash, _header(state_root=b"\1" * 32)),
    "another proposer": (WrongBlockHash, _header(beneficiary=b"\1" * 20)),
    "a base fee where there is none": (WrongBlockHash, _header(base_fee=0)),
    "a header with a hole": (WrongBlockHash, _header(withdrawals_root=bytes(32))),
    "roots that fit false receipts": (WrongBlockHash, _with_roots),
    "another parent": (MirrorGap, _header(parent_hash=bytes(32))),
    "another number": (MirrorGap, _header(number=9)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_freezes_before_a_row_is_written(store: Store, lie: str) -> None:
    """Each is refused by its name, opens an incident, and nothing of the batch is mirrored."""
    error, tell = LIES[lie]
    chain = _chain()
    chain.mined[_LIED_ABOUT] = tell(chain.mined[_LIED_ABOUT])

    with pytest.raises(error):
        _follower(store, chain).tick()

    with store.snapshot() as connection:
        assert [error.code] == [each.code for each in open_incidents(connection)]
        assert None is head(connection)


@pytest.mark.parametrize("level", [Level.FULL, Level.HEADERS, Level.OFF])
def test_the_truth_is_mirrored_at_every_level(store: Store, level: Level) -> None:
    """Blocks as they are pass, and their headers are kept."""
    chain = _chain()

    assert 4 == _follower(store, chain, level=level).tick()
    with store.snapshot() as connection:
        assert chain.mined[2].header == header_at(connection, 2)
        assert [each.header.encoded() for each in chain.mined[1:]] == headers_between(connection, 1, 3)


def test_a_lower_level_believes_more(store: Store) -> None:
    """At `headers` a false receipt passes and a false header does not; at `off` both pass."""
    chain = _chain()
    chain.mined[3] = _receipt(0, gas_used=1)(chain.mined[3])
    assert 4 == _follower(store, chain, level=Level.HEADERS).tick()

    chain.mine(settle(_payment(9)))
    chain.mined[4] = _header(state_root=b"\1" * 32)(chain.mined[4])
    with pytest.raises(WrongBlockHash):
        _follower(store, chain, level=Level.HEADERS).tick()


def test_what_proves_a_block_is_kept_with_it(store: Store) -> None:
    """Transactions and receipts of a block with something of ours lead to its header's roots.

    Of another block the receipts do: only they prove that nothing in it is ours.
    """
    chain = _chain()
    chain.mine(transaction(sender=b"\x66" * 20))
    _follower(store, chain).tick()

    with store.snapshot() as connection:
        ours, foreign = material_at(connection, 3), material_at(connection, 4)
    assert ours is not None
    assert foreign is not None
    made = header.decode(ours.header)
    assert (chain.mined[3].transactions, 3) == (ours.transactions, len(ours.receipts))
    assert (made.transactions_root, made.receipts_root) == (
        trie.root(ours.transactions),
        trie.root(ours.receipts),
    )
    assert () == foreign.transactions
    assert header.decode(foreign.header).receipts_root == trie.root(foreign.receipts) != trie.EMPTY_ROOT


def test_both_versions_of_a_changed_block_are_kept(store: Store) -> None:
    """The header that is served now is in the incident, the one that was final in `proofs`."""
    chain = _chain()
    _follower(store, chain).tick()
    first = chain.mined[3]
    chain.cut(2)
    second = chain.mine(settle(_payment(7)))

    with pytest.raises(MirrorGap):
        _follower(store, chain).tick()

    with store.snapshot() as connection:
        assert second.header.encoded() == connection.scalar(select(incident_headers.c.header))
        assert first.header == header_at(connection, 3)


def _sealed(signers: int, *, block: int = 2) -> ChainOfEvents:
    """A chain whose blocks are sealed by all four validators, the one named by so many of them."""
    chain = _chain()
    parent: bytes | None = None
    for height, each in enumerate(chain.mined):
        extra = extra_data(addresses(FOUR))
        known = each.header.parent_hash if parent is None else parent
        made = replace(each.header, parent_hash=known, extra_data=extra)
        if height:
            made = seal(made, FOUR[: signers if height == block else 4])
        parent = seals.block_hash(made)
        chain.mined[height] = replace(each, header=made, hash=parent)
    return chain


def _of_sealed(chain: ChainOfEvents, store: Store) -> Follower:
    pinned = replace(CONTRACTS.deployment, genesis_hash=chain.genesis_hash())
    contracts = type(CONTRACTS)(pinned)
    return Follower(store, chain, contracts, CLOCK, checks=Checks(sealed=True))


@pytest.mark.parametrize("signers", [3, 4])
def test_a_quorum_of_seals_is_final(store: Store, signers: int) -> None:
    """Blocks with a quorum of seals are mirrored, tick by tick."""
    chain = _sealed(signers)
    follower = _of_sealed(chain, store)

    assert [3, 1] == [follower.tick(until=2), follower.tick()]


def test_too_few_seals_freeze(store: Store) -> None:
    """A block that is not final on an engine with seals is not mirrored, whoever serves it."""
    with pytest.raises(WrongSeals, match="2 seals"):
        _of_sealed(_sealed(2), store).tick()


def test_a_foreign_seal_freezes(store: Store) -> None:
    """Nor is one that somebody else sealed."""
    chain = _sealed(4)
    made = seal(chain.mined[3].header, (*FOUR[:2], VALIDATORS[4]))
    chain.mined[3] = replace(chain.mined[3], header=made)

    with pytest.raises(WrongSeals, match="no validator"):
        _of_sealed(chain, store).tick()


def test_a_receipt_is_made_again_whatever_is_in_it(store: Store) -> None:
    """Logs without data, without topics, with one byte: the follower's encoder is the chain's."""
    from node.chain.protocol import Log

    logs = tuple(
        Log(index=0, address=bytes([number]) * 20, topics=(bytes(32),) * (number % 5), data=b"\x7f" * number)
        for number in range(70)
    )
    chain = _chain()
    chain.mine(Receipt(index=0, hash=b"", sender=bytes(20), succeeded=True, gas_used=5, logs=logs))

    assert 5 == _follower(store, chain).tick()
