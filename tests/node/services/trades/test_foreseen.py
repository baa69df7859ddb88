"""Random trades on the real contracts: all legs or none, ledgers equal, and what Python foresees happens."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.mirror.ledger import accounts_of
from node.services.trades.affirming import require_standing
from node.services.trades.requests import LegRequest
from node.store.session import Store
from settlement.lifecycle import Fact
from settlement.posting import Bucket
from settlement.trade import Funds, foresee
from tests.embedded import FUNDS, embedded_network
from tests.node.services.trades.market import Market, leg, market_of

_PAIRS = st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(lambda pair: pair[0] != pair[1])
_AMOUNTS = st.one_of(st.integers(1, 1_000), st.integers(FUNDS - 2, FUNDS + 2), st.just(2 * FUNDS))
_LEGS = st.lists(
    st.builds(
        lambda pair, asset, amount: leg(pair[0], pair[1], asset, amount),
        _PAIRS,
        st.sampled_from(["USD", "EUR"]),
        _AMOUNTS,
    ),
    min_size=2,
    max_size=8,
)


def _held(market: Market, at: int) -> dict[tuple[int, int], int]:
    with market.banks[at].store.snapshot() as connection:
        return {
            (account.asset, account.participant): account.balances[Bucket.AVAILABLE]
            for account in accounts_of(connection)
        }


def _moved(market: Market, digest: bytes) -> Counter[tuple[int, int]]:
    moved: Counter[tuple[int, int]] = Counter()
    bics = {bank.member.bic: bank.member.id for bank in market.banks}
    for each in market.history(digest, 0).trade.legs:
        moved[each.asset, bics[each.payer]] -= each.amount
        moved[each.asset, bics[each.payee]] += each.amount
    return moved


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_all_or_none_as_foreseen(dialect: str, stores: Callable[[str], Store]) -> None:
    """Whatever the legs, and whoever has consented, it stands where Python says, and moves all of itself or
    nothing; every bank's ledger says the same.
    """
    with embedded_network() as network:
        market = market_of(network, stores, dialect)

        @settings(
            max_examples=6, deadline=None, database=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )  # fmt: skip
        @given(legs=_LEGS, affirming=st.permutations([1, 2]), all_consent=st.booleans())
        def hold(legs: list[LegRequest], affirming: list[int], all_consent: bool) -> None:  # noqa: FBT001
            if not any(market.banks[0].member.bic in (each.payer.bic, each.payee.bic) for each in legs):
                legs = [*legs, leg(0, 1, "USD", 1)]
            before = _held(market, 0)
            digest = market.proposed(*legs)
            shown = market.history(digest, 0).trade
            debtors = [at for at in affirming if market.banks[at].member.bic in shown.awaits]
            consenting = debtors if all_consent else debtors[1:]
            for at in consenting:
                market.affirm(digest, at=at)
            _check(market, digest, before, complete=consenting == debtors)

        hold()


def _check(market: Market, digest: bytes, before: dict[tuple[int, int], int], *, complete: bool) -> None:
    after = _held(market, 0)
    assert after == _held(market, 1) == _held(market, 2)
    trade = market.history(digest, 0).trade
    parties = {bic for each in trade.legs for bic in (each.payer, each.payee)}
    for at in (1, 2):
        if market.banks[at].member.bic in parties:
            assert trade.state == market.history(digest, at).trade.state
    expected = dict(before)
    for account, amount in _moved(market, digest).items():
        expected[account] += amount
    if trade.state == "settled":
        assert expected == after
    else:
        assert before == after
    assert _foreseen(market, digest, before, complete=complete) == trade.state


def _foreseen(market: Market, digest: bytes, held: dict[tuple[int, int], int], *, complete: bool) -> str:
    bank = market.banks[0]
    with bank.store.snapshot() as connection:
        trade = require_standing(connection, bank.settings, bank.network.clock, digest).trade
    found = foresee(
        trade,
        consenting=trade.debtors if complete else [trade.initiator],
        funds={account: Funds(balance=amount) for account, amount in held.items()},
        now=int(bank.network.clock.now()),
    )
    return {Fact.PROPOSED: "awaiting_approval", Fact.QUEUED: "queued", Fact.SETTLED: "settled"}[found]
