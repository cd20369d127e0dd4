"""Where templated volume is below what is usual: a team or the whole organisation has fallen silent.

A drop is judged over the mailboxes that have been read past the window, against what is usual for THEM,
and not at all when they carry too little of the whole: a mailbox that cannot be read sends nothing either.
A holiday is no drop. Where nobody named it, it is taken for one when a whole time zone does not begin its
day while others are at work.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.clock import local_hours
from auditor.statistics.days_off import NONE, DaysOff
from auditor.statistics.scatter import DROP_WINDOWS, SCATTER, Channel, Limits, residuals
from auditor.statistics.series import DAY, HOUR, Series, Unit
from auditor.statistics.spikes import CAUSES, FAINT, Cause, Readings, Spike, bucket_of, window_start
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.usual import Expected
from auditor.statistics.volumes import SCOPES, Floats, Integers, Volumes

COVERAGE = 0.8
"""The part of the usual volume that the mailboxes read must carry."""

_BACK = 0.5
"""From this part of the usual on a series that had dropped has come back."""

_SILENT = 0.35
_AT_WORK = 0.3
_BUSY = 1.25
"""The organisation is missed where its usual is so many times the mean of its week: outside its busy hours it
is a few teams, and these have series of their own."""

_DAY_BEGUN_SENDS = 10.0
"""A time zone's day has begun when so many sends were to be expected; by parts it is silent, or at work."""

_STOPPED_SENDS = 40.0
_STOPPED = 0.2
"""A time zone has fallen silent when less than this part came of so many sends or more in the last hour."""

_A_WORKING_DAY = 0.25
"""A day that is over proves something where this part of a mean day is usual on it: no Sunday does."""

_STIRRING = 0.4
_STIRS = 0.25
_HOUR_SENDS = 3.0
_LEAST_HOURS = 4
_LITTLE = 0.6
"""One blast on a holiday may be half a day's mail. Silent is also a zone that sent little, and whose teams
stirred in few hours so far: of hours in which so many sends are usual, in those with this part of it."""

_HOURS_OF_DAY = 25
"""The longest day there is."""


class Gap(NamedTuple):
    """Of one series and window what mailboxes would usually carry that were not read past it, and did."""

    expected: float
    observed: int


def read_drops(
    volumes: Volumes,
    expected: Expected,
    ends: Floats,
    limits: Limits,
    days_off: DaysOff = NONE,
    gaps: Mapping[tuple[Series, int], Gap] | None = None,
) -> tuple[Readings, ...]:
    """Read every team among some series, and the organisation, over the windows that end at each of `ends`.

    Args:
        volumes: five-minute counts over the last two days and more.
        expected: what is usual for the same series.
        ends: seconds since the epoch.
        limits: what the company accepts.
        days_off: on which nobody is missed.
        gaps: by series and window what has not been read.
    """
    free = _FreeZones(volumes, expected, ends, days_off)
    found = []
    for window in DROP_WINDOWS:
        for scope in (Scope.TEAM, Scope.ORGANISATION):
            places = np.nonzero(volumes.scopes == SCOPES.index(scope))[0]
            if len(places):
                channel = Channel(scope, window, down=True)
                found.append(_judged(channel, volumes, expected, places, ends, limits, free, gaps or {}))
    return tuple(found)


def _judged(
    channel: Channel,
    volumes: Volumes,
    expected: Expected,
    places: Integers,
    ends: Floats,
    limits: Limits,
    free: "_FreeZones",
    gaps: Mapping[tuple[Series, int], Gap],
) -> Readings:
    """Read some series of one scope over one window; what lies below the usual, and may be judged."""
    window, each = channel.window, len(ends)
    starts = _ceiling(ends, bucket_of(window)) - window
    at, begins, finishes = np.repeat(places, each), np.tile(starts, len(places)), np.tile(ends, len(places))
    mean = expected.between(at, begins, finishes)[Unit.SENDS.place]
    observed = volumes.between(at, begins, _ceiling(finishes, 1))[Unit.SENDS.place]
    covered = np.ones(len(at), dtype=bool)
    if gaps:
        behind = [gaps.get((volumes.series[one], window), Gap(0.0, 0)) for one in places.tolist()]
        unread = np.repeat([gap.expected for gap in behind], each)
        covered = mean - unread >= COVERAGE * mean
        mean = np.maximum(mean - unread, 0.0)
        observed = np.maximum(observed - np.repeat([gap.observed for gap in behind], each), 0)
    if channel.scope is Scope.TEAM:
        covered &= ~np.concatenate([free.of(expected.timezones[one]) for one in places.tolist()])
    else:
        without = free.volume(starts)
        mean = np.maximum(mean - without[0], 0.0)
        observed = observed - without[1].astype(np.int64)
        covered &= mean >= _BUSY * expected.levels[Unit.SENDS.place, at] * window / HOUR
    spread = limits.spread(channel, Unit.SENDS, mean, expected.weeks[at])
    strayed = -residuals(observed.astype(np.float64), mean, spread)
    readings = Readings(
        channel, Unit.SENDS, at, begins.astype(np.float64), finishes, observed, mean, spread, strayed,
        np.full(len(at), limits.threshold(channel)), np.full(len(at), CAUSES.index(Cause.BELOW_USUAL)),
    )  # fmt: skip
    return readings.only(covered & (mean >= SCATTER[channel].least) & (strayed > 0))


