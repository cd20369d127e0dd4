"""The local days of a history: what each weighs, and on which of them somebody was away."""

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.clock import HOURS_OF_WEEK, local_hours
from auditor.statistics.days_off import DaysOff
from auditor.statistics.volumes import Floats, Integers

HISTORY_WEEKS = 8
HALF_LIFE_WEEKS = 4.0

AWAY_WORKING_DAYS = 3
AWAY_SENDS = 15.0
"""So many silent working days in a row, in which so many sends were to be expected: the person was away."""

Booleans = NDArray[np.bool_]


def is_working_day(timezone: str, day: int, days_off: DaysOff) -> bool:
    """Whether people of a time zone work on a local day since the epoch."""
    return (day + 3) % 7 < 5 and day not in days_off.of(timezone)


class Days:
    """The local days of a zone that lie wholly in the history, and what each weighs."""

    def __init__(self, timezone: str, until: int, days_off: DaysOff) -> None:
        self._timezone = timezone
        self._start = until - HISTORY_WEEKS * HOURS_OF_WEEK
        self._local = local_hours(timezone, self._start, until - self._start + 48)
        self.first = -(-int(self._local[0]) // 24)
        self.end = (int(self._local[until - self._start - 1]) + 1) // 24
        self.count = self.end - self.first
        ages = self.count - np.arange(self.count)
        self.weight = np.exp2(-ages / (7 * HALF_LIFE_WEEKS))
        self.weekday = (np.arange(self.first, self.end) + 3) % 7
        off = [day in days_off.of(timezone) for day in range(self.first, self.end)]
        self.off: Booleans = np.array(off, dtype=bool)

    def local(self, hours: Integers | Floats) -> Integers:
        """The local hours of some hours; what lies before the history is its very beginning."""
        inside = np.clip(hours.astype(np.int64) - self._start, 0, len(self._local) - 1)
        local: Integers = self._local[inside]
        return np.where(hours < self._start, self.first * 24 - 1, local)

    def begin(self, day: int) -> int:
        """The hour since the epoch at which a local day since the epoch begins."""
        return self._start + int(np.searchsorted(self._local, day * 24))


def away(daily: Floats, present: Booleans, days: Days) -> Booleans:
    """Days of a silence too long to be chance: at least three working days that others would have filled."""
    working = (days.weekday < 5) & ~days.off
    level = daily.sum(axis=1) / np.maximum((present & working).sum(axis=1), 1)
    silent = (daily == 0) & present
    runs = np.cumsum(daily > 0, axis=1) + np.arange(len(daily))[:, None] * (days.count + 1)
    size = len(daily) * (days.count + 1)
    working_days = np.bincount(runs[silent & working], minlength=size)
    needed = np.maximum(np.ceil(AWAY_SENDS / np.maximum(level, 0.1)), AWAY_WORKING_DAYS)
    away: Booleans = silent & (working_days[runs] >= needed[:, None])
    return away
