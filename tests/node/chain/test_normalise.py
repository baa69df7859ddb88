"""Every refusal of every engine becomes one of our errors; what nobody knows is no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain import normalise
from node.errors import (
    AlreadyKnown,
    BlockNotFound,
    ChainBusy,
    ChainError,
    ChainUnavailable,
    ContractRefused,
    GasUnfunded,
    MalformedAnswer,
    NonceGap,
    NonceTaken,
    OutOfGas,
    TransactionRefused,
    Underpriced,
)

_SEND = "eth_sendRawTransaction"

# As the engines say it: (engine, code, message, what it means).
_SAID = [
    ("geth", -32000, "already known", AlreadyKnown),
    ("anvil", -32003, "transaction already imported", AlreadyKnown),
    ("besu", -32000, "Known transaction", AlreadyKnown),
    ("geth", -32000, "nonce too low: next nonce 5, tx nonce 4", NonceTaken),
    ("anvil", -32003, "nonce too low", NonceTaken),
    ("besu", -32001, "Nonce too low", NonceTaken),
    ("geth", -32000, "nonce too high", NonceGap),
    ("geth", -32000, "transaction nonce is gapped: gapped nonce", NonceGap),
    ("besu", -32000, "Transaction nonce too distant from current sender nonce", NonceGap),
    ("besu", -32000, "Transaction nonce is too distant from current sender nonce", NonceGap),
    ("besu", -32006, "Nonce too high", NonceGap),
    ("besu", -32000, "An invalid transaction with a lower nonce exists", NonceGap),
    ("geth", -32000, "transaction underpriced", Underpriced),
    ("besu", -32000, "Replacement transaction underpriced", Underpriced),
    ("besu", -32009, "Gas price below current base fee", Underpriced),
    ("anvil", -32003, "max fee per gas less than block base fee", Underpriced),
    ("geth", -32000, "replacement transaction underpriced", Underpriced),
    ("geth", -32000, "max fee per gas less than block base fee: address 0x1", Underpriced),
    ("geth", -32000, "future transaction tries to replace pending", Underpriced),
    ("besu", -32009, "Gas price below configured minimum gas price", Underpriced),
    ("geth", -32000, "insufficient funds for gas * price + value: balance 0", GasUnfunded),
    ("anvil", -32003, "Insufficient funds for gas * price + value", GasUnfunded),
    ("besu", -32004, "Upfront cost exceeds account balance", GasUnfunded),
    ("py-evm", 0, "Sender b'\\x1ad' cannot afford txn gas 5000 with account balance 0", GasUnfunded),
    ("geth", -32000, "out of gas", OutOfGas),
    ("geth", -32000, "gas required exceeds allowance (30000000)", OutOfGas),
    ("anvil", -32603, "EVM error OutOfGas", OutOfGas),
    ("anvil", -32603, "EVM error MemoryLimitOOG", OutOfGas),
    ("geth", -32000, "header not found", BlockNotFound),
    ("anvil", -32602, "BlockOutOfRangeError: block height is 5 but requested was 9", BlockNotFound),
    ("geth", -32000, "intrinsic gas too low: have 100, want 21000", TransactionRefused),
    ("geth", -32000, "exceeds block gas limit", TransactionRefused),
    ("besu", -32005, "Transaction gas limit exceeds block gas limit", TransactionRefused),
    ("besu", -32003, "Intrinsic gas exceeds gas limit", TransactionRefused),
    ("anvil", -32003, "intrinsic gas too high -- tx.gas_limit > env.cfg.gas_limit", TransactionRefused),
    ("anvil", -32003, "transaction gas limit (40000000) is greater than the cap", TransactionRefused),
    ("geth", -32000, "transaction gas limit too high (cap: 16777216, tx: 20000000)", TransactionRefused),
    ("geth", -32000, "insufficient gas for floor data gas cost: gas 1, minimum needed 2", TransactionRefused),
    ("geth", -32000, "nonce has max value", TransactionRefused),
    ("geth", -32000, "sender not an eoa: address 0x1", TransactionRefused),
    ("goquorum", -32000, "Gas price not 0", TransactionRefused),
    ("besu", -32000, "ChainId is required", TransactionRefused),
    ("besu", -32000, "Transaction fee cap exceeded", TransactionRefused),
    ("besu", -32000, "Max priority fee per gas exceeds max fee per gas", TransactionRefused),
    ("besu", -32602, "Invalid transaction type", TransactionRefused),
    ("besu", -32000, "Plugin has marked the transaction as invalid", TransactionRefused),
    ("anvil", -32003, "Incompatible EIP-155 transaction, signed for another chain", TransactionRefused),
    ("geth", -32000, "oversized data: transaction size 70000, limit 65536", TransactionRefused),
    ("geth", -32000, "invalid sender", TransactionRefused),
    ("geth", -32000, "invalid chain id for signer: have 5 want 1337", TransactionRefused),
    ("besu", -32000, "Wrong chainId", TransactionRefused),
    ("geth", -32000, "rlp: expected input list for types.LegacyTx", TransactionRefused),
    ("geth", -32000, "only replay-protected (EIP-155) transactions allowed over RPC", TransactionRefused),
    ("geth", -32000, "transaction type not supported", TransactionRefused),
    ("besu", -32007, "Sender account not authorized to send transactions", TransactionRefused),
    ("anvil", -32602, "Failed to decode transaction", TransactionRefused),
    ("py-evm", 0, "Insufficient gas", TransactionRefused),
    ("py-evm", 0, "Transaction exceeds gas limit: using 70000000, limit is 60000000", TransactionRefused),
    ("geth", -32000, "txpool is full", ChainBusy),
    ("besu", -32008, "Initial sync is still in progress", ChainBusy),
    ("besu", -32002, "Transaction pool not enabled. (Either … or node not yet in sync).", ChainBusy),
    ("geth", -32000, "in-flight transaction limit reached for delegated accounts", ChainBusy),
    ("provider", -32005, "daily request count exceeded", ChainBusy),
    ("provider", -32005, "limit exceeded", ChainBusy),
    ("provider", 429, "Too Many Requests", ChainBusy),
    ("geth", 3, "execution reverted", ContractRefused),
    ("besu", -32000, "Execution reverted", ContractRefused),
    ("anvil", -32603, "EVM error InvalidFEOpcode", ContractRefused),
    ("geth", -32000, "invalid opcode: INVALID", ContractRefused),
    ("anvil", -32601, "Method not found", ChainUnavailable),
    ("geth", -32603, "internal error", ChainUnavailable),
    ("geth", -32002, "request timed out", ChainUnavailable),
    ("geth", -32003, "response too large", ChainUnavailable),
    ("besu", -32603, "Timeout expired", ChainUnavailable),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "code", "message", "expected"), _SAID, ids=lambda value: str(value)[:40])
def test_engines_words(engine: str, code: int, message: str, expected: type[ChainError]) -> None:
    """What an engine says means exactly one of our errors, in the spelling of each."""
    error = normalise.rpc_error(_SEND, {"code": code, "message": message})

    assert expected is type(error)
    assert _SEND in error.detail


@pytest.mark.parametrize(
    "data",
    ["0xdeadbeef01", {"data": "0xdeadbeef01"}, "Reverted 0xdeadbeef01"],
    ids=["plain", "nested", "parity"],
)
def test_revert_data(data: object) -> None:
    """The raw bytes of a revert are found in each form in which nodes give them."""
    error = normalise.rpc_error("eth_call", {"code": 3, "message": "execution reverted", "data": data})

    assert isinstance(error, ContractRefused)
    assert bytes.fromhex("deadbeef01") == error.data
    assert "0xdeadbeef" == error.error


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, ChainBusy), (503, ChainBusy), (502, ChainUnavailable), (500, ChainUnavailable),
     (504, ChainUnavailable), (401, ChainUnavailable), (404, ChainUnavailable), (301, ChainUnavailable)],
)  # fmt: skip
def test_http_status(status: int, expected: type[ChainError]) -> None:
    """Only an endpoint that asks to wait has surely taken nothing; a gateway's time-out tells nothing."""
    assert expected is type(normalise.http_error(status))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    error=_json
    | st.fixed_dictionaries(
        {"code": _json, "message": st.sampled_from([said[2] for said in _SAID]) | st.text()},
        optional={"data": _json},
    )
)
def test_any_error_object(error: object) -> None:
    """Whatever stands in `error`, a `ChainError` comes of it, short enough to log."""
    made = normalise.rpc_error(_SEND, error)

    assert isinstance(made, ChainError)
    assert len(made.detail) < 400


@pytest.mark.parametrize("error", [None, 5, "text", [], {}, {"message": 5}, {"code": -32000}])
def test_error_without_words(error: object) -> None:
    """An `error` that is no error object is a malformed answer: nobody knows what became of the request."""
    assert MalformedAnswer is type(normalise.rpc_error(_SEND, error))