def lasting(volumes: Volumes, expected: Expected, place: int, now: float, limits: Limits) -> Spike | None:
    """A faint reading that keeps a drop open: the series has not come back, or nothing is expected of it now.

    A team that fell silent is still silent at night.
    """
    window = DROP_WINDOWS[0]
    start = window_start(now, window)
    at, starts, ends = np.array([place]), np.array([start]), np.array([now])
    mean = float(expected.between(at, starts, ends)[Unit.SENDS.place, 0])
    observed = int(volumes.between(at, starts, _ceiling(ends, 1))[Unit.SENDS.place, 0])
    if mean >= _DAY_BEGUN_SENDS and observed >= _BACK * mean:
        return None
    series = volumes.series[place]
    channel = Channel(series.scope, window, down=True)
    usual = limits.band(channel, Unit.SENDS, mean, float(expected.weeks[place]))
    threshold = limits.threshold(channel)
    return Spike(
        series, Unit.SENDS, window, start, now, observed, mean, usual.low, usual.high,
        FAINT * threshold, threshold, Cause.BELOW_USUAL,
    )  # fmt: skip


class _Day(NamedTuple):
    """What one local day of a time zone was like, as it looked at each of some moments.

    `awake` are moments at which it was still sending, `stopped` those at which it should have been.
    """

    at_work: NDArray[np.bool_]
    awake: NDArray[np.bool_]
    stopped: NDArray[np.bool_]
    silent: NDArray[np.bool_]
    but_for_blasts: NDArray[np.bool_]
    date: Integers  # days since the epoch


