"""A whole that lives in several time zones, in the weeks when their clocks are not as far apart as usual.

What is usual for the organisation is learned by the hours of one time zone's week. New York and Berlin are
six hours apart, but five for three weeks in spring and one in autumn: then all that New York sends comes at
another hour of Berlin's day. Teams live in one zone each; what is usual for them says how much that is.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from auditor.statistics.clock import HOURS_OF_WEEK, hours_of_week, local_hours
from auditor.statistics.days import HALF_LIFE_WEEKS, HISTORY_WEEKS
from auditor.statistics.volumes import Floats


def out_of_step(parts: Mapping[str, Floats], timezone: str, until: int, first: int, count: int) -> Floats:
    """What comes more, or less, in each hour than the whole's own week says; in two rows, by unit.

    All zero where every clock is as far from the whole's as it was throughout the history.

    Args:
        parts: by time zone what is usual for those who live there, sends and deliveries of each hour of their
            week.
        timezone: the whole's.
        until: the hour since the epoch with which the history ended.
        first: an hour since the epoch; `count` hours from there on are asked about.
    """
    hours = hours_of_week(timezone, first, count)
    more = np.zeros((2, count))
    for zone, weekly in sorted(parts.items()):
        now = local_hours(zone, first, count) - local_hours(timezone, first, count)
        learned = _apart(zone, timezone, until)
        if len(learned) == 1 and (now == learned[0][0]).all():
            continue
        more += weekly[:, (hours + now) % HOURS_OF_WEEK]
        for apart, part in learned:
            more -= part * weekly[:, (hours + apart) % HOURS_OF_WEEK]
    return more


@lru_cache(maxsize=256)
def _apart(zone: str, other: str, until: int) -> tuple[tuple[int, float], ...]:
    """How many hours the clocks of two zones were apart in a history, each with its part of the weight."""
    days = HISTORY_WEEKS * 7
    noons = slice(12, None, 24)
    first = until - days * 24
    apart = (local_hours(zone, first, days * 24) - local_hours(other, first, days * 24))[noons]
    weights = np.exp2((np.arange(days) - days) / (7 * HALF_LIFE_WEEKS))
    return tuple((int(one), float(weights[apart == one].sum() / weights.sum())) for one in np.unique(apart))
