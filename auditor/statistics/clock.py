"""Local time of many hours at once: the hour of the week and the day, summer time included."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.series import HOUR

HOURS_OF_WEEK = 168
_MONDAY = 72
"""The epoch was a Thursday: 72 hours after Monday 00:00."""

Hours = NDArray[np.int64]


@lru_cache(maxsize=4096)
def _offsets(timezone: str, day: int) -> Hours:
    """How many seconds the zone is east of UTC, for each hour of a UTC day since the epoch."""
    zone = ZoneInfo(timezone)
    hours = range(day * 24, day * 24 + 24)
    offsets = [datetime.fromtimestamp(hour * HOUR, zone).utcoffset() for hour in hours]
    return np.array([0 if one is None else int(one.total_seconds()) for one in offsets], dtype=np.int64)


def local_hours(timezone: str, first: int, count: int) -> Hours:
    """The hours since the local epoch of `count` hours from hour `first` since the epoch."""
    days = range(first // 24, (first + max(count, 1) - 1) // 24 + 1)
    offsets = np.concatenate([_offsets(timezone, day) for day in days])
    start = first - days[0] * 24
    hours: Hours = (np.arange(first, first + count) * HOUR + offsets[start : start + count]) // HOUR
    return hours


def hours_of_week(timezone: str, first: int, count: int) -> Hours:
    """The hour of the local week (0 is Monday 00:00) of `count` hours from hour `first` since the epoch."""
    places: Hours = (local_hours(timezone, first, count) + _MONDAY) % HOURS_OF_WEEK
    return places


def local_day(timezone: str, hour: int) -> int:
    """The local day since the epoch that an hour since the epoch lies in."""
    return int(local_hours(timezone, hour, 1)[0]) // 24


def midnights(timezone: str, first: int, count: int) -> tuple[int, ...]:
    """The hours since the epoch, among `count` from hour `first` on, with which a local day begins."""
    days = local_hours(timezone, first - 1, count + 1) // 24
    return tuple((first + np.nonzero(np.diff(days))[0]).tolist())
