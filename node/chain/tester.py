"""The embedded chain: eth-tester's EVM in this process, a `Chain` without an endpoint.

It runs the Berlin rules, the oldest the contracts are built for: no base fee, so keys need no funds. It
keeps what it mined as the dataclasses of `protocol`, since it dies with its process anyway; so reading is
free, and a receipt is found by its hash where eth-tester walks the whole chain back.

Importing this takes a second: import it only where an embedded chain is made.
"""

from dataclasses import dataclass
from threading import RLock
from typing import Any

import rlp
from eth.exceptions import OutOfGas as EvmOutOfGas
from eth.exceptions import PyEVMError, Revert
from eth.vm.forks.berlin import BerlinVM
from eth_keys.exceptions import BadSignature
from eth_tester.backends.pyevm.main import PyEVMBackend
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

from node.chain import fees, normalise
from node.chain.engines import ENGINES
from node.chain.protocol import Block, Fees, Log, Receipt, Transaction
from node.clock import Clock
from node.errors import (
    AlreadyKnown,
    BlockNotFound,
    ChainUnavailable,
    NonceGap,
    NonceTaken,
    OutOfGas,
    TransactionRefused,
)
from settlement.evidence.header import decode as decode_header

CHAIN_ID = 20_260_000
GAS_LIMIT = 30_000_000
_NOBODY = b"\0" * 20
# Everything that py-evm, rlp and eth-keys raise on bytes that are no transaction.
_UNREADABLE = (PyEVMError, RLPException, ValidationError, BadSignature, ValueError, TypeError, LookupError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state of the embedded chain to come back to."""

    height: int
    header: Any


class TesterChain:
    """One chain for all nodes of this process, behind one lock (eth-tester is not safe for threads).

    Block times follow `clock`, and go up by at least a second a block. Each transaction gets a block of its
    own; with `mine_at_once` off they wait for `mine`.
    """

    def __init__(self, clock: Clock, *, chain_id: int = CHAIN_ID, mine_at_once: bool = True) -> None:
        self._engine = ENGINES["eth-tester"]
        self._clock = clock
        self._lock = RLock()
        self._mine_at_once = mine_at_once
        self._not_before = 0
        self._evm = _fresh_evm(chain_id, int(clock.now()))
        genesis = self._evm.get_canonical_block_by_number(0)
        self._blocks = [_block(genesis, [])]
        self._receipts: dict[bytes, Receipt] = {}

    @property
    def engine(self) -> str:
        """Return the engine's name."""
        return self._engine.name

    @property
    def finality(self) -> str:
        """Return the engine's finality rule in words."""
        return self._engine.finality

    def chain_id(self) -> int:
        """Return its chain id."""
        found: int = self._evm.chain_id
        return found

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0."""
        return self._blocks[0].hash

    def final_height(self) -> int:
        """Return the height of the newest block."""
        with self._lock:
            return len(self._blocks) - 1

    def block(self, height: int) -> Block:
        """Return a block with all its receipts; raise `BlockNotFound`."""
        with self._lock:
            if not 0 <= height < len(self._blocks):
                raise BlockNotFound(f"the embedded chain has no block {height}")
            return self._blocks[height]

    def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks from `first` to `last`."""
        return [self.block(height) for height in range(first, last + 1)]

    def block_hash(self, height: int) -> bytes:
        """Return the hash of a block; raise `BlockNotFound`."""
        return self.block(height).hash

    def nonce(self, address: bytes) -> int:
        """Return the next nonce of an address, not counting what waits to be mined."""
        with self._lock:
            found: int = self._mined_vm().state.get_nonce(address)
            return found

    def balance(self, address: bytes) -> int:
        """Return the balance of an address, in wei."""
        with self._lock:
            found: int = self._mined_vm().state.get_balance(address)
            return found

    def fees(self) -> Fees:
        """Return what the fee policy offers: nothing."""
        return fees.free()

    def send(self, raw: bytes) -> None:
        """Take a signed transaction and mine it; raise `NonceTaken`, `NonceGap`, `TransactionRefused` …"""
        with self._lock:
            transaction, sender = self._read(raw)
            if any(transaction.hash == waiting.hash for waiting in self._evm.get_block().transactions):
                raise AlreadyKnown(f"transaction {transaction.hash.hex()} waits to be mined")
            self._check_nonce(sender, transaction.nonce)
            self._open_block()
            try:
                self._evm.apply_transaction(transaction)
            except ValidationError as error:
                refused = normalise.refusal(str(error)) or TransactionRefused
                raise refused(f"the embedded chain refused a transaction: {error}") from None
            if self._mine_at_once:
                self.mine()

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction."""
        with self._lock:
            return self._receipts.get(transaction_hash)

    def transaction(self, height: int, index: int) -> Transaction:
        """Return a transaction by its place in a block; raise `BlockNotFound`."""
        with self._lock:
            if index >= len(self.block(height).receipts):
                raise BlockNotFound(f"the embedded chain has no transaction {index} in block {height}")
            found = self._evm.get_canonical_block_by_number(height).transactions[index]
        return Transaction(
            hash=bytes(found.hash),
            sender=bytes(found.sender),
            nonce=found.nonce,
            to=bytes(found.to) or None,
            data=bytes(found.data),
        )

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        """Run a view after a block (None: the newest); raise `ContractRefused` with what it reverted."""
        with self._lock:
            vm = self._mined_vm(height)
            computation = vm.execute_bytecode(
                origin=sender or _NOBODY,
                gas_price=0,
                gas=GAS_LIMIT,
                to=to,
                sender=sender or _NOBODY,
                value=0,
                data=data,
                code=vm.state.get_code(to),
            )
        if not computation.is_error:
            return bytes(computation.output)
        if isinstance(computation.error, EvmOutOfGas):
            raise OutOfGas(f"a call of {to.hex()} used up {GAS_LIMIT} gas")
        raise normalise.reverted("call", computation.output if isinstance(computation.error, Revert) else b"")

    def code(self, address: bytes) -> bytes:
        """Return the code at an address, empty where there is none."""
        with self._lock:
            return bytes(self._mined_vm().state.get_code(address))

    def mine(self) -> int:
        """Mine a block of what waits, or an empty one; return its height."""
        with self._lock:
            if not self._evm.get_block().transactions:
                self._open_block()
            mined = self._evm.mine_block(coinbase=_NOBODY)
            self._blocks.append(_block(mined, mined.get_receipts(self._evm.chaindb)))
            self._receipts |= {receipt.hash: receipt for receipt in self._blocks[-1].receipts}
            return len(self._blocks) - 1

    def set_time(self, timestamp: int) -> None:
        """Let no further block be earlier than this (UTC seconds), whatever the clock says."""
        self._not_before = timestamp

    def snapshot(self) -> Snapshot:
        """Remember the present state, for `revert`; what waits to be mined is not part of it."""
        with self._lock:
            return Snapshot(height=len(self._blocks) - 1, header=self._head())

    def revert(self, snapshot: Snapshot) -> None:
        """Forget all blocks after a snapshot."""
        with self._lock:
            for block in self._blocks[snapshot.height + 1 :]:
                for receipt in block.receipts:
                    del self._receipts[receipt.hash]
            del self._blocks[snapshot.height + 1 :]
            self._evm.header = self._evm.create_header_from_parent(snapshot.header)

    def _read(self, raw: bytes) -> tuple[Any, bytes]:
        try:
            transaction = self._evm.get_vm().get_transaction_builder().decode(raw)
            transaction.validate()
            transaction.check_signature_validity()
            sender = bytes(transaction.sender)
        except _UNREADABLE as error:
            raise TransactionRefused(f"{len(raw)} bytes that are no transaction: {error}") from None
        # eth-tester itself would take a transaction signed for any chain.
        if transaction.chain_id != self.chain_id():
            raise TransactionRefused(
                f"a transaction for chain {transaction.chain_id}; this is {self.chain_id()}: sign it anew"
            )
        return transaction, sender

    def _check_nonce(self, sender: bytes, nonce: int) -> None:
        expected = self._evm.get_vm().state.get_nonce(sender)
        if nonce < expected:
            raise NonceTaken(f"nonce {nonce} of {sender.hex()} is used; the next one is {expected}")
        if nonce > expected:
            raise NonceGap(f"nonce {nonce} of {sender.hex()} is too high; the next one is {expected}")

    def _open_block(self) -> None:
        """Give the block to be mined its time, before anything runs in it."""
        if self._evm.get_block().transactions:
            return
        earliest = max(self._blocks[-1].timestamp + 1, self._not_before)
        self._evm.set_header_timestamp(max(earliest, int(self._clock.now())))

    def _head(self) -> Any:
        return self._evm.get_block_header_by_hash(self._blocks[-1].hash)

    def _mined_vm(self, height: int | None = None) -> Any:
        """Return the state after a block (None: the newest), in the context of the next one."""
        header = (
            self._head() if height is None else self._evm.get_block_header_by_hash(self.block_hash(height))
        )
        now = max(header.timestamp + 1, self._not_before, int(self._clock.now()))
        return self._evm.get_vm(self._evm.create_header_from_parent(header, timestamp=now))


def _fresh_evm(chain_id: int, timestamp: int) -> Any:
    genesis = PyEVMBackend.generate_genesis_params(
        {"difficulty": 1, "nonce": b"\0" * 8, "gas_limit": GAS_LIMIT, "timestamp": timestamp}
    )
    evm = PyEVMBackend(genesis_parameters=genesis, genesis_state={}, vm_configuration=((0, BerlinVM),)).chain
    if evm is None:
        raise ChainUnavailable("eth-tester gave no chain; is py-evm installed?")
    # eth-tester makes a class for each chain, so that the number belongs to this chain alone.
    type(evm).chain_id = chain_id
    return evm


def _block(mined: Any, receipts: Any) -> Block:
    made: list[Receipt] = []
    gas_before = log_index = 0
    for index, (transaction, receipt) in enumerate(zip(mined.transactions, receipts, strict=True)):
        made.append(
            Receipt(
                index=index,
                hash=bytes(transaction.hash),
                sender=bytes(transaction.sender),
                succeeded=receipt.state_root == b"\x01",
                gas_used=receipt.gas_used - gas_before,
                logs=tuple(_log(place, log) for place, log in enumerate(receipt.logs, log_index)),
                kind=transaction.type_id or 0,
            )
        )
        gas_before = receipt.gas_used
        log_index += len(receipt.logs)
    return Block(
        hash=bytes(mined.hash),
        header=decode_header(rlp.encode(mined.header)),
        transactions=tuple(transaction.encode() for transaction in mined.transactions),
        receipts=tuple(made),
    )


def _log(index: int, log: Any) -> Log:
    return Log(
        index=index,
        address=bytes(log.address),
        topics=tuple(topic.to_bytes(32, "big") for topic in log.topics),
        data=bytes(log.data),
    )
