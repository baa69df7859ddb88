"""Taking files of payments in, whole or not at all, once; or only checking them.

A file is known by its sender and message id (a table by its content): sent again it gets its first answer,
also when its transactions have no UETRs; another body under the same message id is refused.
"""

from dataclasses import dataclass

from node.clock import Clock, Random
from node.errors import PayerRefused, RequestRefused
from node.mirror.registry import directory
from node.services.acceptance import take
from node.services.answers import Answer, Request, request_of
from node.services.circumstances import own_participant
from node.services.foreseeing import check
from node.services.identifiers import new_id
from node.services.incoming_files import FileForm, OpenedFile, open_file
from node.services.submissions import FAULTS_MAX, FaultyRequests, NewFile, Submission
from node.settings import Settings
from node.store.session import Store
from settlement.errors import Fault, FaultyMessage, InvalidMessage, SettlementError, UnresolvedParty
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from settlement.iso20022.schema import Schemas
from settlement.participant import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """What would be refused of a file; without a fault it would be taken now.

    `message_name`, `message_id` None: not even that could be read. `accepted_before`: sending it again makes
    no payment, and gets the first answer.
    """

    message_name: str | None
    message_id: str | None
    payments: int
    accepted_before: bool
    faults: tuple[Fault, ...]


def accept_file(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    body: bytes,
    form: FileForm = FileForm.XML,
    key: str | None = None,
    queue: bool | None = None,
    entered_by: str | None = None,
    schemas: Schemas | None = None,
) -> Answer:
    """Take a file whose payer is this node's participant, and return its answer.

    The answer has the file's id and, in its order, each payment's id and UETR. `queue` as in a request: no
    form of file says it. Raise a leaf of
    `InvalidMessage` (`FaultyMessage` lists every fault), `PayerRefused`, `DuplicateMessage`. Under an
    idempotency `key` of the caller's another body is refused too (`IdempotencyConflict`).
    """
    keyed = None if key is None else request_of(actor=actor, key=key, operation="file", body=body)
    opened = open_file(settings, form, body, schemas=schemas, queue=queue)
    if opened.faults:
        raise FaultyMessage(_checked(store, settings, clock, random, opened).faults)
    submission = _submission(
        store, settings, clock, random, opened, actor=actor, entered_by=entered_by or actor, keyed=keyed
    )
    try:
        return take(store, settings, clock, random, submission)
    except FaultyRequests as found:
        raise FaultyMessage(file_faults(opened, found)) from None


def check_file(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    body: bytes,
    form: FileForm = FileForm.XML,
    schemas: Schemas | None = None,
) -> CheckedFile:
    """Return what is wrong with a file as of now, and take nothing of it."""
    try:
        opened = open_file(settings, form, body, schemas=schemas, queue=None)
    except InvalidMessage as error:
        faults = error.faults if isinstance(error, FaultyMessage) else (whole_fault(error),)
        return CheckedFile(
            message_name=None, message_id=None, payments=0, accepted_before=False, faults=faults
        )
    return _checked(store, settings, clock, random, opened)


def _checked(
    store: Store, settings: Settings, clock: Clock, random: Random, opened: OpenedFile
) -> CheckedFile:
    faults, before = list(opened.faults), False
    try:
        submission = _submission(store, settings, clock, random, opened, actor="", entered_by="", keyed=None)
        before = check(store, settings, clock, random, submission) is None
    except FaultyRequests as found:
        faults += file_faults(opened, found)
    except RequestRefused as error:
        faults.append(whole_fault(error))
    except UnresolvedParty as error:
        # With faults its sender may only be what they left of it.
        faults += [] if faults else [whole_fault(error)]
    faults.sort(key=lambda fault: -1 if fault.transaction is None else fault.transaction)
    return CheckedFile(
        message_name=opened.message_name,
        message_id=opened.message_id,
        payments=len(opened.requests),
        accepted_before=before,
        faults=tuple(faults[:FAULTS_MAX]),
    )


def _submission(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    opened: OpenedFile,
    *,
    actor: str,
    entered_by: str,
    keyed: Request | None,
) -> Submission:
    sender = sender_of(store, settings, opened.sender)
    file = new_file(opened, sender, new_id("file", clock, random))
    return Submission(
        request=file.request,
        keyed=keyed,
        asked_by=actor,
        entered_by=entered_by,
        kind=InstructionKind.PAYMENT,
        requests=opened.requests,
        file=file,
    )


def new_file(opened: OpenedFile, sender: Participant, identifier: str) -> NewFile:
    """Return a file of this sender, under its id here."""
    return NewFile(
        id=identifier,
        sender=sender.bic,
        message_id=opened.message_id,
        message_name=opened.message_name,
        body_digest=opened.body_digest,
    )


def sender_of(store: Store, settings: Settings, named: BankReference | None) -> Participant:
    """Return this node's bank, as the file's sender; raise `PayerRefused` for a file of another."""
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
        sender = own if named is None else directory(connection).resolve(named)
    if sender.id != own.id:
        raise PayerRefused(f"the file is from {named}; this node pays for {own.bic} only", param="sender")
    return own


def file_faults(opened: OpenedFile, found: FaultyRequests) -> tuple[Fault, ...]:
    """Return what is wrong with requests, by their places in the file."""
    return tuple(opened.fault(index, error) for index, error in found.faults)


def whole_fault(error: SettlementError) -> Fault:
    """Return what is wrong with a file as a whole."""
    return Fault(transaction=None, path=error.param or "", code=error.code, detail=error.detail)
