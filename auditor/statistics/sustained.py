"""Slow rises: a person who sends more every day, a team that sends double for days. Pure.

No single day of these is remarkable. Read together, days say more: each contributes a log-likelihood ratio,
of the rise that is looked for against what is usual, and none more than a day of that very rise would
(Basseville and Nikiforov, Detection of Abrupt Changes, chapter 2; bounded as by Huber, so that one campaign
is not a rise). What is usual is frozen from before: the last ten working days teach nothing here, and what
all the others do on a day as well is no news of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from auditor.statistics.days import Booleans, Days, away
from auditor.statistics.days_off import NONE, DaysOff
from auditor.statistics.scatter import Limits, bands
from auditor.statistics.series import HOUR, ORGANISATION, Series, Unit
from auditor.statistics.spikes import FAINT, Cause, Spike
from auditor.statistics.tally import Scope
from auditor.statistics.usual import Member
from auditor.statistics.volumes import Floats, Integers, Volumes

LEFT_OUT = 10
"""So many of the last working days are not learned from: a rise must not become its own measure."""

_LEAST_DAYS = 8
"""So many working days must be known from before."""

_GROWTH = 1.03
_OUTLIER = 2.5
_OUTLIER_SENDS = 5.0
"""A day teaches at most so many times the level and so many sends."""

_OWN = 40.0
"""How many days of own scatter weigh as much as the shipped one."""

_FLOOR = -3.0
"""No day speaks more strongly against a rise."""

_OTHERS_SENDS = 20.0
_OTHERS_MOST = 3.0
"""The others of a day are asked when so many sends are usual for them, and explain at most so many times."""


class Course(NamedTuple):
    """A rise that is looked for, over `days` working days: at once to `top` times the usual, or step by step.

    `phi` and `k` are the scatter of a day (phi m + m^2/k), `threshold` is a log-likelihood ratio; on its last
    day there must be `least` sends.
    """

    days: int
    top: float
    rising: bool
    phi: float
    k: float
    threshold: float
    least: int

    @property
    def factors(self) -> Floats:
        """How many times the usual each of its days has."""
        if not self.rising:
            return np.full(self.days, self.top)
        return np.asarray(1 + (self.top - 1) * (np.arange(self.days) + 0.5) / self.days)


COURSES: Mapping[Scope, Course] = {
    Scope.SENDER: Course(6, 4.0, rising=True, phi=8.0, k=4.0, threshold=5.0, least=8),
    Scope.TEAM: Course(2, 2.0, rising=False, phi=20.0, k=16.0, threshold=4.5, least=60),
}
"""Thresholds that people and teams of simulated companies pass about twice in ten company-months in which
nothing rose: a fifth of what is promised for all kinds together. Of people who grow to four times their
usual in seven days a third is told of; of those who send two and a half times as much for three days hardly
one, for such days are not rare: they stand in the weekly digest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Usual:
    """What is usual for some series on each of the days of a course, and how that scatters, in columns."""

    mean: Floats
    spread: Floats
    rest: Floats
    """On a day that is no working day."""


def find_rises(
    members: Sequence[Member],
    history: Volumes,
    until: int,
    limits: Limits,
    days_off: DaysOff = NONE,
) -> tuple[Spike, ...]:
    """Read some senders and teams of one time zone on the evening of a working day.

    Args:
        members: the series.
        history: their hourly counts, and the organisation's.
        until: the hour since the epoch at which the local day that is read has ended.
        limits: what the company accepts.
        days_off: days that are no working days.

    Returns:
        Of each series at most one reading, when it is at least faint.
    """
    if not members:
        return ()
    days = Days(members[0].timezone, until, days_off)
    everybody = _daily([ORGANISATION], history, days)[0]
    begun = np.cumsum(everybody) > everybody  # the day after the first that is known, and later
    working = (days.weekday < 5) & ~days.off & begun
    found: list[Spike] = []
    for scope, course in COURSES.items():
        some = [one for one in members if one.series.scope is scope]
        daily = _daily([one.series for one in some], history, days)
        busy = daily[:, -1] >= course.least
        some = [one for one, is_busy in zip(some, busy, strict=True) if is_busy]
        if some:
            found += _read(some, daily[busy], everybody, days, working, course, limits)
    return tuple(found)


def still(spike: Spike, now: float) -> Spike:
    """A reading as it holds until the next working day has ended."""
    return replace(spike, start=now - spike.window, end=now)


