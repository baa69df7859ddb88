"""The JSON of blocks and receipts, read into our own dataclasses.

On the path of every event: 100,000 of them pass here in seconds, so each field is read once, by the
cheapest call that still refuses nonsense.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from node.chain import normalise
from node.chain.protocol import Block, Log, Receipt, Transaction
from node.errors import BlockNotFound, ChainUnavailable
from settlement.errors import InvalidEvidence
from settlement.evidence import rlp, transactions
from settlement.evidence.header import Header

_HASH_CHARACTERS = 66
_ADDRESS_CHARACTERS = 42
_NONCE_BYTES, _BLOOM_BYTES = 8, 256


@contextmanager
def well_formed(method: str, answer: Any) -> Iterator[None]:
    """Turn every slip of reading `answer` into `MalformedAnswer`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, InvalidEvidence):
        raise normalise.malformed(method, answer) from None


def quantity(text: str) -> int:
    """Read a number (``0x1a``)."""
    if not text.startswith("0x"):
        raise ValueError(text)
    return int(text, 16)


def octets(text: str) -> bytes:
    """Read bytes of any length (``0x00ff``)."""
    if not text.startswith("0x"):
        raise ValueError(text)
    return bytes.fromhex(text[2:])


def digest(text: str) -> bytes:
    """Read a hash (32 bytes)."""
    if len(text) != _HASH_CHARACTERS:
        raise ValueError(text)
    return octets(text)


def address(text: str) -> bytes:
    """Read an address (20 bytes)."""
    if len(text) != _ADDRESS_CHARACTERS:
        raise ValueError(text)
    return octets(text)


def receipt(answer: dict[str, Any]) -> Receipt:
    """Read one receipt with its logs."""
    return Receipt(
        index=quantity(answer["transactionIndex"]),
        hash=digest(answer["transactionHash"]),
        sender=address(answer["from"]),
        succeeded=quantity(answer["status"]) == 1,
        gas_used=quantity(answer["gasUsed"]),
        logs=tuple([_log(entry) for entry in answer["logs"]]),
        kind=quantity(answer.get("type", "0x0")),
    )


def transaction(answer: dict[str, Any]) -> Transaction:
    """Read a mined transaction."""
    return Transaction(
        hash=digest(answer["hash"]),
        sender=address(answer["from"]),
        nonce=quantity(answer["nonce"]),
        to=None if answer["to"] is None else address(answer["to"]),
        data=octets(answer["input"]),
    )


def block(height: int, header: Any, receipts: Any) -> Block:
    """Read a block from its header with its transactions, and its receipts.

    Raise `BlockNotFound`; `ChainUnavailable` when the chain moved between the two answers, so that they
    do not belong together; `MalformedAnswer`.
    """
    if header is None or receipts is None:
        raise BlockNotFound(f"the RPC node has no block {height}")
    with well_formed(f"block {height}", header):
        block_hash, entries = header["hash"], header["transactions"]
        if quantity(header["number"]) != height:
            raise ValueError(height)
        together = [block_hash] * len(entries) == [entry["blockHash"] for entry in receipts]
        hashes = [entry["hash"] for entry in entries]
        if not together or hashes != [entry["transactionHash"] for entry in receipts]:
            raise ChainUnavailable(f"block {height} and its receipts do not belong together; ask again")
        signed = tuple([signed_bytes(entry) for entry in entries])
        made = Block(
            hash=digest(block_hash),
            header=header_of(header),
            transactions=signed,
            receipts=tuple([_receipt(entry, raw) for entry, raw in zip(receipts, signed, strict=True)]),
        )
    _check_order(made)
    return made


def header_of(answer: dict[str, Any]) -> Header:
    """Read the fields of a block that its header has."""
    found: dict[str, Any] = {}
    for name, (theirs, read) in _HEADER.items():
        given = answer.get(theirs)
        if given is not None:
            found[name] = read(given)
    return Header(**found)