class _FreeZones:
    """Which time zones have a day off at each of some moments, or had one yesterday."""

    def __init__(self, volumes: Volumes, expected: Expected, ends: Floats, days_off: DaysOff) -> None:
        self._volumes = volumes
        self._expected = expected
        self._ends = ends
        self._teams: dict[str, list[int]] = {}
        for place in np.nonzero(volumes.scopes == SCOPES.index(Scope.TEAM))[0].tolist():
            self._teams.setdefault(expected.timezones[place], []).append(place)
        never = np.zeros(len(ends), dtype=bool)
        self._free, self._plainly_free = dict.fromkeys(self._teams, never), dict.fromkeys(self._teams, never)
        days = {(zone, ago): self._day(zone, ago) for zone in self._teams for ago in (0, 1)}
        for (zone, _), day in days.items():
            presumed = _others_work(day, [other for (name, _), other in days.items() if name != zone])
            off = _are_off(day.date, zone, days_off)
            self._plainly_free[zone] = self._plainly_free[zone] | (day.silent & presumed) | off
            self._free[zone] = self._free[zone] | ((day.silent | day.but_for_blasts) & presumed) | off

    def of(self, timezone: str) -> NDArray[np.bool_]:
        """At which moments a zone is free."""
        return self._free[timezone]

    def volume(self, starts: Integers) -> Floats:
        """What is usual from each start on in the zones that are free then, and what was sent there.

        These are plainly silent: when everybody falls silent, no zone may be left out for a quiet morning.
        """
        sums = np.zeros((2, len(starts)))
        for zone, free in self._plainly_free.items():
            if free.any():
                sums += np.stack(self._sums(zone, starts, self._ends)) * free
        return sums

    def _day(self, zone: str, ago: int) -> "_Day":
        """Whether a zone was at work on the local day so many days ago, or silent."""
        hours = (_ceiling(self._ends, 1) - 1) // HOUR
        first = int(hours.min())
        local = local_hours(zone, first, int(hours.max()) - first + 1)[hours - first]
        midnight = (hours - local % 24) * HOUR - ago * DAY
        ends = np.minimum(self._ends, midnight + DAY) if ago else self._ends
        usual, sent = self._sums(zone, midnight, ends)
        begun = usual >= _DAY_BEGUN_SENDS
        if ago:
            begun &= (
                usual
                >= _A_WORKING_DAY * 24 * self._expected.levels[Unit.SENDS.place, self._teams[zone]].sum()
            )
        quiet = (sent <= _LITTLE * usual) & (self._stirring(zone, midnight, ends) <= _STIRRING)
        silent = begun & (sent <= _SILENT * usual)
        awake, stopped = (
            self._lately(zone, midnight) if not ago else (np.zeros_like(begun), np.zeros_like(begun))
        )
        at_work = begun & (sent >= _AT_WORK * usual)
        return _Day(at_work, awake, stopped, silent, begun & quiet, local // 24 - ago)

    def _lately(self, zone: str, midnight: Integers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """At which moments a zone was sending in the last hour, and at which it had worked and stopped."""
        hour_ago = np.maximum(_ceiling(self._ends, FINE_SECONDS) - HOUR, midnight)
        usual, sent = self._sums(zone, hour_ago, self._ends)
        before, had_sent = self._sums(zone, midnight, hour_ago.astype(np.float64))
        awake = (usual >= _DAY_BEGUN_SENDS) & (sent >= _AT_WORK * usual)
        worked = (before >= _DAY_BEGUN_SENDS) & (had_sent > _LITTLE * before)
        return awake, worked & (usual >= _STOPPED_SENDS) & (sent < _STOPPED * usual)

    def _stirring(self, zone: str, starts: Integers, ends: Floats) -> Floats:
        """The part of a zone's teams' busy hours, from each start to each end, in which they did send."""
        since = starts[:, None] + np.arange(_HOURS_OF_DAY) * HOUR
        until = np.minimum(since + HOUR, ends[:, None])
        begins, finishes = np.minimum(since, until).ravel().astype(np.int64), until.ravel()
        usual, sent = self._counted(zone, begins, finishes)
        counts = usual >= _HOUR_SENDS
        by_hour = (-1, *since.shape)  # teams, looks, hours
        busy = counts.reshape(by_hour).sum(axis=(0, 2))
        stirred = (counts & (sent >= _STIRS * usual)).reshape(by_hour).sum(axis=(0, 2))
        return np.where(busy >= _LEAST_HOURS, stirred / np.maximum(busy, 1), 1.0)

    def _sums(self, zone: str, starts: Integers, ends: Floats) -> tuple[Floats, Floats]:
        """What is usual in a zone from each start to each end, and what was sent."""
        usual, sent = self._counted(zone, starts, ends)
        return usual.sum(axis=0), sent.sum(axis=0).astype(np.float64)

    def _counted(self, zone: str, starts: Integers, ends: Floats) -> tuple[Floats, Integers]:
        """The same of each of its teams: one row a team."""
        teams = np.array(self._teams[zone], dtype=np.int64)
        at, rows = np.repeat(teams, len(starts)), (len(teams), len(starts))
        begins, finishes = np.tile(starts, len(teams)), np.tile(ends, len(teams))
        usual = self._expected.between(at, begins, finishes)[Unit.SENDS.place]
        sent = self._volumes.between(at, begins, _ceiling(finishes, 1))[Unit.SENDS.place]
        return usual.reshape(rows), sent.reshape(rows)


def _others_work(day: _Day, others: Iterable[_Day]) -> NDArray[np.bool_]:
    """At which moments other zones are at work on a day.

    Where some of them have fallen silent, their morning proves nothing: somebody must be sending still.
    """
    at_work = awake = stopped = np.zeros(len(day.date), dtype=bool)
    for other in others:
        same = other.date == day.date
        at_work = at_work | (same & other.at_work)
        awake, stopped = awake | (same & other.at_work & other.awake), stopped | (same & other.stopped)
    return awake | (at_work & ~stopped)


def _are_off(days: Integers, zone: str, days_off: DaysOff) -> NDArray[np.bool_]:
    return np.isin(days, sorted(days_off.of(zone)))


def _ceiling(moments: Floats, width: int) -> Integers:
    ceiling: Integers = np.ceil(moments / width).astype(np.int64) * width
    return ceiling
