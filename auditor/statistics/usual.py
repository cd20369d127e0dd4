"""How much is usual: the mean of a series at each hour of its week, and how far counts stray from it.

The mean is Gamma-Poisson: a series' own counts at that hour of the week, older weeks weighing less, pulled
towards what its level and its parent's daily rhythm would give (Gelman et al., Bayesian Data Analysis,
section 2.6). A sender leans on the team, the team on the organisation. Counts scatter around the mean like
a negative binomial. Everything here is a pure function of hourly counts.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import nbdtrik

from auditor.statistics.series import HOUR, WEEK, History, Unit

HOURS_OF_WEEK = 168
HISTORY_WEEKS = 8
HALF_LIFE_WEEKS = 4.0
PRIOR_WEEKS = 2.0
"""How many weeks of own counts weigh as much as what the parent suggests."""

Floats = NDArray[np.float64]
Hours = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual for one series: sends and deliveries per hour, for each of the 168 hours of its week.

    Hour 0 is Monday 00:00 to 01:00 in `timezone`. `weeks` is how much own history stands behind it,
    `whole_weeks` how much the whole organisation has; older weeks weigh less.
    """

    timezone: str
    weekly: tuple[Floats, Floats]
    weeks: float
    whole_weeks: float

    def expected(self, unit: Unit, start: float, end: float) -> float:
        """The usual volume between two moments (seconds since the epoch)."""
        if end <= start:
            return 0.0
        first, last = int(start // HOUR), math.ceil(end / HOUR)
        means = self.weekly[unit.place][hours_of_week(self.timezone, first, last - first)]
        total = float(means.sum())
        total -= float(means[0]) * (start / HOUR - first)
        total -= float(means[-1]) * (last - end / HOUR)
        return max(total, 0.0)

    def level(self, unit: Unit) -> float:
        """The mean volume of an hour, over the whole week."""
        return float(self.weekly[unit.place].mean())


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual for a window: the mean, and the range that holds 95 of 100 such windows."""

    expected: float
    low: float
    high: float


def usual(history: History, until: int, parent: Usual | None = None, members: float = 1.0) -> Usual:
    """Work out what is usual for a series.

    Args:
        history: its hourly counts.
        until: the first hour since the epoch that does not count as history any more.
        parent: what is usual for the whole it belongs to; None for the organisation.
        members: among how many the parent's volume is divided.
    """
    first = max(math.ceil(history.since / HOUR), until - HISTORY_WEEKS * HOURS_OF_WEEK)
    count = max(until - first, 0)
    places = hours_of_week(history.timezone, first, count)
    weights = np.exp2((np.arange(count) - count) / (HOURS_OF_WEEK * HALF_LIFE_WEEKS))
    exposure = np.bincount(places, weights, HOURS_OF_WEEK).astype(np.float64)
    counted = _counts(history, first, count)
    sums = [np.bincount(places, weights * counts, HOURS_OF_WEEK).astype(np.float64) for counts in counted]
    weekly = [_weekly(own, exposure, unit, parent, members) for unit, own in zip(Unit, sums, strict=True)]
    weeks = float(exposure.mean())
    whole_weeks = weeks if parent is None else parent.whole_weeks
    return Usual(history.timezone, (weekly[0], weekly[1]), weeks, whole_weeks)


def _counts(history: History, first: int, count: int) -> Floats:
    counts = np.zeros((2, count))
    for hour, pair in history.hours.items():
        if 0 <= hour - first < count:
            counts[:, hour - first] = pair
    return counts


def _weekly(sums: Floats, exposure: Floats, unit: Unit, parent: Usual | None, members: float) -> Floats:
    """Own counts, shrunk: first the level towards the parent's share, then each hour towards the rhythm."""
    level = float(sums.sum())
    seen = float(exposure.mean())
    if parent is None:
        rhythm = _office_hours()
        level = level / max(float(exposure.sum()), HOURS_OF_WEEK)
    else:
        rhythm = _rhythm(parent.weekly[unit.place])
        share = parent.level(unit) / max(members, 1.0)
        level = (level / HOURS_OF_WEEK + PRIOR_WEEKS * share) / (seen + PRIOR_WEEKS)
    weekly: Floats = (sums + PRIOR_WEEKS * level * rhythm) / (exposure + PRIOR_WEEKS)
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


@lru_cache(maxsize=4096)
def hours_of_week(timezone: str, first: int, count: int) -> Hours:
    """The hour of the local week (0 to 167) of `count` hours from hour `first` since the epoch.

    Summer time is followed: the offset is taken anew every hour. The answer is shared: do not change it.
    """
    zone = ZoneInfo(timezone)
    offsets = [_offset(zone, hour) for hour in range(first, first + count)]
    # The epoch was a Thursday: 72 hours after Monday 00:00.
    local = (np.arange(first, first + count) * HOUR + np.array(offsets, dtype=np.int64)) % WEEK
    places: Hours = (local // HOUR + 72) % HOURS_OF_WEEK
    return places


def _offset(zone: ZoneInfo, hour: int) -> int:
    offset = datetime.fromtimestamp(hour * HOUR, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def variance(mean: float, phi: float, k: float, weeks: float) -> float:
    """How far counts stray from `mean`: phi m + m^2/k, and more while a series is hardly known."""
    cold = 0.25 / (weeks + 0.5)
    return phi * mean + mean * mean / k + cold * mean * mean


def band(mean: float, variance_: float) -> Band:
    """The 95 % range of a negative binomial with this mean and variance (greater than the mean)."""
    if mean <= 0:
        return Band(0.0, 0.0, 0.0)
    size = mean * mean / max(variance_ - mean, 1e-9)
    success = size / (size + mean)
    low, high = float(nbdtrik(0.025, size, success)), float(nbdtrik(0.975, size, success))
    return Band(mean, _whole(low), _whole(high))


def _whole(quantile: float) -> float:
    """The smallest whole number at or above a continuous quantile; 0 where there is none."""
    return float(max(math.ceil(quantile), 0)) if math.isfinite(quantile) else 0.0


def residual(observed: float, mean: float, variance_: float) -> float:
    """Signed deviance residual of a negative binomial; about standard normal where nothing happened.

    McCullagh and Nelder, Generalized Linear Models, section 2.4; positive above the mean.
    """
    mean = max(mean, 1e-6)
    size = mean * mean / max(variance_ - mean, 1e-9)
    part = observed * math.log(observed / mean) if observed > 0 else 0.0
    deviance = part - (observed + size) * math.log((observed + size) / (mean + size))
    return math.copysign(math.sqrt(2 * max(deviance, 0.0)), observed - mean)
