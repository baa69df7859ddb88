"""What is accepted as the whole history of an account, and the list of what is not."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from settlement.errors import InvalidEvidence
from settlement.evidence import seals, trie
from settlement.evidence.checkpoint import Deployed
from settlement.evidence.completeness import verify_history
from settlement.evidence.header import Header
from settlement.evidence.history import BLOCKS_MAX, AccountSubject, is_history, read_head, write_head
from settlement.evidence.receipts import ReceiptLog
from settlement.instruction import Leg, Terms
from settlement.netting import Cycle
from tests.settlement.evidence.chains import FOREIGN, Story, balances, checked, log, resealed, story
from tests.settlement.evidence.material import CHAIN_ID, FOUR, LEDGER, NETTING, receipt, seal
from tests.words import head_word, leg_word, position_word

NAMES = ["file", "chain", "headers", "finality", "receipts", "account"]
ISSUER, OURS, THEIRS = 1, 2, 3
USD = 840


def _cycle(net: int, asset: int = USD) -> Cycle:
    fields = (asset, THEIRS, 1, 2_000_000_000, 0xB00, position_word(OURS, net, 1, 1))
    words = [*fields, position_word(THEIRS, -net, 1, 1)]
    return Cycle(words=b"".join(word.to_bytes(32, "big") for word in words))


def _digest(cycle: Cycle) -> bytes:
    return cycle.digest(chain_id=CHAIN_ID, ledger=LEDGER, netting=NETTING)


def _terms(contract: str, name: str, payer: int, payee: int, amount: int) -> ReceiptLog:
    terms = Terms(sequence=amount, asset=USD, payer=payer, payee=payee, amount=amount)
    return log(contract, name, terms.word(), bytes(32))


_CYCLE = _cycle(-30)
_LEGS = [
    leg_word(Leg(asset=USD, payer=OURS, payee=THEIRS, amount=7)),
    leg_word(Leg(asset=978, payer=THEIRS, payee=OURS, amount=6)),
    leg_word(Leg(asset=USD, payer=THEIRS, payee=OURS, amount=2)),
]
# Everything that moves value, and much that does not.
_BLOCKS = [
    [[FOREIGN, _terms("Ledger", "Issued", ISSUER, OURS, 1000)]],
    [[FOREIGN], [FOREIGN, FOREIGN]],
    [],
    [[_terms("Payments", "Paid", OURS, THEIRS, 100), _terms("Payments", "Paid", THEIRS, OURS, 10)]],
    [[log("Settlement", "Settled", head_word(9, THEIRS), bytes(32), _LEGS)], [FOREIGN]],
    [
        [log("Netting", "CycleAffirmed", _digest(_CYCLE), USD, OURS, 30)],
        [log("Netting", "CycleSettled", _digest(_CYCLE)), _terms("Payments", "Paid", 4, 5, 9)],
    ],
    [[log("Ledger", "MovedByCourtOrder", USD, OURS, THEIRS, 5, bytes(32))]],
    [[_terms("Ledger", "RedemptionRequested", OURS, ISSUER, 50)]],
    [[_terms("Ledger", "Redeemed", OURS, ISSUER, 50), log("Ledger", "ModuleAccepted", NETTING)]],
]
_SUBJECT = AccountSubject(
    asset=USD, participant=OURS, opening=balances(), closing=balances(820), cycles=(_CYCLE,)
)


def _given() -> Story:
    return story(_BLOCKS, _SUBJECT)


def refused(given: Story, change: Callable[[list[bytes]], list[bytes]] = list) -> str:
    """The name of the check that refused it."""
    with pytest.raises(InvalidEvidence) as error:
        checked(given, change)
    return error.value.param or ""


def test_every_entry_is_derived() -> None:
    """From the receipts alone: each movement of each kind, with its running balance, to the closing one."""
    told = checked(_given())

    assert NAMES == [each.name for each in told.checks]
    assert [
        ("Issued", 1, 0, 1, "available", 1000, 1000),
        ("Paid", 4, 0, 0, "available", -100, 900),
        ("Paid", 4, 1, 1, "available", 10, 910),
        ("Settled", 5, 0, 0, "available", -7, 903),
        ("Settled", 5, 0, 5, "available", 2, 905),
        ("CycleAffirmed", 6, 0, 0, "available", -30, 875),
        ("CycleAffirmed", 6, 0, 1, "locked", 30, 30),
        ("CycleSettled", 6, 1, 0, "locked", -30, 0),
        ("MovedByCourtOrder", 7, 0, 0, "available", -5, 870),
        ("RedemptionRequested", 8, 0, 0, "available", -50, 820),
        ("RedemptionRequested", 8, 0, 1, "locked", 50, 50),
        ("Redeemed", 9, 0, 0, "locked", -50, 0),
    ] == [
        (each.event, each.height, each.log_index - (each.event == "Issued"), each.line, each.bucket,
         each.amount, each.balance)
        for each in told.entries
    ]  # fmt: skip
    assert {(OURS, 100), (THEIRS, 10), (THEIRS, 9), (None, None)} < {
        (each.initiator, each.sequence) for each in told.entries
    }
    assert "12 entries; minor units available from 0 to 820" in told.checks[-1].found
    assert "all 11 receipts of 10 blocks" in told.checks[-2].found


@pytest.mark.parametrize("checkpoint", [0, 1, 3, 5, 9])
@pytest.mark.parametrize(("first", "last"), [(0, 9), (4, 9), (4, 5), (2, 2), (3, 3), (0, 0)])
def test_any_range_and_any_checkpoint(first: int, last: int, checkpoint: int) -> None:
    """The checkpoint lies before, in or after the range; entries go from one balance to the other."""
    balance = {0: 0, 1: 1000, 2: 1000, 3: 1000, 5: 905, 9: 820}
    opening, closing = balance[max(first - 1, 0)], balance[last]
    cycles = (_CYCLE,) if first <= 6 <= last else ()
    given = story(_BLOCKS, _SUBJECT, checkpoint=checkpoint).over(first, last)
    told = checked(given.claiming(opening=balances(opening), closing=balances(closing), cycles=cycles))

    assert NAMES == [each.name for each in told.checks]
    assert closing - opening == sum(each.amount for each in told.entries if each.bucket == "available")


@pytest.mark.parametrize("last", [2, 9])
def test_without_seals_the_checkpoint_is_what_says_final(last: int) -> None:
    """And one before the last block of the range proves nothing."""
    given = story(_BLOCKS, _SUBJECT, sealed=False, checkpoint=last)
    if last == 9:
        assert checked(given).checks[3].found.startswith("finality not proven by seals")
    else:
        assert "finality" == refused(given)


def test_another_sufficient_set_of_seals_is_accepted() -> None:
    """Two honest nodes hold other seals of one block."""
    assert NAMES == [each.name for each in checked(resealed(_given(), 9, (3, 1, 2))).checks]


def test_the_issuers_side_is_an_account_too() -> None:
    """What it owes is what it has issued, less what came back."""
    issuer = replace(_SUBJECT, participant=ISSUER, closing=balances(issued=-950))

    assert "issued from 0 to -950" in checked(story(_BLOCKS, issuer)).checks[-1].found


def _edit(place: int, change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:place], change(lines[place]), *lines[place + 1 :]]


def _without(height: int, *places: int) -> Callable[[Story], Story]:
    """A block's receipts without some of them."""
    return lambda given: given.with_receipts(
        height, *(each for place, each in enumerate(given.receipts[height]) if place not in places)
    )


