"""A trade goes from its first proposal to final in every ledger, whole, once."""

import orjson
import pytest
from sqlalchemy import select

from node.errors import DuplicateUetr, IdempotencyConflict, NotFound, PreconditionFailed, TradeRefused
from node.mirror.digests import table_digests
from node.mirror.head import pinned
from node.mirror.ledger import accounts_of
from node.services.answers import request_of
from node.services.trades.reading import list_trades, trade_digest
from node.services.trades.requests import LegRequest
from node.services.trades.view import trade_from_row
from node.store.tables import outbox, trades
from settlement.errors import BrokenRule, InvalidTrade
from settlement.posting import Bucket
from tests.embedded import FUNDS
from tests.node.services.trades.market import OFFICER, Market, digest_in, leg
from tests.scenario import BANKS, EUR, USD


def _balances(market: Market, at: int) -> dict[tuple[int, int], int]:
    with market.banks[at].store.snapshot() as connection:
        return {
            (account.participant - 2, account.asset): account.balances[Bucket.AVAILABLE]
            for account in accounts_of(connection)
        }


def test_from_proposal_to_final(market: Market) -> None:
    """Two currencies change hands together; every bank's ledger says so, equal in each chain table."""
    digest = market.proposed()

    ours, theirs = market.seen(digest)
    assert ("awaiting_approval", (BANKS[0].bic,), (BANKS[1].bic,)) == (ours.state, ours.consents, ours.awaits)
    assert ("settled", "awaiting_approval") == (theirs.foreseen, theirs.state)
    assert ours.legs == theirs.legs

    market.affirm(digest)

    assert ["settled", "settled"] == market.states(digest)
    assert [()] * 2 == [trade.awaits for trade in market.seen(digest)]
    for at in range(3):
        balances = _balances(market, at)
        assert (FUNDS - 1_000, FUNDS + 1_000) == (balances[0, USD], balances[1, USD])
        assert (FUNDS + 900, FUNDS - 900) == (balances[0, EUR], balances[1, EUR])
    digests = []
    for bank in market.banks:
        with bank.store.snapshot() as connection:
            digests.append(table_digests(connection))
    assert digests[0] == digests[1] == digests[2]


def test_many_assets_and_parties(market: Market) -> None:
    """Three banks, two currencies: nothing moves before the last of them has consented."""
    digest = market.proposed(
        leg(0, 1, "USD", 10), leg(1, 2, "EUR", 20), leg(2, 0, "USD", 30), leg(2, 1, "978", 40)
    )
    market.affirm(digest, at=1)
    assert (BANKS[2].bic,) == market.history(digest, 0).trade.awaits
    assert _balances(market, 0)[0, USD] == FUNDS
    market.affirm(digest, at=2)
    assert "settled" == market.history(digest, 2).trade.state
    assert FUNDS + 20 == _balances(market, 1)[0, USD]


def test_without_money_it_queues(market: Market) -> None:
    """Complete and not liquid it queues; once the money is there its initiator's keeper has it settle."""
    digest = market.proposed(leg(0, 1, "USD", FUNDS + 1), leg(1, 0, "EUR", 5))
    assert "queued" == market.history(digest, 1).trade.foreseen
    market.affirm(digest)
    assert ["queued", "queued"] == market.states(digest)
    assert FUNDS == _balances(market, 1)[0, USD]
    assert 0 == market.keep()
    market.banks[0].network.issue(BANKS[0], USD, 1)
    market.settle_down()
    assert 1 == market.keep()
    assert ["settled", "settled"] == market.states(digest)
    assert 0 == _balances(market, 1)[0, USD]


def test_request_to_be_paid(market: Market) -> None:
    """One leg that another pays is a trade: it settles with the payer's affirmation."""
    digest = market.proposed(leg(1, 0, "EUR", 7))
    market.affirm(digest)
    assert ["settled", "settled"] == market.states(digest)


def test_counterparty_restarted(market: Market) -> None:
    """A node that starts again between proposal and affirmation, and after it was signed, settles it once."""
    digest = market.proposed()
    market.banks[1].restart()
    market.desk(1).affirm(market.request(), digest)
    market.banks[1].submitter.tick()
    market.banks[1].restart()
    # Until then the lease is the one's that was ended.
    market.pass_time(60)
    market.settle_down()
    assert ["settled", "settled"] == market.states(digest)
    assert FUNDS - 1_000 == _balances(market, 1)[0, USD]


def test_proposed_twice_is_one(market: Market) -> None:
    """The same key with the same body has the first answer; with another body it is refused."""
    first = market.propose(key="a", uetr="8a562c67-ca16-48ba-b074-65581be6f011")
    again = market.propose(key="a", uetr="8a562c67-ca16-48ba-b074-65581be6f011")
    assert (first.body, True) == (again.body, again.replayed)
    with pytest.raises(DuplicateUetr):
        market.propose(key="b", uetr="8a562c67-ca16-48ba-b074-65581be6f011")
    market.settle_down()
    assert "awaiting_approval" == market.states(digest_in(first))[0]


