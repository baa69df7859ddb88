"""Files read in the background: all checked first, then each payment taken once, whoever reads and dies."""

from collections.abc import Callable

import orjson
import pytest
from lxml import etree
from sqlalchemy import func, select

from node.clock import SystemRandom
from node.errors import QueueFull
from node.keeper.reader import Reader
from node.services.incoming_files import FileForm
from node.services.reports import file_status
from node.services.uploads.progress import CLAIM_SECONDS, ClaimLost
from node.services.uploads.receiving import PIECE_BYTES, WAITING_MAX, FileProgress, file_progress, receive
from node.store.session import Store
from node.store.tables import files, instructions, upload_pieces
from tests.messages import DATE, bank_file_of, file_of, table_of
from tests.node.bank import Bank
from tests.scenario import BANKS, Network

AMOUNTS = [f"{number}.00" for number in range(1, 8)]
# With three payments a part: three parts to check, and as many to take.
PART, STEPS = 3, 8


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank, which reads files three payments at a time."""
    return in_parts(Bank(store=store, network=network))


@pytest.fixture
def sqlite_bank(stores: Callable[[str], Store], network: Network) -> Bank:
    """The same on SQLite, for rules that have nothing to do with the store."""
    return in_parts(Bank(store=stores("sqlite"), network=network))


def in_parts(bank: Bank, size: int = PART) -> Bank:
    """Have a bank read files so many payments at a time."""
    bank.set(payments_max=size)
    return bank


def reader_of(bank: Bank) -> Reader:
    """A process that reads a bank's files."""
    return Reader(bank.store, bank.network.clock, SystemRandom(), bank.settings, lambda: None)


def send(bank: Bank, text: str | bytes, key: str = "k", form: FileForm = FileForm.XML) -> str:
    """Send a file to be read in the background, and return its id."""
    body = text.encode() if isinstance(text, str) else text
    answer = receive(
        bank.store, bank.network.clock, SystemRandom(),
        actor="tok_1", entered_by="Ada", form=form, body=body, key=key,
    )  # fmt: skip
    identifier: str = orjson.loads(answer.body)["file_id"]
    return identifier


def read(bank: Bank, reader: Reader | None = None, ticks: int = 100) -> None:
    """Let a reader work until it rests."""
    reader = reader or reader_of(bank)
    for _ in range(ticks):
        if not reader.tick():
            return


def progress(bank: Bank, identifier: str) -> FileProgress:
    """How far a file has come."""
    return file_progress(bank.store, identifier)


def taken(bank: Bank, identifier: str) -> list[tuple[int, str, int]]:
    """Place, own reference and amount of each payment of a file, in the order of their sequences."""
    columns = (instructions.c[name] for name in ("file_position", "end_to_end_id", "amount"))
    query = select(*columns).where(instructions.c.file_id == identifier).order_by(instructions.c.sequence)
    with bank.store.snapshot() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def pieces_left(bank: Bank) -> int:
    """How many pieces of files are kept."""
    with bank.store.snapshot() as connection:
        return connection.execute(select(func.count()).select_from(upload_pieces)).scalar_one()


WHOLE = [(number, f"E{number}", (number + 1) * 100) for number in range(7)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (file_of(*AMOUNTS), FileForm.XML),
        (file_of(*AMOUNTS, uetrs=False), FileForm.XML),
        (bank_file_of(*AMOUNTS), FileForm.XML),
        (table_of(*AMOUNTS), FileForm.CSV),
    ],
    ids=["pacs.008", "pacs.008 without UETRs", "pacs.009", "table"],
)
def test_file_is_taken_whole_and_in_order(bank: Bank, text: str, form: FileForm) -> None:
    """Part by part, all its payments are there in its order, and what was kept of it is dropped."""
    identifier = send(bank, text, form=form)
    assert ("checking", 0, None) == _place(bank, identifier)

    read(bank)

    assert WHOLE == taken(bank, identifier)
    assert ("accepted", 7, 7) == _place(bank, identifier)
    assert 0 == pieces_left(bank)
    bank.run()
    assert {"settled"} == set(bank.states().values())


