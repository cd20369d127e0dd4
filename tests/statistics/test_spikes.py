"""The detector on an invented company: quiet in clean weeks, awake when something happens."""

import random
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.statistics.drops import Gap, read_drops
from auditor.statistics.look import look
from auditor.statistics.scatter import COARSE_WINDOWS, DROP_WINDOWS, FINE_WINDOWS, SCATTER, Limits
from auditor.statistics.series import DAY, HOUR, MINUTE, ORGANISATION, Counts, Mixed, Series, Unit
from auditor.statistics.signs import find_new_templates, find_single_sends
from auditor.statistics.spikes import FRESH, Cause, Readings, Spike, Way, window_start
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Expected, Member, Usual, expect, learn
from auditor.statistics.volumes import Volumes
from tests.statistics.company import START, company, hourly, person

LIMITS = Limits(people=12, teams=1)
TODAY = START + 6 * 7 * DAY  # a Monday, 02:00 in Berlin
BERLIN = "Europe/Berlin"


def learned(counts: dict[Series, Counts], until: float) -> Usual:
    """What is usual for every series, from all that was sent until a moment."""
    members = [
        Member(
            one,
            BERLIN,
            START if counts[one] else until,
            None if one == ORGANISATION else ORGANISATION,
            1 / 12,
        )
        for one in sorted(counts)
    ]
    hours = {series: hourly(buckets) for series, buckets in counts.items()}
    return learn(members, Volumes.of_mappings(hours, HOUR), int(until // HOUR))


def around(known: Usual, *series: Series) -> Expected:
    """What is usual for some series in the week about today."""
    return expect(known, series, TODAY // HOUR - 72, 240)


def watch(counts: dict[Series, Counts], start: int, end: int, every: int = FINE_SECONDS) -> list[Spike]:
    """Every alarm between two moments, as the lookout would read them."""
    alarms: list[Spike] = []
    known: Usual | None = None
    for now in range(start, end, every):
        if known is None or now % DAY == 0:
            known = learned(counts, now // DAY * DAY - DAY)
        lately = {
            series: {at: pair for at, pair in buckets.items() if now - 8 * DAY <= at < now}
            for series, buckets in counts.items()
            if any(at in buckets for at in range(now - FRESH, now, FINE_SECONDS))
        }
        ends: dict[Series, Collection[float]] = {series: (float(now),) for series in lately}
        alarms += [one for one in look(lately, ends, known, FINE_WINDOWS, LIMITS) if one.alarming]
        if now % HOUR == 0:
            alarms += [one for one in look(lately, ends, known, COARSE_WINDOWS, LIMITS) if one.alarming]
    return alarms


def with_burst(counts: Counts, at: int, minutes: int, sends: int, to: int = 1) -> Counts:
    """The counts with so many sends more, spread evenly."""
    more = dict(counts)
    for number in range(sends):
        bucket = (at + number * minutes * MINUTE // sends) // FINE_SECONDS * FINE_SECONDS
        before = more.get(bucket, (0, 0))
        more[bucket] = before[0] + 1, before[1] + to
    return more


@pytest.mark.parametrize("seed", [3, 4])
def test_four_clean_weeks_of_a_small_company_raise_no_alarm(seed: int) -> None:
    counts = company(seed, weeks=8)
    alarms = watch(counts, START + 4 * 7 * DAY, START + 8 * 7 * DAY, every=3 * FINE_SECONDS)
    assert [(one.series, one.window, one.observed, one.usual) for one in alarms] == []


def test_a_blast_at_three_in_the_morning() -> None:
    counts = company(5)
    night = TODAY + DAY + HOUR  # 03:00 in Berlin
    counts[person(1)] = with_burst(counts[person(1)], night, 25, 60)
    alarms = watch(counts, night, night + 30 * MINUTE)
    assert alarms[0].cause is Cause.NIGHT_BLAST
    assert alarms[0].series == person(1)
    assert alarms[0].end - night <= 15 * MINUTE
    assert alarms[0].observed <= 40


def test_a_blast_in_the_hour_that_comes_twice() -> None:
    counts = company(5, weeks=9)
    night = START + 55 * DAY + HOUR  # 25 October 2026, 03:00 summer time becomes 02:00
    counts[person(1)] = with_burst(counts[person(1)], night, 25, 60)
    alarms = watch(counts, night, night + 30 * MINUTE)
    assert {one.cause for one in alarms if one.series == person(1)} == {Cause.NIGHT_BLAST}


def test_a_new_person_sends_five_hundred() -> None:
    counts = company(6)
    new, morning = Series(Scope.SENDER, "new@example.org"), TODAY + 7 * HOUR
    counts[new] = {}
    known = learned(counts, morning - DAY)
    burst = {new: with_burst({}, morning, 120, 500)}
    found = [
        one
        for minutes in (10, 15, 20)
        for one in look(burst, {new: [morning + minutes * MINUTE]}, known, FINE_WINDOWS, LIMITS)
        if one.alarming
    ]
    assert found
    assert found[0].observed <= 65


def test_deliveries_are_seen_where_sends_are_few() -> None:
    counts = company(7)
    morning = TODAY + 8 * HOUR
    counts[person(2)] = with_burst(counts[person(2)], morning, 15, 6, to=90)
    units = {one.unit for one in watch(counts, morning, morning + HOUR) if one.series == person(2)}
    assert units == {Unit.DELIVERIES}


def mixed(sender: str, template: str, at: float, largest: int = 1, messages: int = 1) -> Mixed:
    return Mixed(
        sender, "north", template, int(at // FINE_SECONDS) * FINE_SECONDS, messages, largest, largest, at
    )


def test_one_send_to_five_hundred_people() -> None:
    known = around(learned(company(8), TODAY), person(3))
    at = TODAY + 8 * HOUR
    (found,) = find_single_sends([mixed(person(3).name, "offer", at, 500)], known, LIMITS)
    assert (found.cause, found.observed, found.series) == (Cause.SINGLE_SEND, 500, person(3))
    assert find_single_sends([mixed(person(3).name, "offer", at, 199)], known, LIMITS) == ()


def test_a_weekly_newsletter_becomes_usual() -> None:
    counts = company(9)
    for week in range(6):
        at = START + week * 7 * DAY + 8 * HOUR
        counts[person(0)] = {**counts[person(0)], at: (1, 500)}
    known = around(learned(counts, TODAY), person(0))
    assert find_single_sends([mixed(person(0).name, "news", TODAY + 8 * HOUR, 500)], known, LIMITS) == ()
    assert find_single_sends([mixed(person(0).name, "news", TODAY + 32 * HOUR, 500)], known, LIMITS) != ()


@pytest.mark.parametrize(("people", "age", "caught"), [(8, DAY, True), (7, DAY, False), (12, 8 * DAY, False)])
def test_many_people_on_a_new_template(people: int, age: float, *, caught: bool) -> None:
    now = TODAY + 9 * HOUR
    series = Series(Scope.TEMPLATE, "launch")
    known = around(learned({**company(10), series: {}}, TODAY), series)
    mix = [mixed(person(number).name, "launch", now - 10 * MINUTE * number - 1) for number in range(people)]
    found = find_new_templates(mix, {"launch": now - age}, known, now, LIMITS)
    assert bool(found) is caught
    if caught:
        assert (found[0].cause, found[0].observed) == (Cause.NEW_TEMPLATE, 8)


def test_late_mail_is_read_at_its_own_time() -> None:
    night = TODAY + DAY + HOUR
    known = learned(company(11), night - DAY)
    late = {person(1): with_burst({}, night, 25, 60)}
    now = float(night + 4 * HOUR)
    now_only = look(late, {person(1): [now]}, known, FINE_WINDOWS, LIMITS)
    assert Cause.NIGHT_BLAST not in {one.cause for one in now_only}
    ends = [float(at + FINE_SECONDS) for at in late[person(1)]]
    found = look(late, {person(1): [now, *ends]}, known, FINE_WINDOWS, LIMITS)
    assert Cause.NIGHT_BLAST in {one.cause for one in found if one.alarming}
    assert len({(one.unit, one.window) for one in found}) == len(found)


def test_accepting_more_alarms_lowers_every_threshold() -> None:
    for channel in SCATTER:
        one = LIMITS.threshold(channel)
        assert Limits(4.0).threshold(channel) < one < Limits(0.25).threshold(channel)
        assert Limits(people=2000).threshold(channel) > Limits(people=200).threshold(channel)
        assert Limits(1e9).threshold(channel) > 0


NORTH, SOUTH = Series(Scope.TEAM, "north"), Series(Scope.TEAM, "south")


def steady(a_bucket: int, days: int, silent: range = range(0)) -> Counts:
    """So many sends every five minutes of office hours (UTC), but for some hours counted from the first."""
    return {
        at: (a_bucket, a_bucket)
        for at in range(START, START + days * DAY, FINE_SECONDS)
        if 8 <= at % DAY // HOUR < 17 and at // DAY % 7 not in (2, 3) and (at - START) // HOUR not in silent
    }


def drops(
    silent: dict[Series, range],
    at: int,
    zones: dict[Series, str] | None = None,
    gaps: dict[tuple[Series, int], Gap] | None = None,
    a_bucket: int = 6,
    blast: int = 0,
) -> set[tuple[Series, int]]:
    """Series and windows that alarm as dropped, at a moment in the seventh week of two steady teams."""
    counts = {team: steady(a_bucket, 45, silent.get(team, range(0))) for team in (NORTH, SOUTH)}
    if blast:  # within an hour of the northern morning
        counts[NORTH] = {**counts[NORTH], START + (NOON - 1) * HOUR: (blast, blast)}
    both = dict.fromkeys({*counts[NORTH], *counts[SOUTH]}, (0, 0))
    for start in both:
        sent = sum(team.get(start, (0, 0))[0] for team in counts.values())
        both[start] = sent, sent
    every = {ORGANISATION: both, **counts}
    members = [
        Member(one, (zones or {}).get(one, "UTC"), START, None if one == ORGANISATION else ORGANISATION, 0.5)
        for one in sorted(every)
    ]
    hours = {series: hourly(buckets) for series, buckets in every.items()}
    known = learn(members, Volumes.of_mappings(hours, HOUR), at // HOUR - 24)
    expected = expect(known, sorted(every), at // HOUR - 72, 80)
    found: tuple[Readings, ...] = read_drops(
        Volumes.of_mappings(every), expected, np.array([float(at)]), Limits(people=40, teams=2), gaps=gaps
    )
    return {
        (spike.series, spike.window)
        for some in found
        for spike in some.spikes(sorted(every))
        if spike.alarming and spike.cause.way is Way.DOWN
    }


NOON = 42 * 24 + 11  # hours from the first to eleven on a Monday
LATER = START + (NOON + 5) * HOUR


def test_a_team_that_falls_silent_is_seen_and_the_other_is_not() -> None:
    assert drops({}, LATER) == set()
    found = drops({NORTH: range(NOON, NOON + 48)}, LATER)
    assert (NORTH, 2 * HOUR) in found
    assert SOUTH not in {series for series, _ in found}


def test_everybody_silent_is_a_drop_of_the_organisation() -> None:
    every = range(NOON, NOON + 48)
    assert (ORGANISATION, 2 * HOUR) in drops({NORTH: every, SOUTH: every}, LATER)


def test_the_organisation_is_not_missed_outside_its_busy_hours() -> None:
    silent = range(NOON, NOON + 48)
    half_past_six = START + (42 * 24 + 18) * HOUR + HOUR // 2  # two hours with half an hour of work in them
    found = drops({NORTH: silent, SOUTH: silent}, half_past_six, a_bucket=60)
    assert (NORTH, 2 * HOUR) in found
    assert (ORGANISATION, 2 * HOUR) not in found


def test_a_time_zone_that_does_not_begin_its_day_has_a_holiday() -> None:
    day = range(42 * 24, 43 * 24)
    zones = {NORTH: "Africa/Abidjan", SOUTH: "UTC", ORGANISATION: "UTC"}  # Abidjan has the same time
    assert drops({NORTH: day}, LATER, zones) == set()
    assert drops({NORTH: day}, LATER) != set()  # one zone, half of it at work: no holiday
    assert (ORGANISATION, 8 * HOUR) in drops({NORTH: day, SOUTH: day}, LATER, zones)


def test_a_morning_of_those_who_have_stopped_proves_no_holiday_of_others() -> None:
    zones = {NORTH: "Africa/Abidjan", SOUTH: "UTC", ORGANISATION: "UTC"}
    north = range(42 * 24, 43 * 24)
    found = drops({NORTH: north, SOUTH: range(NOON, NOON + 48)}, LATER - 3 * HOUR, zones)
    assert (ORGANISATION, 2 * HOUR) in found
    assert (NORTH, 2 * HOUR) in found


def test_a_blast_on_a_holiday_does_not_hide_that_it_is_one() -> None:
    day = range(42 * 24, 43 * 24)
    zones = {NORTH: "Africa/Abidjan", SOUTH: "UTC", ORGANISATION: "UTC"}
    assert drops({NORTH: day}, LATER, zones, blast=250) == set()
    from_noon = range(NOON, NOON + 48)  # the morning was like any other
    assert (NORTH, 2 * HOUR) in drops({NORTH: from_noon}, LATER - 2 * HOUR, zones)


def test_mailboxes_that_were_not_read_are_not_missed() -> None:
    silent = {NORTH: range(NOON, NOON + 48)}
    unread = {(one, window): Gap(1e6, 0) for one in (NORTH, ORGANISATION) for window in DROP_WINDOWS}
    assert drops(silent, LATER, gaps=unread) == set()
    few = {(NORTH, window): Gap(1.0, 0) for window in DROP_WINDOWS}
    assert (NORTH, 2 * HOUR) in drops(silent, LATER, gaps=few)


@given(st.integers(0, 10 * DAY), st.sampled_from([15 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY]))
def test_a_window_is_whole_buckets_and_holds_its_end(offset: int, window: int) -> None:
    end = START + offset
    start = window_start(end, window)
    width = FINE_SECONDS if window < DAY else HOUR
    assert start % width == 0
    assert start + window - width < end <= start + window


@settings(max_examples=30)
@given(
    st.dictionaries(st.integers(0, 860), st.integers(1, 200), max_size=60), st.randoms(use_true_random=False)
)
def test_same_tally_same_spikes_in_any_order(counts: dict[int, int], shuffled: random.Random) -> None:
    known = learned({ORGANISATION: {}}, TODAY)
    pairs = [(TODAY - place * FINE_SECONDS, (n, n)) for place, n in counts.items()]
    ends = {ORGANISATION: [TODAY + 1.0]}
    first = look({ORGANISATION: dict(pairs)}, ends, known, FINE_WINDOWS, LIMITS)
    shuffled.shuffle(pairs)
    assert look({ORGANISATION: dict(pairs)}, ends, known, FINE_WINDOWS, LIMITS) == first
