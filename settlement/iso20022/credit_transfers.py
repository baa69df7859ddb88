"""Read credit transfers, customers' (pacs.008.001.08) or banks' own (pacs.009.001.08), or returns of them
(pacs.004.001.09): a file of one or many.

Everything in the file is in the trees that come back, so that all of it ends in the documents the
chain commits to. Whatever is wrong is found in one reading and listed with its place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from settlement.errors import Fault, FaultyMessage, MessageTooLarge
from settlement.identifiers import BankReference
from settlement.iso20022 import header, schema
from settlement.iso20022.banks import text_at, tree_at, trees_at
from settlement.iso20022.credit_transfer_checks import FileChecks
from settlement.iso20022.definitions import DEFINITIONS, TRANSFER, Definition
from settlement.iso20022.faults import Faults
from settlement.iso20022.parts import Part, read_parts
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.sender import sender_of_file
from settlement.iso20022.transfer import CreditTransfer, read_transfer
from settlement.iso20022.xml import BYTES_MAX, parse

TRANSACTIONS_MAX = 50_000
ROOTS = {definition.name: definition.root for definition in DEFINITIONS.values()}
# What may come in parts.
_LONG = {name: ROOTS[name] for name, each in DEFINITIONS.items() if each.element == TRANSFER}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransferMessage:
    """A file. `sender` and `message_id` tell it from every other; `created_at` is as the sender wrote it."""

    definition: Definition
    message_id: str
    created_at: str
    settlement_method: str
    sender: BankReference
    application_header: Tree | None
    group_header: Tree
    transfers: tuple[CreditTransfer, ...]

    def document(self, transfer: CreditTransfer) -> Tree:
        """Return the document of a transfer: its own content and what the file says of all of them."""
        document: Tree = {
            "message": self.definition.name,
            "GrpHdr": self.group_header,
            self.definition.element: transfer.content,
        }
        if self.application_header is not None:
            document["AppHdr"] = self.application_header
        return document


def read(
    data: bytes,
    *,
    schemas: schema.Schemas | None = None,
    bytes_max: int = BYTES_MAX,
    transactions_max: int = TRANSACTIONS_MAX,
) -> CreditTransferMessage:
    """Return the message in a file, with or without a business application header (head.001.001.02).

    With `schemas` the official ones must agree too. Raise a leaf of `InvalidMessage`; `FaultyMessage`
    lists every fault found, and then nothing of the file may be taken.
    """
    message, faults = inspect(data, schemas=schemas, bytes_max=bytes_max, transactions_max=transactions_max)
    if faults:
        raise FaultyMessage(faults)
    return message


def inspect(
    data: bytes,
    *,
    schemas: schema.Schemas | None = None,
    bytes_max: int = BYTES_MAX,
    transactions_max: int = TRANSACTIONS_MAX,
) -> tuple[CreditTransferMessage, tuple[Fault, ...]]:
    """Return what `read` does, or, with every fault, what of the message is left without them.

    Raise a leaf of `InvalidMessage` for what is no message at all, or has more faults than are listed.
    """
    envelope = header.open_envelope(parse(data, bytes_max=bytes_max), ROOTS)
    return inspect_envelope(envelope, schemas=schemas, transactions_max=transactions_max)


def inspect_envelope(
    envelope: header.Envelope, *, schemas: schema.Schemas | None = None, transactions_max: int
) -> tuple[CreditTransferMessage, tuple[Fault, ...]]:
    """Return what `inspect` does of a file whose message is known already."""
    if len(envelope.message) > transactions_max + 1:
        raise too_many(transactions_max)
    reading = _Reading(envelope, schemas)
    message = reading.read(Part(envelope, 0, last=True))
    return message, reading.faults.found


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePart:
    """Some transfers of a file, with all faults found so far; `last`: the file's own are among them."""

    message: CreditTransferMessage
    faults: tuple[Fault, ...]
    last: bool


def inspect_parts(
    pieces: Iterable[bytes], *, size: int, transactions_max: int, schemas: schema.Schemas | None = None
) -> Iterator[MessagePart]:
    """Yield what `inspect` returns of a file that comes in pieces, `size` transfers at a time.

    Who sends it and what is wrong with it as a whole is known with the last part. Raise as `inspect` does.
    """
    reading: _Reading | None = None
    for part in read_parts(pieces, messages=_LONG, repeated=TRANSFER, size=size):
        if part.first + len(part.envelope.message) > transactions_max + 1:
            raise too_many(transactions_max)
        reading = reading or _Reading(part.envelope, schemas)
        message = reading.read(part)
        yield MessagePart(message=message, faults=reading.faults.found, last=part.last)


def too_many(transactions_max: int) -> MessageTooLarge:
    """Return the error for a file of more transactions than are read."""
    return MessageTooLarge(f"the file has more than {transactions_max} transactions: split it")


class _Reading:
    """What is known of one file while it is read."""

    def __init__(self, envelope: header.Envelope, schemas: schema.Schemas | None) -> None:
        self._definition = DEFINITIONS[envelope.name]
        self.faults = Faults(repeated=self._definition.element)
        self._schemas = schemas
        self._checks = FileChecks(self._definition, self.faults)
        self._payers: set[BankReference] = set()
        self._application_header = None
        if envelope.header is not None:
            self._application_header = header.read_header(envelope.header, self._definition.name, self.faults)

    def read(self, part: Part) -> CreditTransferMessage:
        """Return the message with the transfers of this part; with faults it lacks what was faulty."""
        self.faults.first = part.first
        tree = self._tree(part)
        group_header, contents = tree_at(tree, "GrpHdr"), trees_at(tree, self._definition.element)
        read = [
            read_transfer(self._definition, index, content, group_header, self.faults)
            for index, content in enumerate(contents)
        ]
        transfers = tuple(
            replace(transfer, position=part.first + transfer.position) if part.first else transfer
            for transfer in read
            if transfer is not None
        )
        self._payers |= {transfer.payer for transfer in transfers}
        self._checks.add(group_header, contents)
        message = CreditTransferMessage(
            definition=self._definition,
            message_id=text_at(group_header, "MsgId") or "",
            created_at=text_at(group_header, "CreDtTm") or "",
            settlement_method=text_at(group_header, "SttlmInf", "SttlmMtd") or "",
            sender=self._end(group_header) if part.last else BankReference(),
            application_header=self._application_header,
            group_header=group_header,
            transfers=transfers,
        )
        self._validate(part)
        return message

    def _tree(self, part: Part) -> Tree:
        """Return the tree of a part; what is wrong with the group header is noted with the first."""
        message, grammar = part.envelope.message, self._definition.grammar
        if not part.first:
            return read_group(message, grammar, self.faults)
        found = Faults(repeated=self._definition.element)
        tree = read_group(message, grammar, found)
        group_header = f"{self._definition.root}/GrpHdr"
        for fault in found.found:
            if fault.path != group_header and not fault.path.startswith(f"{group_header}/"):
                self.faults.add(fault.path, fault.code, fault.detail)
        return tree

    def _end(self, group_header: Tree) -> BankReference:
        """Judge the whole file, and return who sends it."""
        self._checks.end(group_header)
        root = self._definition.root
        return sender_of_file(root, group_header, self._application_header, self._payers, self.faults)

    def _validate(self, part: Part) -> None:
        """Hold a part to the official schemas, if there are any, where nothing else is wrong."""
        if self._schemas is None or self.faults.found:
            return
        if part.last and part.envelope.header is not None:
            schema.validate(part.envelope.header, self._schemas, self.faults)
        schema.validate(part.envelope.document, self._schemas, self.faults)
