"""The document of a payment that came in no ISO 20022 message: as JSON, or as a line of a table.

What it says beyond the chain's terms is named as ISO 20022 names it, so it reads like one from a pacs.008.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.document import Json

# Names the form of such a document.
_MESSAGE = "vostro.payment.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A bank's customer: who pays or is paid in the end, and the number of its account, of either kind."""

    name: str
    iban: str | None = None
    account: str | None = None


def plain_document(
    *,
    end_to_end_id: str,
    debtor: Customer | None,
    creditor: Customer | None,
    purpose: str | None,
    remittance: Sequence[str],
) -> dict[str, Json]:
    """Return what the payment commits to, without its UETR."""
    content: dict[str, Json] = {"PmtId": {"EndToEndId": end_to_end_id}}
    for role, party in (("Dbtr", debtor), ("Cdtr", creditor)):
        if party is not None:
            content[role] = {"Nm": party.name}
        if party is not None and (account := _account(party)):
            content[f"{role}Acct"] = {"Id": account}
    if purpose is not None:
        content["Purp"] = {"Cd": purpose}
    if remittance:
        content["RmtInf"] = {"Ustrd": list(remittance)}
    return {"message": _MESSAGE, "CdtTrfTxInf": content}


def _account(party: Customer) -> dict[str, Json]:
    if party.iban is not None:
        return {"IBAN": party.iban}
    return {} if party.account is None else {"Othr": {"Id": party.account}}