def test_affirmed_twice_is_one(market: Market) -> None:
    """A second affirmation is refused while the first is on its way and after it; its key has its answer."""
    digest = market.proposed()
    request = market.request()
    first = market.desk(1).affirm(request, digest)
    assert market.desk(1).affirm(request, digest).body == first.body
    with pytest.raises(TradeRefused, match="on its way"):
        market.desk(1).affirm(market.request(), digest)
    market.settle_down()
    with pytest.raises(TradeRefused, match="settled"):
        market.affirm(digest)
    assert FUNDS - 1_000 == _balances(market, 1)[0, USD]


def test_who_may_affirm(market: Market) -> None:
    """Its initiator has consented by proposing, and to who is no party there is no such trade."""
    digest = market.proposed()
    with pytest.raises(TradeRefused):
        market.affirm(digest, at=0)
    for at, other in ((2, digest), (1, bytes(32))):
        with pytest.raises(NotFound):
            market.affirm(other, at=at)


def test_seen_version_is_held(market: Market) -> None:
    """Who saw an earlier version looks again before it affirms."""
    digest = market.proposed()
    with pytest.raises(PreconditionFailed):
        market.desk(1).affirm(market.request(), digest, seen={"0"})
    market.desk(1).affirm(market.request(), digest, seen={market.history(digest, 1).trade.version})


@pytest.mark.parametrize(
    "legs",
    [
        (),
        (leg(0, 1, "USD", 5),),
        (leg(1, 2, "USD", 5), leg(2, 1, "EUR", 5)),
        (leg(0, 0, "USD", 5), leg(0, 1, "EUR", 5)),
        (leg(0, 1, "USD", 2**63 - 1), leg(1, 0, "EUR", 1)),
        tuple(leg(0, 1, "USD", 1 + at) for at in range(33)),
    ],
)
def test_no_trade(market: Market, legs: tuple[LegRequest, ...]) -> None:
    """What the chain takes for no trade is refused at the door, and nothing is kept."""
    bank = market.banks[0]
    with pytest.raises(InvalidTrade):
        market.propose_exactly(legs)
    with bank.store.snapshot() as connection:
        assert [] == connection.execute(select(trades.c.digest)).all()
        assert [] == connection.execute(select(outbox.c.id)).all()


def test_listed_newest_first(market: Market) -> None:
    """A list has what is not on chain yet first, then the newest; pages follow on."""
    sent = [market.proposed(leg(0, 1, "USD", 5 + at), leg(1, 0, "EUR", 5)) for at in range(3)]
    unsent = digest_in(market.propose())
    bank = market.banks[0]

    def page(cursor: str | None, limit: int) -> tuple[list[bytes], str | None]:
        found = list_trades(bank.store, bank.settings, bank.network.clock, cursor=cursor, limit=limit)
        return [trade_digest(each.id) for each in found.trades], found.cursor

    assert ([unsent, *reversed(sent)], None) == page(None, 10)
    first, cursor = page(None, 2)
    rest, end = page(cursor, 2)
    assert ([unsent, *reversed(sent)], None) == (first + rest, end)
    assert len(sent) == len(list_trades(
        market.banks[1].store, market.banks[1].settings, bank.network.clock, limit=10
    ).trades)  # fmt: skip


def test_document_is_committed_to(market: Market) -> None:
    """The initiator keeps the document; the counterparty has its commitment from the chain."""
    digest = market.proposed(remittance=["Fixing 7"])
    ours, theirs = (market.history(digest, at) for at in range(2))
    assert ours.document is not None
    assert ["Fixing 7"] == orjson.loads(ours.document)["RmtInf"]["Ustrd"]
    assert (None, ours.trade.commitment) == (theirs.document, theirs.trade.commitment)


def test_changed_row_is_noticed(market: Market) -> None:
    """A document that is not the committed one is a broken rule, not a trade."""
    answer = market.propose()
    with market.banks[0].store.snapshot() as connection:
        row = connection.execute(select(trades)).mappings().one()
        assert digest_in(answer) == row["digest"]
        with pytest.raises(BrokenRule):
            trade_from_row({**row, "document": "{}"}, pinned(connection))


def test_other_body_under_a_key(market: Market) -> None:
    """A key that was used for an affirmation is not good for anything else."""
    digest = market.proposed()
    market.desk(1).affirm(market.request("same"), digest)
    other = request_of(actor=OFFICER.id, key="same", operation="other", body=b"")
    with pytest.raises(IdempotencyConflict):
        market.desk(1).withdraw(other, digest)