def _place(bank: Bank, identifier: str) -> tuple[str, int, int | None]:
    found = progress(bank, identifier)
    return found.state, found.taken, found.transactions


def test_progress_is_told_on_the_way(sqlite_bank: Bank) -> None:
    """After each tick it shows how many are checked, and then how many are taken."""
    identifier, reader, seen = send(sqlite_bank, file_of(*AMOUNTS)), reader_of(sqlite_bank), []
    while reader.tick():
        found = progress(sqlite_bank, identifier)
        seen.append((found.state, found.checked, found.taken))
    assert [("checking", 3, 0), ("checking", 6, 0), ("checking", 7, 0)] == seen[:3]
    assert [("taking", 7, 3), ("taking", 7, 6), ("taking", 7, 7), ("accepted", 7, 7)] == seen[3:]


@pytest.mark.parametrize("ticks", range(STEPS))
@pytest.mark.parametrize("uetrs", [True, False], ids=["with UETRs", "without"])
def test_whoever_dies_another_goes_on(sqlite_bank: Bank, ticks: int, *, uetrs: bool) -> None:
    """A reader that is gone after any tick is followed by another, and each payment is there once."""
    identifier = send(sqlite_bank, file_of(*AMOUNTS, uetrs=uetrs))
    read(sqlite_bank, ticks=ticks)
    sqlite_bank.network.clock.sleep(CLAIM_SECONDS + 1)
    read(sqlite_bank)
    assert WHOLE == taken(sqlite_bank, identifier)
    assert ("accepted", 7, 7) == _place(sqlite_bank, identifier)


def test_part_that_was_taken_but_not_noted_is_taken_once(bank: Bank) -> None:
    """Two that believe a file theirs take each of its parts once; the first is told that it lost it."""
    identifier = send(bank, file_of(*AMOUNTS, uetrs=False))
    slow, quick = reader_of(bank), reader_of(bank)
    for _ in range(4):
        assert slow.tick()
    bank.network.clock.sleep(CLAIM_SECONDS + 1)
    assert quick.tick()
    with pytest.raises(ClaimLost):
        slow.tick()
    read(bank, quick)
    assert WHOLE == taken(bank, identifier)


def test_file_is_one_readers(sqlite_bank: Bank) -> None:
    """While somebody reads a file nobody else does."""
    send(sqlite_bank, file_of(*AMOUNTS))
    first, second = reader_of(sqlite_bank), reader_of(sqlite_bank)
    assert first.tick()
    assert not second.tick()


@pytest.mark.parametrize("place", range(7))
def test_fault_anywhere_refuses_all(sqlite_bank: Bank, place: int) -> None:
    """With one payment wrong none is taken, and the fault has its place in the file."""
    before, *parts = file_of(*AMOUNTS).split(f"<CdtrAgt><FinInstnId><BICFI>{BANKS[1].bic}")
    wrong = [("NOBKUS33XXX" if number == place else BANKS[1].bic) + part for number, part in enumerate(parts)]
    identifier = send(sqlite_bank, "<CdtrAgt><FinInstnId><BICFI>".join((before, *wrong)))
    read(sqlite_bank)
    found = progress(sqlite_bank, identifier)
    assert ("refused", 0, 0) == (found.state, found.taken, found.refused)
    assert [(place, "unknown_participant")] == [(fault.transaction, fault.code) for fault in found.faults]
    assert f"FIToFICstmrCdtTrf/CdtTrfTxInf[{place + 1}]" == found.faults[0].path
    assert (0, 0) == sqlite_bank.counts()
    assert 0 == pieces_left(sqlite_bank)


