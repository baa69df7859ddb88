"""An evidence file: all that is needed to prove one settlement to somebody who has only a checkpoint.

Of a payment inside a netting cycle the event is the cycle's, and `cycle` leads from it to the payment.

JSON. Bytes are lower-case hexadecimal digits with 0x. `headers` are those of every block from the one that
settled it to the checkpoint's, or from the checkpoint's to it, in ascending order and both included.
"""

import json
from dataclasses import dataclass

from settlement.document import Json
from settlement.errors import InvalidBundle
from settlement.evidence import files
from settlement.evidence.cycle import CyclePayment, read_cycle_payment, write_cycle_payment

BUNDLE_BYTES_MAX = 64 * 1024 * 1024
HEADERS_MAX = 50_000
_NODES_MAX = 10
CYCLE_EVENT = "CycleSettled"
_FORMAT, _VERSION = "vostro.evidence", 1
_NAME_CHARACTERS_MAX = 64
_FIELDS = (
    "format", "version", "chain_id", "height", "transaction_index", "log", "contract", "event",
    "headers", "transaction", "receipt", "document", "salt",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Evidence that an event settled something. `log` is its place in the receipt of its transaction.

    `transaction` and `receipt` are trie nodes, the root first; the values are in the last. `document` and
    `salt` are both None where the maker of the bundle does not have them.
    """

    chain_id: int
    height: int
    transaction_index: int
    log: int
    contract: str
    event: str
    headers: tuple[bytes, ...]
    transaction: tuple[bytes, ...]
    receipt: tuple[bytes, ...]
    document: dict[str, Json] | None
    salt: bytes | None
    cycle: CyclePayment | None = None


def read_bundle(content: bytes) -> Bundle:
    """Read an evidence file; raise `InvalidBundle`."""
    refused = InvalidBundle
    found = files.read_json(content, bytes_max=BUNDLE_BYTES_MAX, refused=refused)
    version = found.get("version")
    if found.get("format") != _FORMAT or type(version) is not int or version != _VERSION:
        raise refused(f"the file is no {_FORMAT} of version {_VERSION}", param="version")
    in_cycle = found.get("event") == CYCLE_EVENT
    files.require_fields(found, (*_FIELDS, "cycle") if in_cycle else _FIELDS, refused=refused)
    for name in ("contract", "event"):
        if not isinstance(found[name], str) or len(found[name]) > _NAME_CHARACTERS_MAX:
            raise refused(f"{name} is no name", param=name)
    document, salt = files.document_and_salt(found, refused=refused)
    return Bundle(
        chain_id=files.whole(found, "chain_id", refused=refused),
        height=files.whole(found, "height", refused=refused),
        transaction_index=files.whole(found, "transaction_index", refused=refused),
        log=files.whole(found, "log", refused=refused),
        contract=found["contract"],
        event=found["event"],
        headers=files.octets_list(found, "headers", count_max=HEADERS_MAX, refused=refused),
        transaction=files.octets_list(found, "transaction", count_max=_NODES_MAX, refused=refused),
        receipt=files.octets_list(found, "receipt", count_max=_NODES_MAX, refused=refused),
        document=document,
        salt=salt,
        cycle=read_cycle_payment(found["cycle"]) if in_cycle else None,
    )


def write_bundle(bundle: Bundle) -> bytes:
    """Return the file of a bundle."""
    fields: dict[str, object] = {
        "format": _FORMAT,
        "version": _VERSION,
        "chain_id": bundle.chain_id,
        "height": bundle.height,
        "transaction_index": bundle.transaction_index,
        "log": bundle.log,
        "contract": bundle.contract,
        "event": bundle.event,
        "document": bundle.document,
        "salt": None if bundle.salt is None else "0x" + bundle.salt.hex(),
    }
    if bundle.cycle is not None:
        fields["cycle"] = write_cycle_payment(bundle.cycle)
    for name in ("headers", "transaction", "receipt"):
        fields[name] = ["0x" + each.hex() for each in getattr(bundle, name)]
    return json.dumps(fields, indent=1, ensure_ascii=False).encode() + b"\n"
