"""The elements that our writers share: times, amounts, banks."""

from datetime import UTC, datetime
from functools import lru_cache

from settlement.errors import AmountTooLarge
from settlement.identifiers import BankReference
from settlement.iso20022.reader import Tree
from settlement.iso20022.xml import ATTRIBUTE, TEXT
from settlement.money import Currency, decimal_text
from settlement.participant import Participant

_DIGITS_MAX = 18


@lru_cache(maxsize=1024)
def time_text(seconds: int) -> str:
    """Return UTC seconds as ISO 20022 writes a time: ``2025-03-10T14:00:00+00:00``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def date_text(seconds: int) -> str:
    """Return the UTC day of a time."""
    return time_text(seconds)[:10]


def sum_text(amount: int, money: Currency) -> str:
    """Return minor units as a decimal number; raise `AmountTooLarge` where ISO 20022 has no room for it."""
    if len(str(abs(amount))) > _DIGITS_MAX:
        raise AmountTooLarge(f"{amount} minor units have more than the {_DIGITS_MAX} digits of ISO 20022")
    return decimal_text(amount, money)


def amount_tree(amount: int, money: Currency) -> Tree:
    """Return an amount without its sign, with its currency."""
    return {ATTRIBUTE + "Ccy": money.code, TEXT: sum_text(abs(amount), money)}


def direction(amount: int) -> str:
    """Return whether an amount is to the account's credit or debit; nothing at all is a credit."""
    return "DBIT" if amount < 0 else "CRDT"


def agent_tree(reference: BankReference) -> Tree:
    """Return a bank as an agent (BranchAndFinancialInstitutionIdentification6)."""
    institution: Tree = {}
    if reference.bic:
        institution["BICFI"] = reference.bic
    if reference.member:
        system: Tree = {"Cd": reference.member.system}
        institution["ClrSysMmbId"] = {"ClrSysId": system, "MmbId": reference.member.member}
    if reference.lei:
        institution["LEI"] = reference.lei
    return {"FinInstnId": institution}


def participant_tree(participant: Participant) -> Tree:
    """Return a participant as an agent; one without any public name by its number."""
    if participant.reference == BankReference():
        return {"FinInstnId": {"Othr": {"Id": str(participant.id)}}}
    return agent_tree(participant.reference)
