"""Slow rises: found where day after day says so; not of one campaign, of everybody, or of a return."""

from collections.abc import Callable

import numpy as np
import pytest

from auditor.statistics.days_off import DaysOff
from auditor.statistics.scatter import Limits
from auditor.statistics.series import HOUR, ORGANISATION, Counts, Series
from auditor.statistics.spikes import Cause, Spike
from auditor.statistics.sustained import COURSES, find_rises, still
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member
from auditor.statistics.volumes import Volumes
from tests.statistics.company import START, person

ANN = person(0)
NORTH = Series(Scope.TEAM, "north")
WEEKS = 7
DAYS = WEEKS * 7
FRIDAY = DAYS - 3  # the last working day
LIMITS = Limits(people=40, teams=2)


def mail(of_day: Callable[[int], float], seed: int = 1) -> dict[int, tuple[int, int]]:
    """Hourly counts of office hours: on each working day about so many sends, some days more, some fewer."""
    chance = np.random.default_rng(seed)
    counts = {}
    for day in range(FRIDAY + 1):
        if day % 7 >= 5:
            continue
        mood = chance.gamma(20, 1 / 20)
        for hour in range(9, 17):
            if sends := int(chance.poisson(of_day(day) * mood / 8)):
                counts[START // HOUR + day * 24 + hour] = sends, sends
    return counts


def read(
    ann: Callable[[int], float],
    north: Callable[[int], float] = lambda day: 300,
    everybody: Callable[[int], float] = lambda day: 900,
    zone: str = "UTC",
    days_off: DaysOff = DaysOff(),  # noqa: B008  # frozen
    limits: Limits = LIMITS,
) -> tuple[Spike, ...]:
    counts: dict[Series, Counts] = {ANN: mail(ann), NORTH: mail(north, 2), ORGANISATION: mail(everybody, 3)}
    members = [Member(one, zone, float(min(counts[one]) * HOUR), ORGANISATION) for one in (ANN, NORTH)]
    end = START // HOUR + (FRIDAY + 1) * 24
    return find_rises(members, Volumes.of_mappings(counts, HOUR), end, limits, days_off)


def ramp(day: int) -> float:
    """Forty a day; in the last six working days step by step up to four times as many."""
    steps = {FRIDAY - 7: 1, FRIDAY - 4: 2, FRIDAY - 3: 3, FRIDAY - 2: 4, FRIDAY - 1: 5, FRIDAY: 6}
    return 40.0 * (1 + 3 * steps.get(day, 0) / 6)


def usual(day: int) -> float:
    return 40.0


def test_who_sends_more_every_day_is_found_though_no_day_is_remarkable() -> None:
    (spike,) = read(ramp)
    assert (spike.series, spike.cause, spike.alarming) == (ANN, Cause.SUSTAINED, True)
    assert spike.start == START + (FRIDAY - 7) * 24 * HOUR
    assert spike.end == START + (FRIDAY + 1) * 24 * HOUR
    assert spike.window == spike.end - spike.start
    assert 150 <= spike.usual <= 350 < spike.high < spike.observed


def test_ordinary_weeks_say_nothing() -> None:
    assert read(usual) == ()


def test_one_campaign_is_no_rise() -> None:
    assert read(lambda day: 400.0 if day == FRIDAY - 1 else 40.0) == ()


def test_what_everybody_does_is_no_news_of_one() -> None:
    assert (
        read(ramp, everybody=lambda day: 900 * ramp(day) / 40, north=lambda day: 300 * ramp(day) / 40) == ()
    )


def test_a_team_that_sends_double_for_two_days_is_found() -> None:
    (spike,) = read(usual, north=lambda day: 1_000.0 if day >= FRIDAY - 1 else 300.0)
    assert (spike.series, spike.alarming) == (NORTH, True)
    assert spike.start == START + (FRIDAY - 1) * 24 * HOUR


def test_days_off_are_no_days_of_a_rise() -> None:
    """A holiday within the rise is stepped over: the days before it still count."""
    off = DaysOff(frozenset({START // 86_400 + FRIDAY - 2}))
    (spike,) = read(lambda day: 0.0 if day == FRIDAY - 2 else ramp(day), days_off=off)
    assert spike.start == START + (FRIDAY - 8) * 24 * HOUR


def test_without_weeks_before_it_nothing_is_a_rise() -> None:
    assert read(lambda day: ramp(day) if day > FRIDAY - 14 else 0.0) == ()


@pytest.mark.parametrize("accepted", [0.1, 12.0])
def test_the_one_knob_moves_it(accepted: float) -> None:
    (spike,) = read(ramp, limits=Limits(accepted, people=40, teams=2)) or read(ramp)
    assert spike.threshold == pytest.approx(
        LIMITS.moved(COURSES[Scope.SENDER].threshold) * (1 + 0.1 * np.log(1 / accepted))
    )


def test_a_reading_holds_until_the_next_day_has_ended() -> None:
    (spike,) = read(ramp)
    later = still(spike, spike.end + 30 * HOUR)
    assert (later.end, later.window, later.observed) == (spike.end + 30 * HOUR, spike.window, spike.observed)
