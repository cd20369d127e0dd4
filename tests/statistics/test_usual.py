"""What is usual: hours of the week, shrinking, ranges."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from auditor.statistics.clock import hours_of_week
from auditor.statistics.days_off import DaysOff
from auditor.statistics.scatter import bands, residuals, variance
from auditor.statistics.series import HOUR, ORGANISATION, Counts, Series, Unit
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member, Usual, expect, learn
from auditor.statistics.volumes import Volumes
from tests.statistics.company import START, company, hourly

UNTIL = START // HOUR + 8 * 168
BERLIN = "Europe/Berlin"
WHOLE = Member(ORGANISATION, BERLIN, START)
ANN = Series(Scope.SENDER, "ann")


def learned(counts: dict[Series, Counts], *members: Member, days_off: DaysOff | None = None) -> Usual:
    """What is usual from hourly counts, at the end of eight weeks."""
    every = {member.series: counts.get(member.series, {}) for member in members}
    return learn(members, Volumes.of_mappings(every, HOUR), UNTIL, days_off or DaysOff())


def organisation(seed: int = 1) -> Counts:
    return hourly(company(seed)[ORGANISATION])


@given(
    st.integers(0, 4_000_000_000 // HOUR),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata"]),
)
def test_the_hour_of_the_week_is_the_local_one(hour: int, timezone: str) -> None:
    local = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(timezone))
    assert hours_of_week(timezone, hour, 1)[0] == local.weekday() * 24 + local.hour


def test_summer_time_moves_no_office_hour() -> None:
    change = int(datetime(2026, 10, 25, tzinfo=UTC).timestamp()) // HOUR
    places = hours_of_week(BERLIN, change, 5)
    assert list(places) == [146, 146, 147, 148, 149]  # Sunday: two o'clock comes twice


def test_a_busy_hour_is_usual_and_a_night_is_not() -> None:
    known = learned({ORGANISATION: organisation()}, WHOLE)
    ten, three = UNTIL * HOUR + 8 * HOUR, UNTIL * HOUR + HOUR  # UTC; Berlin is two hours ahead
    assert known.between(ORGANISATION, Unit.SENDS, ten, ten + HOUR) > 10
    assert known.between(ORGANISATION, Unit.SENDS, three, three + HOUR) < 1
    half = known.between(ORGANISATION, Unit.SENDS, ten, ten + HOUR / 2)
    assert half == pytest.approx(known.between(ORGANISATION, Unit.SENDS, ten, ten + HOUR) / 2)
    assert known.between(ORGANISATION, Unit.SENDS, ten, ten) == 0


def test_a_week_adds_up() -> None:
    counts = organisation(2)
    known = learned({ORGANISATION: counts}, WHOLE)
    sent = sum(sends for sends, _ in counts.values()) / 8
    week = known.between(ORGANISATION, Unit.SENDS, UNTIL * HOUR, (UNTIL + 168) * HOUR)
    assert week == pytest.approx(sent, rel=0.15)


def test_many_windows_at_once_are_what_each_is() -> None:
    known = learned({ORGANISATION: organisation()}, WHOLE)
    expected = expect(known, [ORGANISATION], UNTIL, 60)
    starts = np.arange(20) * 1700 + UNTIL * HOUR
    found = expected.between(np.zeros(20, dtype=np.int64), starts, starts + 5000)[0]
    each = [known.between(ORGANISATION, Unit.SENDS, at, at + 5000) for at in starts.tolist()]
    assert found == pytest.approx(each)


def test_the_latest_weeks_weigh_more() -> None:
    at = UNTIL - 168 + 34
    rising = {at - 168 * week: (80 - 10 * week, 0) for week in range(8)}
    falling = {at - 168 * week: (10 + 10 * week, 0) for week in range(8)}
    utc = Member(ORGANISATION, "UTC", START)
    first, second = (learned({ORGANISATION: counts}, utc) for counts in (rising, falling))
    assert first.weekly[0].max() > second.weekly[0].max()


def test_somebody_new_is_expected_to_be_like_the_others() -> None:
    new = Member(ANN, BERLIN, UNTIL * HOUR + HOUR, ORGANISATION, 1 / 12)
    known = learned({ORGANISATION: organisation()}, WHOLE, new)
    assert known.weeks_of(ANN) == 0
    assert known.whole_weeks == known.weeks_of(ORGANISATION) > 4
    assert known.weekly[0, 1].mean() == pytest.approx(known.weekly[0, 0].mean() / 12, rel=0.02)


def test_own_history_wins_over_the_parent() -> None:
    at = UNTIL - 168 + 10
    loud = {at - 168 * week: (70, 70) for week in range(8)}
    member = Member(ANN, "UTC", START, ORGANISATION, 1 / 12)
    known = learned({ORGANISATION: organisation(), ANN: loud}, WHOLE, member)
    assert known.between(ANN, Unit.SENDS, (at + 168) * HOUR, (at + 169) * HOUR) > 45


def working_hours(weeks: int, a_day: int = 20, without: range = range(0)) -> Counts:
    """The same every working day at noon, but for some days (counted from the first)."""
    return {
        START // HOUR + day * 24 + 12: (a_day, a_day)
        for day in range(weeks * 7)
        if day % 7 < 5 and day not in without
    }


def test_who_was_away_for_two_weeks_is_usual_when_back() -> None:
    member = Member(ANN, "UTC", START, ORGANISATION, 1.0)
    whole = Member(ORGANISATION, "UTC", START)
    known = [
        learned({ORGANISATION: working_hours(8), ANN: working_hours(8, without=away)}, whole, member)
        for away in (range(0), range(42, 54))
    ]
    noon = (UNTIL + 12) * HOUR
    there, back = (one.between(ANN, Unit.SENDS, noon, noon + HOUR) for one in known)
    assert back == pytest.approx(there, rel=0.05)


def test_a_day_off_teaches_nothing() -> None:
    holiday = UNTIL // 24 - 7
    counts = {hour: pair for hour, pair in working_hours(8).items() if hour // 24 != holiday}
    utc = Member(ORGANISATION, "UTC", START)
    named = learned({ORGANISATION: counts}, utc, days_off=DaysOff(frozenset({holiday})))
    unnamed = learned({ORGANISATION: counts}, utc)
    noon = (UNTIL + 12) * HOUR
    there, lower = (one.between(ORGANISATION, Unit.SENDS, noon, noon + HOUR) for one in (named, unnamed))
    assert there > lower + 2


def test_nothing_known_at_all() -> None:
    empty = learned({}, Member(ORGANISATION, "UTC", UNTIL * HOUR))
    assert empty.weekly.sum() == 0
    assert bands(np.zeros(1), np.zeros(1))[1][0] == 0


def test_mail_of_1970_and_2099_does_no_harm() -> None:
    counts = {ORGANISATION: {**organisation(), 5: (9, 9), 1_139_000: (9, 9)}}
    whole = Member(ORGANISATION, BERLIN, 5 * HOUR)
    assert np.array_equal(
        learned(counts, whole).weekly, learned({ORGANISATION: organisation()}, whole).weekly
    )


@given(st.floats(0.05, 2000), st.floats(1.2, 20), st.floats(0.3, 50))
def test_the_range_holds_what_it_promises(mean: float, phi: float, k: float) -> None:
    spread = variance(np.array([mean]), phi, k, np.array([6.0]))
    low, high = (float(end[0]) for end in bands(np.array([mean]), spread))
    size = mean * mean / (float(spread[0]) - mean)
    chances = nbinom(size, size / (size + mean))
    assert low <= high
    assert chances.cdf(high) >= 0.975 - 1e-6
    assert chances.cdf(low - 1) <= 0.025 + 1e-6


@given(st.integers(0, 5000), st.floats(0.01, 1000))
def test_the_residual_points_where_the_count_strayed(observed: int, mean: float) -> None:
    means = np.array([mean, mean])
    spread = variance(means, 4.0, 2.0, np.array([4.0, 4.0]))
    strayed, further = residuals(np.array([observed, observed + 10.0]), means, spread)
    assert np.isfinite(strayed)
    assert strayed >= 0 if observed >= mean else strayed <= 0
    assert further > strayed


def test_same_tally_same_usual() -> None:
    first, second = (learned({ORGANISATION: organisation()}, WHOLE) for _ in range(2))
    assert np.array_equal(first.weekly, second.weekly)
