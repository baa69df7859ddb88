"""A statement that came in is compared with ours, and what differs becomes breaks."""

import pytest

from node.services.breaks import list_breaks
from node.services.reports import own_statement
from node.services.stated import TiedOut, tie_out_statement
from node.settings import Settings
from settlement.errors import WrongMessage
from settlement.iso20022 import camt053
from tests.embedded import FUNDS, NOON
from tests.node.services.ledgers import Ledger
from tests.node.services.test_statements import TODAY


def _stated(ledger: Ledger) -> bytes:
    network = ledger.network
    settings = Settings(bic=ledger.member.bic)
    ours = own_statement(
        ledger.store, settings, network.chain, network.clock, code="USD", first=TODAY, last=TODAY
    )
    return camt053.write(ours, created_at=int(NOON))


def _tie_out(ledger: Ledger, data: bytes) -> TiedOut:
    network = ledger.network
    settings = Settings(bic=ledger.member.bic)
    return tie_out_statement(ledger.store, settings, network.chain, network.clock, data, actor="test")


def test_an_equal_statement_ties_out(ledger: Ledger) -> None:
    """The same statement from the other side has no breaks."""
    ledger.accept(ledger.pay(5))
    ledger.receive(7)
    ledger.mirror()

    assert () == _tie_out(ledger, _stated(ledger)).breaks
    assert [] == list_breaks(ledger.store)


def test_a_difference_becomes_a_break(ledger: Ledger) -> None:
    """An amount that the other bank states otherwise is a break of the statement, once."""
    ledger.pay(5)
    ledger.mirror()
    data = _stated(ledger).replace(b'<Amt Ccy="USD">0.05</Amt>', b'<Amt Ccy="USD">0.06</Amt>')

    first, (found,) = (_tie_out(ledger, data).breaks for _ in range(2))

    assert ("amount", "-5", "-6") == (found.field, found.expected, found.found)
    assert (found,) == first
    (kept,) = list_breaks(ledger.store)
    assert ("statement", found.subject) == (kept.kind, kept.subject)
    assert kept.subject.startswith("statement 840-2 2025-03-10 to 2025-03-10: entry ")


def test_another_account_is_refused(ledger: Ledger) -> None:
    """A statement of somebody else's account is not compared."""
    data = _stated(ledger).replace(b"<Id>840-2</Id>", b"<Id>840-3</Id>")
    assert str(FUNDS).encode()[:3] in data

    with pytest.raises(WrongMessage, match="840-3"):
        _tie_out(ledger, data)
