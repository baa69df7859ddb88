"""What this node's own bank asks for: its accounts, its statements, and what became of its payments."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind, NotFound
from node.mirror.head import head
from node.mirror.instructions import Outcome, outcomes
from node.mirror.levels import lowest_level
from node.mirror.registry import asset_of_currency
from node.services.accounts import Holding, list_accounts
from node.services.circumstances import own_participant
from node.services.filters import Filter
from node.services.payments import PAGE_ROWS_MAX, Payment, get_payment, list_payments
from node.services.statements import statement
from node.settings import Settings
from node.store.session import Store
from node.store.tables import files, instructions, upload_refusals
from settlement.identifiers import BankReference
from settlement.iso20022 import camt025, camt050_grammar, pacs002
from settlement.iso20022.banks import text_at
from settlement.iso20022.pacs002 import TransactionStatus
from settlement.lifecycle import State
from settlement.money import currency
from settlement.posting import SETTLING
from settlement.statement import Statement
from settlement.status_table import status_table

# What a payment that came without a message says of its message (ISO 20022's own word for it).
_NO_MESSAGE = "NOTPROVIDED"
_MESSAGE_ID_CHARACTERS_MAX = 35
# The states that a reason belongs to: of one that expired the state says it.
_REASONED = frozenset({State.REJECTED.shown, State.CANCELLED.shown, State.QUEUED.shown, State.HELD.shown})


def own_accounts(store: Store, settings: Settings) -> list[Holding]:
    """Return every account of this node's bank, by asset; raise `UnknownParticipant` until it is admitted."""
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
    return list_accounts(store, own.id)


def own_statement(
    store: Store, settings: Settings, chain: Chain, clock: Clock, *, code: str, first: date, last: date
) -> Statement:
    """Return the statement of this node's bank in central-bank money of a currency, for whole UTC days.

    Raise `UnknownCurrency`, `AssetNotFound`, `NotFound`, `PeriodRefused`, `MirrorBehind`.
    """
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
        asset = asset_of_currency(connection, currency(code))
    return statement(store, chain, clock, owner=own.id, asset=asset.id, first=first, last=last)


def file_status(store: Store, settings: Settings, clock: Clock, file_id: str) -> bytes:
    """Return the pacs.002 of every payment of a file, in its order; raise `NotFound`."""
    as_of = _as_of(store)
    shown = {payment.id: payment for payment in _of_file(store, settings, clock, file_id)}
    with store.snapshot() as connection:
        placed = [
            *_statuses(connection, shown, instructions.c.file_id == file_id),
            *_refused(connection, file_id),
        ]
    statuses = [status for _, status in sorted(placed, key=itemgetter(0))]
    if not statuses:
        raise NotFound(f"no file of this node has the id {file_id!r}")
    return _report(settings, clock, statuses, {"file": file_id}, as_of)


def liquidity_receipt(store: Store, settings: Settings, clock: Clock, file_id: str) -> bytes:
    """Return the camt.025 of a camt.050 as of now; raise `NotFound`."""
    shown = {payment.id: payment for payment in _of_file(store, settings, clock, file_id)}
    with store.snapshot() as connection:
        placed = list(_statuses(connection, shown, instructions.c.file_id == file_id))
    if not placed or placed[0][1].original_message_name != camt050_grammar.NAME:
        raise NotFound(
            f"no {camt050_grammar.NAME} of this node has the id {file_id!r}; others have a status report"
        )
    now, (_, transfer) = int(clock.now()), placed[0]
    message_id = f"{transfer.original_message_id}-{now}"[-_MESSAGE_ID_CHARACTERS_MAX:]
    return camt025.write(message_id=message_id, created_at=now, transfer=transfer)


def payment_status(store: Store, settings: Settings, clock: Clock, payment_id: str) -> bytes:
    """Return the pacs.002 of one payment, found by its id or UETR; raise `NotFound`."""
    as_of = _as_of(store)
    payment = get_payment(store, settings, clock, payment_id).payment
    with store.snapshot() as connection:
        placed = _statuses(connection, {payment.id: payment}, instructions.c.id == payment.id)
        statuses = [status for _, status in placed]
    return _report(settings, clock, statuses, {"payment": payment.id}, as_of)


