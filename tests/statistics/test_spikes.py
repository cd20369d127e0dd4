"""The detector on an invented company: quiet in clean weeks, awake when something happens."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.statistics.series import (
    DAY,
    HOUR,
    MINUTE,
    ORGANISATION,
    Counts,
    History,
    Mixed,
    Recent,
    Series,
    Unit,
)
from auditor.statistics.spikes import (
    SCATTER,
    Cause,
    Limits,
    Spike,
    find,
    find_new_templates,
    find_single_sends,
    volume,
    window_start,
)
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Usual, usual
from tests.statistics.company import START, company, hourly, person

LIMITS = Limits(people=12, teams=1)
TODAY = START + 6 * 7 * DAY  # a Monday, 02:00 in Berlin


def learn(counts: dict[Series, Counts], until: float) -> dict[Series, Usual]:
    end = int(until // HOUR)
    whole = usual(_history(ORGANISATION, counts), end)
    return {
        series: whole if series == ORGANISATION else usual(_history(series, counts), end, whole, 12)
        for series in counts
    }


def _history(series: Series, counts: dict[Series, Counts]) -> History:
    since = START if counts[series] else TODAY
    return History(series.scope, series.name, "Europe/Berlin", hourly(counts[series]), since)


def watch(counts: dict[Series, Counts], start: float, end: float, every: int = FINE_SECONDS) -> list[Spike]:
    """Every alarm between two moments, as `auditor.lookout` would read them."""
    alarms: list[Spike] = []
    known: dict[Series, Usual] = {}
    for now in range(int(start), int(end), every):
        if not known or now % DAY == 0:
            known = learn(counts, now - DAY)
        for series, buckets in counts.items():
            if not any(now - 600 <= at < now for at in range(now - 600, now, FINE_SECONDS) if at in buckets):
                continue
            lately = {at: pair for at, pair in buckets.items() if now - 4 * DAY <= at < now}
            alarms += [
                one for one in find(Recent(series, lately), known[series], now, LIMITS) if one.alarming
            ]
    return alarms


def with_burst(counts: Counts, at: float, minutes: int, sends: int, to: int = 1) -> Counts:
    changed = dict(counts)
    for place in range(minutes // 5):
        bucket = int(at // FINE_SECONDS) * FINE_SECONDS + place * FINE_SECONDS
        part = sends * (place + 1) // (minutes // 5) - sends * place // (minutes // 5)
        before = changed.get(bucket, (0, 0))
        changed[bucket] = before[0] + part, before[1] + part * to
    return changed


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


def test_a_new_person_sends_five_hundred() -> None:
    counts = company(6)
    new, morning = Series(Scope.SENDER, "new@example.org"), TODAY + 7 * HOUR
    counts[new] = {}
    known = learn(counts, morning - DAY)
    counts[new] = with_burst({}, morning, 120, 500)
    found = [
        one
        for minutes in (10, 15, 20)
        for one in find(Recent(new, counts[new]), known[new], morning + minutes * MINUTE, LIMITS)
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
    known = learn(company(8), TODAY)
    at = TODAY + 8 * HOUR
    (found,) = find_single_sends([mixed(person(3).name, "offer", at, 500)], known, LIMITS)
    assert (found.cause, found.observed, found.series) == (Cause.SINGLE_SEND, 500, person(3))
    assert find_single_sends([mixed(person(3).name, "offer", at, 199)], known, LIMITS) == ()


def test_a_weekly_newsletter_becomes_usual() -> None:
    counts = company(9)
    for week in range(6):
        at = START + week * 7 * DAY + 8 * HOUR
        counts[person(0)] = {**counts[person(0)], at: (1, 500)}
    known = learn(counts, TODAY)
    assert find_single_sends([mixed(person(0).name, "news", TODAY + 8 * HOUR, 500)], known, LIMITS) == ()
    assert find_single_sends([mixed(person(0).name, "news", TODAY + 32 * HOUR, 500)], known, LIMITS) != ()


@pytest.mark.parametrize(("people", "age", "caught"), [(8, DAY, True), (7, DAY, False), (12, 8 * DAY, False)])
def test_many_people_on_a_new_template(people: int, age: float, *, caught: bool) -> None:
    now = TODAY + 9 * HOUR
    series = Series(Scope.TEMPLATE, "launch")
    known = learn({**company(10), series: {}}, TODAY)
    mix = [mixed(person(number).name, "launch", now - 10 * MINUTE * number - 1) for number in range(people)]
    found = find_new_templates(mix, {"launch": now - age}, known, now)
    assert bool(found) is caught
    if caught:
        assert (found[0].cause, found[0].observed) == (Cause.NEW_TEMPLATE, 8)


def test_late_mail_is_read_at_its_own_time() -> None:
    counts = company(11)
    night = TODAY + DAY + HOUR
    known = learn(counts, night - DAY)
    late = with_burst({}, night, 25, 60)
    now = night + 4 * HOUR
    assert not [
        one
        for one in find(Recent(person(1), late), known[person(1)], now, LIMITS)
        if one.cause is Cause.NIGHT_BLAST
    ]
    ends = [at + FINE_SECONDS for at in late]
    found = find(Recent(person(1), late), known[person(1)], now, LIMITS, ends)
    assert Cause.NIGHT_BLAST in {one.cause for one in found if one.alarming}


def test_accepting_more_alarms_lowers_every_threshold() -> None:
    for scope in Scope:
        one = SCATTER[scope][0]
        assert (
            Limits(4.0).threshold(scope, one)
            < LIMITS.threshold(scope, one)
            < Limits(0.25).threshold(scope, one)
        )
        assert Limits(people=2000).threshold(scope, one) > Limits(people=200).threshold(scope, one)
        assert Limits(1e9).threshold(scope, one) > 0


@given(st.integers(0, 10 * DAY), st.sampled_from([15 * MINUTE, HOUR, 4 * HOUR, DAY]))
def test_a_window_is_whole_buckets_and_holds_its_end(offset: int, window: int) -> None:
    end = START + offset
    start = window_start(end, window)
    assert start % FINE_SECONDS == 0
    assert start + window - FINE_SECONDS < end <= start + window
    inside, before = {start: (2, 3)}, {start - FINE_SECONDS: (7, 7)}
    if start < end:
        assert volume(Recent(ORGANISATION, inside | before), end, window) == (2, 3)


@settings(max_examples=30)
@given(
    st.dictionaries(st.integers(0, 860), st.integers(1, 200), max_size=60), st.randoms(use_true_random=False)
)
def test_same_tally_same_spikes_in_any_order(counts: dict[int, int], shuffled: random.Random) -> None:
    known = learn({ORGANISATION: {}}, TODAY)[ORGANISATION]
    pairs = [(TODAY - place * FINE_SECONDS, (n, n)) for place, n in counts.items()]
    first = find(Recent(ORGANISATION, dict(pairs)), known, TODAY + 1, LIMITS)
    shuffled.shuffle(pairs)
    assert find(Recent(ORGANISATION, dict(pairs)), known, TODAY + 1, LIMITS) == first
