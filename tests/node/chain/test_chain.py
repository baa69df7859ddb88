"""What holds of every engine: the same questions to the embedded chain and to anvil."""

from itertools import pairwise

import pytest

from node.chain.plan import created_address
from node.chain.protocol import Chain, Fees, Receipt, Transaction
from node.errors import (
    BlockNotFound,
    ContractRefused,
    GasUnfunded,
    NonceGap,
    NonceTaken,
    OutOfGas,
    TransactionRefused,
)
from node.keys.signer import SignedTransaction
from settlement.instruction import keccak
from tests.clocks import SetClock
from tests.node.chain.conftest import START
from tests.node.chain.transactions import REVERTS, RUNS_OUT_OF_GAS, SOMEBODY, Account, creation, wait
from tests.scenario import BANKS, USD, Network


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Account:
    """A key of the test's own."""
    return Account(request.node.name)


def _mined(chain: Chain, transaction_hash: bytes) -> bool:
    return any(
        transaction_hash == receipt.hash
        for block in chain.blocks(0, chain.final_height())
        for receipt in block.receipts
    )


def _send(chain: Chain, signed: SignedTransaction) -> Receipt:
    chain.send(signed.raw)
    return wait(chain, signed.hash)


def _create(chain: Chain, account: Account, code: bytes) -> bytes:
    address = created_address(account.address, chain.nonce(account.address))
    _send(chain, account.sign(chain, to=None, data=creation(code), gas=1_000_000))
    assert code == chain.code(address)
    return address


def test_genesis_is_final(chain: Chain) -> None:
    """Block 0 has no parent and no transactions, and is final from the start."""
    genesis = chain.block(0)

    assert 0 <= chain.final_height()
    assert bytes(32) == genesis.parent_hash
    assert () == genesis.receipts
    assert chain.genesis_hash() == genesis.hash == chain.block_hash(0)


def test_transaction_is_mined(chain: Chain, account: Account) -> None:
    """A transaction that was sent uses its nonce and has a receipt, the same by hash and in its block."""
    signed = account.sign(chain)
    assert chain.receipt(signed.hash) is None

    receipt = _send(chain, signed)

    assert receipt == chain.receipt(signed.hash)
    assert receipt.succeeded
    assert account.address == receipt.sender
    assert 21_000 == receipt.gas_used
    assert 1 == chain.nonce(account.address)
    assert receipt in chain.block(chain.final_height()).receipts


def test_transaction_is_read_back(chain: Chain, account: Account) -> None:
    """A mined transaction is found by its place in its block, as its sender sent it."""
    code = creation(b"\x5b")
    created = _send(chain, account.sign(chain, to=None, data=code, gas=1_000_000))
    height = chain.final_height()
    called = _send(chain, account.sign(chain, to=SOMEBODY, data=b"\1\2", gas=50_000))

    assert Transaction(
        hash=created.hash, sender=account.address, nonce=0, to=None, data=code
    ) == chain.transaction(height, created.index)
    assert Transaction(
        hash=called.hash, sender=account.address, nonce=1, to=SOMEBODY, data=b"\1\2"
    ) == chain.transaction(height + 1, called.index)
    for place in ((height, 1), (height + 10, 0)):
        with pytest.raises(BlockNotFound):
            chain.transaction(*place)


def test_blocks_form_a_chain(network: Network) -> None:
    """Each block names the one before by its hash, has its own height, and is later."""
    chain = network.chain
    blocks = chain.blocks(0, chain.final_height())

    assert len(blocks) > 16
    for before, after in pairwise(blocks):
        assert before.height + 1 == after.height
        assert before.hash == after.parent_hash
        assert before.timestamp <= after.timestamp
    assert blocks[-1] == chain.block(blocks[-1].height)
    assert blocks[5:9] == chain.blocks(5, 8)


def test_no_blocks_in_an_empty_range(chain: Chain) -> None:
    """A range that ends before it starts has no blocks."""
    assert [] == chain.blocks(1, 0)


def test_logs_are_read_whole(network: Network) -> None:
    """A batch of payments leaves a log each, numbered through the block, saying what was asked."""
    payer, payee, other = BANKS
    network.issue(payer, USD, 1_000_000)
    payments = [(payee, USD, amount) if amount % 2 else (other, USD, amount) for amount in range(1, 21)]

    receipt = network.pay(payer, payments)

    assert list(range(20)) == [log.index for log in receipt.logs]
    events = [network.contracts.decode(log) for log in receipt.logs]
    assert [(payee.id, USD, amount) for payee, _, amount in payments] == [
        (event.terms.payee, event.terms.asset, event.terms.amount)
        for event in events
        if event is not None and event.name == "Paid"
    ]
    assert [receipt] == list(network.chain.block(network.chain.final_height()).receipts)


def test_log_indices_go_through_the_block(network: Network) -> None:
    """The logs of all blocks are numbered from 0 in each, without gaps."""
    for block in network.chain.blocks(0, network.chain.final_height()):
        logs = [log for receipt in block.receipts for log in receipt.logs]
        assert list(range(len(logs))) == [log.index for log in logs]


def test_reverted_transaction_is_mined(chain: Chain, account: Account) -> None:
    """A transaction that reverts is mined without success and uses its nonce."""
    address = _create(chain, account, REVERTS)

    receipt = _send(chain, account.sign(chain, to=address))

    assert not receipt.succeeded
    assert 2 == chain.nonce(account.address)


def test_nonce_is_taken_once(chain: Chain, account: Account) -> None:
    """The same bytes again, or others with a used nonce, are refused as such."""
    signed = account.sign(chain)
    _send(chain, signed)

    for again in (signed, account.sign(chain, nonce=0, data=b"other")):
        with pytest.raises(NonceTaken):
            chain.send(again.raw)


