"""What is usual: hours of the week, shrinking, ranges."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from auditor.statistics.series import HOUR, ORGANISATION, History, Unit
from auditor.statistics.tally import Scope
from auditor.statistics.usual import band, hours_of_week, residual, usual, variance
from tests.statistics.company import START, company, hourly

UNTIL = START // HOUR + 8 * 168


def history(seed: int = 1) -> History:
    return History(Scope.ORGANISATION, "", "Europe/Berlin", hourly(company(seed)[ORGANISATION]), START)


@given(
    st.integers(0, 3_000_000_000 // HOUR),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_the_hour_of_the_week_is_the_local_one(hour: int, timezone: str) -> None:
    local = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(timezone))
    assert hours_of_week(timezone, hour, 1)[0] == local.weekday() * 24 + local.hour


def test_summer_time_moves_no_office_hour() -> None:
    change = int(datetime(2026, 10, 25, tzinfo=UTC).timestamp()) // HOUR
    places = hours_of_week("Europe/Berlin", change, 5)
    assert list(places) == [146, 146, 147, 148, 149]  # Sunday: two o'clock comes twice


def test_a_busy_hour_is_usual_and_a_night_is_not() -> None:
    known = usual(history(), UNTIL)
    monday = UNTIL * HOUR
    ten, three = monday + 8 * HOUR, monday + 1 * HOUR  # UTC; Berlin is two hours ahead
    assert known.expected(Unit.SENDS, ten, ten + HOUR) > 10
    assert known.expected(Unit.SENDS, three, three + HOUR) < 1
    assert known.expected(Unit.SENDS, ten, ten + HOUR / 2) == pytest.approx(
        known.expected(Unit.SENDS, ten, ten + HOUR) / 2
    )
    assert known.expected(Unit.SENDS, ten, ten) == 0


def test_a_week_adds_up() -> None:
    counts = company(2)[ORGANISATION]
    known = usual(History(Scope.ORGANISATION, "", "Europe/Berlin", hourly(counts), START), UNTIL)
    sent = sum(sends for sends, _ in counts.values()) / 8
    assert known.expected(Unit.SENDS, UNTIL * HOUR, UNTIL * HOUR + 7 * 24 * HOUR) == pytest.approx(
        sent, rel=0.15
    )


def test_the_latest_weeks_weigh_more() -> None:
    at = UNTIL - 168
    rising = {at - 168 * week: (80 - 10 * week, 0) for week in range(8)}
    known = usual(History(Scope.ORGANISATION, "", "UTC", rising, START), UNTIL)
    falling = {at - 168 * week: (10 + 10 * week, 0) for week in range(8)}
    other = usual(History(Scope.ORGANISATION, "", "UTC", falling, START), UNTIL)
    assert known.weekly[0].max() > other.weekly[0].max()


def test_somebody_new_is_expected_to_be_like_the_others() -> None:
    whole = usual(history(), UNTIL)
    new = usual(History(Scope.SENDER, "new", "Europe/Berlin", {}, UNTIL * HOUR), UNTIL, whole, 12)
    assert new.weeks == 0
    assert new.whole_weeks == whole.weeks
    assert new.level(Unit.SENDS) == pytest.approx(whole.level(Unit.SENDS) / 12, rel=0.01)


def test_own_history_wins_over_the_parent() -> None:
    whole = usual(history(), UNTIL)
    at = UNTIL - 168 + 10
    loud = History(Scope.SENDER, "loud", "UTC", {at - 168 * week: (70, 70) for week in range(8)}, START)
    known = usual(loud, UNTIL, whole, 12)
    assert known.expected(Unit.SENDS, (at + 168) * HOUR, (at + 169) * HOUR) > 45


def test_nothing_known_at_all() -> None:
    empty = usual(History(Scope.ORGANISATION, "", "UTC", {}, UNTIL * HOUR), UNTIL)
    assert empty.level(Unit.SENDS) == 0
    assert band(0.0, 0.0).high == 0


@given(st.floats(0.05, 2000), st.floats(1.2, 20), st.floats(0.3, 50))
def test_the_range_holds_what_it_promises(mean: float, phi: float, k: float) -> None:
    spread = variance(mean, phi, k, 6.0)
    found = band(mean, spread)
    size = mean * mean / (spread - mean)
    chances = nbinom(size, size / (size + mean))
    assert found.low <= found.high
    assert chances.cdf(found.high) >= 0.975 - 1e-6
    assert chances.cdf(found.low - 1) <= 0.025 + 1e-6


@given(st.integers(0, 5000), st.floats(0.01, 1000))
def test_the_residual_points_where_the_count_strayed(observed: int, mean: float) -> None:
    strayed = residual(observed, mean, variance(mean, 4.0, 2.0, 4.0))
    assert np.isfinite(strayed)
    assert strayed >= 0 if observed >= mean else strayed <= 0
    assert residual(observed + 10, mean, variance(mean, 4.0, 2.0, 4.0)) > strayed


def test_same_tally_same_usual() -> None:
    first, second = usual(history(), UNTIL), usual(history(), UNTIL)
    assert all(np.array_equal(a, b) for a, b in zip(first.weekly, second.weekly, strict=True))
