"""What camt.052, camt.053 and camt.054 share: the account, its balances, the sums, and the entries."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from settlement.iso20022.definitions import DEFINITIONS, TRANSFER, Definition
from settlement.iso20022.elements import (
    amount_tree,
    date_text,
    direction,
    participant_tree,
    sum_text,
    time_text,
)
from settlement.iso20022.grammar import in_order
from settlement.iso20022.reader import Tree
from settlement.iso20022.xml import Element, element
from settlement.iso20022.xml import write as write_xml
from settlement.participant import Participant
from settlement.statement import Entry, Statement, Turnover
from settlement.statement_table import statement_table

DOCUMENT_MISSING = "document missing"
# Written once: an entry has much in common with the others.
_BOOKED = element("Sts", {"Cd": "BOOK"})

# A tree in which iterators stand for what may be long.
Report: TypeAlias = Mapping[str, Any]

# What a statement says of a transfer, in its own order; the parties under another name for their choice.
_PARTIES = ("InitgPty", "Dbtr", "DbtrAcct", "UltmtDbtr", "Cdtr", "CdtrAcct", "UltmtCdtr")
_ACCOUNTS = ("DbtrAcct", "CdtrAcct")
_AGENTS = ("DbtrAgt", "CdtrAgt", "IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3")


def message(statement: Statement, root: str, namespace: str, created_at: int, reports: Report) -> bytes:
    """Return a message with the group header of a statement and the given reports."""
    header: Tree = {
        "MsgId": statement.identification,
        "CreDtTm": time_text(created_at),
        "MsgPgntn": {"PgNb": "1", "LastPgInd": "true"},
    }
    return write_xml(root, namespace, {"GrpHdr": header, **reports})


def opening(statement: Statement, identification: str, created_at: int) -> Tree:
    """Return how a report of any kind begins: its name, its period and its account."""
    return {
        "Id": identification,
        "CreDtTm": time_text(created_at),
        "FrToDt": {"FrDtTm": time_text(statement.from_time), "ToDtTm": time_text(statement.to_time)},
        "Acct": _account(statement),
    }


def population(statement: Statement) -> str:
    """Return what tells a reader that nothing is missing: height, checks, count, digest of the entries."""
    table = statement_table(statement)
    return (
        f"Final postings on chain up to block {statement.height} (verification: {statement.verification}). "
        f"Entries: {table.population}. "
        f"SHA-256 of them: {table.digest}"
    )


def _account(statement: Statement) -> Tree:
    organisation: Tree = {}
    if statement.owner.bic:
        organisation["AnyBIC"] = statement.owner.bic
    if statement.owner.lei:
        organisation["LEI"] = statement.owner.lei
    if not organisation:
        organisation["Othr"] = {"Id": str(statement.owner.id)}
    return {
        "Id": {"Othr": {"Id": statement.account, "SchmeNm": {"Prtry": "asset-holder"}}},
        "Ccy": statement.currency.code,
        "Ownr": {"Id": {"OrgId": organisation}},
        "Svcr": participant_tree(statement.servicer),
    }


def balance(code: str, amount: int, at: int, statement: Statement) -> Tree:
    """Return a balance of the account: OPBD opening, CLBD closing, ITBD so far."""
    return {
        "Tp": {"CdOrPrtry": {"Cd": code}},
        "Amt": amount_tree(amount, statement.currency),
        "CdtDbtInd": direction(amount),
        "Dt": {"DtTm": time_text(at)},
    }


def summary(statement: Statement) -> Tree:
    """Return how many entries there are in each direction, and their sums."""
    ins, outs = statement.credits, statement.debits
    net = ins.total - outs.total
    money = statement.currency

    def turnover(of: Turnover) -> Tree:
        return {"NbOfNtries": str(of.count), "Sum": sum_text(of.total, money)}

    total = turnover(Turnover(count=ins.count + outs.count, total=ins.total + outs.total))
    total["TtlNetNtry"] = {"Amt": sum_text(abs(net), money), "CdtDbtInd": direction(net)}
    return {"TtlNtries": total, "TtlCdtNtries": turnover(ins), "TtlDbtNtries": turnover(outs)}


def entry_tree(entry: Entry, statement: Statement) -> Tree:
    """Return an entry (ReportEntry10) with everything that is known of its transfer."""
    amount = element("Amt", amount_tree(entry.amount, statement.currency))
    side = direction(entry.amount)
    family = "ICDT" if entry.amount < 0 else "RCDT"
    tree: Tree = {
        "NtryRef": entry.reference,
        "Amt": amount,
        "CdtDbtInd": side,
        "Sts": _BOOKED,
        "BookgDt": _booked(entry.booked_at),
        "ValDt": _valued(entry.booked_at),
        "AcctSvcrRef": entry.reference,
        "BkTxCd": _code(family, entry.event),
        "NtryDtls": {"TxDtls": _details(entry, statement, amount, side)},
    }
    if entry.document_missing:
        tree["AddtlNtryInf"] = DOCUMENT_MISSING
    return tree


@lru_cache(maxsize=1024)
def _code(family: str, event: str) -> Element:
    # A book transfer, issued or received: both accounts are in the same ledger.
    domain = {"Cd": "PMNT", "Fmly": {"Cd": family, "SubFmlyCd": "BOOK"}}
    return element("BkTxCd", {"Domn": domain, "Prtry": {"Cd": event, "Issr": "Vostro"}})


@lru_cache(maxsize=1024)
def _booked(at: int) -> Element:
    return element("BookgDt", {"DtTm": time_text(at)})


@lru_cache(maxsize=1024)
def _valued(at: int) -> Element:
    return element("ValDt", {"Dt": date_text(at)})


@lru_cache(maxsize=1024)
def _agent(name: str, participant: Participant) -> Element:
    return element(name, participant_tree(participant))


def _details(entry: Entry, statement: Statement, amount: Element, side: str) -> Tree:
    references: Tree = {
        "AcctSvcrRef": entry.reference,
        "InstrId": entry.instruction_id,
        "EndToEndId": entry.end_to_end_id,
        "UETR": entry.uetr,
        "TxId": entry.transaction_id,
    }
    payer, payee = (
        (statement.owner, entry.counterparty) if entry.amount < 0 else (entry.counterparty, statement.owner)
    )
    definition, transfer = _transfer(entry)
    tree: Tree = {
        "Refs": {name: value for name, value in references.items() if value is not None},
        "Amt": amount,
        "CdtDbtInd": side,
    }
    if parties := _parties(transfer, between_banks=definition is not None and definition.between_banks):
        tree["RltdPties"] = parties
    agents: Tree = {
        name: _agent(name, each)
        for name, each in (("InstgAgt", payer), ("InstdAgt", payee))
        if each is not None
    }
    tree["RltdAgts"] = agents | {name: transfer[name] for name in _AGENTS if name in transfer}
    for name in ("Purp", "RltdRmtInf", "RmtInf"):
        if name in transfer:
            tree[name] = transfer[name]
    tree["AddtlTxInf"] = f"Transaction 0x{entry.transaction_hash.hex()}" + (
        f"; {DOCUMENT_MISSING}" if entry.document_missing else ""
    )
    return tree


def _transfer(entry: Entry) -> tuple[Definition | None, Tree]:
    """Return the transfer in the entry's document in the order of elements; nothing where it has none."""
    document = entry.document or {}
    definition = DEFINITIONS.get(str(document.get("message")))
    transfer = document.get(TRANSFER)
    if definition is None or not isinstance(transfer, dict):
        return None, {}
    return definition, in_order(transfer, definition.transfer)


def _parties(transfer: Tree, *, between_banks: bool) -> Tree:
    kind = "Agt" if between_banks else "Pty"
    return {
        name: transfer[name] if name in _ACCOUNTS else {kind: transfer[name]}
        for name in _PARTIES
        if name in transfer
    }