def _reordered(given: Story) -> Story:
    return given.with_receipts(6, *given.receipts[6][::-1])


def _with_a_log_less(given: Story) -> Story:
    """The payment that we made is not told, everything else is."""
    return given.with_receipts(4, receipt(_terms("Payments", "Paid", THEIRS, OURS, 10)))


def _made_up(given: Story) -> Story:
    return given.with_receipts(3, receipt(_terms("Payments", "Paid", THEIRS, OURS, 1)))


def _also(*logs: ReceiptLog, cycles: tuple[Cycle, ...] = (_CYCLE,)) -> Callable[[Story], Story]:
    """A chain that has one more block of these."""
    return lambda _: story([*_BLOCKS, [logs]], replace(_SUBJECT, cycles=cycles))


def _reverted(_given: Story) -> Story:
    """A receipt of a transaction that failed and yet says something."""
    made = story([*_BLOCKS[:1]], _SUBJECT)
    body = receipt(*_BLOCKS[0][0], succeeded=False)
    block = seal(replace(made.headers[1], receipts_root=trie.root([body])), FOUR[:3])
    checkpoint = replace(made.checkpoint, block_hash=seals.block_hash(block))
    return replace(made, headers=(made.headers[0], block), checkpoint=checkpoint).with_receipts(1, body)


def _checkpoint(**changes: object) -> Callable[[Story], Story]:
    return lambda given: replace(given, checkpoint=replace(given.checkpoint, **changes))  # type: ignore[arg-type]


def _not_knowing(contract: str) -> Callable[[Story], Story]:
    def change(given: Story) -> Story:
        known = {name: each for name, each in given.checkpoint.contracts.items() if name != contract}
        return replace(given, checkpoint=replace(given.checkpoint, contracts=known))

    return change


