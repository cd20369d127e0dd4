"""Planned campaigns are expected, not learned: what a plan announced is taken out of a history. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.statistics.plans import Plan
from auditor.statistics.series import HOUR, Counts, Series, series_of


@dataclass(frozen=True, slots=True)
class Sent:
    """Templated sends of one sender on one template (or on none) within one hour since the epoch."""

    sender: str
    team: str
    template: str | None
    hour: int
    messages: int
    deliveries: int

    @property
    def series(self) -> tuple[Series, ...]:
        """The series that they count in."""
        return series_of(self.sender, self.team, self.template)


def without_plans(
    hours: Mapping[Series, Counts],
    ordinary: Mapping[Series, Counts],
    plans: Mapping[Plan, Iterable[Sent]],
) -> dict[Series, Counts]:
    """Hourly counts of some series without what was planned.

    Which sends a plan meant is not written down: they are taken for those that stand out most within its
    time, as many as were announced, and never for what its series sends in an ordinary hour.

    Args:
        hours: counts by hour since the epoch.
        ordinary: the same of each plan's series.
        plans: each with what its series sent within its time.
    """
    left: dict[Series, dict[int, tuple[int, int]]] = {one: dict(counts) for one, counts in hours.items()}
    for plan, sent in plans.items():
        rows = list(sent)
        kept = _kept(plan, rows, ordinary.get(plan.series, {}))
        for row in rows:
            planned = 1 - kept.get(row.hour, 1.0)
            for series in row.series:
                if planned > 0 and row.hour in left.get(series, ()):
                    messages, deliveries = left[series][row.hour]
                    left[series][row.hour] = (
                        max(messages - round(planned * row.messages), 0),
                        max(deliveries - round(planned * row.deliveries), 0),
                    )
    return dict(left)


def _kept(plan: Plan, rows: Iterable[Sent], ordinary: Counts) -> dict[int, float]:
    """By hour the part of a plan's series that was not planned: all hours are cut off at one height."""
    by_hour: dict[int, int] = {}
    for row in rows:
        by_hour[row.hour] = by_hour.get(row.hour, 0) + row.messages
    outside = [
        pair[0] for hour, pair in ordinary.items() if not plan.overlaps(hour * HOUR, (hour + 1) * HOUR)
    ]
    floor = sum(outside) / len(outside) if outside else 0.0
    heights = sorted(by_hour.values(), reverse=True)
    height, higher = float(heights[0]) if heights else 0.0, 0.0
    for place, lower in enumerate([*heights[1:], 0], 1):
        higher += heights[place - 1]
        height = max((higher - plan.expected) / place, float(lower), floor)
        if height > lower or height == floor:
            break
    return {hour: min(height / sends, 1.0) for hour, sends in by_hour.items() if sends}