def _read(
    members: Sequence[Member],
    daily: Floats,
    everybody: Floats,
    days: Days,
    working: Booleans,
    course: Course,
    limits: Limits,
) -> list[Spike]:
    at = np.nonzero(working)[0]
    reference, asked = at[:-LEFT_OUT], at[-course.days :]
    since = days.local(np.array([one.since // HOUR for one in members])) // 24 - days.first
    present = np.arange(days.count) > since[:, None]
    if members[0].series.scope is Scope.SENDER:
        present &= ~away(daily, present, days)
    known = present[:, reference].sum(axis=1) >= _LEAST_DAYS
    if len(at) < LEFT_OUT + _LEAST_DAYS or not known.any():
        return []
    usual = _usual(daily, everybody, present, days, reference, asked, course)
    ratios = _ratios(daily[:, asked], usual, course.factors)
    strength = np.where(present[:, asked] & known[:, None], ratios, 0.0).sum(axis=1)
    threshold = limits.moved(course.threshold)
    start, end = days.begin(int(days.first + asked[0])), days.begin(days.end)
    within = np.arange(days.count) >= asked[0]
    observed = daily[:, within].sum(axis=1)
    mean = usual.mean.sum(axis=1) + usual.rest * int((within & ~working).sum())
    low, high = bands(mean, usual.spread.sum(axis=1))
    return [
        Spike(
            members[n].series, Unit.SENDS, (end - start) * HOUR, float(start * HOUR), float(end * HOUR),
            int(observed[n]), float(mean[n]), float(low[n]), float(high[n]),
            float(strength[n]), threshold, Cause.SUSTAINED,
        )
        for n in np.nonzero((strength >= FAINT * threshold) & (observed > high))[0].tolist()
    ]  # fmt: skip


def _usual(
    daily: Floats,
    everybody: Floats,
    present: Booleans,
    days: Days,
    reference: Integers,
    asked: Integers,
    course: Course,
) -> _Usual:
    """What is usual for the days asked about, as the reference days have it."""
    weekdays = days.weekday[reference]
    sums = np.bincount(weekdays, everybody[reference], 7)
    times = np.bincount(weekdays, minlength=7)
    of_weekday = np.where(times > 0, sums / np.maximum(times, 1), everybody[reference].mean())
    pattern = of_weekday / max(float(of_weekday[:5].mean()), 1e-9)
    counts, there = daily[:, reference], present[:, reference]
    weight = days.weight[reference] * there
    chances = np.maximum((weight * pattern[weekdays]).sum(axis=1), 1e-9)
    level = (weight * counts).sum(axis=1) / chances
    most = _OUTLIER * level[:, None] * pattern[weekdays] + _OUTLIER_SENDS
    level = _GROWTH * (weight * np.minimum(counts, most)).sum(axis=1) / chances
    means = np.maximum(level[:, None] * pattern[weekdays], 0.1)
    strayed = np.minimum((counts - means) ** 2 / (course.phi * means + means * means / course.k), 9.0)
    own = ((weight * strayed).sum(axis=1) + _OWN) / (weight.sum(axis=1) + _OWN)
    plain = level[:, None] * pattern[days.weekday[asked]]
    others = of_weekday[days.weekday[asked]] - plain
    sent = everybody[asked] - daily[:, asked]
    asks = others >= _OTHERS_SENDS
    explained = np.where(asks, np.clip(sent / np.maximum(others, 1e-9), 1.0, _OTHERS_MOST), 1.0)
    mean = np.maximum(plain * explained, 0.1)
    cold = 0.25 / np.maximum(there.sum(axis=1), 1)[:, None]
    spread = own[:, None] * (course.phi * mean + mean * mean * (1 / course.k + cold))
    return _Usual(mean, spread, _rest(daily, present, days))


def _rest(daily: Floats, present: Booleans, days: Days) -> Floats:
    weekend = present & ((days.weekday >= 5) | days.off)
    return np.asarray((daily * weekend).sum(axis=1) / np.maximum(weekend.sum(axis=1), 1))


def _ratios(counts: Floats, usual: _Usual, factors: Floats) -> Floats:
    """Of each day the log-likelihood ratio of so many times the usual against the usual, bounded."""
    mean = usual.mean
    size = mean * mean / np.maximum(usual.spread - mean, 0.1 * mean)
    counted = np.minimum(counts, factors * mean)
    ratios = counted * np.log(factors)
    ratios -= (counted + size) * np.log((factors * mean + size) / (mean + size))
    return np.asarray(np.maximum(ratios, _FLOOR))


def _daily(series: Sequence[Series], history: Volumes, days: Days) -> Floats:
    """What some series sent on each of the days."""
    place = {one: n for n, one in enumerate(series)}
    row = np.array([place.get(one, -1) for one in history.series], dtype=np.int64)
    rows = row[history.places]
    local = days.local(history.starts // HOUR)
    kept = (rows >= 0) & (local >= days.first * 24) & (local < days.end * 24)
    key = rows[kept] * days.count + local[kept] // 24 - days.first
    sums = np.bincount(key, history.counts[0, kept], len(series) * days.count)
    return np.asarray(sums.astype(np.float64).reshape(len(series), days.count))