def _repeated_uetr() -> bytes:
    header, *lines = table_of(*AMOUNTS).split("\r\n")
    uetr = "8a562c67-ca16-48ba-b074-65581be6f011"
    return "\r\n".join(
        [f"{header},uetr", *(f"{line},{uetr if n in (0, 5) else ''}" for n, line in enumerate(lines) if line)]
    ).encode()


@pytest.mark.parametrize(
    ("body", "form", "code"),
    [
        (b"", FileForm.XML, "not_xml"),
        (b"<a/>", FileForm.XML, "wrong_message"),
        (file_of(*AMOUNTS)[:-30].encode(), FileForm.XML, "not_xml"),
        (
            file_of(*AMOUNTS).replace("<NbOfTxs>7", "<NbOfTxs>8").encode(),
            FileForm.XML,
            "wrong_transaction_count",
        ),
        (file_of(*AMOUNTS).replace(BANKS[0].bic, BANKS[2].bic).encode(), FileForm.XML, "payer_refused"),
        (b"\xff", FileForm.CSV, "wrong_message"),
        (_repeated_uetr(), FileForm.CSV, "duplicate_uetr"),
    ],
    ids=["empty", "other", "broken off", "count", "another bank's", "no text", "UETR of an earlier part"],
)
def test_what_is_wrong_is_told(sqlite_bank: Bank, body: bytes, form: FileForm, code: str) -> None:
    """Whatever is wrong ends in a refusal that says it, and nothing is taken."""
    identifier = send(sqlite_bank, body, form=form)
    read(sqlite_bank)
    found = progress(sqlite_bank, identifier)
    assert "refused" == found.state
    assert code in {fault.code for fault in found.faults}
    assert (0, 0) == sqlite_bank.counts()


def test_same_file_again_is_the_same_file(bank: Bank) -> None:
    """Under one key it has one answer; under another it turns out to be the file that was accepted."""
    text = file_of(*AMOUNTS, uetrs=False)
    first = send(bank, text)
    assert first == send(bank, text)
    read(bank)
    again = send(bank, text, key="other")
    read(bank)
    found = progress(bank, again)
    assert ("accepted", first, 0) == (found.state, found.repeats, found.taken)
    assert (7, 7) == bank.counts()


def test_file_is_known_whichever_way_it_came(sqlite_bank: Bank) -> None:
    """What was read in the background is not taken at once again, nor the other way round."""
    in_parts(sqlite_bank, 20)
    background, at_once = file_of("1.00", uetrs=False), file_of("2.00", message_id="M2", uetrs=False)
    first = send(sqlite_bank, background)
    read(sqlite_bank)
    second = orjson.loads(sqlite_bank.accept_file(at_once).body)["file_id"]

    answer = sqlite_bank.accept_file(background)
    later = send(sqlite_bank, at_once, key="later")
    read(sqlite_bank)

    assert (first, True) == (orjson.loads(answer.body)["file_id"], answer.replayed)
    assert second == progress(sqlite_bank, later).repeats
    assert ("accepted", 1) == (progress(sqlite_bank, second).state, progress(sqlite_bank, second).taken)
    assert (2, 2) == sqlite_bank.counts()


def test_other_body_under_a_known_message_id_is_refused(sqlite_bank: Bank) -> None:
    """One sender's message id stands for one body."""
    send(sqlite_bank, file_of("1.00", uetrs=False))
    read(sqlite_bank)
    other = send(sqlite_bank, file_of("2.00", uetrs=False), key="other")
    read(sqlite_bank)
    found = progress(sqlite_bank, other)
    assert ("refused", ["duplicate_message"]) == (found.state, [fault.code for fault in found.faults])
    assert (1, 1) == sqlite_bank.counts()


def _with_deadline(text: str, place: int, second: str) -> str:
    """Give one transfer a deadline."""
    parts = text.split("</IntrBkSttlmAmt>")
    parts[place + 1] = f"<SttlmTmReq><TillTm>{second}Z</TillTm></SttlmTmReq>" + parts[place + 1]
    return "</IntrBkSttlmAmt>".join(parts)


