"""Read camt.050.001.07: one transfer of liquidity from this bank's account to another participant's."""

from dataclasses import dataclass
from datetime import date

from settlement.errors import Fault, InvalidMemberId, InvalidValue
from settlement.identifiers import BankReference
from settlement.iso20022 import header, schema
from settlement.iso20022.banks import agent_reference, text_at, tree_at
from settlement.iso20022.camt050_grammar import GRAMMAR, NAME, ROOT
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.header import Envelope
from settlement.iso20022.reader import Tree, read_group
from settlement.iso20022.xml import ATTRIBUTE, TEXT
from settlement.money import Currency, amount_from_decimal, currency

PLACE = f"{ROOT}/LqdtyCdtTrf"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityTransfer:
    """One transfer. `amount` in minor units; `payer` None: whose node it is given to.

    `content` is all that the message says; `settlement_date` None: today.
    """

    message_id: str
    end_to_end_id: str
    uetr: str | None
    payer: BankReference | None
    payee: BankReference
    currency: Currency
    amount: int
    settlement_date: date | None
    content: Tree

    @property
    def document(self) -> Tree:
        """Return its document: all that the message says."""
        return {"message": NAME, **self.content}


def inspect(
    envelope: Envelope, *, schemas: schema.Schemas | None = None
) -> tuple[str, LiquidityTransfer | None, tuple[Fault, ...]]:
    """Return the message's id, its transfer, and every fault; with one the transfer may be missing."""
    faults = Faults()
    if envelope.header is not None:
        header.read_header(envelope.header, NAME, faults)
    tree = read_group(envelope.message, GRAMMAR, faults)
    transfer = _transfer(tree, faults)
    if schemas is not None and not faults.found:
        if envelope.header is not None:
            schema.validate(envelope.header, schemas, faults)
        schema.validate(envelope.document, schemas, faults)
    return text_at(tree, "MsgHdr", "MsgId") or "", transfer, faults.found


def _transfer(tree: Tree, faults: Faults) -> LiquidityTransfer | None:
    content, message_id = tree_at(tree, "LqdtyCdtTrf"), text_at(tree, "MsgHdr", "MsgId")
    money = _money(content, faults)
    payer = _bank(content, "Dbtr", faults)
    payee = _bank(content, "Cdtr", faults)
    if payee is None:
        detail = "name the participant whose account is credited, by BIC, LEI or clearing-system member id"
        faults.add(f"{PLACE}/Cdtr", FaultCode.UNNAMED_BANK, detail)
    if message_id is None or money is None or payee is None:
        return None
    settlement_date = text_at(content, "SttlmDt")
    return LiquidityTransfer(
        message_id=message_id,
        end_to_end_id=text_at(content, "LqdtyTrfId", "EndToEndId") or message_id,
        uetr=text_at(content, "LqdtyTrfId", "UETR"),
        payer=payer,
        payee=payee,
        currency=money[0],
        amount=money[1],
        settlement_date=None if settlement_date is None else date.fromisoformat(settlement_date),
        content=tree,
    )


def _money(content: Tree, faults: Faults) -> tuple[Currency, int] | None:
    code = text_at(content, "TrfdAmt", "AmtWthCcy", ATTRIBUTE + "Ccy")
    text = text_at(content, "TrfdAmt", "AmtWthCcy", TEXT)
    if code is None or text is None:
        return None
    try:
        money = currency(code)
        return money, amount_from_decimal(text, money)
    except InvalidValue as error:
        faults.add_error(f"{PLACE}/TrfdAmt/AmtWthCcy", error)
    return None


def _bank(content: Tree, name: str, faults: Faults) -> BankReference | None:
    try:
        return agent_reference(tree_at(content, name))
    except InvalidMemberId as error:
        faults.add_error(f"{PLACE}/{name}", error)
    return None
