"""Intraday liquidity: the measures of BCBS 248, recounted by the plainest means."""

from datetime import UTC, date, datetime
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from settlement.intraday import HOURS, liquidity_days, liquidity_report
from settlement.money import currency
from settlement.participant import Participant, ParticipantKind
from settlement.statement import Entry, Statement, draw_up

BANK = Participant(id=7, kind=ParticipantKind.BANK, bic="CHASUS33XXX", lei=None)
MIDNIGHT = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
DAY = 86_400


def _statement(opening: int, flows: list[tuple[int, int, str]], days: int = 1) -> Statement:
    """A statement of (second, amount, event)."""
    entries, balance = [], opening
    for place, (second, amount, event) in enumerate(sorted(flows, key=lambda flow: flow[0])):
        balance += amount
        entries.append(
            Entry(
                height=10 + place, log_index=0, booked_at=MIDNIGHT + second, amount=amount, balance=balance,
                event=event, transaction_hash=bytes(32), counterparty=None,
            )
        )  # fmt: skip
    return draw_up(
        identification="S", owner=BANK, servicer=BANK, asset=840, currency=currency("USD"),
        from_time=MIDNIGHT, to_time=MIDNIGHT + days * DAY - 1, height=10**6,
        verification="full", opening=opening, closing=balance, entries=entries,
    )  # fmt: skip


def test_a_day_by_hand() -> None:
    """100 at the start and a line of 50; sent 30 at nine, 80 at ten, received 60 at eleven, 20 issued."""
    hour = 3600
    flows = [(9 * hour, -30, "Paid"), (10 * hour, -80, "Settled"), (11 * hour, 60, "Paid"),
             (12 * hour, 20, "Issued")]  # fmt: skip
    (day,) = liquidity_days(_statement(100, flows), {date(2026, 11, 22): 50})

    assert (100, 50, 150) == (day.opening, day.credit, day.available)
    assert (110, 0) == (day.use_max, day.surplus_max)
    assert (110, 2, 60, 1) == (day.sent, day.sent_count, day.received, day.received_count)
    assert (-10, 70) == (day.lowest, day.closing)
    assert (0, 30, 110, 110) == (*day.sent_by_hour[8:11], day.sent_by_hour[-1])


flows = st.lists(
    st.tuples(
        st.integers(0, 3 * DAY - 1),
        st.integers(-(10**9), 10**9).filter(bool),
        st.sampled_from(["Paid", "Settled", "CycleSettled", "Issued", "RedemptionRequested"]),
    ),
    max_size=30,
)


@given(flows=flows, opening=st.integers(0, 10**9))
def test_days_follow_each_other(flows: list[tuple[int, int, str]], opening: int) -> None:
    """Each day opens where the last one closed; use, surplus and throughput are those of its payments."""
    statement = _statement(opening, flows, days=3)
    days = liquidity_days(statement, {})

    assert [opening, *(day.closing for day in days[:-1])] == [day.opening for day in days]
    assert statement.closing == days[-1].closing
    for number, day in enumerate(days):
        mine = [flow for flow in sorted(flows, key=lambda flow: flow[0]) if flow[0] // DAY == number]
        payments = [amount for _, amount, event in mine if event not in {"Issued", "RedemptionRequested"}]
        positions = [0, *accumulate(payments)]
        assert (-min(positions), max(positions)) == (day.use_max, day.surplus_max)
        assert sum(-each for each in payments if each < 0) == day.sent == day.sent_by_hour[-1]
        assert sum(each for each in payments if each > 0) == day.received
        assert sorted(day.sent_by_hour) == list(day.sent_by_hour)
        assert HOURS == len(day.sent_by_hour)


def test_report_tells_the_extremes() -> None:
    """Over a period the report tells three extreme days and the average of each measure."""
    flows = [(day * DAY + 60, -100 * (day + 1), "Paid") for day in range(4)]
    report = liquidity_report(_statement(10_000, flows, days=5), {})

    assert 5 == report.population
    assert "10.00" == report.totals["sent"]
    assert ["4.00", "3.00", "2.00", "2.00"] == [
        report.totals[name]
        for name in ("A(i) largest use 1", "A(i) largest use 2", "A(i) largest use 3", "A(i) average use")
    ]
    assert "90.00" == report.totals["A(ii) smallest available at start 1"]
    assert "100.0" == report.totals["C(i) average sent until 01h, percent"]
    assert all(len(report.columns) == len(row) for row in report.rows)
    assert "0.0" == report.rows[4][-1]
