"""What a file of payments says: a pacs.008, pacs.009, pacs.004 or camt.050, or a table (CSV)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from node.services.plain import Customer, plain_document
from node.services.requests import PaymentRequest
from node.settings import Settings
from settlement import payments_csv
from settlement.csv_table import place
from settlement.errors import Fault, SettlementError, UnresolvedParty
from settlement.identifiers import BankReference
from settlement.iso20022 import camt050, camt050_grammar, credit_transfers, header
from settlement.iso20022.camt050 import LiquidityTransfer
from settlement.iso20022.credit_transfers import CreditTransferMessage
from settlement.iso20022.schema import Schemas
from settlement.iso20022.transfer import CreditTransfer
from settlement.iso20022.xml import parse
from settlement.payments_csv import CsvPayment

# Where the value that an error speaks of stands in a transaction; the whole transaction for the rest.
_ELEMENTS = {
    "amount": "IntrBkSttlmAmt",
    "currency": "IntrBkSttlmAmt/@Ccy",
    "value_date": "IntrBkSttlmDt",
    "uetr": "PmtId/UETR",
    "end_to_end_id": "PmtId/EndToEndId",
    "not_before": "SttlmTmReq/FrTm",
    "deadline": "SttlmTmReq",
}
_RETURN_ELEMENTS = {
    "amount": "RtrdIntrBkSttlmAmt",
    "currency": "RtrdIntrBkSttlmAmt/@Ccy",
    "value_date": "IntrBkSttlmDt",
    "end_to_end_id": "OrgnlEndToEndId",
    "returns": "OrgnlClrSysRef",
}
_LIQUIDITY_ELEMENTS = {
    "amount": "TrfdAmt/AmtWthCcy",
    "currency": "TrfdAmt/AmtWthCcy/@Ccy",
    "value_date": "SttlmDt",
    "uetr": "LqdtyTrfId/UETR",
    "end_to_end_id": "LqdtyTrfId/EndToEndId",
}
_CELLS = {
    name: name
    for name in ("amount", "currency", "value_date", "uetr", "end_to_end_id", "not_before", "deadline")
}
# A table has no message id: it is known by its content, in as many characters as a message id has room for.
_ID_CHARACTERS = 32


class FileForm(StrEnum):
    """The forms of file that are taken."""

    XML = "xml"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A file that was read: what it asks for, and what is wrong with it; with a fault nothing is taken.

    `sender` None: it names none. `places`: of each request its position in the file and where that is.
    """

    message_name: str
    message_id: str
    body_digest: bytes
    sender: BankReference | None
    requests: tuple[PaymentRequest, ...]
    places: tuple[tuple[int, str], ...]
    names: Mapping[str, str]
    faults: tuple[Fault, ...]

    def only(self, indices: Sequence[int]) -> "OpenedFile":
        """Return the file with only these of its requests."""
        return replace(
            self,
            requests=tuple(self.requests[index] for index in indices),
            places=tuple(self.places[index] for index in indices),
        )

    def fault(self, index: int, error: SettlementError) -> Fault:
        """Return what is wrong with the request of this index, by its place in the file."""
        position, path = self.places[index]
        name = None if isinstance(error, UnresolvedParty) else self.names.get(error.param or "")
        return Fault(
            transaction=position,
            path=f"{path}/{name}" if name else path,
            code=error.code,
            detail=error.detail,
        )


def open_file(
    settings: Settings, form: FileForm, body: bytes, *, schemas: Schemas | None, queue: bool | None
) -> OpenedFile:
    """Return what a file says; raise a leaf of `InvalidMessage` where it can't be read at all."""
    if form is FileForm.CSV:
        payments, faults = payments_csv.read(
            body, bytes_max=settings.body_bytes_max, payments_max=settings.payments_max
        )
        return _opened_table(payments, faults, hashlib.sha256(body).digest(), queue)
    digest, taken = (
        hashlib.sha256(body).digest(),
        credit_transfers.ROOTS | {camt050_grammar.NAME: camt050_grammar.ROOT},
    )
    envelope = header.open_envelope(parse(body, bytes_max=settings.body_bytes_max), taken)
    if envelope.name == camt050_grammar.NAME:
        return _opened_liquidity(envelope, digest, schemas, queue)
    message, faults = credit_transfers.inspect_envelope(
        envelope, schemas=schemas, transactions_max=settings.payments_max
    )
    return _opened_message(message, faults, digest, queue)