@pytest.mark.parametrize("ticks", range(4))
def test_what_came_too_late_is_listed_and_the_rest_taken(bank: Bank, ticks: int) -> None:
    """A payment whose deadline passes before its turn is listed as refused, also when its reader dies."""
    now = bank.network.clock.now()
    until = f"{int(now) % 86_400 // 3600:02}:{int(now) % 3600 // 60:02}:{int(now) % 60:02}"
    identifier = send(bank, _with_deadline(file_of(*AMOUNTS, uetrs=False), 4, until))
    read(bank, ticks=4)
    assert ("taking", 3, 7) == _place(bank, identifier)
    bank.network.clock.sleep(CLAIM_SECONDS + 1)
    read(bank, ticks=ticks)
    bank.network.clock.sleep(CLAIM_SECONDS + 1)
    read(bank)
    found = progress(bank, identifier)
    assert ("accepted", 6, 1, 7) == (found.state, found.taken, found.refused, found.transactions)
    assert [(4, "deadline_refused")] == [(fault.transaction, fault.code) for fault in found.faults]
    assert [each for each in WHOLE if each[0] != 4] == taken(bank, identifier)
    assert [("RJCT", "deadline_refused") if place == 4 else ("ACTC", None) for place in range(7)] == [
        (status.findtext("{*}TxSts"), status.findtext("{*}StsRsnInf/{*}Rsn/{*}Prtry"))
        for status in _report(bank, identifier).iterfind(".//{*}TxInfAndSts")
    ]


def _report(bank: Bank, identifier: str) -> etree._Element:
    """Return the pacs.002 of a file."""
    return etree.fromstring(file_status(bank.store, bank.settings, bank.network.clock, identifier))


def test_full_outbox_is_waited_for(sqlite_bank: Bank) -> None:
    """Without room in the outbox the file waits, rests meanwhile, and is taken when there is."""
    sqlite_bank.set(outbox_max=4)
    identifier, reader = send(sqlite_bank, file_of(*AMOUNTS)), reader_of(sqlite_bank)
    read(sqlite_bank, reader)
    assert ("taking", 3, 7) == _place(sqlite_bank, identifier)
    assert not reader.tick()
    sqlite_bank.run()
    read(sqlite_bank, reader)
    sqlite_bank.run()
    read(sqlite_bank, reader)
    assert WHOLE == taken(sqlite_bank, identifier)


def test_waiting_files_have_a_limit(sqlite_bank: Bank) -> None:
    """Beyond so many that wait a file is refused by a typed error, and taken when they are read."""
    for number in range(WAITING_MAX):
        send(sqlite_bank, b"<a/>", key=str(number))
    with pytest.raises(QueueFull):
        send(sqlite_bank, b"<a/>", key="more")
    read(sqlite_bank)
    assert send(sqlite_bank, b"<a/>", key="more")


def test_large_file_is_kept_in_pieces(bank: Bank) -> None:
    """What comes back in pieces is what was sent, however the pieces cut it."""
    filler = "<!-- " + "x" * PIECE_BYTES + " -->"
    text = file_of(*AMOUNTS).replace("<CdtTrfTxInf>", f"{filler}<CdtTrfTxInf>", 3)
    identifier = send(bank, text)
    assert 4 == pieces_left(bank)
    read(bank)
    assert WHOLE == taken(bank, identifier)


def test_files_row_is_one(bank: Bank) -> None:
    """The file stands once among those accepted, with all its transactions counted."""
    identifier = send(bank, file_of(*AMOUNTS))
    read(bank)
    with bank.store.snapshot() as connection:
        rows = [tuple(row) for row in connection.execute(select(files.c.id, files.c.transactions))]
    assert [(identifier, 7)] == rows
    assert {DATE} == {payment.value_date for payment in bank.payments()}
