"""An invented company whose counts have seasons, and stray more than chance alone would have it."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np

from auditor.statistics.series import ORGANISATION, Counts, Series
from auditor.statistics.tally import FINE_SECONDS, Scope

START = 1_788_134_400  # Monday 31 August 2026, 00:00 UTC
WEEK_BUCKETS = 7 * 288
BERLIN = ZoneInfo("Europe/Berlin")


def person(number: int) -> Series:
    """A sender of the invented company."""
    return Series(Scope.SENDER, f"person{number}@example.org")


def company(seed: int, people: int = 12, weeks: int = 8, a_week: float = 60.0) -> dict[Series, Counts]:
    """Five-minute counts of every sender and of the organisation, in Berlin office hours."""
    chance = np.random.default_rng(seed)
    buckets = np.arange(weeks * WEEK_BUCKETS)
    hour, day = (buckets // 12 + 2) % 24, (buckets // 12 + 2) // 24 % 7
    shape = np.where(day < 5, np.exp(-((hour - 10) ** 2) / 5) + 0.7 * np.exp(-((hour - 15) ** 2) / 6), 0.01)
    shape = np.where((hour < 7) | (hour > 19), 0.0, shape)
    total = np.zeros(len(buckets), dtype=np.int64)
    counts: dict[Series, Counts] = {}
    for number in range(people):
        rate = shape / shape.sum() * weeks * a_week * chance.lognormal(0, 0.4)
        daily = np.repeat(chance.gamma(3, 1 / 3, weeks * 7), 288)
        hourly = np.repeat(chance.gamma(1.5, 1 / 1.5, weeks * 168), 12)
        sent = chance.poisson(rate * daily * hourly)
        total += sent
        counts[person(number)] = as_counts(sent)
    counts[ORGANISATION] = as_counts(total)
    return counts


def as_counts(sent: np.ndarray) -> dict[int, tuple[int, int]]:
    """Bucket starts to sends and deliveries."""
    return {START + int(place) * FINE_SECONDS: (int(n), int(n)) for place, n in enumerate(sent) if n}


def hourly(buckets: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The same counts by hour since the epoch."""
    hours: dict[int, tuple[int, int]] = {}
    for start, (sends, deliveries) in buckets.items():
        before = hours.get(start // 3600, (0, 0))
        hours[start // 3600] = before[0] + sends, before[1] + deliveries
    return hours