def _as_of(store: Store) -> tuple[int, str]:
    """Return the height that what is read next holds at least, and how much was checked up to there."""
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        return mirrored.height, lowest_level(connection, mirrored.height).value


def _report(
    settings: Settings,
    clock: Clock,
    statuses: Sequence[TransactionStatus],
    filters: Mapping[str, str],
    as_of: tuple[int, str],
) -> bytes:
    now = int(clock.now())
    height, verification = as_of
    own = BankReference(bic=settings.bic)
    return pacs002.write(
        message_id=f"{statuses[0].original_message_id}-{now}"[-_MESSAGE_ID_CHARACTERS_MAX:],
        created_at=now,
        sender=own,
        receiver=own,
        transactions=statuses,
        control=status_table(statuses, filters=filters, height=height, verification=verification).facts,
    )


def _of_file(store: Store, settings: Settings, clock: Clock, file_id: str) -> Iterator[Payment]:
    cursor = None
    while True:
        page = list_payments(
            store, settings, clock, Filter(file_id=file_id), cursor=cursor, limit=PAGE_ROWS_MAX
        )
        yield from page.payments
        cursor = page.cursor
        if cursor is None:
            return


def _statuses(
    connection: Connection, shown: dict[str, Payment], chosen: ColumnElement[bool]
) -> Iterator[tuple[int, TransactionStatus]]:
    """Yield the status of each chosen instruction with its place in its file; without one 0."""
    query = (
        select(
            instructions.c.id,
            instructions.c.payer,
            instructions.c.sequence,
            instructions.c.document,
            instructions.c.file_position,
            files.c.message_id,
            files.c.message_name,
        )
        .outerjoin(files, files.c.id == instructions.c.file_id)
        .where(chosen)
    )
    rows = [row for row in connection.execute(query).mappings() if row["id"] in shown]
    ended = outcomes(connection, ((row["payer"], row["sequence"]) for row in rows))
    for row in rows:
        status = _status(shown[row["id"]], row, ended[row["payer"], row["sequence"]])
        yield row["file_position"] or 0, status


def _refused(connection: Connection, file_id: str) -> Iterator[tuple[int, TransactionStatus]]:
    """Yield the transactions of a file that could not be taken when their turn came, with their places."""
    query = (
        select(upload_refusals, files.c.message_id, files.c.message_name)
        .join(files, files.c.id == upload_refusals.c.upload_id)
        .where(files.c.id == file_id)
    )
    for row in connection.execute(query).mappings():
        document = json.loads(row["document"])
        yield (
            row["position"],
            TransactionStatus(
                original_message_id=row["message_id"],
                original_message_name=row["message_name"],
                original_created_at=text_at(document, "GrpHdr", "CreDtTm"),
                instruction_id=text_at(document, "CdtTrfTxInf", "PmtId", "InstrId"),
                end_to_end_id=row["end_to_end_id"],
                transaction_id=text_at(document, "CdtTrfTxInf", "PmtId", "TxId"),
                uetr=row["uetr"],
                currency=row["currency"],
                amount=row["amount"],
                shown=State.REJECTED.value,
                reason=row["code"],
                detail=row["detail"],
            ),
        )


def _status(payment: Payment, row: RowMapping, ended: list[Outcome]) -> TransactionStatus:
    document = json.loads(row["document"])
    settled = next((found for found in ended if found.name in SETTLING), None)
    if payment.state != State.SETTLED.value:
        settled = None
    return TransactionStatus(
        original_message_id=row["message_id"] or payment.id[-_MESSAGE_ID_CHARACTERS_MAX:],
        original_message_name=row["message_name"] or _NO_MESSAGE,
        original_created_at=text_at(document, "GrpHdr", "CreDtTm"),
        instruction_id=text_at(document, "CdtTrfTxInf", "PmtId", "InstrId"),
        end_to_end_id=payment.end_to_end_id,
        transaction_id=text_at(document, "CdtTrfTxInf", "PmtId", "TxId")
        or text_at(document, "TxInf", "RtrId"),
        uetr=payment.uetr,
        currency=payment.currency,
        amount=payment.amount,
        shown=payment.state,
        reason=payment.reason if payment.state in _REASONED else None,
        settled_at=None if settled is None else settled.timestamp,
        reference=None if settled is None else f"{settled.height}-{settled.log_index}",
    )
