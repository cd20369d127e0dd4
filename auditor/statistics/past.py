"""The past as it would have been shown, hour by hour, had everything been known then. Pure."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TypeAlias

from auditor.statistics.figures import (
    Cell,
    Parts,
    Scale,
    Unit,
    Volume,
    Volumes,
    Window,
    handwritten_share,
    parts,
)
from auditor.statistics.tally import COARSE_SECONDS

PAST_WINDOWS = (Window.DAY, Window.WEEK, Window.MONTH)
"""The windows that history has; an hour's figure once an hour would say nothing."""

Columns: TypeAlias = "dict[tuple[str, ...], array[float]]"
"""Label values of one series, and a value for every hour; NaN where there is none."""


@dataclass(slots=True)
class Past:
    """The series of one team, or of the organisation: by family, hours one after the other.

    `starts[0]` is the first hour that has a value; the value at an hour counts what was sent before it.
    """

    starts: Sequence[int]
    messages: Columns
    deliveries: Columns
    mass: Columns
    written: Columns


def past_of(hours: Mapping[int, Volumes], starts: Sequence[int]) -> Past:
    """Work out every series of one team from what it sent in each hour.

    Args:
        hours: by the start of the hour, seconds since the epoch.
        starts: the hours to be shown, each 3600 seconds after the one before.
    """
    past = Past(starts, {}, {}, {}, {})
    for window in PAST_WINDOWS:
        for place, volumes in enumerate(moving(hours, starts, window.seconds)):
            _add_volumes(past, place, volumes, window)
            _add_ratios(past, place, volumes, window)
    return past


def moving(hours: Mapping[int, Volumes], starts: Sequence[int], seconds: int) -> Iterator[Volumes]:
    """What was sent in the `seconds` before each of `starts`: one mapping, changed from step to step."""
    if not starts:
        return
    now: dict[Cell, Volume] = {}
    for hour in range(starts[0] - seconds, starts[0], COARSE_SECONDS):
        _move(now, hours.get(hour, {}), 1)
    yield now
    for start in starts[1:]:
        _move(now, hours.get(start - COARSE_SECONDS, {}), 1)
        _move(now, hours.get(start - COARSE_SECONDS - seconds, {}), -1)
        yield now


def _move(now: dict[Cell, Volume], volumes: Volumes, sign: int) -> None:
    for cell, volume in volumes.items():
        moved = now.get(cell, Volume()) + (volume if sign > 0 else -volume)
        now[cell] = moved


def _add_volumes(past: Past, place: int, volumes: Volumes, window: Window) -> None:
    """A series begins with the first hour in which it is more than 0."""
    for cell, volume in volumes.items():
        labels = (cell.team, cell.direction, cell.kind, cell.class_, window)
        if volume.messages or labels in past.messages:
            _put(past.messages, past, labels, place, volume.messages)
            _put(past.deliveries, past, labels, place, volume.deliveries)


def _add_ratios(past: Past, place: int, volumes: Volumes, window: Window) -> None:
    for scale in Scale:
        for unit in Unit:
            counted: Parts = parts(volumes, scale, unit)
            if counted.mass_ratio is not None:
                _put(past.mass, past, (scale, window, unit), place, counted.mass_ratio)
        written = handwritten_share(volumes, scale)
        if written is not None:
            _put(past.written, past, (scale, window), place, written)


def _put(columns: Columns, past: Past, labels: tuple[str, ...], place: int, value: float) -> None:
    column = columns.get(labels)
    if column is None:
        column = columns[labels] = array("d", [nan]) * len(past.starts)
    column[place] = value


def hours_between(first: float, until: float) -> Sequence[int]:
    """The hours to be shown: after the one in which the first send lies, up to the last that is not after
    `until`."""
    begin = int(first // COARSE_SECONDS) * COARSE_SECONDS + COARSE_SECONDS
    return range(begin, int(until // COARSE_SECONDS) * COARSE_SECONDS + 1, COARSE_SECONDS)


def by_hour(rows: Iterable[tuple[int, Cell, Volume]]) -> dict[int, dict[Cell, Volume]]:
    """Rows of the tally, together by the hour they begin in."""
    hours: dict[int, dict[Cell, Volume]] = {}
    for start, cell, volume in rows:
        hours.setdefault(start, {})[cell] = volume
    return hours
