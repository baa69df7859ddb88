"""The messages that carry transfers and their returns: in what they differ, and who of each settles."""

from dataclasses import dataclass

from settlement.iso20022 import pacs004_grammar, pacs008_grammar, pacs009_grammar
from settlement.iso20022.grammar import Group

TRANSFER = "CdtTrfTxInf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One message definition; `transfer` is the shape of each `element`.

    `payers`, `payees`: where a transfer names who settles, the first that stands counts; the group header
    may say the first. `between_banks`: debtor and creditor are banks themselves. `amount`, `total`: where a
    transfer and the group header say how much settles. `returns`: each gives a payment back.
    """

    name: str
    root: str
    grammar: Group
    transfer: Group
    payers: tuple[str, ...]
    payees: tuple[str, ...]
    between_banks: bool = False
    element: str = TRANSFER
    amount: str = "IntrBkSttlmAmt"
    total: str = "TtlIntrBkSttlmAmt"
    returns: bool = False

    def place(self, position: int) -> str:
        """Return where the transfer of this position (from 0) stands."""
        return f"{self.root}/{self.element}[{position + 1}]"


def _transfer(grammar: Group, element: str = TRANSFER) -> Group:
    (found,) = (field.kind for field in grammar.fields.values() if field.name == element)
    assert isinstance(found, Group)
    return found


CUSTOMERS = Definition(
    name=pacs008_grammar.NAME,
    root=pacs008_grammar.ROOT,
    grammar=pacs008_grammar.GRAMMAR,
    transfer=_transfer(pacs008_grammar.GRAMMAR),
    payers=("InstgAgt", "DbtrAgt"),
    payees=("InstdAgt", "CdtrAgt"),
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
RETURNS = Definition(
    name=pacs004_grammar.NAME,
    root=pacs004_grammar.ROOT,
    grammar=pacs004_grammar.GRAMMAR,
    transfer=_transfer(pacs004_grammar.GRAMMAR, "TxInf"),
    payers=("InstgAgt",),
    payees=("InstdAgt",),
    element="TxInf",
    amount="RtrdIntrBkSttlmAmt",
    total="TtlRtrdIntrBkSttlmAmt",
    returns=True,
)
DEFINITIONS = {definition.name: definition for definition in (CUSTOMERS, BANKS, RETURNS)}
