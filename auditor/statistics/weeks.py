"""Week by week: the three parts, and what moved: shifts and ramps too slow for an alert. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.statistics.figures import Parts
from auditor.statistics.series import Series

BEFORE = 4
"""A week is compared with so many before it."""

_LEAST_CHANGE = 30
"""Sends by which a week must differ; below, nobody would want to read of it."""
_LEAST_FACTOR = 1.4
_LEAST_STRENGTH = 3.0
_DISPERSION = 3.0
"""Weekly counts scatter about three times as widely as chance alone; a month of weeks cannot tell better."""


@dataclass(frozen=True, slots=True)
class Week:
    """The three parts of one week of outreach, in deliveries; `begins` is its first day."""

    begins: date
    parts: Parts


@dataclass(frozen=True, slots=True)
class TemplateWeek:
    """What one template was used in a week, and in the week before; wording only where it may be shown."""

    id: str
    name: str | None
    wording: str | None
    sends: int
    before: int


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """One team's week, and its parts in the week before."""

    team: str
    parts: Parts
    before: Parts


@dataclass(frozen=True, slots=True)
class Shift:
    """A series whose templated sends moved: this week's, the mean of the weeks before, and for how many weeks
    in a row they have been rising."""

    series: Series
    sends: int
    before: float
    rising: int
    strength: float

    @property
    def factor(self) -> float | None:
        """How many times as much as before; None where there was nothing."""
        return self.sends / self.before if self.before else None


def find_shifts(counts: Mapping[Series, Sequence[int]], limit: int) -> tuple[Shift, ...]:
    """The series that moved most, the strongest first.

    Args:
        counts: templated sends by week, oldest first, of at least `BEFORE` + 1 weeks.
        limit: at most so many.
    """
    found = [shift for series, weekly in counts.items() if (shift := _shift(series, weekly)) is not None]
    return tuple(sorted(found, key=lambda one: (-abs(one.strength), one.series))[:limit])


def _shift(series: Series, weekly: Sequence[int]) -> Shift | None:
    earlier, last = weekly[-BEFORE - 1 : -1], weekly[-1]
    if len(earlier) < BEFORE:
        return None
    mean = sum(earlier) / len(earlier)
    own = sum((one - mean) ** 2 for one in earlier) / (len(earlier) - 1)
    strength = (last - mean) / math.sqrt(max(own, _DISPERSION * mean, 1.0))
    rising = _rising(weekly)
    large = max(last, mean) >= _LEAST_FACTOR * max(min(last, mean), 1.0)
    ramp = rising >= BEFORE - 1 and last > mean  # each step small, the way long
    if abs(last - mean) < _LEAST_CHANGE or not large or (abs(strength) < _LEAST_STRENGTH and not ramp):
        return None
    return Shift(series, last, mean, rising, strength)


def _rising(weekly: Sequence[int]) -> int:
    """For how many weeks in a row each was more than the one before."""
    steps = 0
    for later, earlier in zip(reversed(weekly), reversed(weekly[:-1]), strict=False):
        if later <= earlier:
            break
        steps += 1
    return steps
