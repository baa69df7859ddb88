"""Read camt.056.001.08: the request that payments be cancelled, each named one by one."""

from dataclasses import dataclass

from settlement.errors import InvalidMemberId, InvalidValue, MessageTooLarge
from settlement.identifiers import BankReference
from settlement.iso20022 import header, schema
from settlement.iso20022.banks import agent_reference, text_at, tree_at, trees_at
from settlement.iso20022.camt056_grammar import GRAMMAR, NAME, ROOT
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.xml import ATTRIBUTE, TEXT, parse
from settlement.money import amount_from_decimal, currency

_ITEM = "TxInf"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledPayment:
    """One payment to be cancelled, as the request names it: by UETR, or by message and end-to-end id.

    `amount` in minor units of `currency`, where it says them; `reason` its code or text.
    """

    cancellation_id: str | None
    message_id: str | None
    message_name: str | None
    instruction_id: str | None
    end_to_end_id: str | None
    transaction_id: str | None
    uetr: str | None
    currency: str | None
    amount: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A request. `message_id` is its assignment's; `assigner` None: named by nothing to look up."""

    message_id: str
    case_id: str | None
    assigner: BankReference | None
    payments: tuple[RecalledPayment, ...]


def read(data: bytes, *, schemas: schema.Schemas | None = None, bytes_max: int, payments_max: int) -> Recall:
    """Return a request, with or without a business application header; with `schemas` they must agree too.

    Raise a leaf of `InvalidMessage`; `FaultyMessage` lists every fault, each with its place.
    """
    envelope = header.open_envelope(parse(data, bytes_max=bytes_max), {NAME: ROOT})
    faults = Faults(repeated=_ITEM)
    if envelope.header is not None:
        header.read_header(envelope.header, NAME, faults)
    tree = read_group(envelope.message, GRAMMAR, faults)
    items = [item for underlying in trees_at(tree, "Undrlyg") for item in trees_at(underlying, _ITEM)]
    if len(items) > payments_max:
        raise MessageTooLarge(f"the request names more than {payments_max} payments: split it")
    payments = tuple(
        _payment(item, f"{ROOT}/Undrlyg/{_ITEM}[{at}]", faults) for at, item in enumerate(items, 1)
    )
    _check_count(tree, len(items), faults)
    assigner = _assigner(tree, faults)
    if schemas is not None and not faults.found:
        schema.validate(envelope.document, schemas, faults)
    faults.raise_any()
    return Recall(
        message_id=text_at(tree, "Assgnmt", "Id") or "",
        case_id=text_at(tree, "Case", "Id"),
        assigner=assigner,
        payments=payments,
    )


def _payment(item: Tree, path: str, faults: Faults) -> RecalledPayment:
    message_id, end_to_end_id = text_at(item, "OrgnlGrpInf", "OrgnlMsgId"), text_at(item, "OrgnlEndToEndId")
    uetr = text_at(item, "OrgnlUETR")
    if uetr is None and (message_id is None or end_to_end_id is None):
        detail = "name the payment by its UETR, or by its message's id and its end-to-end id"
        faults.add(path, FaultCode.MISSING_ELEMENT, detail)
    code, amount = _money(item, path, faults)
    reasons = trees_at(item, "CxlRsnInf")
    reason = tree_at(reasons[0], "Rsn") if reasons else {}
    return RecalledPayment(
        cancellation_id=text_at(item, "CxlId"),
        message_id=message_id,
        message_name=text_at(item, "OrgnlGrpInf", "OrgnlMsgNmId"),
        instruction_id=text_at(item, "OrgnlInstrId"),
        end_to_end_id=end_to_end_id,
        transaction_id=text_at(item, "OrgnlTxId"),
        uetr=uetr,
        currency=code,
        amount=amount,
        reason=text_at(reason, "Cd") or text_at(reason, "Prtry"),
    )


def _money(item: Tree, path: str, faults: Faults) -> tuple[str | None, int | None]:
    code = text_at(item, "OrgnlIntrBkSttlmAmt", ATTRIBUTE + "Ccy")
    text = text_at(item, "OrgnlIntrBkSttlmAmt", TEXT)
    if code is None or text is None:
        return None, None
    try:
        return code, amount_from_decimal(text, currency(code))
    except InvalidValue as error:
        faults.add_error(f"{path}/OrgnlIntrBkSttlmAmt", error)
    return None, None


def _check_count(tree: Tree, count: int, faults: Faults) -> None:
    announced = text_at(tree, "CtrlData", "NbOfTxs")
    if announced is not None and int(announced) != count:
        detail = f"the request announces {announced} payments and names {count}"
        faults.add(f"{ROOT}/CtrlData/NbOfTxs", FaultCode.WRONG_TRANSACTION_COUNT, detail)
    if count == 0:
        faults.add(f"{ROOT}/Undrlyg", FaultCode.MISSING_ELEMENT, "it names no payment (TxInf)")


def _assigner(tree: Tree, faults: Faults) -> BankReference | None:
    try:
        return agent_reference(tree_at(tree, "Assgnmt", "Assgnr", "Agt"))
    except InvalidMemberId as error:
        faults.add_error(f"{ROOT}/Assgnmt/Assgnr/Agt", error)
    return None
