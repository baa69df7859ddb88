"""The messages that carry credit transfers, and in what they differ: shape, and who of a transfer settles."""

from dataclasses import dataclass

from settlement.iso20022 import pacs008_grammar, pacs009_grammar
from settlement.iso20022.grammar import Group

TRANSFER = "CdtTrfTxInf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One message definition; `transfer` is the shape of each `CdtTrfTxInf`.

    `payers`, `payees`: where a transfer names who settles, the first that stands counts; the group header
    may say the first. `between_banks`: debtor and creditor are banks themselves.
    """

    name: str
    root: str
    grammar: Group
    transfer: Group
    payers: tuple[str, ...]
    payees: tuple[str, ...]
    between_banks: bool

    def place(self, position: int) -> str:
        """Return where the transfer of this position (from 0) stands."""
        return f"{self.root}/{TRANSFER}[{position + 1}]"


def _transfer(grammar: Group) -> Group:
    (found,) = (field.kind for field in grammar.fields.values() if field.name == TRANSFER)
    assert isinstance(found, Group)
    return found


CUSTOMERS = Definition(
    name=pacs008_grammar.NAME,
    root=pacs008_grammar.ROOT,
    grammar=pacs008_grammar.GRAMMAR,
    transfer=_transfer(pacs008_grammar.GRAMMAR),
    payers=("InstgAgt", "DbtrAgt"),
    payees=("InstdAgt", "CdtrAgt"),
    between_banks=False,
)
BANKS = Definition(
    name=pacs009_grammar.NAME,
    root=pacs009_grammar.ROOT,
    grammar=pacs009_grammar.GRAMMAR,
    transfer=_transfer(pacs009_grammar.GRAMMAR),
    payers=("InstgAgt", "DbtrAgt", "Dbtr"),
    payees=("InstdAgt", "CdtrAgt", "Cdtr"),
    between_banks=True,
)
DEFINITIONS = {definition.name: definition for definition in (CUSTOMERS, BANKS)}
