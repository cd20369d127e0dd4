"""Sums of the moving windows, read anew only where the tally has changed.

The time of the longest window is cut into pieces: days where it is long ago, hours of the last two days, and
at the start of every window. Each piece lies in a window or outside, and its sum is remembered as long as
none of its hours changes (`tally_change`). So a new send costs the rows of its hour, not those of 30 days.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import sqlalchemy as sa

from auditor.statistics.figures import Window
from auditor.statistics.tally import COARSE_SECONDS, FINE_SECONDS
from auditor.store.database.schema import tally_change

_DAY = 86_400
_BY_HOUR_SECONDS = 2 * _DAY


class Addable(Protocol):
    """What can be summed: a number, or a volume."""

    def __add__(self, other: Self, /) -> Self: ...


Span = tuple[int, int]
"""From a bucket's start up to, not including, another's; seconds since the epoch."""

K = TypeVar("K")
V = TypeVar("V", bound=Addable)


@dataclass(frozen=True, slots=True)
class _Piece(Generic[K, V]):
    changes: int  # of its hours, when it was read
    sums: Mapping[K, V]


class Moving(Generic[K, V]):
    """The sums of every window by key. Used by one thread at a time; forgetting it costs one long read.

    Args:
        read: the sums of the buckets of each span that has any.
    """

    def __init__(self, read: Callable[[sa.Connection, Sequence[Span]], Mapping[Span, Mapping[K, V]]]) -> None:
        self._read = read
        self._pieces: dict[Span, _Piece[K, V]] = {}
        self._windows: dict[Window, dict[K, V]] = {}
        self._bands: dict[Window, tuple[tuple[tuple[int, int, int], ...], dict[K, V]]] = {}

    def windows(self, connection: sa.Connection, now: float) -> Mapping[Window, Mapping[K, V]]:
        """The sums of every window at `now`, the same as one GROUP BY over the whole time."""
        changes = _changes(connection, Window.MONTH.start(now))
        counts = {span: sum(changes.get(hour, 0) for hour in _hours(*span)) for span in cut(now)}
        kept = {
            span: piece
            for span, count in counts.items()
            if (piece := self._pieces.get(span)) is not None and piece.changes == count
        }
        if len(kept) == len(counts) == len(self._pieces):
            return self._windows  # nothing has changed, and no window has moved on
        missing = [span for span in counts if span not in kept]
        read = self._read(connection, missing) if missing else {}
        kept |= {span: _Piece(counts[span], read.get(span, {})) for span in missing}
        self._pieces = {span: kept[span] for span in counts}
        self._windows = self._added(now)
        return self._windows

    def _added(self, now: float) -> dict[Window, dict[K, V]]:
        """Every window is the next shorter one and the pieces between their starts."""
        windows: dict[Window, dict[K, V]] = {}
        shorter: dict[K, V] = {}
        until = int(now) + FINE_SECONDS
        for window in Window:
            start = window.start(now)
            shorter = windows[window] = _sum((shorter, self._band(window, start, until)))
            until = start
        return windows

    def _band(self, window: Window, start: int, until: int) -> dict[K, V]:
        """The sum of the pieces between two starts; remembered while they are the same."""
        inside = [(span, piece) for span, piece in self._pieces.items() if start <= span[0] < until]
        mark = tuple((*span, piece.changes) for span, piece in inside)
        known = self._bands.get(window)
        if known is None or known[0] != mark:
            known = self._bands[window] = (mark, _sum(piece.sums for _, piece in inside))
        return known[1]


def cut(now: float) -> list[Span]:
    """The pieces, oldest first: together the longest window with its running bucket, none across a start."""
    begin, end = Window.MONTH.start(now), int(now // FINE_SECONDS) * FINE_SECONDS + FINE_SECONDS
    recent = (end - _BY_HOUR_SECONDS) // _DAY * _DAY
    marks = {begin, end, *(window.start(now) for window in Window)}
    marks.update(range(begin // _DAY * _DAY + _DAY, recent, _DAY))
    marks.update(range(max(recent, begin), end, COARSE_SECONDS))
    ordered = sorted(mark for mark in marks if begin <= mark <= end)
    return list(itertools.pairwise(ordered))


def _changes(connection: sa.Connection, start: int) -> dict[int, int]:
    since = start // COARSE_SECONDS * COARSE_SECONDS
    rows = connection.execute(
        sa.select(tally_change.c.hour, tally_change.c.times).where(tally_change.c.hour >= since)
    )
    return {row.hour: row.times for row in rows}


def _hours(start: int, end: int) -> range:
    return range(start // COARSE_SECONDS * COARSE_SECONDS, end, COARSE_SECONDS)


def _sum(parts: Iterable[Mapping[K, V]]) -> dict[K, V]:
    total: dict[K, V] = {}
    for part in parts:
        for key, amount in part.items():
            before = total.get(key)
            total[key] = amount if before is None else before + amount
    return total
