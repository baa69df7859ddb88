"""What the mirror answers is what the chain said."""

import hashlib
import json
from dataclasses import replace

import pytest
from eth_abi.abi import encode
from sqlalchemy import insert, select

from node.clock import SystemClock
from node.errors import AssetNotFound, MirrorBehind
from node.follower.follower import Follower
from node.mirror.digests import CHAIN_TABLES, table_digests
from node.mirror.head import head, height_before
from node.mirror.instructions import outcomes
from node.mirror.ledger import Place, accounts_of, balance_at, lines
from node.mirror.registry import asset_of_currency, directory, key, keys_of, registered_assets
from node.services.participants import Entry, list_authorised, list_participants
from node.store.session import Store
from node.store.tables import api_tokens, member_ids, receipts
from settlement.asset import AssetKind, DayRule
from settlement.errors import InvalidWord, MirrorGap
from settlement.events import readable
from settlement.identifiers import BankReference, MemberId
from settlement.instruction import Terms
from settlement.money import AMOUNT_MAX, currency
from settlement.participant import KeyRole, Standing
from settlement.posting import Bucket
from tests.node.chain_of_events import (
    CONTRACTS,
    SECONDS_PER_BLOCK,
    START,
    ChainOfEvents,
    commitment,
    log,
    register,
    said,
    settle,
    terms_log,
    transaction,
)


@pytest.fixture
def chain() -> ChainOfEvents:
    """A chain with participants 1 to 3 and the money 840 of issuer 1."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    return chain


def _mirror(store: Store, chain: ChainOfEvents) -> None:
    follower = Follower(store, chain, CONTRACTS, SystemClock())
    while follower.tick():
        pass


def _terms(sequence: int, amount: int = 100, payer: int = 2, payee: int = 3) -> Terms:
    return Terms(sequence=sequence, asset=840, payer=payer, payee=payee, amount=amount)


@pytest.mark.parametrize("sequence", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_outcome_is_the_event(store: Store, chain: ChainOfEvents, sequence: int) -> None:
    """An instruction is found under any sequence of 64 bits, with what the event carries (R3)."""
    terms = _terms(sequence)
    block = chain.mine(settle(_terms(5), terms))
    _mirror(store, chain)

    with store.snapshot() as connection:
        found = outcomes(connection, [(2, sequence), (2, 77), (3, sequence)])

    assert [] == found[2, 77] == found[3, sequence]
    (outcome,) = found[2, sequence]
    assert ("Paid", block.height, 1) == (outcome.name, outcome.height, outcome.log_index)
    assert (terms, commitment(terms)) == (outcome.terms, outcome.commitment)
    assert terms.encoded() + commitment(terms) == outcome.data
    assert (block.timestamp, block.receipts[0].hash) == (outcome.timestamp, outcome.transaction_hash)
    assert outcome.refusal is None


def test_outcomes_come_in_the_order_of_the_chain(store: Store, chain: ChainOfEvents) -> None:
    """A refusal, a second one and the void that ended it are told one after the other."""
    terms = _terms(9)
    refused = [log("Payments", "Refused", terms.word(), reason) for reason in (13, 5)]
    chain.mine(transaction(refused[0]))
    chain.mine(transaction(refused[1], log("Ledger", "Voided", 2, 9)))
    _mirror(store, chain)

    with store.snapshot() as connection:
        (found,) = outcomes(connection, [(2, 9)]).values()

    assert ["Refused", "Refused", "Voided"] == [outcome.name for outcome in found]
    assert [13, 5, None] == [outcome.refusal for outcome in found]
    assert [terms, terms] == [outcome.terms for outcome in found[:2]]


def test_refusal_of_malformed_terms_is_mirrored(store: Store, chain: ChainOfEvents) -> None:
    """Anybody's nonsense that the chain refused is mirrored as it is and stops nobody."""
    word = 2**256 - 1
    chain.mine(transaction(terms_log("Refused", word, 1)))
    _mirror(store, chain)

    with store.snapshot() as connection:
        (found,) = outcomes(connection, [(2**32 - 1, 2**64 - 1)]).values()

    assert [(word.to_bytes(32, "big") + (1).to_bytes(32, "big"), 1)] == [
        (outcome.data, outcome.refusal) for outcome in found
    ]
    with pytest.raises(InvalidWord):
        _ = found[0].terms


def test_many_instructions_at_once(store: Store, chain: ChainOfEvents) -> None:
    """More instructions than fit one query are all answered."""
    chain.mine(settle(*(_terms(sequence) for sequence in range(1, 2_500))))
    _mirror(store, chain)

    with store.snapshot() as connection:
        found = outcomes(connection, [(2, sequence) for sequence in range(1, 2_600)])

    assert 2_499 == sum(len(each) for each in found.values())
    assert [] == found[2, 2_500]


