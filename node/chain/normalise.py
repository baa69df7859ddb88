"""Every way in which a chain refuses, put into our own errors: one table for all engines.

The texts are those of geth (core/txpool/errors.go, core/error.go; GoQuorum's are the same, and "Gas price
not 0"), Besu (RpcErrorType), anvil and py-evm. Codes come second: engines use the same code for different
things (-32005 is "limit exceeded" for one and "exceeds block gas limit" for another).
"""

import re
from typing import Any

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

_QUOTED_MAX = 200
_SELECTOR_BYTES = 4

# The first row that matches decides. Regular expressions, case ignored.
_TEXTS: tuple[tuple[type[ChainError], tuple[str, ...]], ...] = (
    (AlreadyKnown, ("already known", "already imported", "known transaction")),
    (NonceTaken, ("nonce too low",)),
    (
        NonceGap,
        ("nonce too high", "nonce (is )?too distant", "gapped", "transaction with a lower nonce exists"),
    ),
    (
        Underpriced,
        (
            "underpriced",
            "gas price too low",
            "gas price below",
            "less than block base fee",
            "below base ?fee",
            "future transaction tries to replace",
        ),
    ),
    (
        GasUnfunded,
        (
            "insufficient funds",
            "insufficient balance",
            "cannot afford",
            "upfront cost exceeds account balance",
        ),
    ),
    (OutOfGas, ("out ?of ?gas", "OOG", "gas required exceeds", "gas uint64 overflow")),
    (ChainUnavailable, ("(batch|request|response) (is )?too large",)),
    (BlockNotFound, ("header not found", "unknown block", "block not found", "BlockOutOfRange")),
    (
        TransactionRefused,
        (
            "intrinsic gas",
            "insufficient gas",
            "exceeds (the )?(block )?gas limit",
            r"gas limit ([(]\d+[)] )?(is )?(too high|greater than|reached)",
            "oversized",
            "too large",
            "invalid sender",
            "invalid (transaction )?signature",
            "invalid chain ?id",
            "wrong chain ?id",
            "chain ?id (is required|not supported)",
            "EIP-155",
            "nonce has max value",
            "not an eoa",
            "gas price not 0",
            "replay.protected",
            "transaction type not supported",
            "invalid transaction type",
            "not supported by the current hardfork",
            "failed to decode",
            "rlp:",
            "exceeds the configured cap",
            "fee cap exceeded",
            "max priority fee per gas (higher|exceeds)",
            "marked the transaction as invalid",
            "max initcode size",
            "not authorized to send",
        ),
    ),
    (
        ChainBusy,
        (
            "pool is full",
            "pool full",
            "too many requests",
            "rate limit",
            "limit exceeded",
            "limit reached",
            "too many pending",
            "not yet in sync",
            "sync is still in progress",
            "busy",
            "try again",
        ),
    ),
)
_TABLE = tuple((kind, re.compile("|".join(texts), re.IGNORECASE)) for kind, texts in _TEXTS)
_REVERTED = re.compile(r"revert", re.IGNORECASE)
# The EVM stopped by itself: there is no data, and asking again won't help.
_HALTED = re.compile(r"EVM error|invalid opcode|stack underflow|stack overflow|invalid jump", re.IGNORECASE)
_REVERTED_CODE = 3
_LIMIT_EXCEEDED_CODE = -32005
_HTTP_BUSY = frozenset({429, 503})
_HTTP_SERVER_ERROR = 500


def rpc_error(method: str, error: Any) -> ChainError:
    """Return the error that a JSON-RPC `error` object means.

    What is in no row is a `ChainUnavailable`: it says nothing of what became of the request, so the
    caller must find out by hash.
    """
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return malformed(method, error)
    code, message, data = error.get("code"), error["message"], _revert_data(error.get("data"))
    if code == _REVERTED_CODE or _REVERTED.search(message):
        return reverted(method, data or b"")
    found = refusal(message)
    if found is not None:
        return found(f"{method}: {_quoted(message)}")
    if _HALTED.search(message):
        return reverted(method, b"")
    if code == _LIMIT_EXCEEDED_CODE:
        return ChainBusy(f"{method}: {_quoted(message)}")
    told = code if isinstance(code, int) else "no code"
    return ChainUnavailable(f"{method}: the RPC node answered {told}: {_quoted(message)}")


def refusal(message: str) -> type[ChainError] | None:
    """Return the kind of error a text of a node means; None when the table has none."""
    return next((kind for kind, text in _TABLE if text.search(message)), None)


def reverted(method: str, data: bytes) -> ContractRefused:
    """Return the error of a revert, not yet named: only the contracts' ABI knows what `data` says."""
    selector = "0x" + data[:_SELECTOR_BYTES].hex() if data else ""
    return ContractRefused(f"{method}: reverted {selector or 'without a reason'}", error=selector, data=data)


def http_error(status: int) -> ChainError:
    """Return the error that an HTTP status other than 200 means."""
    if status in _HTTP_BUSY:
        return ChainBusy(f"the RPC endpoint answered HTTP {status}: it asks to wait")
    if status >= _HTTP_SERVER_ERROR:
        return ChainUnavailable(f"the RPC endpoint answered HTTP {status}")
    return ChainUnavailable(f"the RPC endpoint answered HTTP {status}; check VOSTRO_RPC_URL")


def transport_error(error: Exception) -> ChainUnavailable:
    """Return the error of a connection that failed or gave no answer in time."""
    return ChainUnavailable(f"the RPC endpoint gave no answer: {type(error).__name__} {_quoted(error)}")


def malformed(method: str, answer: Any) -> MalformedAnswer:
    """Return the error of an answer that is none."""
    return MalformedAnswer(f"{method}: the RPC node answered {_quoted(answer)}")


def _revert_data(data: Any) -> bytes | None:
    """Read revert data as geth, Besu and anvil give it (a hex string), or as others nest it."""
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str):
        return None
    found = re.search(r"0x((?:[0-9a-fA-F]{2})*)$", data)
    return bytes.fromhex(found[1]) if found else None


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _QUOTED_MAX else text[:_QUOTED_MAX] + " …"
