"""A consent above the bank's limit or the chain's threshold takes another person's key (R8)."""

from pathlib import Path

import pytest

from node.chain import own_calls
from node.errors import ApprovalRefused, SelfApproval
from node.keys.approvers import ApproverKeystores, Approvers
from node.keys.keystore import Keystore
from node.services.actors import Actor, Role
from node.services.second_person import InvalidReason
from node.services.trades.approving import Second
from tests.node.services.trades.market import OFFICER, Market, digest_in
from tests.scenario import BANKS, EUR, USD

SECRET = b"correct horse"
OTTO = Actor(id="usr_2", name="otto", roles=frozenset({Role.APPROVER}))


class Approving:
    """The approvers of the market's banks, each bank's with its registered key."""

    def __init__(self, market: Market, folder: Path) -> None:
        self.market = market
        self.folder = folder
        for at in range(2):
            Keystore(folder / str(at) / "otto", scrypt_n=2).add(BANKS[at].secret("approve"), SECRET)

    def second(self, at: int, actor: Actor = OTTO) -> Second:
        """A person at a bank."""
        bank = self.market.banks[at]
        keys = ApproverKeystores(self.folder / str(at), scrypt_n=2)
        return Second(
            store=bank.store, settings=bank.settings, contracts=bank.network.contracts,
            clock=bank.network.clock, approvers=Approvers(keys, bank.network.clock), actor=actor,
        )  # fmt: skip

    def approve(self, digest: bytes, at: int, *, actor: Actor = OTTO, shown: bytes | None = None) -> None:
        """Approve what waits at a bank, and bring it on chain."""
        waiting = self.market.history(digest, at).trade.approval_digest
        self.second(at, actor).approve(
            self.market.request(), digest, shown=shown or waiting or b"", secret=SECRET, reason=None
        )
        self.market.settle_down()


@pytest.fixture
def approving(market: Market, tmp_path: Path) -> Approving:
    """Above five dollars or euros one person of either bank is not enough."""
    for bank in market.banks:
        bank.set(approval_limits="USD=5.00 EUR=5.00")
    return Approving(market, tmp_path)


def test_both_banks_take_two(market: Market, approving: Approving) -> None:
    """A proposal and an affirmation above the limit wait each for its bank's second person."""
    digest = market.proposed()
    trade = market.history(digest, 0).trade
    assert ("awaiting_approval", "AboveLimit", "erika") == (trade.state, trade.need, trade.entered_by)
    approving.approve(digest, 0)
    market.affirm(digest)
    assert "AboveLimit" == market.history(digest, 1).trade.need
    assert ["awaiting_approval"] * 2 == market.states(digest)
    approving.approve(digest, 1)
    assert ["settled", "settled"] == market.states(digest)
    events = [entry.event for entry in market.history(digest, 1).timeline]
    assert ["awaiting_approval", "approved"] == events[1:3]


def test_threshold_on_chain(market: Market, tmp_path: Path) -> None:
    """Above the chain's threshold both keys go along, and the chain takes them; splitting does not help."""
    network = market.banks[0].network
    for at, currency in ((0, USD), (1, EUR)):
        lower = own_calls.set_threshold(network.contracts, currency=currency, amount=1_500)
        network.send(BANKS[at].key("administer"), lower)
    market.settle_down()
    approving = Approving(market, tmp_path)
    first, second = market.proposed(), market.proposed()
    assert [None, "AboveThreshold"] == [market.history(each, 0).trade.need for each in (first, second)]
    approving.approve(second, 0)
    for digest in (first, second):
        market.affirm(digest)
    assert "AboveThreshold" == market.history(second, 1).trade.need
    approving.approve(second, 1)
    assert ["settled"] * 4 == [*market.states(first), *market.states(second)]


def test_not_by_who_entered_it(market: Market, approving: Approving) -> None:
    """Neither the account that entered it nor one of its name answers for it."""
    digest = digest_in(market.propose())
    for actor in (OFFICER, Actor(id="usr_9", name="erika", roles=frozenset())):
        with pytest.raises(SelfApproval):
            approving.approve(digest, 0, actor=actor)


def test_only_what_was_shown(market: Market, approving: Approving) -> None:
    """An approval is for the digest that was shown; what does not wait takes none."""
    digest = digest_in(market.propose())
    with pytest.raises(ApprovalRefused):
        approving.approve(digest, 0, shown=b"\x01" * 32)
    approving.approve(digest, 0)
    with pytest.raises(ApprovalRefused):
        approving.approve(digest, 0, shown=digest)


def test_rejected_affirmation_can_be_asked_again(market: Market, approving: Approving) -> None:
    """An affirmation that the second person rejected is asked for anew, and that one can be approved."""
    digest = market.proposed()
    approving.approve(digest, 0)
    market.affirm(digest)
    before = market.history(digest, 1).trade.approval_digest
    approving.second(1).reject(market.request(), digest, reason="not yet")
    market.affirm(digest)
    assert before == market.history(digest, 1).trade.approval_digest == digest
    approving.approve(digest, 1)
    assert ["settled", "settled"] == market.states(digest)


def test_rejected_proposal(market: Market, approving: Approving) -> None:
    """A proposal that a second person ends is never sent: its sequence is burnt."""
    digest = digest_in(market.propose())
    with pytest.raises(InvalidReason):
        approving.second(0).reject(market.request(), digest, reason="")
    approving.second(0).reject(market.request(), digest, reason="No such trade")
    market.settle_down()
    trade = market.history(digest, 0).trade
    assert ("rejected", "ApproverRejected") == (trade.state, trade.reason)


def test_unapproved_by_the_deadline(market: Market, approving: Approving) -> None:
    """What nobody approved in time ends: a proposal is voided, an affirmation is not sent."""
    clock = market.banks[0].network.clock
    digest = digest_in(market.propose(deadline=int(clock.now()) + 100))
    market.pass_time(200)
    with pytest.raises(ApprovalRefused):
        approving.approve(digest, 0)
    assert 1 == market.keep()
    assert "rejected" == market.history(digest, 0).trade.state
