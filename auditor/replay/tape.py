"""Recorded sends, laid out so that any window of any series can be counted at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.replay.events import Event
from auditor.statistics.series import HOUR, Mixed, Series
from auditor.statistics.tally import FINE_SECONDS, Scope
from auditor.statistics.volumes import Floats, Integers, Volumes


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """All sends in order of time: by five minutes, by the hour, and one by one."""

    events: Sequence[Event]
    times: Floats
    fine: Volumes
    hourly: Volumes
    since: Floats
    """Of each series the moment of its first send."""
    homes: Mapping[str, str]
    """The team of each sender, as of the latest send."""

    def mixed(self, start: float, end: float) -> tuple[Mixed, ...]:
        """Who sent which template when, by five minutes, from a moment (included) to another (not)."""
        first, last = np.searchsorted(self.times, [start, end])
        found: dict[tuple[int, str, str], Mixed] = {}
        for event in self.events[first:last]:
            bucket = int(event.sent_at // FINE_SECONDS) * FINE_SECONDS
            key = bucket, event.sender, event.template
            one = found.get(key) or Mixed(
                event.sender, event.team, event.template, bucket, 0, 0, 0, event.sent_at
            )
            found[key] = Mixed(
                one.sender, one.team, one.template, bucket,
                one.messages + 1, one.deliveries + event.recipients,
                max(one.largest, event.recipients), event.sent_at,
            )  # fmt: skip
        return tuple(found[key] for key in sorted(found))


def record(events: Sequence[Event]) -> Tape:
    """Lay out some sends (in order of time)."""
    times = np.array([event.sent_at for event in events])
    recipients = np.array([event.recipients for event in events], dtype=np.int64)
    named = [
        (Scope.ORGANISATION, [""] * len(events)),
        (Scope.TEAM, [event.team for event in events]),
        (Scope.SENDER, [event.sender for event in events]),
        (Scope.TEMPLATE, [event.template for event in events]),
    ]
    series: list[Series] = []
    columns: list[Integers] = []
    for scope, names in named:
        places_of = {name: place for place, name in enumerate(sorted(set(names)), len(series))}
        columns.append(np.array([places_of[name] for name in names], dtype=np.int64))
        series += [Series(scope, name) for name in places_of]
    places = np.concatenate(columns)
    counts = np.tile(np.stack([np.ones_like(recipients), recipients]), 4)
    since = np.full(len(series), np.inf)
    np.minimum.at(since, places, np.tile(times, 4))
    starts = [np.tile((times // width).astype(np.int64) * width, 4) for width in (FINE_SECONDS, HOUR)]
    fine, hourly = (Volumes.of(series, places, start, counts) for start in starts)
    homes = {event.sender: event.team for event in events}
    return Tape(events, times, fine, hourly, since, homes)