def _misplacing(contract: str) -> Callable[[Story], Story]:
    """The maker's own checkpoint, which has a contract elsewhere, is not the auditor's."""

    def change(given: Story) -> Story:
        moved = Deployed(address=b"\x99" * 20, code_hash=bytes(32))
        known = {**given.checkpoint.contracts, contract: moved}
        return replace(given, checkpoint=replace(given.checkpoint, contracts=known))

    return change


def _claiming(**changes: object) -> Callable[[Story], Story]:
    return lambda given: given.claiming(**changes)


_UNKNOWN = replace(FOREIGN, address=LEDGER, topics=(bytes(32),))
_LIES: dict[str, tuple[str, Callable[[Story], Story]]] = {
    "a receipt left out": ("receipts", _without(5, 0)),
    "a foreign receipt left out": ("receipts", _without(2, 1)),
    "all receipts of a block of others left out": ("receipts", _without(2, 0, 1)),
    "all receipts of a block of ours left out": ("receipts", _without(1, 0)),
    "a log left out of its receipt": ("receipts", _with_a_log_less),
    "receipts in another order": ("receipts", _reordered),
    "a receipt made up in an empty block": ("receipts", _made_up),
    "a receipt twice": ("receipts", lambda given: given.with_receipts(1, *given.receipts[1] * 2)),
    "a reverted transaction with logs": ("receipts", _reverted),
    "no receipt but a byte": ("receipts", lambda given: given.with_receipts(1, b"\1")),
    "another opening balance": ("account", _claiming(opening=balances(1), closing=balances(821))),
    "another closing balance": ("account", _claiming(closing=balances(821))),
    "another lock at the end": ("account", _claiming(closing=balances(820, 1))),
    "an account that owes more": ("account", _claiming(closing=balances(820, 0, -1))),
    "another participant's account": ("account", _claiming(participant=THEIRS)),
    "another asset's account": ("account", _claiming(asset=978)),
    "an opening that can't be": (
        "account",
        lambda given: given.over(8, 9).claiming(opening=balances(870, -1), cycles=()),
    ),
    "an opening that leads below nothing": (
        "account",
        lambda given: given.over(9, 9).claiming(opening=balances(820, 49), cycles=()),
    ),
    "a cycle left out": ("account", _claiming(cycles=())),
    "a cycle too many": ("account", _claiming(cycles=(_CYCLE, _cycle(-31)))),
    "a cycle with other positions": ("account", _claiming(cycles=(_cycle(-31),))),
    "a cycle of another asset": ("account", _claiming(cycles=(_cycle(-30, 978),))),
    "a cycle whose positions do not sum to zero": (
        "account",
        lambda _: _unbalanced_cycle(),
    ),
    "an event that nobody knows": ("account", _also(_UNKNOWN)),
    "an event without a name": ("account", _also(replace(_UNKNOWN, topics=()))),
    "terms that mean nothing": ("account", _also(log("Payments", "Paid", 2**256 - 1, bytes(32)))),
    "an event that is cut": (
        "account",
        _also(replace(_terms("Payments", "Paid", OURS, THEIRS, 1), data=bytes(40))),
    ),
    "a topic more": (
        "account",
        _also(replace(_BLOCKS[3][0][0], topics=(*_BLOCKS[3][0][0].topics, bytes(32)))),
    ),
    "a module that the checkpoint does not name": (
        "account",
        _also(log("Ledger", "ModuleAccepted", "0x" + "99" * 20)),
    ),
    "a contract that the checkpoint does not name": ("account", _not_knowing("Netting")),
    "the ledger not named": ("account", _not_knowing("Ledger")),
    "a contract that is elsewhere": ("account", _misplacing("Payments")),
    "another chain's number": ("chain", lambda given: replace(given, head=replace(given.head, chain_id=1))),
    "another chain's checkpoint": ("headers", _checkpoint(block_hash=bytes(32))),
    "another genesis": ("headers", _checkpoint(genesis_hash=bytes(32))),
    "another validator set": ("finality", _checkpoint(validators=(b"\1" * 20,))),
    "2 of 4 seals": ("finality", lambda given: resealed(given, 9, (0, 1))),
    "a doubled seal": ("finality", lambda given: resealed(given, 9, (0, 1, 1))),
    "no seals": ("finality", lambda given: resealed(given, 9, ())),
    "a block of another chain": (
        "headers",
        lambda given: replace(given, headers=(*given.headers[:4], _other(given), *given.headers[5:])),
    ),
    "blocks in another order": (
        "headers",
        lambda given: replace(given, headers=(*given.headers[:3], given.headers[4], given.headers[3])),
    ),
    "a longer range than the file has blocks": ("file", lambda given: given.over(0, 10)),
    "a checkpoint too far away": ("headers", _checkpoint(height=BLOCKS_MAX + 9)),
}  # fmt: skip


