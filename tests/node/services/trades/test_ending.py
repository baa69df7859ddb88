"""How trades end unsettled: withdrawn, expired, cancelled together or by the operator, refused."""

from collections.abc import Callable

import pytest

from node.errors import DeadlineRefused, NotFound, TradeRefused
from node.store.session import Store
from tests.embedded import FUNDS
from tests.node.bank import Bank
from tests.node.services.trades.market import Market, digest_in, leg
from tests.scenario import BANKS, OPERATOR

LARGE = (leg(0, 1, "USD", FUNDS + 1), leg(1, 0, "EUR", 5))


def test_initiators_withdrawal_ends_it(market: Market) -> None:
    """Who proposed takes it back while a consent is missing: cancelled for both."""
    digest = market.proposed()
    market.withdraw(digest, 0)
    assert [("cancelled", "WDRN")] * 2 == [(each.state, each.reason) for each in market.seen(digest)]
    with pytest.raises(TradeRefused, match="cancelled"):
        market.affirm(digest)


def test_another_withdraws_and_affirms_again(market: Market) -> None:
    """Another's withdrawal leaves it proposed, and that party's consent is missing again."""
    digest = market.proposed(leg(0, 1, "USD", 10), leg(1, 2, "EUR", 20), leg(2, 0, "USD", 30))
    market.affirm(digest, at=1)
    market.withdraw(digest, 1)
    assert (BANKS[1].bic, BANKS[2].bic) == market.history(digest, 0).trade.awaits
    with pytest.raises(TradeRefused, match="not consented"):
        market.withdraw(digest, 1)
    market.affirm(digest, at=1)
    market.affirm(digest, at=2)
    assert ["settled", "settled"] == market.states(digest)


def test_no_withdrawal_once_complete(market: Market) -> None:
    """What is complete is taken back by nobody alone."""
    digest = market.proposed(*LARGE)
    market.affirm(digest)
    for at in (0, 1):
        with pytest.raises(TradeRefused, match="queued"):
            market.withdraw(digest, at)


def test_cancelled_together(market: Market) -> None:
    """With several debtors it leaves the queue when each has asked so, and not before."""
    digest = market.proposed(*LARGE)
    market.affirm(digest)
    market.cancel(digest, 0)
    assert [("queued", (BANKS[0].bic,))] * 2 == [(each.state, each.cancels) for each in market.seen(digest)]
    with pytest.raises(TradeRefused, match="has asked"):
        market.cancel(digest, 0)
    market.cancel(digest, 1)
    assert [("cancelled", "CUST")] * 2 == [(each.state, each.reason) for each in market.seen(digest)]


def test_only_debtors_of_what_queues_cancel(market: Market) -> None:
    """What is proposed is withdrawn, not cancelled; who pays nothing in it cancels nothing."""
    digest = market.proposed()
    with pytest.raises(TradeRefused, match="only what queues"):
        market.cancel(digest, 0)
    with pytest.raises(NotFound):
        market.cancel(digest, 2)
    digest = market.proposed(*LARGE, leg(0, 2, "EUR", 7))
    market.affirm(digest)
    with pytest.raises(TradeRefused, match="pays nothing"):
        market.cancel(digest, 2)


def test_operator_cancels_with_a_reason(market: Market, stores: Callable[[str], Store]) -> None:
    """The operator ends what queues alone, and says why in a code that both banks read."""
    digest = market.proposed(*LARGE)
    market.affirm(digest)
    network = market.banks[0].network
    operator = Bank(store=stores("sqlite"), network=network, member=OPERATOR)
    market.banks = (*market.banks, operator)
    with pytest.raises(TradeRefused, match="reason"):
        market.cancel(digest, 3)
    market.desk(3).cancel(market.request(), digest, reason="AGNT")
    market.settle_down()
    assert [("cancelled", "AGNT")] * 2 == [(each.state, each.reason) for each in market.seen(digest)]


@pytest.mark.parametrize("legs", [(), LARGE])
def test_expires(market: Market, legs: tuple[object, ...]) -> None:
    """What nobody completed, or what found no money, by its deadline is swept by its initiator's keeper."""
    clock = market.banks[0].network.clock
    digest = market.proposed(*legs, deadline=int(clock.now()) + 100)  # type: ignore[arg-type]
    if legs:
        market.affirm(digest)
    assert 0 == market.keep()
    market.pass_time(200)
    market.banks[0].network.issue(BANKS[2], 840, 1)  # a block of that time
    market.settle_down()
    assert 1 == market.keep()
    assert ["expired", "expired"] == market.states(digest)
    assert 0 == market.keep()


def test_affirmed_too_late_is_refused_by_the_chain(market: Market) -> None:
    """A consent past the deadline reverts, moves nothing, and says why."""
    clock = market.banks[0].network.clock
    digest = market.proposed(deadline=int(clock.now()) + 100)
    market.pass_time(200)
    market.affirm(digest)
    act = market.history(digest, 1).trade.acts[0]
    assert ("affirm", "reverted", "Lapsed") == (act.act, act.state, act.reason)
    with pytest.raises(DeadlineRefused):
        market.propose(deadline=int(clock.now()) - 1)


@pytest.mark.parametrize("days", [0, 2])
def test_refused_proposal_is_voided(market: Market, days: int) -> None:
    """What the chain refuses is rejected for ever, however late that is seen: its sequence is burnt."""
    clock = market.banks[0].network.clock
    digest = digest_in(market.propose(deadline=int(clock.now()) + 10))
    market.pass_time(100 + 86_400 * days)
    market.settle_down()
    before = market.history(digest, 0).trade
    assert ("unknown" if days else "submitted", "Lapsed") == (before.state, before.reason)
    assert 1 == market.keep()
    after = market.history(digest, 0).trade
    assert ("rejected", "Lapsed") == (after.state, after.reason)
    assert 0 == market.keep()
