"""New York and Berlin change their clocks on different days: what is usual for both together follows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.statistics.series import HOUR, ORGANISATION, Counts, Series, Unit
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member, Usual, learn
from auditor.statistics.volumes import Volumes
from auditor.statistics.zones import out_of_step

BERLIN, NEW_YORK, KARACHI = "Europe/Berlin", "America/New_York", "Asia/Karachi"
TEAMS = {Series(Scope.TEAM, "mitte"): BERLIN, Series(Scope.TEAM, "east"): NEW_YORK}


def at_work(zone: str, begin: datetime, days: int) -> Counts:
    """Forty sends an hour from nine to five by the clock on the wall, Monday to Friday."""
    counts = {}
    for day in range(days):
        date = begin + timedelta(days=day)
        for hour in range(9, 17) if date.weekday() < 5 else ():
            at = int(date.replace(hour=hour, tzinfo=ZoneInfo(zone)).timestamp()) // HOUR
            counts[at] = (40, 40)
    return counts


def learned(until: datetime) -> Usual:
    """What is usual after eight weeks."""
    begin = until - timedelta(days=57)
    counts = {team: at_work(zone, begin, 57) for team, zone in TEAMS.items()}
    hours = sorted({hour for one in counts.values() for hour in one})
    whole = {hour: 40 * sum(hour in one for one in counts.values()) for hour in hours}
    counts[ORGANISATION] = {hour: (sent, sent) for hour, sent in whole.items()}
    since = begin.replace(tzinfo=UTC).timestamp()
    members = [Member(ORGANISATION, BERLIN, since)]
    members += [Member(team, zone, since, ORGANISATION, 0.5) for team, zone in TEAMS.items()]
    return learn(
        members, Volumes.of_mappings(counts, HOUR), int(until.replace(tzinfo=UTC).timestamp()) // HOUR
    )


def usual_at(known: Usual, day: datetime, hour: int) -> float:
    """What is usual for everybody in one hour, UTC."""
    start = day.replace(hour=hour, tzinfo=UTC).timestamp()
    return known.between(ORGANISATION, Unit.SENDS, start, start + HOUR)


@pytest.mark.parametrize(
    ("until", "busy", "quiet"),
    [
        (datetime(2026, 3, 9, tzinfo=UTC), range(13, 21), (21, 22)),  # New York has changed, Berlin has not
        (datetime(2026, 3, 26, tzinfo=UTC), range(13, 21), (21, 22)),  # three weeks of it have been learned
        (datetime(2026, 3, 30, tzinfo=UTC), range(13, 21), (21, 22)),  # both have changed
        (datetime(2026, 10, 26, tzinfo=UTC), range(13, 21), (21, 22)),  # Berlin has changed, New York has not
        (datetime(2026, 11, 3, tzinfo=UTC), range(14, 22), (22, 23)),  # both have
    ],
)
def test_what_is_usual_for_all_follows_each_clock(
    until: datetime, busy: range, quiet: tuple[int, ...]
) -> None:
    known = learned(until)
    day = until + timedelta(days=1)
    for hour in busy[3:]:  # Berlin has gone home
        assert usual_at(known, day, hour) == pytest.approx(40, abs=12), hour
    for hour in quiet:
        assert usual_at(known, day, hour) < 12, hour


def test_nothing_is_added_while_clocks_are_as_far_apart_as_ever() -> None:
    parts = {zone: np.random.default_rng(1).random((2, 168)) for zone in (BERLIN, NEW_YORK, KARACHI)}
    until = int(datetime(2026, 2, 20, tzinfo=UTC).timestamp()) // HOUR
    assert not out_of_step(parts, BERLIN, until, until, 240).any()
    assert out_of_step(parts, BERLIN, until, until + 20 * 24, 24).any()


@given(st.integers(0, 60), st.sampled_from([BERLIN, NEW_YORK, KARACHI, "UTC"]))
def test_hours_move_and_none_is_lost(days: int, timezone: str) -> None:
    parts = {zone: np.random.default_rng(2).random((2, 168)) for zone in (BERLIN, NEW_YORK, KARACHI)}
    until = int(datetime(2026, 2, 20, tzinfo=UTC).timestamp()) // HOUR + 24 * days
    whole = sum(parts.values()).sum()
    assert abs(out_of_step(parts, timezone, until, until, 168).sum()) < 0.05 * whole