def _other(given: Story) -> Header:
    return replace(given.headers[4], gas_used=1)


def _unbalanced_cycle() -> Story:
    words = _CYCLE.words[:-32] + position_word(THEIRS, 31, 1, 1).to_bytes(32, "big")
    cycle = Cycle(words=words)
    blocks = [[[log("Netting", "CycleSettled", _digest(cycle))]]]
    return story(blocks, replace(_SUBJECT, cycles=(cycle,)))


@pytest.mark.parametrize("lie", _LIES)
def test_lies_are_refused(lie: str) -> None:
    """Each is refused, by the check that must find it."""
    name, tell = _LIES[lie]

    assert name == refused(tell(_given()))


_FORGERIES: dict[str, tuple[str, Callable[[list[bytes]], list[bytes]]]] = {
    "a block left out": ("headers", lambda lines: [*lines[:5], *lines[6:]]),
    "the last block left out": ("file", lambda lines: lines[:-1]),
    "a block twice": ("headers", lambda lines: [*lines[:5], *lines[4:]]),
    "a block more": ("file", lambda lines: [*lines, lines[-1]]),
    "an empty line more": ("file", lambda lines: [*lines, b"\n"]),
    "nothing": ("file", lambda _: []),
    "the first line alone": ("file", lambda lines: lines[:1]),
    "cut in the last line": ("file", lambda lines: [*lines[:-1], lines[-1][:-1]]),
    "cut in the middle": ("file", lambda lines: [*lines[:-1], lines[-1][:40]]),
    "a header changed by one bit": ("headers", _edit(4, lambda line: line.replace(b"00", b"01", 1))),
    "a key twice": ("file", _edit(4, lambda line: line.replace(b"{", b'{"header": "0x", ', 1))),
    "a key twice in the first line": ("file", _edit(0, lambda line: line.replace(b"{", b'{"last": 9, ', 1))),
    "no receipts": ("file", _edit(4, lambda line: line.replace(b"receipts", b"receipt"))),
    "a field more": ("file", _edit(4, lambda line: line.replace(b"{", b'{"more": 1, ', 1))),
    "receipts that are none": ("file", _edit(4, lambda _: b'{"header": "0x", "receipts": ["00"]}\n')),
    "no object": ("file", _edit(4, lambda _: b"[]\n")),
    "levels without end": ("file", _edit(4, lambda _: b"[" * 100_000 + b"\n")),
}  # fmt: skip


@pytest.mark.parametrize("forgery", _FORGERIES)
def test_forged_lines_are_refused(forgery: str) -> None:
    """Whatever is done to the file itself is found."""
    name, change = _FORGERIES[forgery]

    assert name == refused(_given(), change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "vostro.evidence"),
        ("version", 2),
        ("version", True),
        ("chain_id", "1"),
        ("first", -1),
        ("first", 10),
        ("last", BLOCKS_MAX),
        ("of", None),
        ("of", {}),
        ("more", 1),
        ("of.account", "840"),
        ("of.participant", -1),
        ("of.opening", {"available": "0", "locked": "0"}),
        ("of.opening", None),
        ("of.closing", {"available": 820, "locked": "0", "issued": "0"}),
        ("of.closing", {"available": "0820", "locked": "0", "issued": "0"}),
        ("of.closing", {"available": "820", "locked": "-0", "issued": "0"}),
        ("of.closing", {"available": "820", "locked": "0", "issued": "0", "more": "0"}),
        ("of.cycles", None),
        ("of.cycles", ["0x00"]),
        ("of.cycles", ["0x" + "ff" * 7 * 32]),
        ("of.more", 1),
    ],
)
def test_a_first_line_of_another_form_is_refused(name: str, value: object) -> None:
    """Each field has its type and limit, and none is there that is not known."""

    def change(line: bytes) -> bytes:
        found = json.loads(line)
        within, _, inner = name.partition(".")
        found[within] = {**found[within], inner: value} if inner else value
        return json.dumps(found).encode() + b"\n"

    assert "file" == refused(_given(), _edit(0, change))


def test_a_first_line_reads_back() -> None:
    """What is written is what is read, and begins as a history does."""
    head = _given().head

    assert head == read_head(write_head(head))
    assert is_history(write_head(head))
    assert not is_history(b'{\n "format": "vostro.evidence"')


def test_nothing_is_yielded_after_a_check_that_failed() -> None:
    """What was held before stands, and no claim is told that was not proven."""
    given, found = _without(5, 0)(_given()), list[str]()
    with pytest.raises(InvalidEvidence):
        found.extend(each.name for each in verify_history(iter(given.lines()), given.checkpoint))

    assert set(found) <= {"file", "chain"}