def signed_bytes(answer: dict[str, Any]) -> bytes:
    """Put a transaction together again from its fields, as it was signed; whether so, its hash tells."""
    kind = quantity(answer.get("type", "0x0"))
    names = transactions.FIELDS[kind]
    return transactions.encode(kind, {name: _field(answer, name) for name in names})


def _receipt(answer: dict[str, Any], raw: bytes) -> Receipt:
    """Read a receipt in a block; who sent the transaction is told by its bytes."""
    return replace(receipt(answer), sender=transactions.decode(raw).sender)


def _check_order(made: Block) -> None:
    """Refuse a block in which a receipt or a log is missing: their indices have no gap."""
    logs = [log.index for each in made.receipts for log in each.logs]
    in_order = [each.index for each in made.receipts] == list(range(len(made.receipts)))
    if not in_order or logs != list(range(len(logs))):
        raise normalise.malformed(f"block {made.height}", "receipts or logs that are not numbered in order")


def _log(entry: dict[str, Any]) -> Log:
    fromhex = bytes.fromhex
    return Log(
        index=int(entry["logIndex"], 16),
        address=fromhex(entry["address"][2:]),
        topics=tuple([fromhex(topic[2:]) for topic in entry["topics"]]),
        data=fromhex(entry["data"][2:]),
    )


def _nonce(text: str) -> bytes:
    found = octets(text)
    if len(found) != _NONCE_BYTES:
        raise ValueError(text)
    return found


def _bloom(text: str) -> bytes:
    found = octets(text)
    if len(found) != _BLOOM_BYTES:
        raise ValueError(text)
    return found


# The fields of a header: as JSON-RPC names them, and how each is read.
_HEADER: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "parent_hash": ("parentHash", digest),
    "ommers_hash": ("sha3Uncles", digest),
    "beneficiary": ("miner", address),
    "state_root": ("stateRoot", digest),
    "transactions_root": ("transactionsRoot", digest),
    "receipts_root": ("receiptsRoot", digest),
    "bloom": ("logsBloom", _bloom),
    "difficulty": ("difficulty", quantity),
    "number": ("number", quantity),
    "gas_limit": ("gasLimit", quantity),
    "gas_used": ("gasUsed", quantity),
    "timestamp": ("timestamp", quantity),
    "extra_data": ("extraData", octets),
    "mix_hash": ("mixHash", digest),
    "nonce": ("nonce", _nonce),
    "base_fee": ("baseFeePerGas", quantity),
    "withdrawals_root": ("withdrawalsRoot", digest),
    "blob_gas_used": ("blobGasUsed", quantity),
    "excess_blob_gas": ("excessBlobGas", quantity),
    "beacon_root": ("parentBeaconBlockRoot", digest),
    "requests_hash": ("requestsHash", digest),
}
_TRANSACTION = {
    "chain_id": "chainId",
    "nonce": "nonce",
    "gas_price": "gasPrice",
    "priority": "maxPriorityFeePerGas",
    "fee": "maxFeePerGas",
    "gas": "gas",
    "value": "value",
    "blob_fee": "maxFeePerBlobGas",
    "v": "v",
    "r": "r",
    "s": "s",
}


def _field(answer: dict[str, Any], name: str) -> rlp.Item:
    """Return a transaction's field as RLP has it."""
    if name == "to":
        return b"" if answer["to"] is None else address(answer["to"])
    if name == "data":
        return octets(answer["input"])
    if name == "access_list":
        return [
            [address(entry["address"]), [digest(key) for key in entry["storageKeys"]]]
            for entry in answer["accessList"]
        ]
    if name == "blob_hashes":
        return [digest(each) for each in answer["blobVersionedHashes"]]
    if name == "authorisations":
        return [_authorisation(entry) for entry in answer["authorizationList"]]
    return rlp.whole(quantity(answer[_TRANSACTION[name]]))


def _authorisation(entry: dict[str, Any]) -> rlp.Item:
    before = [rlp.whole(quantity(entry["chainId"])), address(entry["address"])]
    return [*before, *(rlp.whole(quantity(entry[name])) for name in ("nonce", "yParity", "r", "s"))]