def test_revert_of_a_registered_key_is_kept(store: Store, chain: ChainOfEvents) -> None:
    """A transaction that did nothing is mirrored when its sender is a key registered by then, else not."""
    address, stranger = b"\x0a" * 20, b"\x0b" * 20
    early = chain.mine(transaction(sender=address, succeeded=False))
    added = log("Participants", "KeyAdded", 2, 1, address, 1, 0, 2**40 - 1)
    block = chain.mine(
        transaction(added),
        transaction(sender=address, succeeded=False),
        transaction(sender=stranger, succeeded=False),
    )
    later = chain.mine(transaction(sender=address, succeeded=False))
    _mirror(store, chain)

    with store.snapshot() as connection:
        kept = connection.execute(
            select(receipts.c.height, receipts.c.transaction_index, receipts.c.succeeded)
            .where(receipts.c.height >= early.height)
            .order_by(receipts.c.height, receipts.c.transaction_index)
        ).all()

    assert [
        (block.height, 0, True),
        (block.height, 1, False),
        (later.height, 0, False),
    ] == [tuple(row) for row in kept]


def test_participants_are_found_by_each_name(store: Store, chain: ChainOfEvents) -> None:
    """The directory knows BIC, LEI and member ids, and who is suspended."""
    lei = b"5493001KJTIIGC8Y1R12".ljust(32, b"\0")
    chain.mine(
        transaction(
            log("Participants", "ParticipantAdmitted", 4, 2, b"VODDGB2LXXX", lei, 0),
            log("Participants", "MemberIdAdded", 4, "USABA", "011104238"),
            log("Participants", "ParticipantSuspended", 4),
            log("Participants", "ParticipantAdmitted", 5, 3, bytes(11), b"\x80" * 32, 4),
        )
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        found = directory(connection)
    references = (
        BankReference(bic="VODDGB2L"),
        BankReference(lei="5493001KJTIIGC8Y1R12"),
        BankReference(member=MemberId(system="USABA", member="011104238")),
    )
    assert {4} == {found.resolve(reference).id for reference in references}
    assert found.get(4).suspended
    assert not found.get(2).suspended
    assert found.get(5).lei is None


def test_names_on_chain_need_not_be_text(store: Store, chain: ChainOfEvents) -> None:
    """Whatever bytes an operator registers as a name are kept readably and stop nobody."""
    chain.mine(
        transaction(
            log(
                "Participants", "ParticipantAdmitted", 4, 2, b"VO\xff\x00B2LXXX", b"\x81".ljust(32, b"\0"), 0
            ),
            log("Participants", "MemberIdAdded", 4, "USABA", "01\x0002"),
        )
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        assert "VO\\xff\\x00B2LXXX" == directory(connection).get(4).bic
        assert ["01\\x0002"] == list(connection.scalars(select(member_ids.c.member)))


def test_names_on_chain_are_never_mistaken_for_each_other(store: Store, chain: ChainOfEvents) -> None:
    """Members of different bytes are different rows, whatever they are: NUL, no text, huge, or an escape."""
    octets = [b"a\0", rb"a\x00", rb"a\\x00", b"\xff\xfe", rb"\xff\xfe", b"", b"a" * 40_000, b"b" * 40_000]
    added = log("Participants", "MemberIdAdded", 2, "USABA", "")
    chain.mine(
        transaction(*(replace(added, data=encode(["bytes", "bytes"], [b"USABA", each])) for each in octets))
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        rows = list(connection.scalars(select(member_ids.c.member)))
        assert {readable(each) for each in octets} == set(rows)
        assert len(octets) == len(rows)
        assert len(octets) == len(directory(connection).get(2).members)


def _entry(store: Store, participant: int) -> Entry:
    return next(entry for entry in list_participants(store) if entry.id == participant)


def test_contacts_and_sponsor_are_the_newest(store: Store, chain: ChainOfEvents) -> None:
    """A participant has the sponsor, the endpoint and the encryption key of the last event; empty is none."""
    chain.mine(
        transaction(
            log("Participants", "ParticipantAdmitted", 4, 3, bytes(11), b"\x80" * 32, 2),
            log("Participants", "SponsorSet", 4, 3),
            log("Participants", "EndpointSet", 4, "https://first.example"),
            log("Participants", "EndpointSet", 4, "https://corporate.example/documents"),
            log("Participants", "EncryptionKeySet", 4, b"\x00\xff" * 512),
            log("Participants", "EndpointSet", 2, "https://a.example"),
            log("Participants", "EncryptionKeySet", 2, b"key"),
        )
    )
    _mirror(store, chain)
    found = _entry(store, 4)
    assert (3, "https://corporate.example/documents", b"\x00\xff" * 512) == (
        found.sponsor,
        found.endpoint,
        found.encryption_key,
    )

    removed = (
        log("Participants", "EndpointSet", 2, ""),
        log("Participants", "EncryptionKeySet", 2, b""),
    )
    chain.mine(transaction(*removed))
    _mirror(store, chain)

    assert (None, None) == (_entry(store, 2).endpoint, _entry(store, 2).encryption_key)
    assert found == _entry(store, 4)


@pytest.mark.parametrize("end", ["RecoveryVetoed", "RecoveryCompleted", "RecoveryCancelled"])
def test_recovery_is_pending_until_it_ends(store: Store, chain: ChainOfEvents, end: str) -> None:
    """A proposed recovery is known with its times until it is vetoed, completed or cancelled, whichever."""
    keys = [b"\x0a" * 20, b"\x0b" * 20]
    chain.mine(
        transaction(
            log("Participants", "RecoveryProposed", 2, keys, START + 60, START + 90),
            log("Participants", "OutgoingStopped", 2),
        )
    )
    _mirror(store, chain)
    pending = _entry(store, 2)
    assert (START + 60, START + 90, True) == (
        pending.recovery_ready_at,
        pending.recovery_lapses_at,
        pending.outgoing_stopped,
    )
    assert _entry(store, 3).recovery_ready_at is None

    chain.mine(transaction(log("Participants", end, 2, *([keys[0]] if end == "RecoveryVetoed" else []))))
    _mirror(store, chain)

    ended = _entry(store, 2)
    assert (None, None, True) == (ended.recovery_ready_at, ended.recovery_lapses_at, ended.outgoing_stopped)


def test_who_was_authorised_at_a_block(store: Store, chain: ChainOfEvents) -> None:
    """Of each mirrored block it is told which keys might act after it, at its own time, and no later news."""
    address = b"\x0a" * 20
    added = chain.mine(
        transaction(
            log("Participants", "KeyAdded", 2, 1, address, 1, START + 2 * SECONDS_PER_BLOCK, START + 1_000),
            log("Participants", "OutgoingStopped", 2),
        )
    )
    chain.mine(transaction(log("Participants", "KeyRevoked", 2, 1)))
    _mirror(store, chain)

    assert START + 2 * SECONDS_PER_BLOCK == added.timestamp
    (found,) = list_authorised(store, added.height)
    assert (2, 1, address, KeyRole.PAY, Standing.OUTGOING_STOPPED) == (
        found.key.participant,
        found.key.number,
        found.key.address,
        found.key.role,
        found.standing,
    )
    assert [] == list_authorised(store, added.height - 1) == list_authorised(store, added.height + 1)
    with pytest.raises(MirrorBehind, match=f"block {added.height + 2} is not mirrored"):
        list_authorised(store, added.height + 2)


def test_keys_are_as_registered(store: Store, chain: ChainOfEvents) -> None:
    """A key is found by its address, with its role, its validity and its end."""
    first, second = b"\x0a" * 20, b"\x0b" * 20
    chain.mine(
        transaction(
            log("Participants", "KeyAdded", 2, 1, first, 1, 100, 200),
            log("Participants", "KeyAdded", 2, 2, second, 2, 100, 200),
            log("Participants", "KeyExpirySet", 2, 1, 150),
            log("Participants", "KeyRevoked", 2, 2),
        )
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        found = key(connection, first)
        assert found is not None
        assert (2, 1, KeyRole.PAY, 150) == (found.participant, found.number, found.role, found.valid_until)
        assert [False, True, True, False] == [found.valid_at(at) for at in (99, 100, 150, 151)]
        assert [False, True] == [each.revoked for each in keys_of(connection, 2)]
        assert not keys_of(connection, 2)[1].valid_at(120)
        assert key(connection, b"\x0c" * 20) is None


def test_assets_are_found_by_currency(store: Store, chain: ChainOfEvents) -> None:
    """A currency leads to its central-bank money, never to another money in it."""
    chain.mine(
        transaction(
            log("Ledger", "AssetRegistered", 1000, 978, 2, 2, 2),
            log("Ledger", "AssetRegistered", 1001, 840, 2, 2, 2),
            log("Ledger", "DayClosed", 840, 6),
        )
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        dollar = asset_of_currency(connection, currency("USD"))
        assert (840, 1, AssetKind.CENTRAL_BANK_MONEY, DayRule.BUSINESS_DAY, 7) == (
            dollar.id,
            dollar.issuer,
            dollar.kind,
            dollar.day_rule,
            dollar.business_day,
        )
        with pytest.raises(AssetNotFound, match="EUR"):
            asset_of_currency(connection, currency("EUR"))
        assert [840, 1000, 1001] == [asset.id for asset in registered_assets(connection)]


def test_accounts_have_what_was_set(store: Store, chain: ChainOfEvents) -> None:
    """An account shows its balances by bucket and what issuer and holder have set."""
    chain.mine(
        transaction(
            said("Ledger", "Issued", _terms(1, 500, payer=1, payee=2)),
            said("Ledger", "RedemptionRequested", _terms(1, 200, payer=2, payee=1)),
            log("Ledger", "ReserveSet", 840, 2, 50),
            log("Ledger", "CreditSet", 840, 2, 60),
            log("Ledger", "LimitsSet", 840, 2, 70, 80),
            log("Ledger", "AccountFrozen", 840, 2),
        )
    )
    _mirror(store, chain)

    with store.snapshot() as connection:
        (account,) = accounts_of(connection, 2)
        (fresh,) = accounts_of(connection, 3)
        assert 3 == len(accounts_of(connection))
    assert (50, 60, 70, 80) == (account.reserve, account.credit, account.limit_instruction, account.limit_day)
    assert account.frozen
    assert {Bucket.AVAILABLE: 300, Bucket.LOCKED: 200, Bucket.ISSUED: 0} == account.balances
    assert (0, 0, AMOUNT_MAX, AMOUNT_MAX) == (
        fresh.reserve,
        fresh.credit,
        fresh.limit_instruction,
        fresh.limit_day,
    )
    assert set(fresh.balances.values()) == {0}


def test_change_of_what_is_not_there_is_a_gap(store: Store, chain: ChainOfEvents) -> None:
    """An event about something that was never registered means that the mirror missed something."""
    chain.mine(transaction(log("Ledger", "AccountFrozen", 978, 2)))

    with pytest.raises(MirrorGap, match="AccountFrozen"):
        _mirror(store, chain)


def test_balances_and_lines_by_height(store: Store, chain: ChainOfEvents) -> None:
    """The balance after any block, and the lines between two blocks, fit together."""
    for sequence in range(1, 5):
        chain.mine(settle(_terms(2 * sequence, 10), _terms(2 * sequence + 1, 1, payer=3, payee=2)))
    _mirror(store, chain)
    place = Place(asset=840, participant=2)

    with store.snapshot() as connection:
        assert [0, 0, -9, -18, -27, -36, -36] == [
            balance_at(connection, place, height=height) for height in range(7)
        ]
        found = lines(connection, place, above=2, until=4, limit=100)
        assert found[:3] == lines(connection, place, above=2, until=4, limit=3)
    assert [(3, 0, -10, -19), (3, 1, 1, -18), (4, 0, -10, -28), (4, 1, 1, -27)] == [
        (line.height, line.log_index, line.amount, line.balance) for line in found
    ]
    assert [(2, 4), (3, 5), (2, 6), (3, 7)] == [(line.initiator, line.sequence) for line in found]
    assert {3} == {line.counterparty for line in found}
    assert START + 3 * SECONDS_PER_BLOCK == found[0].timestamp


def test_height_before_a_time(store: Store, chain: ChainOfEvents) -> None:
    """The newest block before a time: the block of that very second is not before it."""
    _mirror(store, chain)

    with store.snapshot() as connection:
        times = (START, START + 1, START + SECONDS_PER_BLOCK, START + SECONDS_PER_BLOCK + 1)
        assert [None, 0, 0, 1] == [height_before(connection, at) for at in times]


def test_nothing_is_mirrored_at_first(store: Store) -> None:
    """A store before its first tick has no head."""
    with store.snapshot() as connection:
        assert head(connection) is None


def test_digest_is_over_lines_of_json(store: Store, chain: ChainOfEvents) -> None:
    """Anybody can make a table's digest again: a JSON array a row, in the order of the key."""
    _mirror(store, chain)
    rows = [[840, participant, False, 0, 0, AMOUNT_MAX, AMOUNT_MAX] for participant in (1, 2, 3)]
    lines_of_json = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)

    with store.snapshot() as connection:
        assert hashlib.sha256(lines_of_json.encode()).hexdigest() == table_digests(connection)["accounts"]


def test_digests_are_of_what_the_chain_says(store: Store, chain: ChainOfEvents) -> None:
    """Every table made from the chain has a digest; what is this node's own changes none."""
    _mirror(store, chain)
    with store.snapshot() as connection:
        before = table_digests(connection)
    with store.transaction() as connection:
        connection.execute(
            insert(api_tokens).values(
                id="tok_1", name="n", role="officer", digest=b"d", created_at=1, expires_at=2
            )
        )

    with store.snapshot() as connection:
        assert before == table_digests(connection)
    assert {table.name for table in CHAIN_TABLES} == set(before)
