"""How much is usual: the mean of every series at each hour of its week.

The mean is Gamma-Poisson: a series' own counts at that hour of the week, older weeks weighing less, pulled
towards what its level and its parent's weekly rhythm would give (Gelman et al., Bayesian Data Analysis,
section 2.6). A sender leans on the team, the team on all teams, each in its own time zone. Days off and
days on which somebody was away teach nothing. Everything here is a pure function of hourly counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.clock import HOURS_OF_WEEK, hours_of_week
from auditor.statistics.days import HISTORY_WEEKS, Days, away
from auditor.statistics.days_off import NONE, DaysOff
from auditor.statistics.series import HOUR, ORGANISATION, Series, Unit
from auditor.statistics.tally import Scope
from auditor.statistics.volumes import Floats, Integers, Volumes
from auditor.statistics.zones import out_of_step

PRIOR_WEEKS = 2.0
"""How many weeks of own counts weigh as much as what the parent suggests."""

WHOLE_PRIOR_WEEKS = 0.5
"""The same for the organisation, of which nothing is known beforehand but that people work by day."""

LEARNT_UNTIL_DAYS = 1
"""Whole days (UTC) that lie between what is learned from and the day it is compared with."""


@dataclass(frozen=True, slots=True)
class Member:
    """What has to be known of a series to learn what is usual for it.

    `since` is the moment (seconds since the epoch) from which volume would have been seen; `parent` is the
    whole it belongs to, None for the organisation; `share` the part of the parent's volume that is expected
    of somebody nobody knows yet.
    """

    series: Series
    timezone: str
    since: float
    parent: Series | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual for a window: the mean, and the range that holds 95 of 100 such windows."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual for many series: sends and deliveries for each of the 168 hours of their weeks.

    Hour 0 is Monday 00:00 to 01:00 in the series' time zone. `weekly[u, n]` belongs to the n-th series and
    the unit `u`; `weeks[n]` is how much own history stands behind it, older weeks weighing less, and
    `whole_weeks` how much the organisation has. `zones` is what is usual for all teams of each time zone
    together; the history ended with the hour `until` since the epoch.
    """

    places: Mapping[Series, int]
    timezones: tuple[str, ...]
    weekly: NDArray[np.float32]
    weeks: Floats
    whole_weeks: float
    zones: Mapping[str, Floats]
    until: int

    def between(self, series: Series, unit: Unit, start: float, end: float) -> float:
        """What is usual for one series between two moments (seconds since the epoch)."""
        first = int(start // HOUR)
        expected = expect(self, [series], first, max(int(-(-end // HOUR)) - first, 1))
        at = np.array([0])
        return float(expected.between(at, np.array([start]), np.array([end]))[unit.place, 0])

    def weeks_of(self, series: Series) -> float:
        """How much own history stands behind what is usual for a series."""
        return float(self.weeks[self.places[series]])

    def joined(self, other: "Usual") -> "Usual":
        """Both together; `other` knows series that this one does not."""
        shift = len(self.places)
        places = {**self.places, **{one: place + shift for one, place in other.places.items()}}
        return Usual(
            places,
            self.timezones + other.timezones,
            np.concatenate([self.weekly, other.weekly], axis=1),
            np.concatenate([self.weeks, other.weeks]),
            self.whole_weeks,
            {**other.zones, **self.zones},
            self.until,
        )


def learn(
    members: Sequence[Member],
    history: Volumes,
    until: int,
    days_off: DaysOff = NONE,
    known: Usual | None = None,
) -> Usual:
    """Work out what is usual for some series.

    Args:
        members: the series; their parents are among them or among `known`. Teams come all together.
        history: their hourly counts, each entry starting at an hour.
        until: the first hour since the epoch that does not count as history any more.
        days_off: days that teach nothing.
        known: what is usual for parents that are not among `members`.
    """
    places = {member.series: place for place, member in enumerate(members)}
    weekly = np.zeros((2, len(members), HOURS_OF_WEEK))
    past = _Past(members, history, until, days_off)
    for scopes in ((Scope.ORGANISATION,), (Scope.TEAM,), (Scope.SENDER, Scope.TEMPLATE)):
        some = np.array([n for n, one in enumerate(members) if one.series.scope in scopes], dtype=np.int64)
        for unit in Unit if some.size else ():
            sums, exposure = past.sums[unit.place, some], past.exposure[some]
            rhythms, shares = _parents([members[n] for n in some], places, weekly, known, unit)
            if Scope.TEAM in scopes:
                # In their own time zones teams are alike; the organisation's rhythm is a mixture of zones.
                rhythms[:] = _rhythm(sums.sum(axis=0) / np.maximum(exposure.mean(), 1e-9))
            prior = WHOLE_PRIOR_WEEKS if Scope.ORGANISATION in scopes else PRIOR_WEEKS
            weekly[unit.place, some] = _weekly(sums, exposure, rhythms, shares, prior)
    weeks = past.exposure.mean(axis=1)
    whole = next((float(weeks[n]) for n, one in enumerate(members) if one.parent is None), 0.0)
    zones = tuple(member.timezone for member in members)
    return Usual(
        places,
        zones,
        weekly.astype(np.float32),
        weeks,
        known.whole_weeks if known is not None else whole,
        _by_zone(members, weekly),
        until,
    )


def _by_zone(members: Sequence[Member], weekly: Floats) -> dict[str, Floats]:
    """What is usual for all teams of each time zone together."""
    sums: dict[str, Floats] = {}
    for place, member in enumerate(members):
        if member.series.scope is Scope.TEAM:
            sums[member.timezone] = sums.get(member.timezone, 0.0) + weekly[:, place]
    return sums


class _Past:
    """Weighted sums of own counts and weighted weeks seen, for each series and hour of its week."""

    def __init__(self, members: Sequence[Member], history: Volumes, until: int, days_off: DaysOff) -> None:
        self.sums = np.zeros((2, len(members), HOURS_OF_WEEK))
        self.exposure = np.zeros((len(members), HOURS_OF_WEEK))
        self._since = np.array([member.since // HOUR for member in members])
        self._people = np.array([member.series.scope is Scope.SENDER for member in members], dtype=bool)
        by_zone: dict[str, list[int]] = {}
        for n, member in enumerate(members):
            by_zone.setdefault(member.timezone, []).append(n)
        place = {series: n for n, series in enumerate(history.series)}
        at = np.array([place.get(member.series, -1) for member in members], dtype=np.int64)
        start = (until - HISTORY_WEEKS * HOURS_OF_WEEK) * HOUR
        lately = np.nonzero((history.starts < until * HOUR) & (history.starts >= start))[0]
        owners, hours = history.places[lately], history.starts[lately] // HOUR
        counts = history.counts[:, lately]
        for zone in sorted(by_zone):
            mine = np.array(by_zone[zone], dtype=np.int64)
            row = np.full(len(history.series) + 1, -1)
            row[at[mine]] = np.arange(len(mine))
            row[-1] = -1
            some = np.nonzero(row[owners] >= 0)[0]
            days = Days(zone, until, days_off)
            local = days.local(hours[some])
            whole = (local >= days.first * 24) & (local < days.end * 24)
            kept = some[whole]
            self._zone(mine, days, row[owners[kept]], local[whole], counts[:, kept])

    def _zone(self, mine: Integers, days: Days, rows: Integers, local: Integers, counts: Integers) -> None:
        day = local // 24 - days.first
        sent = np.bincount(rows * days.count + day, counts[0], len(mine) * days.count)
        daily: Floats = sent.astype(np.float64).reshape(len(mine), days.count)
        since = days.local(self._since[mine]) // 24
        present = np.arange(days.count) >= (since - days.first)[:, None]
        present &= ~away(daily, present, days) | ~self._people[mine, None]
        present &= ~days.off
        seen = np.zeros((len(mine), 7))
        for weekday in range(7):
            that = days.weekday == weekday
            seen[:, weekday] = (present[:, that] * days.weight[that]).sum(axis=1)
        self.exposure[mine] = np.repeat(seen, 24, axis=1)
        weight = days.weight[day] * present[rows, day]
        key = rows * HOURS_OF_WEEK + (local + 72) % HOURS_OF_WEEK
        for unit in (0, 1):
            sums = np.bincount(key, weight * counts[unit], len(mine) * HOURS_OF_WEEK)
            self.sums[unit, mine] = sums.reshape(len(mine), HOURS_OF_WEEK)


def _parents(
    members: Sequence[Member],
    places: Mapping[Series, int],
    weekly: Floats,
    known: Usual | None,
    unit: Unit,
) -> tuple[Floats, Floats]:
    """Of each member the rhythm of its parent, and the level that the parent's share would give it."""
    rhythms = np.empty((len(members), HOURS_OF_WEEK))
    shares = np.empty(len(members))
    made: dict[Series | None, tuple[Floats, float]] = {None: (_office_hours(), 0.0)}
    for n, member in enumerate(members):
        if member.parent not in made:
            assert member.parent is not None  # noqa: S101  # None is in `made` from the beginning
            place = places.get(member.parent)
            if place is not None:
                of_parent = weekly[unit.place, place]
            else:
                assert known is not None, "a parent is neither among the members nor known"  # noqa: S101
                of_parent = known.weekly[unit.place, known.places[member.parent]].astype(np.float64)
            made[member.parent] = _rhythm(of_parent), float(of_parent.mean())
        rhythm, level = made[member.parent]
        rhythms[n], shares[n] = rhythm, level * member.share
    return rhythms, shares


def _weekly(sums: Floats, exposure: Floats, rhythms: Floats, shares: Floats, prior: float) -> Floats:
    """Own counts, shrunk: first the level towards the parent's share, then each hour towards the rhythm."""
    leaning = np.where(shares > 0, PRIOR_WEEKS, 0.0) * HOURS_OF_WEEK
    chances = np.maximum((exposure * rhythms).sum(axis=1) + leaning, HOURS_OF_WEEK)
    level = (sums.sum(axis=1) + leaning * shares) / chances
    weekly: Floats = (sums + prior * level[:, None] * rhythms) / (exposure + prior)
    return weekly


def _rhythm(weekly: Floats) -> Floats:
    """A week's means divided by their mean, softened a little so that no hour is impossible."""
    mean = float(weekly.mean())
    if mean <= 0:
        return _office_hours()
    rhythm: Floats = 0.98 * weekly / mean + 0.02
    return rhythm


@lru_cache(maxsize=1)
def _office_hours() -> Floats:
    """The rhythm of a company nobody knows yet: eight to eighteen on weekdays, a trickle beside it."""
    hours = np.arange(HOURS_OF_WEEK)
    busy = (hours // 24 < 5) & (hours % 24 >= 8) & (hours % 24 < 18)
    rhythm: Floats = np.where(busy, 1.0, 0.05)
    return rhythm / float(rhythm.mean())


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """The usual volume of some series over a span of hours, ready to be summed over any window in it.

    `sums[u, n, h]` is what is expected of the n-th series before the h-th hour from `first`; `weeks[n]` and
    `levels[u, n]` (an hour's mean) are the series' own.
    """

    series: tuple[Series, ...]
    timezones: tuple[str, ...]
    first: int  # hours since the epoch
    sums: Floats
    weeks: Floats
    levels: Floats
    whole_weeks: float

    def between(self, places: Integers, starts: Integers | Floats, ends: Integers | Floats) -> Floats:
        """What is usual from each start to each end (seconds since the epoch), in two rows, by unit."""
        return np.maximum(self._until(places, ends) - self._until(places, starts), 0.0)

    def _until(self, places: Integers, moments: Integers | Floats) -> Floats:
        position = np.clip(moments / HOUR - self.first, 0.0, self.sums.shape[2] - 1.0)
        whole = np.minimum(position.astype(np.int64), self.sums.shape[2] - 2)
        before = self.sums[:, places, whole]
        return np.asarray(before + (position - whole) * (self.sums[:, places, whole + 1] - before))


def expect(usual: Usual, series: Sequence[Series], first: int, count: int) -> Expected:
    """What is usual for some series in `count` hours from hour `first` since the epoch."""
    at = np.array([usual.places[one] for one in series], dtype=np.int64)
    weekly = usual.weekly[:, at]
    sums = np.zeros((2, len(at), count + 1))
    zones = [usual.timezones[place] for place in at]
    for zone in sorted(set(zones)):
        mine = np.array([n for n, one in enumerate(zones) if one == zone], dtype=np.int64)
        means = weekly[:, mine[:, None], hours_of_week(zone, first, count)]
        sums[:, mine, 1:] = np.cumsum(means, axis=2, dtype=np.float64)
    whole = np.nonzero(at == usual.places.get(ORGANISATION, -1))[0]
    if whole.size:
        more = out_of_step(usual.zones, zones[whole[0]], usual.until, first, count)
        sums[:, whole, 1:] += np.cumsum(more, axis=1)[:, None]
    return Expected(
        tuple(series),
        tuple(zones),
        first,
        sums,
        usual.weeks[at],
        weekly.mean(axis=2, dtype=np.float64),
        usual.whole_weeks,
    )
