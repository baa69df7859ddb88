"""Taking message files in: pacs.008, whole or not at all, once.

A file is known by its sender and message id: sent again it gets its first answer, also when its
transactions have no UETRs; another body under the same message id is refused.
"""

import hashlib

from node.clock import Clock, Random
from node.errors import DuplicateMessage, PayerRefused
from node.mirror.registry import directory
from node.services.acceptance import FaultyRequests, Submission, own_participant, take
from node.services.accepted import NewFile
from node.services.answers import Answer, Request, request_of
from node.services.identifiers import new_id
from node.services.requests import PaymentRequest
from node.settings import Settings
from node.store.session import Store
from settlement.errors import Fault, FaultyMessage, SettlementError, UnresolvedParty
from settlement.instruction import InstructionKind
from settlement.iso20022 import pacs008
from settlement.iso20022.pacs008 import CreditTransfer, CreditTransferMessage
from settlement.iso20022.pacs008_grammar import NAME, ROOT, TRANSFER
from settlement.iso20022.schema import Schemas
from settlement.participant import Participant

# Where the value that an error speaks of stands in a transaction; the whole transaction for the rest.
_PLACES = {
    "amount": "IntrBkSttlmAmt",
    "currency": "IntrBkSttlmAmt/@Ccy",
    "value_date": "IntrBkSttlmDt",
    "uetr": "PmtId/UETR",
    "end_to_end_id": "PmtId/EndToEndId",
    "deadline": "SttlmTmReq",
}


def accept_file(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    body: bytes,
    key: str | None = None,
    queue: bool | None = None,
    entered_by: str | None = None,
    schemas: Schemas | None = None,
) -> Answer:
    """Take a pacs.008 file whose payer is this node's participant, and return its answer.

    The answer has the file's id and, in its order, each payment's id and UETR. `queue` as in a request: no
    element of the message says it. Raise a leaf of
    `InvalidMessage` (`FaultyMessage` lists every fault), `PayerRefused`, `DuplicateMessage`. Under an
    idempotency `key` of the caller's another body is refused too (`IdempotencyConflict`).
    """
    keyed = None if key is None else request_of(actor=actor, key=key, operation="file", body=body)
    message = pacs008.read(
        body, schemas=schemas, bytes_max=settings.body_bytes_max, transactions_max=settings.payments_max
    )
    sender = _sender(store, settings, message)
    digest = hashlib.sha256(body).digest()
    submission = Submission(
        request=Request(
            actor=f"{NAME} {sender.bic}",
            key=message.message_id,
            digest=digest,
            conflict=DuplicateMessage,
        ),
        keyed=keyed,
        asked_by=actor,
        entered_by=entered_by or actor,
        kind=InstructionKind.PAYMENT,
        requests=[_request(message, transfer, queue) for transfer in message.transfers],
        file=NewFile(
            id=new_id("file", clock, random),
            sender=sender.bic,
            message_id=message.message_id,
            message_name=NAME,
            body_digest=digest,
        ),
    )
    try:
        return take(store, settings, clock, random, submission)
    except FaultyRequests as found:
        raise FaultyMessage(tuple(_fault(position, error) for position, error in found.faults)) from None


def _sender(store: Store, settings: Settings, message: CreditTransferMessage) -> Participant:
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
        sender = directory(connection).resolve(message.sender)
    if sender.id != own.id:
        raise PayerRefused(
            f"the file is from {message.sender}; this node pays for {own.bic} only", param="sender"
        )
    return own


def _request(
    message: CreditTransferMessage,
    transfer: CreditTransfer,
    queue: bool | None,  # noqa: FBT001  # as in a request
) -> PaymentRequest:
    return PaymentRequest(
        payer=transfer.payer,
        payee=transfer.payee,
        currency=transfer.currency.code,
        amount=str(transfer.amount),
        value_date=transfer.settlement_date.isoformat(),
        end_to_end_id=transfer.end_to_end_id,
        uetr=transfer.uetr,
        urgent=transfer.urgent,
        deadline=transfer.deadline,
        queue=queue,
        document=message.document(transfer),
        content=transfer.content,
    )


def _fault(position: int, error: SettlementError) -> Fault:
    path = f"{ROOT}/{TRANSFER}[{position + 1}]"
    place = None if isinstance(error, UnresolvedParty) else _PLACES.get(error.param or "")
    return Fault(
        transaction=position,
        path=f"{path}/{place}" if place else path,
        code=error.code,
        detail=error.detail,
    )
