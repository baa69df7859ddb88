"""One transfer or return of a file: what settles, between whom and when, as the file says it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from settlement.errors import InvalidMemberId, InvalidValue
from settlement.identifiers import BankReference
from settlement.iso20022.banks import agent_reference, text_at, tree_at
from settlement.iso20022.definitions import Definition
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.reader import Tree
from settlement.iso20022.xml import ATTRIBUTE, TEXT
from settlement.money import Currency, amount_from_decimal, currency


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """One transfer: `position` from 0, `amount` in minor units, `content` all that the file says of it.

    `not_before`, `deadline`: the first and the last second (UTC) at which it may settle, where the file says
    so. `returns`: of a return, the reference of the settlement that it gives back, as a statement says it
    (``1207-3``).
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
    not_before: int | None
    deadline: int | None
    payer: BankReference
    payee: BankReference
    content: Tree
    returns: str | None = None


def read_transfer(
    definition: Definition, position: int, content: Tree, group_header: Tree, faults: Faults
) -> CreditTransfer | None:
    """Return the transfer at this index of those at hand; None when what it can't do without is faulty."""
    path = definition.place(position)
    money = _money(content, definition.amount, path, faults)
    settlement_date = _settlement_date(content, group_header, path, faults)
    payer = _bank(definition.payers, content, group_header, path, faults)
    payee = _bank(definition.payees, content, group_header, path, faults)
    names = _names_of_return(content, payer, payee, path, faults) if definition.returns else _names(content)
    end_to_end_id = names.end_to_end_id
    if not (money and settlement_date and payer and payee and end_to_end_id):
        return None
    return CreditTransfer(
        position=position,
        instruction_id=names.instruction_id,
        end_to_end_id=end_to_end_id,
        transaction_id=names.transaction_id,
        uetr=names.uetr,
        returns=names.returns,
        currency=money[0],
        amount=money[1],
        settlement_date=settlement_date,
        urgent=_urgent(content, group_header),
        not_before=min(_moments(content, settlement_date, "FrTm"), default=None),
        # Until when it may settle, or must: the earlier of both.
        deadline=min(_moments(content, settlement_date, "TillTm", "RjctTm"), default=None),
        payer=payer,
        payee=payee,
        content=content,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What a transfer is called, and what it returns."""

    instruction_id: str | None = None
    end_to_end_id: str | None
    transaction_id: str | None
    uetr: str | None = None
    returns: str | None = None


def _names(content: Tree) -> _Names:
    return _Names(
        instruction_id=text_at(content, "PmtId", "InstrId"),
        end_to_end_id=text_at(content, "PmtId", "EndToEndId"),
        transaction_id=text_at(content, "PmtId", "TxId"),
        uetr=text_at(content, "PmtId", "UETR"),
    )


def _names_of_return(
    content: Tree, payer: BankReference | None, payee: BankReference | None, path: str, faults: Faults
) -> _Names:
    """Return what a return is called: its UETR is new, since the one that stands there is the original's."""
    own, original = text_at(content, "RtrId"), text_at(content, "OrgnlClrSysRef")
    called = text_at(content, "OrgnlEndToEndId") or own
    needed = (
        ("RtrId", called, "a return needs an id, its own or the original's end-to-end id"),
        ("OrgnlClrSysRef", original, "say which settlement is returned, by its reference in a statement"),
        ("InstgAgt", payer, "name the bank that pays back, here or in the group header"),
        ("InstdAgt", payee, "name the bank that is paid back, here or in the group header"),
    )
    for name, found, detail in needed:
        if found is None and name not in content:
            faults.add(f"{path}/{name}", FaultCode.MISSING_ELEMENT, detail)
    return _Names(end_to_end_id=called, transaction_id=own, returns=original)


def _money(content: Tree, name: str, path: str, faults: Faults) -> tuple[Currency, int] | None:
    code = text_at(content, name, ATTRIBUTE + "Ccy")
    text = text_at(content, name, TEXT)
    if code is None or text is None:
        return None
    try:
        money = currency(code)
        return money, amount_from_decimal(text, money)
    except InvalidValue as error:
        faults.add_error(f"{path}/{name}", error)
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


def _moments(content: Tree, settlement_date: date, *names: str) -> list[int]:
    """Return requested settlement times (UTC seconds), those that it says; in UTC where no offset stands."""
    texts = [text_at(content, "SttlmTmReq", name) for name in names]
    times = [time.fromisoformat(text) for text in texts if text is not None]
    moments = [datetime.combine(settlement_date, each, each.tzinfo or UTC) for each in times]
    return [int(moment.timestamp()) for moment in moments]


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
            return bank_at(tree_at(tree, name), f"{place}/{name}", path, faults)
    return None


def bank_at(agent: Tree, named_at: str, path: str, faults: Faults) -> BankReference | None:
    """Return the bank that an agent's element names, or None, with the fault noted under `path`."""
    try:
        reference = agent_reference(agent)
    except InvalidMemberId as error:
        faults.add_error(named_at, error)
        return None
    if reference is None:
        detail = f"the bank at {named_at} has no BIC, LEI or clearing-system member id that can be read"
        faults.add(path, FaultCode.UNNAMED_BANK, detail)
    return reference
