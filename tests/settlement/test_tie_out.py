"""A statement written by us and read back ties out; each change of it is found, and only that."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.errors import FaultyMessage, NotXml, WrongMessage
from settlement.iso20022 import camt053
from settlement.iso20022.camt053_reader import StatedAccount, StatedEntry, read
from settlement.money import currency
from settlement.participant import Participant, ParticipantKind
from settlement.statement import Entry, Statement, draw_up
from settlement.tie_out import tie_out

OWNER = Participant(id=7, kind=ParticipantKind.BANK, bic="CHASUS33XXX", lei=None)
OTHER = Participant(id=8, kind=ParticipantKind.BANK, bic="BNPAFRPPXXX", lei=None)
START = 1_741_600_000
_TAG = f"{{{camt053.NAMESPACE}}}"


def _statement(opening: int, amounts: list[int]) -> Statement:
    entries, balance = [], opening
    for place, amount in enumerate(amounts):
        balance += amount
        entries.append(
            Entry(
                height=10 + place,
                log_index=place,
                booked_at=START,
                amount=amount,
                balance=balance,
                event="Paid",
                transaction_hash=bytes(32),
                counterparty=OTHER,
                # Every third came without its document.
                uetr=None if place % 3 == 2 else f"8a562c67-ca16-48ba-b074-{place:012}",
                end_to_end_id=None if place % 3 == 2 else f"E{place}",
                document=None,
            )
        )
    return draw_up(
        identification="S1", owner=OWNER, servicer=OTHER, asset=840, currency=currency("USD"),
        from_time=START, to_time=START + 10_000, height=10_000, verification="full",
        opening=opening, closing=balance, entries=entries,
    )  # fmt: skip


def _written(statement: Statement) -> bytes:
    return camt053.write(statement, created_at=START)


@given(
    amounts=st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=8),
    opening=st.integers(-(10**12), 10**12),
)
def test_what_we_write_ties_out(amounts: list[int], opening: int) -> None:
    """Our own camt.053, read back, is our statement to the last unit: no difference."""
    ours = _statement(opening, amounts)
    theirs = read(_written(ours))

    assert (ours.account, ours.currency) == (theirs.account, theirs.currency)
    assert (opening, ours.closing, amounts) == (
        theirs.opening, theirs.closing, [entry.amount for entry in theirs.entries],
    )  # fmt: skip
    assert [] == list(tie_out(ours, theirs))


def _changed(theirs: StatedAccount, place: int, **values: object) -> StatedAccount:
    entries = list(theirs.entries)
    entries[place] = replace(entries[place], **values)  # type: ignore[arg-type]  # fields of the entry
    return replace(theirs, entries=tuple(entries))


OURS = _statement(100, [5, -7, 9, 5])
THEIRS = read(_written(OURS))


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (replace(THEIRS, opening=99), [("balance", "opening", "100", "99")]),
        (replace(THEIRS, closing=0), [("balance", "closing", "112", "0")]),
        (_changed(THEIRS, 1, amount=-8), [("entry 11-1", "amount", "-7", "-8")]),
        (_changed(THEIRS, 0, end_to_end_id="X"), [("entry 10-0", "end_to_end_id", "E0", "X")]),
        (
            _changed(THEIRS, 0, uetr="u"),
            [("entry 10-0", "uetr", "8a562c67-ca16-48ba-b074-000000000000", "u")],
        ),
        (
            replace(THEIRS, entries=THEIRS.entries[1:]),
            [("entry 10-0", "amount", "5", "none")],
        ),
        (
            replace(THEIRS, entries=(*THEIRS.entries, THEIRS.entries[0])),
            [("their entry 10-0", "amount", "none", "5")],
        ),
        (
            replace(
                THEIRS,
                entries=(
                    *THEIRS.entries,
                    StatedEntry(reference=None, uetr=None, end_to_end_id=None, amount=-3),
                ),
            ),
            [("their entry number 5", "amount", "none", "-3")],
        ),
        (
            _changed(THEIRS, 1, amount=7),
            [("entry 11-1", "amount", "-7", "none"), ("their entry 11-1", "amount", "none", "7")],
        ),
    ],
    ids=str,
)
def test_each_difference_is_found(theirs: StatedAccount, expected: list[tuple[str, ...]]) -> None:
    """A changed balance, amount, direction or name, an entry too few or too many: found, and nothing else."""
    assert expected == [(each.subject, each.field, each.ours, each.theirs) for each in tie_out(OURS, theirs)]


def test_another_banks_references_do() -> None:
    """Where the other bank numbers its entries itself, the UETR finds them, in any order."""
    own = tuple(replace(entry, reference=f"R{n}") for n, entry in enumerate(reversed(THEIRS.entries)))
    without_name = replace(THEIRS, entries=tuple(entry for entry in own if entry.uetr))

    assert [("entry 12-2", "amount", "9", "none")] == [
        (each.subject, each.field, each.ours, each.theirs) for each in tie_out(OURS, without_name)
    ]


def _without(path: str) -> bytes:
    root = etree.fromstring(_written(OURS))
    element = root.find(".//" + "/".join(_TAG + name for name in path.split("/")))
    assert element is not None
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
    return etree.tostring(root)


@pytest.mark.parametrize(
    "path", ["Acct/Id", "Acct/Ccy", "FrToDt", "Bal", "Ntry/Amt", "Ntry/CdtDbtInd", "FrToDt/ToDtTm"]
)
def test_what_is_needed_must_be_there(path: str) -> None:
    """Without an account, currency, period, balance, amount or direction nothing is compared."""
    with pytest.raises(FaultyMessage):
        read(_without(path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'Ccy="USD"', b'Ccy="EUR"'),
        (b"<Ccy>USD</Ccy>", b"<Ccy>XXX</Ccy>"),
        (b">DBIT<", b">DEBT<"),
        (b">0.07<", b">0.071<"),
        (b">0.07<", b">-0.07<"),
        (b"<FrDtTm>2025", b"<FrDtTm>in 2025"),
    ],
)
def test_what_can_not_be_is_refused(old: bytes, new: bytes) -> None:
    """Another currency, a third direction, a split cent, no time: refused with its place."""
    written = _written(OURS)
    assert old in written

    with pytest.raises(FaultyMessage):
        read(written.replace(old, new))


def test_another_message_is_refused(shared_data: Path) -> None:
    """What is no camt.053 of one statement, or no XML, is refused as such."""
    for path in sorted((shared_data / "iso20022" / "samples").iterdir())[:3]:
        with pytest.raises(WrongMessage):
            read(path.read_bytes())
    with pytest.raises(NotXml):
        read(b"not XML")