def open_parts(
    settings: Settings,
    form: FileForm,
    pieces: Iterable[bytes],
    *,
    schemas: Schemas | None,
    body_digest: bytes,
    size: int,
) -> Iterator[OpenedFile]:
    """Yield a file that comes in pieces, `size` payments at a time, each with all faults found so far.

    Its sender, and what is wrong with it as a whole, is known with the last.
    """
    many = settings.upload_payments_max
    if form is FileForm.CSV:
        body = b"".join(pieces)
        for payments, faults in payments_csv.read_parts(
            body, bytes_max=settings.upload_bytes_max, payments_max=many, size=size
        ):
            yield _opened_table(payments, faults, body_digest, None)
        return
    for part in credit_transfers.inspect_parts(pieces, size=size, transactions_max=many, schemas=schemas):
        yield _opened_message(part.message, part.faults, body_digest, None)


def _opened_liquidity(
    envelope: header.Envelope,
    body_digest: bytes,
    schemas: Schemas | None,
    queue: bool | None,  # noqa: FBT001  # as in a request
) -> OpenedFile:
    message_id, transfer, faults = camt050.inspect(envelope, schemas=schemas)
    requests = () if transfer is None else (_liquidity_request(transfer, queue),)
    return OpenedFile(
        message_name=camt050_grammar.NAME,
        message_id=message_id,
        body_digest=body_digest,
        sender=None if transfer is None else transfer.payer,
        requests=requests,
        places=tuple((0, camt050.PLACE) for _ in requests),
        names=_LIQUIDITY_ELEMENTS,
        faults=faults,
    )


def _liquidity_request(
    transfer: LiquidityTransfer,
    queue: bool | None,  # noqa: FBT001  # as in a request
) -> PaymentRequest:
    day = transfer.settlement_date
    return PaymentRequest(
        payer=transfer.payer,
        payee=transfer.payee,
        currency=transfer.currency.code,
        amount=str(transfer.amount),
        value_date=None if day is None else day.isoformat(),
        end_to_end_id=transfer.end_to_end_id,
        uetr=transfer.uetr,
        queue=queue,
        document=transfer.document,
        content=transfer.content,
    )


def _opened_message(
    message: CreditTransferMessage,
    faults: tuple[Fault, ...],
    body_digest: bytes,
    queue: bool | None,  # noqa: FBT001  # as in a request
) -> OpenedFile:
    return OpenedFile(
        message_name=message.definition.name,
        message_id=message.message_id,
        body_digest=body_digest,
        sender=message.sender,
        requests=tuple(_transfer_request(message, transfer, queue) for transfer in message.transfers),
        places=tuple(
            (transfer.position, message.definition.place(transfer.position)) for transfer in message.transfers
        ),
        names=_RETURN_ELEMENTS if message.definition.returns else _ELEMENTS,
        faults=faults,
    )


def _transfer_request(
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
        not_before=transfer.not_before,
        deadline=transfer.deadline,
        queue=queue,
        document=message.document(transfer),
        content=transfer.content,
        returns=transfer.returns,
    )


def _opened_table(
    payments: Sequence[CsvPayment],
    faults: tuple[Fault, ...],
    digest: bytes,
    queue: bool | None,  # noqa: FBT001  # as above
) -> OpenedFile:
    return OpenedFile(
        message_name=payments_csv.NAME,
        message_id=digest.hex()[:_ID_CHARACTERS],
        body_digest=digest,
        sender=None,
        requests=tuple(_line_request(payment, queue) for payment in payments),
        places=tuple((payment.position, place(payment.line)) for payment in payments),
        names=_CELLS,
        faults=faults,
    )


def _line_request(payment: CsvPayment, queue: bool | None) -> PaymentRequest:  # noqa: FBT001  # as above
    cells = payment.cells
    return PaymentRequest(
        payee=payment.payee,
        currency=cells["currency"],
        amount=str(payment.amount),
        value_date=cells["value_date"],
        end_to_end_id=cells["end_to_end_id"],
        uetr=cells.get("uetr"),
        urgent=payment.urgent,
        not_before=payment.not_before,
        deadline=payment.deadline,
        queue=queue,
        document=plain_document(
            end_to_end_id=cells["end_to_end_id"],
            debtor=_customer(cells, "debtor"),
            creditor=_customer(cells, "creditor"),
            purpose=cells.get("purpose"),
            remittance=[cells["remittance"]] if "remittance" in cells else [],
        ),
    )


def _customer(cells: Mapping[str, str], role: str) -> Customer | None:
    if role not in cells:
        return None
    return Customer(name=cells[role], iban=cells.get(f"{role}_iban"), account=cells.get(f"{role}_account"))
