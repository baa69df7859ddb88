"""Read credit transfers, customers' (pacs.008.001.08) or banks' own (pacs.009.001.08): a file of one or many.

Everything in the file is in the trees that come back, so that all of it ends in the documents the
chain commits to. Whatever is wrong is found in one reading and listed with its place.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from settlement.errors import Fault, FaultyMessage, InvalidMemberId, InvalidValue, MessageTooLarge
from settlement.identifiers import BankReference
from settlement.iso20022 import header, schema
from settlement.iso20022.banks import agent_reference, text_at, tree_at, trees_at
from settlement.iso20022.credit_transfer_checks import check_file
from settlement.iso20022.definitions import DEFINITIONS, TRANSFER, Definition
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.xml import ATTRIBUTE, BYTES_MAX, TEXT, parse
from settlement.money import Currency, amount_from_decimal, currency
from settlement.participant import full_bic

TRANSACTIONS_MAX = 50_000
_ROOTS = {definition.name: definition.root for definition in DEFINITIONS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """One transfer: `position` from 0, `amount` in minor units, `content` all that the file says of it.

    `deadline`: the last second (UTC) at which it may settle, where the file says one.
    """

    position: int
    instruction_id: str | None
    end_to_end_id: str
    transaction_id: str | None
    uetr: str | None
    currency: Currency
    amount: int
    settlement_date: date
    urgent: bool
    deadline: int | None
    payer: BankReference
    payee: BankReference
    content: Tree


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
            TRANSFER: transfer.content,
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
    envelope = header.open_envelope(parse(data, bytes_max=bytes_max), _ROOTS)
    definition = DEFINITIONS[envelope.name]
    if len(envelope.message) > transactions_max + 1:
        raise MessageTooLarge(f"the file has more than {transactions_max} transactions: split it")
    faults = Faults(repeated=TRANSFER)
    application_header = None
    if envelope.header is not None:
        application_header = header.read_header(envelope.header, definition.name, faults)
    tree = read_group(envelope.message, definition.grammar, faults)
    message = _message(definition, tree, application_header, faults)
    if schemas is not None and not faults.found:
        for part in (envelope.header, envelope.document):
            if part is not None:
                schema.validate(part, schemas, faults)
    return message, faults.found


def _message(
    definition: Definition, tree: Tree, application_header: Tree | None, faults: Faults
) -> CreditTransferMessage:
    """Return the message, checked; with faults it lacks what was faulty, and nothing of it may be taken."""
    group_header, contents = tree_at(tree, "GrpHdr"), trees_at(tree, TRANSFER)
    read_transfers = [
        _transfer(definition, position, content, group_header, faults)
        for position, content in enumerate(contents)
    ]
    transfers = tuple(transfer for transfer in read_transfers if transfer is not None)
    check_file(definition, group_header, contents, faults)
    payers = {transfer.payer for transfer in transfers}
    return CreditTransferMessage(
        definition=definition,
        message_id=text_at(group_header, "MsgId") or "",
        created_at=text_at(group_header, "CreDtTm") or "",
        settlement_method=text_at(group_header, "SttlmInf", "SttlmMtd") or "",
        sender=_sender(definition.root, group_header, application_header, payers, faults),
        application_header=application_header,
        group_header=group_header,
        transfers=transfers,
    )


def _transfer(
    definition: Definition, position: int, content: Tree, group_header: Tree, faults: Faults
) -> CreditTransfer | None:
    path = definition.place(position)
    money = _money(content, f"{path}/IntrBkSttlmAmt", faults)
    settlement_date = _settlement_date(content, group_header, path, faults)
    payer = _bank(definition.payers, content, group_header, path, faults)
    payee = _bank(definition.payees, content, group_header, path, faults)
    end_to_end_id = text_at(content, "PmtId", "EndToEndId")
    if not (money and settlement_date and payer and payee and end_to_end_id):
        return None
    return CreditTransfer(
        position=position,
        instruction_id=text_at(content, "PmtId", "InstrId"),
        end_to_end_id=end_to_end_id,
        transaction_id=text_at(content, "PmtId", "TxId"),
        uetr=text_at(content, "PmtId", "UETR"),
        currency=money[0],
        amount=money[1],
        settlement_date=settlement_date,
        urgent=_urgent(content, group_header),
        deadline=_deadline(content, settlement_date),
        payer=payer,
        payee=payee,
        content=content,
    )


def _money(content: Tree, path: str, faults: Faults) -> tuple[Currency, int] | None:
    code = text_at(content, "IntrBkSttlmAmt", ATTRIBUTE + "Ccy")
    text = text_at(content, "IntrBkSttlmAmt", TEXT)
    if code is None or text is None:
        return None
    try:
        money = currency(code)
        return money, amount_from_decimal(text, money)
    except InvalidValue as error:
        faults.add_error(path, error)
    return None


def _settlement_date(content: Tree, group_header: Tree, path: str, faults: Faults) -> date | None:
    text = text_at(content, "IntrBkSttlmDt") or text_at(group_header, "IntrBkSttlmDt")
    if text is None:
        detail = "neither the group header nor the transaction says a settlement date that can be read"
        faults.add(f"{path}/IntrBkSttlmDt", FaultCode.MISSING_SETTLEMENT_DATE, detail)
        return None
    return date.fromisoformat(text)


def _urgent(content: Tree, group_header: Tree) -> bool:
    """Tell whether it asks to go before others, by the settlement's or the instruction's priority."""
    priority = text_at(content, "PmtTpInf", "InstrPrty") or text_at(group_header, "PmtTpInf", "InstrPrty")
    return text_at(content, "SttlmPrty") == "URGT" or priority == "HIGH"


def _deadline(content: Tree, settlement_date: date) -> int | None:
    """Return until when it may settle, or must: the earlier of both; in UTC where no offset stands."""
    texts = [text_at(content, "SttlmTmReq", name) for name in ("TillTm", "RjctTm")]
    times = [time.fromisoformat(text) for text in texts if text is not None]
    moments = [datetime.combine(settlement_date, each, each.tzinfo or UTC) for each in times]
    return min((int(moment.timestamp()) for moment in moments), default=None)


def _bank(
    names: tuple[str, ...], content: Tree, group_header: Tree, path: str, faults: Faults
) -> BankReference | None:
    """Return who settles: the instructing (instructed) agent, else the debtor's (creditor's), or itself."""
    root = path.partition("/")[0]
    agent, *others = names
    for tree, name, place in (
        (content, agent, path),
        (group_header, agent, f"{root}/GrpHdr"),
        *((content, other, path) for other in others),
    ):
        if name in tree:
            return _reference(tree_at(tree, name), f"{place}/{name}", path, faults)
    return None


def _reference(agent: Tree, named_at: str, path: str, faults: Faults) -> BankReference | None:
    try:
        reference = agent_reference(agent)
    except InvalidMemberId as error:
        faults.add_error(named_at, error)
        return None
    if reference is None:
        detail = f"the bank at {named_at} has no BIC, LEI or clearing-system member id that can be read"
        faults.add(path, FaultCode.UNNAMED_BANK, detail)
    return reference


def _sender(
    root: str,
    group_header: Tree,
    application_header: Tree | None,
    payers: set[BankReference],
    faults: Faults,
) -> BankReference:
    """Return the file's instructing agent, else who the header is from, else the payer, if it is one."""
    announced = header.sender_of(application_header, faults) if application_header else None
    if "InstgAgt" in group_header:
        path = f"{root}/GrpHdr"
        instructing = _reference(tree_at(group_header, "InstgAgt"), f"{path}/InstgAgt", path, faults)
        if instructing and announced and not _agree(instructing, announced):
            detail = f"the header is from {announced}, the instructing agent is {instructing}"
            faults.add("AppHdr/Fr", FaultCode.HEADER_DISAGREES, detail)
        return instructing or BankReference()
    if announced is not None:
        return announced
    sender = _one_bank(payers)
    if sender is None:
        detail = (
            f"the transactions come from banks with {len(payers)} different names and no header says which "
            "of them sends the file"
        )
        faults.add(f"{root}/GrpHdr/InstgAgt", FaultCode.SEVERAL_SENDERS, detail)
    return sender or BankReference()


def _one_bank(names: set[BankReference]) -> BankReference | None:
    """Return names that can be one bank's as one name; None when no bank can have all of them.

    Whether they are one participant's is for the participants to say.
    """
    bics = {full_bic(name.bic) for name in names if name.bic}
    leis = {name.lei for name in names if name.lei}
    members = {name.member for name in names if name.member}
    systems = {member.system: member for member in members}
    if len(bics) > 1 or len(leis) > 1 or len(members) > len(systems):
        return None
    if len(names) == 1:
        return next(iter(names))
    member = systems[min(systems)] if systems else None
    return BankReference(bic=min(bics, default=None), lei=min(leis, default=None), member=member)


def _agree(one: BankReference, other: BankReference) -> bool:
    """Tell whether two names can be one bank's: no identifier that both give differs."""
    if one.bic and other.bic and full_bic(one.bic) != full_bic(other.bic):
        return False
    if one.lei and other.lei and one.lei != other.lei:
        return False
    return (
        not (one.member and other.member and one.member.system == other.member.system)
        or one.member == other.member
    )
