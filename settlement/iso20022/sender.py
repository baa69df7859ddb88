"""Who sends a file of transfers: one bank, by whatever names its parts give it."""

from settlement.identifiers import BankReference
from settlement.iso20022 import header
from settlement.iso20022.banks import tree_at
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.reader import Tree
from settlement.iso20022.transfer import bank_at
from settlement.participant import full_bic


def sender_of_file(
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
        instructing = bank_at(tree_at(group_header, "InstgAgt"), f"{path}/InstgAgt", path, faults)
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