def test_nonces_have_no_gap(chain: Chain, account: Account) -> None:
    """A transaction ahead of its turn is not mined, whether the engine keeps it or not."""
    signed = account.sign(chain, nonce=1)

    try:
        chain.send(signed.raw)
    except NonceGap:
        assert "eth-tester" == chain.engine

    assert chain.receipt(signed.hash) is None
    assert 0 == chain.nonce(account.address)


def test_other_chains_transaction_is_not_mined(chain: Chain, account: Account) -> None:
    """A transaction signed for another chain changes nothing; anvil takes it and never mines it."""
    signed = account.sign(chain, chain_id=chain.chain_id() + 1)

    try:
        chain.send(signed.raw)
    except TransactionRefused:
        assert "eth-tester" == chain.engine
    _send(chain, Account("another " + signed.hash.hex()).sign(chain))

    assert not _mined(chain, signed.hash)
    assert 0 == chain.nonce(account.address)


@pytest.mark.parametrize("gas", [100, 10**9])
def test_gas_out_of_bounds_is_refused(chain: Chain, account: Account, gas: int) -> None:
    """Less gas than any transaction takes, or more than a block has, is refused for ever."""
    with pytest.raises(TransactionRefused):
        chain.send(account.sign(chain, gas=gas).raw)


def test_price_needs_funds(chain: Chain, account: Account) -> None:
    """A key without a balance can't offer a price."""
    with pytest.raises(GasUnfunded):
        chain.send(account.sign(chain, fees=Fees(price=10**9)).raw)


def test_permissioned_gas_is_free(chain: Chain) -> None:
    """Where blocks have no base fee, the policy offers nothing, by a legacy transaction."""
    assert Fees(price=0) == chain.fees()


@pytest.mark.parametrize("raw", [b"\x00", b"\x12\x34", b"\xf8" + bytes(20), b"\x02\xc0", b"\xc0"])
def test_junk_is_refused(chain: Chain, raw: bytes) -> None:
    """Bytes that are no transaction are refused for ever."""
    with pytest.raises(TransactionRefused):
        chain.send(raw)


def test_missing_block(chain: Chain) -> None:
    """A block that is not there is told by its error, alone, in a range, and by its hash."""
    height = chain.final_height() + 1

    with pytest.raises(BlockNotFound):
        chain.block(height)
    with pytest.raises(BlockNotFound):
        chain.blocks(height - 1, height)
    with pytest.raises(BlockNotFound):
        chain.block_hash(height)


def test_revert_carries_its_data(chain: Chain, account: Account) -> None:
    """A view that reverts raises with the raw bytes of the contract's error."""
    address = _create(chain, account, REVERTS)

    with pytest.raises(ContractRefused) as refused:
        chain.call(address, b"")

    assert bytes.fromhex("deadbeef") == refused.value.data
    assert "0xdeadbeef" == refused.value.error


def test_halt_is_a_silent_refusal(chain: Chain, account: Account) -> None:
    """A view that meets an invalid instruction is refused without data."""
    address = _create(chain, account, b"\xfe")

    with pytest.raises(ContractRefused) as refused:
        chain.call(address, b"")

    assert b"" == refused.value.data


def test_call_without_enough_gas(chain: Chain, account: Account) -> None:
    """A view that uses up all gas is told apart from one that is refused."""
    address = _create(chain, account, RUNS_OUT_OF_GAS)

    with pytest.raises(OutOfGas):
        chain.call(address, b"")


def test_nobody_answers_nothing(chain: Chain) -> None:
    """An address without code has empty code and answers calls with nothing."""
    assert b"" == chain.code(SOMEBODY)
    assert b"" == chain.call(SOMEBODY, b"hello", sender=SOMEBODY)


def test_sender_of_a_view(network: Network) -> None:
    """A view runs as whom it is told to: the operator may admit, a stranger may not."""
    contracts, chain = network.contracts, network.chain
    data = contracts.calldata("Participants", "addMemberId", 2, ("CHIPS", "0001"))
    to = contracts.address("Participants")

    assert b"" == chain.call(to, data, sender=network.operator.key("administer"))
    with pytest.raises(ContractRefused) as refused:
        chain.call(to, data, sender=SOMEBODY)
    assert "AccessManagedUnauthorized" == contracts.error(refused.value.data).error


def test_view_of_an_earlier_block(network: Network) -> None:
    """A view can be asked after any block, and not after one that is not there."""
    chain, payer = network.chain, BANKS[2]
    network.issue(payer, USD, 7)
    height = chain.final_height()
    network.issue(payer, USD, 5)

    def balance(after: int | None) -> int:
        account = network.contracts.read(chain, "Ledger", "accountOf", USD, payer.id, height=after)
        return int(account[0])

    assert 5 == balance(None) - balance(height)
    assert 7 == balance(height) - balance(height - 1)
    with pytest.raises(BlockNotFound):
        balance(height + 2)


def test_time_can_be_set(chain: Chain, clock: SetClock, account: Account) -> None:
    """The next block of a development chain has the time it was given, and time goes on from there."""
    later = chain.block(chain.final_height()).timestamp + 86_400
    clock.timestamp = later
    chain.set_time(later)  # type: ignore[attr-defined]  # development chains only

    _send(chain, account.sign(chain))
    _send(chain, account.sign(chain))

    first, second = chain.blocks(chain.final_height() - 1, chain.final_height())
    assert later == first.timestamp
    assert first.timestamp <= second.timestamp <= later + 5


def test_engine_says_what_it_is(chain: Chain) -> None:
    """Pages can name the engine and its finality."""
    assert {"eth-tester": "instant", "anvil": "depth 0"}[chain.engine] == chain.finality
    assert chain.block(0).timestamp == START
    assert keccak(b"") != chain.genesis_hash()
