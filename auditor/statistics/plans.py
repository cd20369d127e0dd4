"""Campaigns that somebody planned: what they are expected to add is not news."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.statistics.series import Series


@dataclass(frozen=True, slots=True)
class Plan:
    """So many mails, of one series, between two moments (seconds since the epoch).

    `expected` is a number of sends, or of people where one send goes to many; when within the plan they are
    sent is not known.
    """

    id: int
    series: Series
    starts: float
    ends: float
    expected: int

    def overlaps(self, start: float, end: float) -> bool:
        """Whether some moment between `start` and `end` lies within the plan."""
        return self.starts < end and start < self.ends


def expected(plans: Iterable[Plan], start: float, end: float) -> int:
    """What plans may add to a window: all of each that it overlaps, for a campaign may go out at once."""
    return sum(plan.expected for plan in plans if plan.overlaps(start, end))
