"""A chain behind an RPC node: the `Chain` protocol by Ethereum's JSON-RPC."""

from collections.abc import Sequence
from typing import Any

from node.chain import answers, fees
from node.chain.answers import quantity, well_formed
from node.chain.endpoint import Call, Endpoint
from node.chain.engines import Engine, FeeRule
from node.chain.fees import DEFAULT_LIMITS, FeeLimits
from node.chain.protocol import Block, Fees, Receipt, Transaction
from node.errors import BlockNotFound, ChainError
from settlement.instruction import keccak

# Bounds one answer (see `endpoint.ANSWER_BYTES_MAX`) and the memory it takes.
BLOCKS_PER_REQUEST_MAX = 16


class RpcChain:
    """One RPC node. Every failure is a `ChainError`; nothing is retried here."""

    def __init__(self, endpoint: Endpoint, engine: Engine, *, limits: FeeLimits = DEFAULT_LIMITS) -> None:
        self._endpoint = endpoint
        self._engine = engine
        self._limits = limits

    def close(self) -> None:
        """Close its connections."""
        self._endpoint.close()

    @property
    def engine(self) -> str:
        """Return the engine's name."""
        return self._engine.name

    @property
    def finality(self) -> str:
        """Return the engine's finality rule in words."""
        return self._engine.finality

    def chain_id(self) -> int:
        """Ask which chain the node serves."""
        return self._quantity("eth_chainId")

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0."""
        return self.block_hash(0)

    def final_height(self) -> int:
        """Return the height of the newest final block; the genesis block always is."""
        return max(0, self._quantity("eth_blockNumber") - self._engine.final_depth)

    def block(self, height: int) -> Block:
        """Return a block with all its receipts; raise `BlockNotFound`."""
        return self.blocks(height, height)[0]

    def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks from `first` to `last`, by one request for every sixteen of them."""
        found: list[Block] = []
        for start in range(first, last + 1, BLOCKS_PER_REQUEST_MAX):
            heights = range(start, min(start + BLOCKS_PER_REQUEST_MAX, last + 1))
            ask = self._by_block if self._engine.block_receipts else self._by_transaction
            found += ask(heights)
        return found

    def block_hash(self, height: int) -> bytes:
        """Return the hash of a block; raise `BlockNotFound`."""
        header = self._endpoint.request("eth_getBlockByNumber", hex(height), False)
        if header is None:
            raise BlockNotFound(f"the RPC node has no block {height}")
        with well_formed("eth_getBlockByNumber", header):
            return answers.digest(header["hash"])

    def nonce(self, address: bytes) -> int:
        """Return the next nonce of an address, not counting the pool."""
        return self._quantity("eth_getTransactionCount", _hex(address), "latest")

    def balance(self, address: bytes) -> int:
        """Return the balance of an address at the newest block, in wei."""
        return self._quantity("eth_getBalance", _hex(address), "latest")

    def fees(self) -> Fees:
        """Return what the engine's fee policy offers at the newest block; raise `FeesAboveLimit`."""
        if self._engine.fee_rule is FeeRule.FREE:
            return fees.free()
        if self._engine.fee_rule is FeeRule.LEGACY:
            return fees.legacy(self._limits, gas_price=self._quantity("eth_gasPrice"))
        header = self._endpoint.request("eth_getBlockByNumber", "latest", False)
        with well_formed("eth_getBlockByNumber", header):
            base_fee = quantity(header.get("baseFeePerGas") or "0x0")
        if not base_fee:
            return fees.free()
        priority = self._quantity("eth_maxPriorityFeePerGas")
        return fees.market(self._limits, base_fee=base_fee, priority=priority)

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; raise `AlreadyKnown`, `NonceTaken`, `TransactionRefused` …"""
        answer = self._endpoint.request("eth_sendRawTransaction", _hex(raw))
        with well_formed("eth_sendRawTransaction", answer):
            if answers.digest(answer) != keccak(raw):
                raise ValueError(answer)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction, final or not."""
        answer = self._endpoint.request("eth_getTransactionReceipt", _hex(transaction_hash))
        if answer is None:
            return None
        with well_formed("eth_getTransactionReceipt", answer):
            # Some nodes answer for a transaction of the pool, with no block.
            return None if answer["blockHash"] is None else answers.receipt(answer)

    def transaction(self, height: int, index: int) -> Transaction:
        """Return a transaction by its place in a block; raise `BlockNotFound`.

        By its place and not by its hash: nodes forget the hashes of old transactions.
        """
        method = "eth_getTransactionByBlockNumberAndIndex"
        answer = self._endpoint.request(method, hex(height), hex(index))
        if answer is None:
            raise BlockNotFound(f"the RPC node has no transaction {index} in block {height}")
        with well_formed(method, answer):
            return answers.transaction(answer)

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        """Run a view after a block (None: the newest); raise `ContractRefused` with what it reverted."""
        request = {"to": _hex(to), "data": _hex(data)} | ({"from": _hex(sender)} if sender else {})
        return self._octets("eth_call", request, "latest" if height is None else hex(height))

    def code(self, address: bytes) -> bytes:
        """Return the code at an address, empty where there is none."""
        return self._octets("eth_getCode", _hex(address), "latest")

    def set_time(self, timestamp: int) -> None:
        """Give the next block this time (UTC seconds), on a development chain; time goes on from there."""
        if not self._engine.clock_settable:
            raise ChainError(f"the clock of {self._engine.name} can't be set")
        self._endpoint.request("evm_setNextBlockTimestamp", timestamp)

    def _by_block(self, heights: range) -> list[Block]:
        headers: list[Call] = [("eth_getBlockByNumber", (hex(height), True)) for height in heights]
        receipts: list[Call] = [("eth_getBlockReceipts", (hex(height),)) for height in heights]
        found = self._ask([*headers, *receipts])
        return [
            answers.block(height, header, received)
            for height, header, received in zip(
                heights, found[: len(heights)], found[len(heights) :], strict=True
            )
        ]

    def _by_transaction(self, heights: range) -> list[Block]:
        found = []
        for height in heights:
            header = self._endpoint.request("eth_getBlockByNumber", hex(height), True)
            if header is None:
                raise BlockNotFound(f"the RPC node has no block {height}")
            with well_formed("eth_getBlockByNumber", header):
                hashes: list[str] = [entry["hash"] for entry in header["transactions"]]
            received = self._ask([("eth_getTransactionReceipt", (each,)) for each in hashes])
            found.append(answers.block(height, header, received))
        return found

    def _ask(self, calls: Sequence[Call]) -> list[Any]:
        if self._engine.batches:
            return self._endpoint.batch(calls)
        return [self._endpoint.request(method, *parameters) for method, parameters in calls]

    def _quantity(self, method: str, *parameters: Any) -> int:
        answer = self._endpoint.request(method, *parameters)
        with well_formed(method, answer):
            return quantity(answer)

    def _octets(self, method: str, *parameters: Any) -> bytes:
        answer = self._endpoint.request(method, *parameters)
        with well_formed(method, answer):
            return answers.octets(answer)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
